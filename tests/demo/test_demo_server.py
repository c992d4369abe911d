"""The embedded Azure: its bodies are the inverse of the readers', its login is as strict as Entra ID's, its XML is XML."""

import json
import os
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import apimdoctor.demo
from apimdoctor.cli import main
from apimdoctor.collect import arm, files, graph
from apimdoctor.demo.server import EmbeddedAzure, serve_arm, serve_graph
from apimdoctor.demo.server.policy_xml import as_xml
from apimdoctor.policy import source
from apimdoctor.policy.tree import Document, Element
from apimdoctor.snapshot import AppRegistration, Backend, EntraTenant, NamedValue, ServicePrincipal, Snapshot
from tests.live.larch import SERVICE, SUBSCRIPTION, larch
from tests.live.made_apim import backends, named_values
from tests.live.made_entra import GUIDS, REDACTOR, app_registrations, service_principals, tenants

TENANT = Path(apimdoctor.demo.__file__).parent / "tenant"
OPENER = build_opener(ProxyHandler({}))
TENANT_ID = "6e0d9c8b-7a65-4f4e-b3d2-c1b0a9f8e7d6"


@given(app_registrations())
@settings(max_examples=60, deadline=None)
def test_an_app_registration_that_is_served_is_read_as_it_was(one: AppRegistration) -> None:
    assert graph.app_registration(serve_graph.app_registration(one), one.origin) == one


@given(GUIDS.flatmap(lambda app: service_principals(app, TENANT_ID)))
@settings(max_examples=60, deadline=None)
def test_a_service_principal_that_is_served_is_read_as_it_was(one: ServicePrincipal) -> None:
    assert graph.service_principal(serve_graph.service_principal(one), one.origin) == one


@given(tenants(TENANT_ID))
@settings(max_examples=40, deadline=None)
def test_assignments_grants_and_domains_that_are_served_are_read_as_they_were(one: EntraTenant) -> None:
    assert graph.organization(serve_graph.organization(one, one.id)).domains == one.domains
    for assignment in one.app_role_assignments:
        assert graph.app_role_assignment(serve_graph.app_role_assignment(assignment)) == assignment
    for grant in one.delegated_grants:
        assert graph.delegated_grant(serve_graph.delegated_grant(grant)) == grant


@given(named_values(SERVICE, "aud"))
@settings(max_examples=60, deadline=None)
def test_a_named_value_that_is_served_is_read_as_it_was(one: NamedValue) -> None:
    assert arm.named_value(serve_arm.named_value(one, one.origin.document), REDACTOR, origin=one.origin) == one


@given(backends(SERVICE, "func"))
@settings(max_examples=60, deadline=None)
def test_a_back_end_that_is_served_is_read_as_it_was(one: Backend) -> None:
    assert arm.backend(serve_arm.backend(one, one.origin.document, SERVICE), origin=one.origin) == one


def values(document: Document) -> list[tuple[str, str, str]]:
    """Every attribute of a document: where, name and decoded value without offsets."""
    found = []
    waiting: list[Element] = list(document.roots)
    while waiting:
        element = waiting.pop()
        found += [
            (element.path, one.name, getattr(one.value, "code", None) or str(one.value)) for one in element.attributes
        ]
        waiting += element.elements
    return sorted(found)


@pytest.mark.parametrize("path", sorted(TENANT.rglob("policy.xml")), ids=lambda path: path.parent.name)
def test_a_policy_as_it_was_typed_becomes_xml_that_says_the_same_on_the_same_lines(path: Path) -> None:
    typed = path.read_text("utf-8")
    written, form = as_xml(typed)
    assert form == "xml"
    ElementTree.fromstring(written)
    assert written.count("\n") == typed.count("\n")
    before, after = source.parse(typed), source.parse(written)
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert values(before) == values(after)


def test_code_in_an_attribute_is_escaped() -> None:
    code = '@(context.Request.Headers["b"].Count < 2 && true)'
    typed = f'<policies><inbound><set-variable name="a" value="{code}" /></inbound></policies>'
    written, form = as_xml(typed)
    assert form == "xml"
    value = ElementTree.fromstring(written).find("inbound/set-variable")
    assert value is not None
    assert value.get("value") == code


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_what_cannot_be_xml_is_told_as_it_was_typed(text: str) -> None:
    typed = f"<policies>{text}"
    assert as_xml(typed) == (typed, "rawxml")


