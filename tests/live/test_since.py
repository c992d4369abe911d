"""`--since`: a second night reads again what changed, and finds what a whole scan would find."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from apimdoctor.cli import main
from apimdoctor.demo.server import EmbeddedAzure, faults
from apimdoctor.demo.server.activity_log import Event
from apimdoctor.demo.server.answering import Answer, Asked
from apimdoctor.snapshot import (
    AppRegistration,
    Backend,
    Contents,
    DelegatedGrant,
    EntraTenant,
    Fragment,
    NamedValue,
    Operation,
    Origin,
    Service,
    Snapshot,
    store,
)
from tests.live.larch import SERVICE, SUBSCRIPTION, TENANT, api, larch, policy
from tests.live.reading import expected, read, references
from tests.live.test_recorded import scan

FIRST, SECOND = "2026-05-04T03:02:01Z", "2026-05-05T03:02:01Z"
BETWEEN = "2026-05-04T15:00:00Z"
CHANGED = "<policies><inbound><base /><check-header name='x' /></inbound></policies>"


def service(snapshot: Snapshot, **changes: Any) -> Snapshot:
    return replace(snapshot, services=(replace(snapshot.services[0], **changes),))


def contents(snapshot: Snapshot, change: Callable[[Contents], Contents]) -> Snapshot:
    return service(snapshot, contents=change(snapshot.services[0].contents))


def tenant(snapshot: Snapshot, change: Callable[[EntraTenant], EntraTenant]) -> Snapshot:
    return replace(snapshot, tenants=(change(snapshot.tenants[0]), *snapshot.tenants[1:]))


def orders(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """The current revision of the API `orders` changed."""

    def change(held: Contents) -> Contents:
        apis = tuple(replace(one, **changes) if one.name == "orders" and one.is_current else one for one in held.apis)
        return replace(held, apis=apis)

    return contents(snapshot, change)


def in_workspace(snapshot: Snapshot) -> Snapshot:
    space = snapshot.services[0].workspaces[0]
    first, *rest = space.contents.apis
    changed = replace(first, policy=policy(first.origin.document, CHANGED))
    held = replace(space.contents, apis=(changed, *rest))
    return service(snapshot, workspaces=(replace(space, contents=held),))


def operations() -> tuple[Operation, ...]:
    found = api(SERVICE, "orders").operations
    return tuple(
        replace(one, policy=policy(one.origin.document, CHANGED)) if one.name == "get" else one for one in found
    )


def fragment(held: Contents) -> Contents:
    (one,) = held.fragments
    return replace(held, fragments=(Fragment(name=one.name, policy=replace(one.policy, text="<fragment />")),))


def without_orders(held: Contents) -> Contents:
    products = tuple(replace(one, apis=tuple(name for name in one.apis if name != "orders")) for one in held.products)
    gateways = tuple(replace(one, apis=tuple(name for name in one.apis if name != "orders")) for one in held.gateways)
    return replace(
        held, apis=tuple(one for one in held.apis if one.name != "orders"), products=products, gateways=gateways
    )


def registration(one: EntraTenant) -> EntraTenant:
    first, *rest = one.app_registrations
    return replace(one, app_registrations=(replace(first, requested_access_token_version=2), *rest))


def without_grants(one: EntraTenant) -> EntraTenant:
    return replace(one, delegated_grants=())


def with_grant(one: EntraTenant) -> EntraTenant:
    client, resource = (
        (each.id for each in one.service_principals[:2]) if len(one.service_principals) > 1 else ("a", "b")
    )
    grant = DelegatedGrant(id="g-new", client_id=client, resource_id=resource, scopes=("orders.read",))
    return replace(one, delegated_grants=(*one.delegated_grants, grant))


CHANGES: dict[str, Callable[[Snapshot], Snapshot]] = {
    "the policy of an API": lambda s: orders(s, policy=policy(f"{SERVICE}/apis/orders", CHANGED)),
    "the policy of an operation": lambda s: orders(s, operations=operations()),
    "a policy that is gone": lambda s: orders(s, policy=None),
    "an operation that is gone": lambda s: orders(s, operations=operations()[1:]),
    "the global policy": lambda s: service(s, policy=policy(SERVICE, CHANGED)),
    "the policy of a product": lambda s: contents(
        s,
        lambda held: replace(
            held, products=(replace(held.products[0], policy=policy(f"{SERVICE}/products/gold", CHANGED)),)
        ),
    ),
    "a policy in a workspace": in_workspace,
    "a fragment": lambda s: contents(s, fragment),
    "a named value": lambda s: contents(
        s, lambda held: replace(held, named_values=(NamedValue(name="aud", display_name="aud", value="api://elm"),))
    ),
    "a back end": lambda s: contents(
        s, lambda held: replace(held, backends=(Backend(name="func", url="https://elm.example"),))
    ),
    "a product membership": lambda s: contents(
        s, lambda held: replace(held, products=(replace(held.products[0], apis=("orders", "tools")),))
    ),
    "a new API": lambda s: contents(s, lambda held: replace(held, apis=(*held.apis, api(SERVICE, "pears")))),
    "an API that is gone": lambda s: contents(s, without_orders),
    "an API's own properties": lambda s: orders(s, subscription_required=False),
    "an app registration": lambda s: tenant(s, registration),
    "a new app registration": lambda s: tenant(
        s, lambda one: replace(one, app_registrations=(*one.app_registrations, new_app()))
    ),
    "a grant": lambda s: tenant(s, with_grant),
    "a grant that is gone": lambda s: tenant(s, without_grants),
}


def new_app() -> AppRegistration:
    identifier = "d5c4b3a2-1f0e-4d9c-8b7a-6f5e4d3c2b1a"
    return AppRegistration(id=identifier, app_id=identifier, display_name="Pears", requested_access_token_version=2)


def told(snapshot: Snapshot) -> Snapshot:
    """What was read, without when and by which way."""
    return replace(snapshot, collected_at="", sources=())


def as_read(snapshot: Snapshot) -> Snapshot:
    """What a whole scan of it reads."""
    with EmbeddedAzure(snapshot) as azure:
        return told(read(azure, references(larch()), collected_at=SECOND))


def second_night(azure: EmbeddedAzure, first: Snapshot) -> tuple[Snapshot, list[str]]:
    """The second reading, and the paths it asked for."""
    before = len(azure.recorded)
    found = read(azure, references(larch()), since=first, collected_at=SECOND)
    return found, [one.path for one in azure.recorded[before:]]


def two_nights(change: Callable[[Snapshot], Snapshot], at: str = BETWEEN) -> tuple[Snapshot, list[str]]:
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        azure.becomes(change(larch()), at)
        return second_night(azure, first)


def of_apis(paths: list[str]) -> list[str]:
    return [path for path in paths if "/apis/" in path and "/products/" not in path and "/gateways/" not in path]


def test_a_night_without_changes_asks_nothing_of_any_api_and_finds_the_same() -> None:
    found, paths = two_nights(lambda same: same)
    assert told(found) == told(expected(larch()))
    assert of_apis(paths) == []
    assert [path for path in paths if path.endswith("/products/gold/policies/policy")] == []
    assert len([path for path in paths if "/Microsoft.Insights/eventtypes/management/values" in path]) == 1


@pytest.mark.parametrize("kind", CHANGES)
def test_what_changed_is_found_as_a_whole_scan_finds_it(kind: str) -> None:
    changed = CHANGES[kind](larch())
    found, _ = two_nights(lambda _: changed)
    assert told(found) == as_read(changed)
    assert told(found) != told(expected(larch()))


def test_only_the_api_that_changed_is_read_again() -> None:
    _, paths = two_nights(CHANGES["the policy of an operation"])
    assert of_apis(paths) != []
    assert [path for path in of_apis(paths) if "/apis/orders" not in path] == []


def test_what_was_written_just_before_the_first_night_and_told_late_is_read() -> None:
    found, _ = two_nights(CHANGES["the policy of an API"], at="2026-05-04T01:05:00Z")
    assert told(found) == as_read(CHANGES["the policy of an API"](larch()))


def test_a_change_that_no_log_tells_is_found_where_a_list_shows_it() -> None:
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        azure.becomes(orders(larch(), path="elsewhere", policy=None), BETWEEN)
        azure.azure.log.events.clear()
        found, _ = second_night(azure, first)
    assert told(found) == as_read(orders(larch(), path="elsewhere", policy=None))


def quiet_log(azure: EmbeddedAzure) -> None:
    """A policy changes, and the log says nothing: only reading all of it again finds it."""
    azure.becomes(CHANGES["the policy of an API"](larch()), BETWEEN)
    azure.azure.log.events.clear()


def without_operation(_: Asked, answer: Answer) -> Answer:
    return answer.told({"value": [{"resourceId": f"{SERVICE}/apis/orders"}]})


def direct(first: Snapshot) -> Snapshot:
    return service(first, direct_management=True)


LOG = "management/values$"
UNTRUSTED: dict[str, tuple[Callable[[Snapshot], Snapshot], tuple[faults.Fault, ...], tuple[Event, ...], str]] = {
    "a log that is refused": (lambda s: s, (faults.refused(where=LOG),), (), "cannot be read: Azure answered 403"),
    "a log without an end": (lambda s: s, (faults.next_link("", where=LOG),), (), "cannot be read: Azure answered 400"),
    "a log that breaks off": (lambda s: s, (faults.malformed(where=LOG),), (), "no JSON"),
    "a log that leads to another host": (
        lambda s: s,
        (faults.next_link("https://management.elsewhere.example/x", where=LOG),),
        (),
        "management.elsewhere.example is not let out",
    ),
    "an entry that does not say what it is": (
        lambda s: s,
        (faults.Fault("odd entry", without_operation, where=LOG),),
        (),
        "does not say what was written",
    ),
    "a snapshot of last month": (
        lambda s: replace(s, collected_at="2026-04-01T03:00:00Z"),
        (),
        (),
        "older than a week",
    ),
    "a snapshot without a time": (lambda s: replace(s, collected_at=""), (), (), "does not say when"),
    "a snapshot of tomorrow": (lambda s: replace(s, collected_at="2026-05-06T03:00:00Z"), (), (), "from the future"),
    "a snapshot of another version": (lambda s: replace(s, collected_by="0.0.1"), (), (), "another version"),
    "a snapshot of another cloud": (lambda s: replace(s, cloud="usgov"), (), (), "another cloud"),
    "direct management that was on": (direct, (), (), "direct management access was on"),
    "a service that was written itself": (
        lambda s: s,
        (),
        (Event(BETWEEN, SERVICE.lower(), "Microsoft.ApiManagement/service/restore/action"),),
        "a change to the service itself",
    ),
    "a deployment from its repository": (
        lambda s: s,
        (),
        (Event(BETWEEN, f"{SERVICE}/tenant/deploy".lower(), "Microsoft.ApiManagement/service/tenant/deploy/action"),),
        "a change to tenant/deploy",
    ),
}


@pytest.mark.parametrize("case", UNTRUSTED)
def test_everything_is_read_again_when_the_log_or_the_snapshot_cannot_be_trusted(case: str) -> None:
    spoil, planted, events, why = UNTRUSTED[case]
    with EmbeddedAzure(larch(), faults=planted) as azure:
        first = spoil(read(azure, references(larch()), collected_at=FIRST))
        quiet_log(azure)
        azure.azure.log.events += events
        found, _ = second_night(azure, first)
    assert told(found) == as_read(CHANGES["the policy of an API"](larch()))
    (line,) = [one.name for one in found.sources if one.kind == "snapshot"]
    assert "nothing of larch" in line and why in line


def test_everything_is_read_again_while_direct_management_is_on() -> None:
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        changed = service(CHANGES["the policy of an API"](larch()), direct_management=True)
        azure.becomes(changed, BETWEEN)
        azure.azure.log.events.clear()
        found, _ = second_night(azure, first)
    assert told(found) == as_read(changed)


def test_health_and_policy_audits_of_a_service_are_no_changes() -> None:
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        azure.azure.log.events += [
            Event(BETWEEN, SERVICE.lower(), "Microsoft.Authorization/policies/audit/action"),
            Event(BETWEEN, SERVICE.lower(), "Microsoft.Resourcehealth/healthevent/Activated/action"),
        ]
        _, paths = second_night(azure, first)
    assert of_apis(paths) == []


def test_what_could_not_be_read_the_first_night_is_tried_again() -> None:
    refused = faults.refused(where=r"apis/orders(;rev=2)?/(operations/get/)?policies/policy$")
    with EmbeddedAzure(larch(), faults=[refused]) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        azure.faults.clear()
        found, paths = second_night(azure, first)
    assert len(first.gaps) == 4
    assert told(found) == told(expected(larch()))
    assert {path.split("/apis/")[1].split("/")[0] for path in of_apis(paths)} == {"orders", "orders;rev=2"}


def test_a_policy_with_a_masked_secret_is_read_again_so_that_equal_secrets_stay_equal() -> None:
    text = '<policies><inbound><authentication-basic username="a" password="nightingale-Hollow-4471" /></inbound></policies>'
    secret = orders(larch(), policy=policy(f"{SERVICE}/apis/orders", text))
    with EmbeddedAzure(secret) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        _, paths = second_night(azure, first)
    assert [path for path in of_apis(paths) if path.endswith("/apis/orders/policies/policy")] != []


def test_the_second_night_serves_a_third() -> None:
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        azure.becomes(CHANGES["a new API"](larch()), BETWEEN)
        second, _ = second_night(azure, first)
        before = len(azure.recorded)
        third = read(azure, references(larch()), since=second, collected_at="2026-05-06T03:02:01Z")
        assert of_apis([one.path for one in azure.recorded[before:]]) == []
    assert told(third) == told(second)
    assert len([one for one in third.sources if one.kind == "snapshot"]) == 1


def test_every_report_says_what_was_taken_from_the_earlier_snapshot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, page, report = (tmp_path / name for name in ("first.json", "report.html", "report.json"))
    with EmbeddedAzure(larch()) as azure:
        assert scan(azure, "-q", f"--save-snapshot={saved}") == 0
        assert scan(azure, f"--since={saved}", f"--report=html={page}", f"--report=json={report}", "--report=text") == 0
    revisions = len(larch().services[0].contents.apis) + len(larch().services[0].workspaces[0].contents.apis)
    line = f"{revisions} of {revisions} API revisions of larch, unchanged since"
    assert line in " ".join(capsys.readouterr().out.split())
    assert line in page.read_text("utf-8")
    assert [one["kind"] for one in json.loads(report.read_bytes())["sources"]].count("snapshot") == 1
    assert len(store.load(saved.read_bytes()).services) == 1


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["--since", "nowhere.json", "--subscription", "Larch"], "cannot read the snapshot nowhere.json", 2),
        (["--since", "nowhere.json", "--from", "."], "--since needs --subscription", 2),
        (["--since", "nowhere.json"], "--since needs --subscription", 2),
    ],
)
def test_since_without_a_snapshot_or_without_azure_is_one_sentence(
    arguments: list[str], says: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", *arguments]) == code
    error = capsys.readouterr().err
    assert says in error and "hint:" in error


def test_the_services_that_are_read_decide_which_lines_are_told() -> None:
    other = Service(id=SERVICE.replace("/larch", "/elm"), name="elm", origin=Origin(document="x"))
    with EmbeddedAzure(larch()) as azure:
        first = read(azure, references(larch()), collected_at=FIRST)
        found, _ = second_night(azure, replace(first, services=(*first.services, other)))
    assert ["larch" in one.name for one in found.sources if one.kind == "snapshot"] == [True]


def test_the_embedded_log_refuses_filters_that_azure_does_not_know() -> None:
    with EmbeddedAzure(larch()) as azure:
        assert azure.azure.log.told(SUBSCRIPTION, "operationName eq 'x'") is None
        assert azure.tenant == TENANT
