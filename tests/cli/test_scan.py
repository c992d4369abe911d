"""What the options of a scan do."""

import json
import stat
from pathlib import Path

import pytest

import apimdoctor.demo
from tests.cli.conftest import Run
from tests.cli.folders import sick, write


def two_apis(folder: Path) -> Path:
    sick(folder)
    policy = (folder / "apim/apis/orders/policy.xml").read_text("utf-8")
    write(
        folder,
        "apim/apis/returns/apiInformation.json",
        {"properties": {"displayName": "Returns", "path": "back/again"}},
    )
    write(
        folder,
        "apim/apis/returns/operations/list/operationInformation.json",
        {"properties": {"method": "GET", "urlTemplate": "/"}},
    )
    write(folder, "apim/apis/returns/policy.xml", policy)
    return folder


def apis(report: dict) -> set[str]:
    return {place.get("api", "") for f in report["findings"] for place in (f["at"], *f["affects"])} - {""}


@pytest.mark.parametrize("name", ["returns", "Returns", "back/again", "/back/again"])
def test_api_takes_the_resource_name_the_display_name_or_the_path(run: Run, tmp_path: Path, name: str) -> None:
    done = run("scan", "--from", two_apis(tmp_path), "--api", name, "--report", "json")
    concerned = [apis({"findings": [finding]}) for finding in done.report["findings"]]
    assert concerned and all("returns" in found for found in concerned)


def test_an_ambiguous_api_is_refused_with_the_list(run: Run, tmp_path: Path) -> None:
    folder = two_apis(tmp_path)
    write(folder, "apim/apis/returns/apiInformation.json", {"properties": {"displayName": "Orders", "path": "returns"}})
    write(folder, "apim/apis/orders-old/apiInformation.json", {"properties": {"displayName": "Orders", "path": "old"}})
    (folder / "apim/apis/orders").rename(folder / "apim/apis/orders-new")
    done = run("scan", "--from", folder, "--api", "Orders")
    assert done.code == 2
    assert "3 APIs are called 'Orders': orders-new in" in done.err


