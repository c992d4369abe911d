"""Patches of app registrations, service principals and settings in Azure: what is sent, and who is named beside it."""

import json
from functools import cache
from pathlib import Path

import pytest

from apimdoctor.collect import files
from apimdoctor.collect.files.tree import MemoryTree
from apimdoctor.engine.example_files import files_of
from apimdoctor.engine.finding import Finding
from apimdoctor.engine.judge import judge
from apimdoctor.engine.prescription import ObjectPatch, Prescription
from apimdoctor.engine.rule import Rule, load
from apimdoctor.facts.build import build_whole
from apimdoctor.prescribe.apply import applied
from apimdoctor.prescribe.prescribe import prescribed
from apimdoctor.prescribe.registration import PRESCRIBERS as REGISTRATIONS
from apimdoctor.prescribe.settings import PRESCRIBERS as SETTINGS
from apimdoctor.snapshot import Snapshot
from tests.cli.folders import APP, APP_ID, OPERATION, TENANT, V2_ONLY, sick, write

WITHOUT_A_CURE = {
    # What is not read cannot be sent back: these lists are replaced whole, and hold more than a snapshot keeps.
    "scope-not-exposed": 0,
    # A version 2 app registration has no version to move to.
    "audience-not-emitted": 0,
    "easy-auth-issuer-malformed": 0,
}


@cache
def rules() -> tuple[Rule, ...]:
    return load()


def patients() -> list[tuple[Rule, object]]:
    listed = {*REGISTRATIONS, *SETTINGS}
    return [
        pytest.param(rule, example, id=f"{rule.id}: {example.name}")
        for rule in rules()
        if rule.id in listed
        for example in rule.examples
        if example.expect == "flagged"
    ]


def findings(snapshot: Snapshot, rule: Rule) -> tuple[Finding, ...]:
    built = build_whole(snapshot)
    return prescribed(snapshot, built, judge([rule], built.facts), rules(), judged=judge(rules(), built.facts)).findings


def patches(finding: Finding) -> list[tuple[Prescription, ObjectPatch]]:
    return [(one, change) for one in finding.prescriptions for change in one.changes if isinstance(change, ObjectPatch)]


@pytest.mark.parametrize("rule, example", patients())
def test_a_patch_cures_its_finding_and_says_what_it_is_sent_to(rule: Rule, example) -> None:
    snapshot = files.read_tree(MemoryTree(files_of(example.name, example.given)))
    for finding in findings(snapshot, rule):
        for prescription, patch in patches(finding):
            left = judge([rule], build_whole(applied(snapshot, prescription.changes)).facts)
            assert finding.fingerprint not in [one.fingerprint for one in left.findings]
            assert patch.name and patch.resource and patch.body
            assert patch.commands and all(
                line.isprintable() for text in patch.commands.values() for line in text.split("\n")
            )
            json.dumps(patch.body)


def test_most_rules_that_name_an_object_have_a_patch() -> None:
    cured = set()
    for rule in rules():
        if rule.id in {*REGISTRATIONS, *SETTINGS} - set(WITHOUT_A_CURE):
            example = next(one for one in rule.examples if one.expect == "flagged")
            snapshot = files.read_tree(MemoryTree(files_of(example.name, example.given)))
            if any(patches(finding) for finding in findings(snapshot, rule)):
                cured.add(rule.id)
    assert cured == {*REGISTRATIONS, *SETTINGS} - set(WITHOUT_A_CURE)


def mismatch(folder: Path) -> list[tuple[Prescription, ObjectPatch]]:
    rule = next(one for one in rules() if one.id == "issuer-version-mismatch")
    return [pair for finding in findings(files.read([folder]), rule) for pair in patches(finding)]


def test_the_token_version_has_two_cures_and_the_second_names_the_app_registration(tmp_path: Path) -> None:
    ((prescription, patch),) = mismatch(sick(tmp_path))
    assert prescription.safety == "review"
    assert (patch.kind, patch.name, patch.identifier) == ("graph", "Orders", APP_ID)
    assert patch.resource == f"applications/{APP['id']}"
    assert patch.body == {"api": {"requestedAccessTokenVersion": 2}}
    assert set(patch.commands) == {"az", "powershell", "terraform", "bicep"}
    assert patch.commands["terraform"].endswith("api {\n  requested_access_token_version = 2\n}")


def test_sites_and_clients_that_live_with_version_1_are_named_and_come_first(tmp_path: Path) -> None:
    sick(tmp_path)
    site = {
        "id": "/subscriptions/x/resourceGroups/g/providers/Microsoft.Web/sites/orders/config/authsettingsV2",
        "type": "Microsoft.Web/sites/config",
        "properties": {
            "platform": {"enabled": True},
            "globalValidation": {"requireAuthentication": True},
            "identityProviders": {
                "azureActiveDirectory": {
                    "enabled": True,
                    "registration": {"clientId": APP_ID, "openIdIssuer": f"https://sts.windows.net/{TENANT}/"},
                }
            },
        },
    }
    client = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications/$entity",
        "id": "3f7d1c29-58a4-4b60-9e1d-70c2b48f6a53",
        "appId": "c80c4f5e-6a4d-4c2f-8f06-b6c6f4a1e7d2",
        "displayName": "Orders web",
        "requiredResourceAccess": [
            {
                "resourceAppId": APP_ID,
                "resourceAccess": [{"id": "9a1be1f5-4be4-4b1c-8f4d-6c6c5d0ee7a1", "type": "Scope"}],
            }
        ],
    }
    write(tmp_path, "web/orders.json", site)
    write(tmp_path, "entra/web.json", client)
    ((prescription, _),) = mismatch(tmp_path)
    told = " ".join(prescription.side_effects)
    assert "Easy Auth of orders.azurewebsites.net may not accept version 2 tokens." in told
    assert "Orders web" in told
    assert prescription.steps[0].startswith(
        "Let Easy Auth of orders.azurewebsites.net accept the issuer https://login.microsoftonline.com/"
    )
    assert "requestedAccessTokenVersion" in prescription.steps[1]


def test_no_switch_is_shown_where_another_check_would_refuse_its_tokens(tmp_path: Path) -> None:
    sick(tmp_path)
    old = V2_ONLY.replace("/v2.0/.well-known", "/.well-known")
    write(tmp_path, "apim/apis/old/apiInformation.json", {"properties": {"displayName": "Old", "path": "old"}})
    write(tmp_path, "apim/apis/old/operations/list/operationInformation.json", OPERATION)
    write(tmp_path, "apim/apis/old/policy.xml", old)
    assert mismatch(tmp_path) == []


def test_lists_hold_what_stays() -> None:
    rule = next(one for one in rules() if one.id == "preauthorized-unknown-scope")
    example = next(one for one in rule.examples if one.expect == "flagged")
    snapshot = files.read_tree(MemoryTree(files_of(example.name, example.given)))
    before = {
        entry.app_id: entry.scope_ids
        for t in snapshot.tenants
        for a in t.app_registrations
        for entry in a.pre_authorized
    }
    known = {scope.id for t in snapshot.tenants for a in t.app_registrations for scope in a.scopes}
    (finding,) = findings(snapshot, rule)
    ((_, patch),) = patches(finding)
    kept = {one["appId"]: one["delegatedPermissionIds"] for one in patch.body["api"]["preAuthorizedApplications"]}
    assert kept == {app: [i for i in ids if i in known] for app, ids in before.items() if any(i in known for i in ids)}
