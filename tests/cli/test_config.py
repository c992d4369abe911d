"""What the configuration file says, who wins, and how a mistake in it is told."""

import json
from pathlib import Path

import jsonschema
import pytest

from apimdoctor.cli import arguments, config, config_schema
from tests.cli.conftest import Run
from tests.cli.folders import sick, write

RULE = "issuer-version-mismatch"


def test_the_file_says_what_is_read_and_what_comes_out(run: Run) -> None:
    sick(Path("gateway"))
    write(Path(), "apimdoctor.yaml", "from: gateway\nreport: [json=out/r.json, html=out/r.html]\n")
    done = run("scan")
    assert done.code == 1
    assert json.loads(Path("out/r.json").read_text("utf-8"))["summary"]["error"] == 1
    assert Path("out/r.html").is_file()


def test_paths_are_meant_from_the_folder_of_the_file(run: Run, tmp_path: Path) -> None:
    sick(tmp_path / "gateway")
    file = write(tmp_path, "apimdoctor.yaml", "from: gateway\nreport: json=out/r.json\n")
    run("scan", "--config", file)
    assert (tmp_path / "out/r.json").is_file()


def test_the_command_line_wins(run: Run, tmp_path: Path) -> None:
    write(Path(), "apimdoctor.yaml", "from: nowhere\nfail-on: never\n")
    assert run("scan", "--from", sick(tmp_path)).code == 0
    assert run("scan", "--from", sick(tmp_path), "--fail-on", "error").code == 1


def test_diagnose_reads_where_the_file_says_and_nothing_else_of_it(run: Run) -> None:
    sick(Path("gateway"))
    write(Path(), "apimdoctor.yaml", "from: gateway\napi: another\nreport: html=out/r.html\nfail-on: never\n")
    done = run("diagnose", "--api", "orders")
    assert done.code == 1
    assert done.out.startswith("The call is refused")
    assert not Path("out").exists()


def test_diagnose_lets_the_command_line_win(run: Run, tmp_path: Path) -> None:
    write(Path(), "apimdoctor.yaml", "from: nowhere\n")
    assert run("diagnose", "--api", "orders", "--from", sick(tmp_path)).code == 1


def test_access_takes_the_cloud_of_the_file(run: Run) -> None:
    write(Path(), "clouds/own.json", "{}")
    write(Path(), "apimdoctor.yaml", "from: gateway\nall-subscriptions: true\ncloud: clouds/own.json\n")
    done = run("access")
    assert done.code == 2
    assert "own.json" in done.err


def test_a_severity_of_ones_own_changes_findings_and_exit_code(run: Run, tmp_path: Path) -> None:
    write(Path(), "apimdoctor.yaml", f"severity:\n  {RULE}: info\n")
    done = run("scan", "--from", sick(tmp_path), "--report", "json")
    assert done.code == 0
    assert {one["rule"]: one["severity"] for one in done.report["findings"]}[RULE] == "info"


@pytest.mark.parametrize("word", ["off", '"off"'])
def test_a_rule_can_be_switched_off(run: Run, tmp_path: Path, word: str) -> None:
    write(Path(), "apimdoctor.yaml", f"severity:\n  {RULE}: {word}\n")
    done = run("scan", "--from", sick(tmp_path), "--report", "json")
    assert RULE not in {one["rule"] for one in done.report["findings"]}


def test_pyproject_holds_the_same_settings(run: Run) -> None:
    sick(Path("gateway"))
    write(
        Path(), "pyproject.toml", '[project]\nname = "x"\n\n[tool.apimdoctor]\nfrom = ["gateway"]\nfail-on = "never"\n'
    )
    assert run("scan").code == 0


def test_apimdoctor_yaml_stands_before_pyproject(run: Run) -> None:
    sick(Path("gateway"))
    write(Path(), "pyproject.toml", '[tool.apimdoctor]\nfrom = "nowhere"\n')
    write(Path(), "apimdoctor.yaml", "from: gateway\n")
    assert run("scan").code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fial-on: error", "did you mean fail-on?"),
        ("fail-on: eror", "did you mean error?"),
        ("strict: sometimes", "strict must be true or false"),
        ("from: 3", "from must be a text or a list of texts"),
        ("baseline: [a, b]", "baseline must be a text"),
        ("report: pdf", "'pdf' is no report format"),
        ("severity: [x]", "severity must be a mapping"),
        ("severity: {x: fatal}", "say error, warning, info or off"),
        (f"severity: {{{RULE}s: info}}", f"did you mean {RULE}?"),
        ("- a", "must be a mapping"),
        ("a: [", "is not readable as YAML"),
    ],
)
def test_a_mistake_is_told_with_what_was_meant(run: Run, tmp_path: Path, text: str, said: str) -> None:
    write(Path(), "apimdoctor.yaml", text)
    done = run("scan", "--from", sick(tmp_path))
    assert done.code == 2
    assert said in done.err


def test_the_schema_names_every_option_that_the_reader_takes_and_no_other() -> None:
    properties = config_schema.schema()["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == {*config.scan_options(), *config.OWN_KEYS}
    assert set(arguments.options("scan")) - set(properties) <= set(arguments.NOT_IN_FILES)


@pytest.mark.parametrize(
    "told",
    [{"fial-on": "error"}, {"fail-on": "eror"}, {"report": "pdf"}, {"strict": "yes"}, {"waivers": [{"rule": "x"}]}],
)
def test_the_schema_refuses_what_the_reader_refuses(told: dict) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, config_schema.schema())