def test_an_unknown_api_suggests_the_nearest(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", two_apis(tmp_path), "--api", "retruns")
    assert "did you mean returns?" in done.err


def test_select_judges_by_these_rules_only(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "--select", "issuer-version-mismatch", "--report", "json")
    assert {finding["rule"] for finding in done.report["findings"]} == {"issuer-version-mismatch"}


def test_ignore_leaves_rules_out(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "--ignore", "issuer-version-mismatch", "--report", "json")
    assert "issuer-version-mismatch" not in {finding["rule"] for finding in done.report["findings"]}


def test_a_misspelled_rule_suggests_the_right_one(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "--ignore", "issuer-version-mismatsch")
    assert "did you mean issuer-version-mismatch?" in done.err


def test_several_reports_come_of_one_run(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(
        "scan", "--from", sick(tmp_path / "in"), "--report", f"json={out}/r.json", "--report", f"html={out}/r.html"
    )
    assert json.loads((out / "r.json").read_text("utf-8"))["summary"]["error"] == 1
    assert (out / "r.html").read_text("utf-8").startswith("<!doctype html>")
    assert done.out.splitlines()[0].startswith("1 error")
    assert f"html: {out}/r.html" in done.out


def test_a_report_in_a_file_has_no_colour_even_when_colour_is_forced(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = run("scan", "--from", sick(tmp_path / "in"), "--report", f"text={tmp_path}/r.txt", "--report", "text")
    assert "\x1b" not in (tmp_path / "r.txt").read_text("utf-8")
    assert "\x1b[" in done.out


def test_no_color_wins_over_force_color(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("scan", "--from", sick(tmp_path)).out


def test_a_scan_in_a_pipe_has_no_colour(run: Run, tmp_path: Path) -> None:
    assert "\x1b" not in run("scan", "--from", sick(tmp_path)).out


def test_quiet_prints_the_first_lines_only(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "-q")
    assert done.out.startswith("1 error")
    assert "issuer-version-mismatch" not in done.out


def test_verbose_says_on_stderr_what_is_done(run: Run, tmp_path: Path) -> None:
    folder = sick(tmp_path)
    done = run("scan", "--from", folder, "-v", "--report", "json")
    assert f"reading {folder}" in done.err
    assert done.report["summary"]["error"] == 1


def test_a_saved_snapshot_gives_the_same_findings_and_is_its_owners_alone(run: Run, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    first = run("scan", "--from", sick(tmp_path / "in"), "--save-snapshot", saved, "--report", "json").report
    second = run("scan", "--from", saved, "--report", "json").report
    assert second["findings"] == first["findings"]
    assert second["not_assessed"] == first["not_assessed"]
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_two_runs_print_the_same(run: Run, tmp_path: Path) -> None:
    folder = two_apis(tmp_path)
    assert (
        run("scan", "--from", folder, "--report", "json").out == run("scan", "--from", folder, "--report", "json").out
    )


def test_min_severity_leaves_milder_findings_out(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path), "--min-severity", "error", "--report", "json")
    assert {finding["severity"] for finding in done.report["findings"]} == {"error"}


def test_a_waiver_moves_a_finding_aside_with_its_reason(run: Run, tmp_path: Path) -> None:
    config = write(
        tmp_path, "waive.yaml", "waivers:\n- {rule: issuer-version-mismatch, resource: orders, reason: retired soon}\n"
    )
    done = run("scan", "--from", sick(tmp_path / "in"), "--config", config, "--report", "json")
    assert done.code == 0
    (waived,) = done.report["waived"]
    assert waived["reason"] == "retired soon"


def test_apimdoctor_yaml_of_the_working_folder_is_taken(run: Run, tmp_path: Path) -> None:
    Path("apimdoctor.yaml").write_text(
        "waivers:\n- {rule: issuer-version-mismatch, resource: orders, reason: soon gone}\n"
    )
    assert run("scan", "--from", sick(tmp_path)).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waiver: []", "did you mean waivers?"),
        ("- a", "must be a mapping"),
        ("waivers: [{rule: x, resource: y}]", "reason is missing"),
        ("waivers: [", "is not readable as YAML"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_mistake(run: Run, tmp_path: Path, text: str, said: str) -> None:
    done = run("scan", "--from", sick(tmp_path / "in"), "--config", write(tmp_path, "c.yaml", text))
    assert done.code == 2
    assert said in done.err


def test_with_a_baseline_only_new_findings_count(run: Run, tmp_path: Path) -> None:
    folder, known = sick(tmp_path / "in"), tmp_path / "known.json"
    assert run("scan", "--from", folder, "--baseline", known, "--update-baseline").code == 0
    done = run("scan", "--from", folder, "--baseline", known, "--report", "json")
    assert (done.code, done.report["findings"]) == (0, [])
    assert {waived["source"] for waived in done.report["waived"]} == {"known.json"}
    two_apis(folder)
    done = run("scan", "--from", folder, "--baseline", known, "--report", "json")
    assert done.code == 1
    assert apis({"findings": [f for f in done.report["findings"] if f["severity"] == "error"]}) == {"returns"}


def test_a_fixed_finding_is_dropped_from_the_baseline_and_said(run: Run, tmp_path: Path) -> None:
    folder, known = two_apis(tmp_path / "in"), tmp_path / "known.json"
    run("scan", "--from", folder, "--baseline", known, "--update-baseline")
    before = len(json.loads(known.read_text("utf-8"))["findings"])
    for file in sorted((folder / "apim/apis/returns").rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    done = run("scan", "--from", folder, "--baseline", known, "--update-baseline")
    after = len(json.loads(known.read_text("utf-8"))["findings"])
    assert after < before
    assert f"{before - after} fixed dropped" in done.out


def test_a_narrower_run_drops_nothing_from_the_baseline(run: Run, tmp_path: Path) -> None:
    folder, known = two_apis(tmp_path / "in"), tmp_path / "known.json"
    run("scan", "--from", folder, "--baseline", known, "--update-baseline")
    before = known.read_text("utf-8")
    run("scan", "--from", folder, "--baseline", known, "--update-baseline", "--api", "orders")
    assert known.read_text("utf-8") == before


def test_a_baseline_of_another_kind_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", sick(tmp_path / "in"), "--baseline", write(tmp_path, "b.json", {"schema": "x"}))
    assert done.code == 2
    assert "is no baseline" in done.err


def test_hostile_names_do_nothing_in_an_error(run: Run, tmp_path: Path) -> None:
    done = run("scan", "--from", tmp_path, "--api", "##vso[task.complete]\x1b[31m")
    assert "##vso[" not in done.err
    assert "\x1b" not in done.err


def test_prescriptions_that_were_not_looked_for_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = Path(apimdoctor.demo.__file__).parent / "tenant"
    monkeypatch.setattr("apimdoctor.cli.scan.MOST_NOTES", 2)
    assert "note: prescriptions of 3 infos were not looked for" in run("scan", "--from", demo).out
    assert "were not looked for" not in run("scan", "--from", demo, "-v").out