def asked(url: str, token: str = "", form: dict[str, str] | None = None) -> tuple[int, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urlencode(form).encode() if form is not None else None
    try:
        with OPENER.open(Request(url, body, headers)) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def token(azure: EmbeddedAzure, service: str, **other: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_secret": azure.secret,
        "scope": f"{azure.urls[service]}/.default",
    }
    status, told = asked(f"{azure.urls['login']}/{azure.tenant}/oauth2/v2.0/token", form=form | other)
    assert isinstance(told, dict)
    return str(told["access_token"]) if status == 200 else str(told["error_description"])


def test_a_token_is_good_for_the_service_it_was_made_for_and_no_other() -> None:
    with EmbeddedAzure(larch()) as azure:
        url = f"{azure.urls['arm']}/subscriptions?api-version=2022-12-01"
        assert [asked(url)[0], asked(url, token(azure, "graph"))[0], asked(url, token(azure, "arm"))[0]] == [
            401,
            401,
            200,
        ]


def test_a_wrong_secret_a_strange_resource_and_another_grant_give_no_token() -> None:
    with EmbeddedAzure(larch()) as azure:
        told = [
            token(azure, "arm", client_secret="guess"),
            token(azure, "arm", scope="https://vault.example/.default"),
            token(azure, "arm", grant_type="password"),
        ]
    assert [one.partition(":")[0] for one in told] == ["AADSTS7000215", "AADSTS500011", "AADSTS70003"]


def test_the_tenants_have_openid_metadata_and_keys() -> None:
    with EmbeddedAzure(larch()) as azure:
        base = f"{azure.urls['login']}/{azure.tenant}"
        _, v2 = asked(f"{base}/v2.0/.well-known/openid-configuration")
        _, v1 = asked(f"{base}/.well-known/openid-configuration")
        _, keys = asked(f"{base}/discovery/v2.0/keys")
    assert isinstance(v1, dict)
    assert isinstance(v2, dict)
    assert isinstance(keys, dict)
    assert (v1["issuer"], v2["issuer"]) == (
        f"https://sts.windows.net/{azure.tenant}/",
        f"https://login.microsoftonline.com/{azure.tenant}/v2.0",
    )
    assert [key["kty"] for key in keys["keys"]] == ["RSA"]


def test_what_is_not_there_is_a_404_and_a_write_is_refused() -> None:
    with EmbeddedAzure(larch()) as azure:
        good = token(azure, "arm")
        service = f"{azure.urls['arm']}{SERVICE}"
        assert asked(f"{service}/apis/absent/policies/policy?api-version=2024-05-01", good)[0] == 404
        assert asked(f"{service}/namedValues/key/listValue?api-version=2024-05-01", good, form={})[0] == 403
        assert asked(f"{service}/apis", good)[0] == 400
        assert asked(f"{azure.urls['arm']}/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01", good)[0] == 200


def test_types_of_apis_that_are_new_are_told_by_the_later_api_version_only() -> None:
    with EmbeddedAzure(larch()) as azure:
        good = token(azure, "arm")
        told = [
            asked(f"{azure.urls['arm']}{SERVICE}/apis?api-version={version}", good)[1]
            for version in ("2024-05-01", "2025-09-01-preview")
        ]
    names = [{one["name"] for one in each["value"]} for each in told if isinstance(each, dict)]
    assert names == [{"books", "orders", "orders;rev=2"}, {"books", "orders", "orders;rev=2", "tools"}]


def findings(arguments: list[str], folder: Path) -> list[tuple[str, str, str]]:
    report = folder / "report.json"
    assert main(["scan", *arguments, "--fail-on", "never", "--report", f"json={report}"]) == 0
    told = json.loads(report.read_text("utf-8"))
    assert told["gaps"] == []
    return sorted((one["severity"], one["rule"], one["message"]) for one in told["findings"])


def test_the_demo_finds_over_http_what_is_found_in_its_files(tmp_path: Path) -> None:
    live = findings(["--demo"], tmp_path)
    assert live
    assert live == findings(["--from", str(TENANT)], tmp_path)


def test_the_demo_goes_through_no_proxy_and_leaves_the_environment_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AZURE_TENANT_ID", "of somebody else")
    monkeypatch.delenv("AZURE_CLIENT_SECRET", raising=False)
    before = dict(os.environ)
    assert findings(["--demo"], tmp_path)
    assert dict(os.environ) == before


@pytest.mark.parametrize("other", [["--from", "x"], ["--all-subscriptions"], ["--auth", "cli"], ["--cloud", "china"]])
def test_the_demo_is_the_only_source(other: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--demo", *other]) == 2
    assert f"--demo and {other[0]} exclude each other" in capsys.readouterr().err


def test_a_snapshot_of_nothing_can_be_served() -> None:
    with EmbeddedAzure(Snapshot()) as azure:
        status, told = asked(f"{azure.urls['arm']}/subscriptions?api-version=2022-12-01", token(azure, "arm"))
    assert (status, told) == (200, {"value": [], "count": 0})


def test_files_without_ids_are_served_under_fictional_ones() -> None:
    bare = files.read_tree(files.MemoryTree({"apis/orders/apiInformation.json": b'{"properties": {"path": "orders"}}'}))
    with EmbeddedAzure(bare) as azure:
        listed = [path for path in azure.azure.resources.collections if path.endswith("/service")]
    assert [path.split("/")[2] for path in listed] == [*azure.subscriptions] * 2
