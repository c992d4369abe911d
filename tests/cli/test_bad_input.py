"""Folders that are empty, broken or foreign: a sentence or a gap, and the rest of the scan done."""

from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tests.cli.folders import APP, APP_ID, V2_ONLY, sick, write


def scanned(run: Run, folder: Path) -> Ran:
    done = run("scan", "--from", folder, "--report", "json", "--fail-on", "never")
    assert "Traceback" not in done.err
    assert done.code in (0, 3)
    return done


def rules(done: Ran) -> set[str]:
    return {finding["rule"] for finding in done.report["findings"]}


def test_an_empty_folder_is_one_gap_that_says_what_is_expected(run: Run, tmp_path: Path) -> None:
    (gap,) = scanned(run, tmp_path).report["gaps"]
    assert "nothing in" in gap["detail"]
    assert "APIOps" in gap["hint"]


def test_without_app_registrations_what_needs_them_is_not_assessed(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    (folder / "entra/orders.json").unlink()
    done = scanned(run, folder)
    assert "issuer-version-mismatch" not in rules(done)
    assert "issuer-version-mismatch" in {entry["rule"] for entry in done.report["not_assessed"]}


def test_without_policies_nothing_is_called_clean(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "entra/orders.json", APP)
    summary = scanned(run, tmp_path).report["summary"]
    assert (summary["app_registrations"], summary["services"], summary["error"]) == (1, 0, 0)


def test_a_policy_cut_off_in_the_middle_is_told_with_its_file_and_the_rest_is_judged(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    write(
        folder, "apim/apis/returns/apiInformation.json", {"properties": {"displayName": "Returns", "path": "returns"}}
    )
    write(folder, "apim/apis/returns/policy.xml", V2_ONLY[:200])
    done = scanned(run, folder)
    assert "issuer-version-mismatch" in rules(done)
    (gap,) = done.report["gaps"]
    assert (gap["scope"], gap["kind"]) == ("apim/apis/returns/policy.xml", "unparsed")
    assert "never closed" in gap["detail"]


def test_json_of_another_product_is_left_alone(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    write(folder, "package.json", {"name": "shop", "version": "1.0.0", "dependencies": {}})
    write(folder, "deploy.json", {"type": "Microsoft.Storage/storageAccounts", "name": "shop", "properties": {}})
    done = scanned(run, folder)
    assert "issuer-version-mismatch" in rules(done)
    assert done.report["gaps"] == []


def test_two_app_registrations_with_one_client_id_are_no_reason_for_a_crash(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    write(
        folder, "entra/again.json", {**APP, "id": "c1d6a0f2-3b1e-4d57-8f27-51d93b6e0c8a", "displayName": "Orders again"}
    )
    done = scanned(run, folder)
    said = done.report["findings"] + done.report["not_assessed"] + done.report["gaps"]
    assert any(APP_ID in str(one) or "Orders again" in str(one) for one in said), said


@pytest.mark.parametrize(
    ("written", "named"),
    [('<include-fragment fragment-id="lost" />', "lost"), ("<audience>{{gone}}</audience>", "gone")],
    ids=["fragment", "named value"],
)
def test_what_a_policy_names_but_nobody_has_is_said(run: Run, tmp_path: Path, written: str, named: str) -> None:
    policy = V2_ONLY.replace("<base />", f"<base />{written}", 1) if "fragment" in written else V2_ONLY
    if "{{" in written:
        policy = policy.replace(f"<audience>{APP_ID}</audience>", written).replace(
            f"<audience>api://{APP_ID}</audience>", ""
        )
    done = scanned(run, sick(tmp_path, policy))
    told = [entry["reason"] for entry in done.report["not_assessed"]] + [f["message"] for f in done.report["findings"]]
    assert any(named in one for one in told), told


def test_a_loop_of_links_ends(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    (folder / "apim/again").symlink_to(folder, target_is_directory=True)
    assert "issuer-version-mismatch" in rules(scanned(run, folder))


@pytest.mark.parametrize("target", ["policy.xml", "/dev/null", "nowhere.xml"], ids=["circle", "outside", "nowhere"])
def test_a_file_that_cannot_be_read_is_a_gap(run: Run, tmp_path: Path, target: str) -> None:
    folder = sick(tmp_path)
    write(
        folder, "apim/apis/returns/apiInformation.json", {"properties": {"displayName": "Returns", "path": "returns"}}
    )
    (folder / "apim/apis/returns/policy.xml").symlink_to(target)
    done = scanned(run, folder)
    assert any("returns/policy.xml" in gap["scope"] for gap in done.report["gaps"])
    assert "issuer-version-mismatch" in rules(done)


def test_a_file_that_is_no_text_is_a_gap(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    (folder / "apim/apis/orders/operations/list/policy.xml").write_bytes(b"\xff\xfe\xff\xd8\x00<policies>" * 3)
    done = scanned(run, folder)
    told = [gap["scope"] for gap in done.report["gaps"]] + [entry["reason"] for entry in done.report["not_assessed"]]
    assert any("list/policy.xml" in one for one in told), told


def test_a_damaged_snapshot_is_one_sentence(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, "saved.json", '{"schema": "apimdoctor/snapshot/1", "services": 3}')
    done = run("scan", "--from", file)
    assert done.code in (2, 3)
    assert done.err.startswith("apimdoctor: error: the snapshot is damaged")
