"""Bad input: encodings, damage, strangers' files, nothing at all; always a sentence or a gap, and the rest is read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import apimdoctor.collect.files.templates.found  # noqa: F401 - loaded late otherwise, within the deadline of an example
from apimdoctor.collect.files import MemoryTree, read, read_tree
from apimdoctor.errors import ApimDoctorError
from apimdoctor.snapshot import store
from tests.collect.made_files import (
    APP,
    POLICY,
    SERVICE_ID,
    content_of,
    graph_app,
    information,
    organization,
    service_of,
    snapshot_of,
)

TEXT = "<policies>\r\n\t<inbound><!-- grün --></inbound>\r\n</policies>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_policy_is_the_same_text_in_every_encoding(encoding: str) -> None:
    policy = service_of({"apis/orders/policy.xml": TEXT.encode(encoding)}).contents.apis[0].policy
    assert policy is not None
    assert policy.text == TEXT
    assert policy.unread == ""


def test_a_policy_says_its_own_encoding() -> None:
    text = '<?xml version="1.0" encoding="windows-1252"?><policies><!-- grün --></policies>'
    policy = service_of({"apis/orders/policy.xml": text.encode("cp1252")}).contents.apis[0].policy
    assert policy is not None
    assert policy.text == text


def test_a_policy_in_no_known_encoding_is_unread_with_a_gap() -> None:
    snapshot = snapshot_of(
        {"apis/orders/policy.xml": b"<policies>\xff\x81</policies>", "apis/rates/policy.xml": POLICY}
    )
    orders, rates = snapshot.services[0].contents.apis
    assert orders.policy is not None
    assert orders.policy.unread == "its text is not UTF-8"
    assert rates.policy is not None
    assert rates.policy.text == POLICY
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [("apis/orders/policy.xml", "unparsed")]


def test_a_policy_of_256_kib_that_is_cut_off_is_kept_as_it_is() -> None:
    text = "<policies><inbound>" + "a<" * (128 * 1024)
    policy = service_of({"apis/orders/policy.xml": text}).contents.apis[0].policy
    assert policy is not None
    assert policy.text == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_json_is_read_in_other_encodings_too(encoding: str) -> None:
    files = {
        "apis/orders/apiInformation.json": json.dumps(information(path="ö"), ensure_ascii=False).encode(encoding),
        "app.json": json.dumps(graph_app(displayName="ö"), ensure_ascii=False).encode(encoding),
    }
    snapshot = snapshot_of(files)
    assert snapshot.services[0].contents.apis[0].path == "ö"
    assert snapshot.tenants[0].app_registrations[0].display_name == "ö"


def test_what_others_keep_in_a_repository_is_passed_over_in_silence() -> None:
    snapshot = snapshot_of(
        {
            "package.json": {"name": "x", "dependencies": {}},
            "tsconfig.json": "{ // comment\n}",
            "app.csproj": "<Project />",
            "pom.xml": "<project><policies /></project>",
            "res/layout.xml": '<fragment xmlns:android="http://schemas.android.com/apk/res/android" />',
            "openapi.json": {"openapi": "3.0.1", "paths": {}},
            "empty.json": "",
            "empty.xml": "",
            "picture.xml": b"\x89PNG\r\n",
            "list.json": [1, "two", None],
            "text.json": '"just text"',
            "broken.json": '{"a": ',
            "apis/orders/apiInformation.json": information(path="o"),
        }
    )
    assert snapshot.gaps == ()
    assert len(snapshot.services) == 1
    assert snapshot.tenants == ()


@pytest.mark.parametrize(
    "content",
    [
        '{"appId": "x", "identifierUris": [',
        '{"id": "' + SERVICE_ID,
        '{"verifiedDomains": ' + "[" * 5000,
        b'{"appId": "\xff"}',
    ],
)
def test_a_file_that_looks_like_ours_and_cannot_be_read_is_a_gap(content: Any) -> None:
    snapshot = snapshot_of({"a.json": content, "b.json": graph_app()})
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [("a.json", "unparsed")]
    assert len(snapshot.tenants[0].app_registrations) == 1


def test_no_gap_quotes_the_file_it_speaks_of() -> None:
    snapshot = snapshot_of({"a.json": '{"appId": "x", "secretText": "hunter22" oops'})
    assert "hunter22" not in repr(snapshot)


def test_an_empty_folder_gives_a_snapshot_with_a_gap(tmp_path: Path) -> None:
    snapshot = read([tmp_path])
    assert (snapshot.services, snapshot.tenants, snapshot.sites) == ((), (), ())
    assert "configuration that apimdoctor knows" in snapshot.gaps[0].detail


def test_a_folder_without_policies_or_without_app_registrations_is_read() -> None:
    assert len(snapshot_of({"app.json": graph_app()}).tenants) == 1
    assert snapshot_of({"apis/o/policy.xml": POLICY}).tenants == ()


def test_a_path_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(ApimDoctorError, match="does not exist") as caught:
        read([tmp_path / "missing"])
    assert caught.value.code == 2


def test_a_pipe_is_wrong_usage(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ApimDoctorError, match="neither a folder nor a file"):
        read([tmp_path / "pipe"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_gap_and_the_rest_is_read(tmp_path: Path) -> None:
    for name in ("orders", "rates"):
        (tmp_path / "apis" / name).mkdir(parents=True)
        (tmp_path / "apis" / name / "policy.xml").write_text(POLICY)
    (tmp_path / "apis/orders/policy.xml").chmod(0)
    snapshot = read([tmp_path])
    assert [gap.kind for gap in snapshot.gaps] == ["failed"]
    assert [bool(api.policy and api.policy.unread) for api in snapshot.services[0].contents.apis] == [True, False]


def test_policies_without_a_scope_are_a_service_whose_scopes_nobody_knows() -> None:
    snapshot = snapshot_of(
        {
            "snippets/check.policy.xml": '<?xml version="1.0"?>\n<!-- a -- b -->\n' + POLICY,
            "snippets/auth.xml": "<fragment><base /></fragment>",
            "snippets/part.xml": "\ufeff<inbound><base /></inbound>",
            "snippets/cut.tftpl": "<policies><inbound>${x}",
        }
    )
    (service,) = snapshot.services
    assert not service.scopes_known
    assert [api.name for api in service.contents.apis] == [
        *("snippets/check.policy.xml", "snippets/cut.tftpl", "snippets/part.xml"),
    ]
    assert [fragment.name for fragment in service.contents.fragments] == ["auth"]
    assert service.contents.whole == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pasted.txt", POLICY),
        ("policy.xml", POLICY),
        ("manifest", json.dumps(graph_app())),
        ("x.json", json.dumps([graph_app()])),
    ],
)
def test_a_single_file_is_read_whatever_its_name(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    snapshot = read([tmp_path / name])
    assert len(snapshot.services) + len(snapshot.tenants) == 1
    assert snapshot.sources[0].kind == "file"
    documents = [api.origin.document for service in snapshot.services for api in service.contents.apis]
    assert documents in ([], [name])


@pytest.mark.parametrize("name", ["saved.json", "saved.json.gz", "saved"])
def test_a_saved_snapshot_is_read_like_its_folder(tmp_path: Path, name: str) -> None:
    snapshot = snapshot_of({"apis/orders/policy.xml": POLICY, "organization.json": organization()})
    store.save(tmp_path / name, snapshot)
    loaded = read([tmp_path / name])
    assert (loaded.services, loaded.tenants, loaded.gaps) == (snapshot.services, snapshot.tenants, snapshot.gaps)
    assert loaded.sources[0].kind == "snapshot"


def test_a_saved_snapshot_inside_a_folder_is_a_gap() -> None:
    saved = store.dump(snapshot_of({"apis/orders/policy.xml": POLICY}))
    snapshot = snapshot_of({"saved.json": saved, "app.json": graph_app()})
    assert [gap.scope for gap in snapshot.gaps] == ["saved.json"]


def test_the_same_folder_gives_the_same_snapshot() -> None:
    files = {"b/apis/o/policy.xml": POLICY, "a/apis/o/policy.xml": POLICY, "x.json": {"value": [graph_app()]}}
    turned = dict(reversed(files.items()))
    assert store.dump(snapshot_of(files)) == store.dump(snapshot_of(turned))


PIECES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [
            "",
            APP,
            "x",
            "/",
            SERVICE_ID,
            f"{SERVICE_ID}/apis/a",
            "Microsoft.ApiManagement/service/apis",
            "a/b",
            "[concat(",
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *(
            "id",
            "name",
            "type",
            "properties",
            "value",
            "appId",
            "api",
            "identifierUris",
            "verifiedDomains",
            "resources",
        ),
        *("principalId", "resourceId", "appRoleId", "clientId", "consentType", "identity", "apiId", "schema", "format"),
        *("authenticationSettings", "identityProviders", "platform", "servicePrincipalType", "@odata.context"),
        "requestedAccessTokenVersion",
    ]
)
JSON = st.recursive(
    PIECES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)


@given(
    JSON,
    st.sampled_from(["a.json", "apis/o/apiInformation.json", "backends/b/backendInformation.json", "x/service.json"]),
)
@settings(max_examples=100)
def test_any_json_is_read_or_is_a_gap_but_never_an_error(value: Any, path: str) -> None:
    files = {
        path: content_of(value) if not isinstance(value, str) else json.dumps(value).encode(),
        "policy.xml": b"<policies/>",
    }
    snapshot = read_tree(MemoryTree(files))
    assert store.load(store.dump(snapshot)) == snapshot


@given(st.binary(max_size=60), st.sampled_from(["apis/o/policy.xml", "a.xml", "a.json", "apis/o/apiInformation.json"]))
@settings(max_examples=100)
def test_any_bytes_are_read_or_are_a_gap_but_never_an_error(content: bytes, path: str) -> None:
    snapshot = read_tree(MemoryTree({path: content}))
    assert store.load(store.dump(snapshot)) == snapshot
