"""Easy Auth of back ends: what a site accepts, and which tokens reach it."""

import json

import pytest

from apimdoctor import snapshot
from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.facts.apps import build_apps
from apimdoctor.facts.build import build
from apimdoctor.facts.easy_auth import Sites
from apimdoctor.facts.values import Unknown
from apimdoctor.facts.vocabulary import Arrival, Facts, Hop, Route, SiteAuth

TENANT = "1e6c9b27-84d3-4f5a-b0e2-97a3d51c8f46"
API = "b5f20d68-3a91-4c7e-8d04-62e1c9a7b35f"
PORTAL = "d07e4a19-5c62-4b8f-9e31-28f6b0d5a7c4"


def site(issuer: str, **changed: object) -> SiteAuth:
    read = snapshot.SiteAuth(
        id="",
        site="ledger",
        hosts=("ledger.azurewebsites.net",),
        enabled=True,
        aad_enabled=True,
        require_authentication=True,
        unauthenticated_action="Return401",
        issuer=issuer,
        client_id=API,
        **changed,  # type: ignore[arg-type]
    )
    return Sites(build_apps(snapshot.Snapshot())).of(read)


@pytest.mark.parametrize(
    ("issuer", "accepted"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", (f"https://login.microsoftonline.com/{TENANT}/v2.0",)),
        (f"https://sts.windows.net/{TENANT}/", (f"https://sts.windows.net/{TENANT}/",)),
        (f"https://login.microsoftonline.com/{TENANT}", (f"https://sts.windows.net/{TENANT}/",)),
        (
            f"https://sts.windows.net/{TENANT}/v2.0",
            (f"https://sts.windows.net/{TENANT}/", f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ),
    ],
)
def test_the_issuer_of_a_site_is_that_of_its_metadata(issuer: str, accepted: tuple[str, ...]) -> None:
    assert site(issuer).accepted_issuers.known == accepted


@pytest.mark.parametrize("issuer", ["https://login.microsoftonline.com/common/v2.0", ""])
def test_without_a_tenant_no_issuer_is_compared(issuer: str) -> None:
    assert site(issuer).accepted_issuers.all


def test_a_configuration_file_leaves_everything_but_itself_unknown() -> None:
    found = site(f"https://sts.windows.net/{TENANT}/", config_file="auth.json")
    assert found.in_file is True
    assert isinstance(found.requires_login, Unknown)
    assert isinstance(found.issuer_form, Unknown)
    assert found.accepted_clients.rest == found.accepted_audiences.rest != ""


def facts(policy: str, *, more: dict[str, object] | None = None) -> Facts:
    aad = {
        "enabled": True,
        "registration": {"openIdIssuer": f"https://sts.windows.net/{TENANT}/v2.0", "clientId": API},
        "validation": {"allowedAudiences": [f"api://{API}"], **(more or {})},
    }
    return build(
        _read(
            {
                "apim/apis/ledger/apiInformation.json": {
                    "properties": {"path": "ledger", "serviceUrl": "https://ledger.azurewebsites.net"}
                },
                "apim/apis/ledger/policy.xml": f"<policies><inbound>{policy}</inbound><backend><base /></backend>"
                "<outbound><base /></outbound><on-error><base /></on-error></policies>",
                "entra/organization.json": {"id": TENANT, "displayName": "Alder", "verifiedDomains": []},
                "entra/applications.json": {
                    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications",
                    "value": [
                        {"id": f"0{PORTAL[1:]}", "appId": PORTAL, "displayName": "Portal", **_single(2)},
                        {"id": f"0{API[1:]}", "appId": API, "displayName": "Ledger", **_single(None)},
                    ],
                },
                "web/ledger.authsettingsV2.json": {
                    "type": "Microsoft.Web/sites/config",
                    "name": "authsettingsV2",
                    "properties": {
                        "platform": {"enabled": True},
                        "globalValidation": {
                            "requireAuthentication": True,
                            "unauthenticatedClientAction": "Return401",
                        },
                        "identityProviders": {"azureActiveDirectory": aad},
                    },
                },
            }
        )
    )


def _read(contents: dict[str, object]) -> snapshot.Snapshot:
    tree = {path: text if isinstance(text, str) else json.dumps(text) for path, text in contents.items()}
    return files.read_tree(MemoryTree({path: text.encode() for path, text in tree.items()}))


def _single(version: int | None) -> dict[str, object]:
    return {
        "signInAudience": "AzureADMyOrg",
        "identifierUris": [f"api://{API}"] if version is None else [],
        "optionalClaims": None,
        "appRoles": [],
        "api": {"requestedAccessTokenVersion": version},
    }


def arrivals(found: Facts) -> list[Arrival | Unknown]:
    hops = [hop for route in found.routes if isinstance(route, Route) for hop in route.hops if isinstance(hop, Hop)]
    return list(dict.fromkeys(arrival for hop in hops for arrival in hop.arrivals))


def check(*audiences: str) -> str:
    listed = "".join(f"<audience>{audience}</audience>" for audience in audiences)
    return f'<validate-azure-ad-token tenant-id="{TENANT}"><audiences>{listed}</audiences></validate-azure-ad-token>'


def test_a_callers_token_arrives_with_the_audiences_that_the_check_lets_pass() -> None:
    (found,) = arrivals(facts(check(f"api://{API}")))
    assert isinstance(found, Arrival)
    assert (found.brought_by, found.meant_for, found.named_by_site) == ("caller", "Ledger", True)
    assert found.audiences.known == (f"api://{API}", f"api://{API}/")


def test_each_app_registration_that_the_check_accepts_sends_its_tokens() -> None:
    found = arrivals(facts(check(API, PORTAL)))
    assert {(one.meant_for, one.named_by_site) for one in found if isinstance(one, Arrival)} == {
        ("Ledger", True),
        ("Portal", False),
    }


def test_the_gateways_token_arrives_instead_of_the_callers() -> None:
    policy = check(API) + f'<authentication-managed-identity resource="api://{API}" />'
    (found,) = arrivals(facts(policy))
    assert isinstance(found, Arrival)
    assert (found.brought_by, found.meant_for) == ("gateway", f"api://{API}")


def test_no_token_is_told_of_callers_whom_nothing_checks() -> None:
    assert arrivals(facts("<base />")) == []


def test_checks_on_some_paths_only_leave_open_what_arrives() -> None:
    policy = f'<choose><when condition="@(context.Request.Method == &quot;GET&quot;)">{check(API)}</when></choose>'
    assert [type(one) for one in arrivals(facts(policy))] == [Unknown]
