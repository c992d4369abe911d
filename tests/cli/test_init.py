"""What `init` writes is valid where it will be read: by actionlint, the schemas of the pipelines, and apimdoctor itself."""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apimdoctor.cli import config, config_schema, init
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = init.made("github")
PIPELINES = init.made("azure-pipelines")


def vendored(name: str) -> Any:
    """A schema that check-jsonschema carries."""
    folder = files("check_jsonschema").joinpath("builtin_schemas", "vendor")
    return json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))


def errors(schema: Any, told: Any) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(told)]


def words(told: Any) -> Any:
    """The pipelines' schema takes some booleans as words only."""
    for part in (*told.get("schedules", ()), *told["steps"]):
        for key in {"always", "persistCredentials"} & part.keys():
            part[key] = str(part[key]).lower()
    return told


def workflow(text: str) -> Any:
    # YAML 1.1 reads the key `on` as true.
    told = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in told.items()}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_satisfy_the_schema_of_github(name: str) -> None:
    assert errors(vendored("github-workflows"), workflow(WORKFLOWS[name])) == []


def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "actionlint"
    for name, text in WORKFLOWS.items():
        (tmp_path / Path(name).name).write_text(text, "utf-8")
    done = subprocess.run([program, *tmp_path.iterdir()], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines_satisfy_the_schema_of_azure(name: str) -> None:
    schema = vendored("azure-pipelines")
    assert errors(schema, words(yaml.safe_load(PIPELINES[name]))) == []


def test_the_schema_of_azure_refuses_a_misspelled_step() -> None:
    told = words(yaml.safe_load(PIPELINES["azure-pipelines/apimdoctor-nightly.yml"]))
    told["steps"][0]["perstCredentials"] = "x"
    assert errors(vendored("azure-pipelines"), told)


@pytest.mark.parametrize("text", WORKFLOWS.values(), ids=WORKFLOWS)
def test_every_action_is_pinned_to_a_commit(text: str) -> None:
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


@pytest.mark.parametrize("text", WORKFLOWS.values(), ids=WORKFLOWS)
def test_no_script_holds_an_expression_that_could_be_injected(text: str) -> None:
    for job in workflow(text)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_a_pull_request_gets_read_rights_alone_and_never_the_target_s_secrets() -> None:
    told = workflow(WORKFLOWS[".github/workflows/apimdoctor-pull-request.yml"])
    assert told["on"] == {"pull_request": None}
    assert told["permissions"] == {}
    assert [job["permissions"] for job in told["jobs"].values()] == [{"contents": "read"}]


@pytest.mark.parametrize("text", [*WORKFLOWS.values(), *PIPELINES.values()])
def test_no_template_holds_or_asks_for_a_secret(text: str) -> None:
    assert "secrets." not in text
    assert not re.search(r"client.?secret|servicePrincipalKey", text, re.IGNORECASE)


def test_the_nightly_upload_is_left_out_when_the_run_was_incomplete() -> None:
    steps = workflow(WORKFLOWS[".github/workflows/apimdoctor-nightly.yml"])["jobs"]["scan"]["steps"]
    (upload,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    assert "steps.scan.outputs.complete == 'true'" in upload["if"]


def test_azure_s_nightly_runs_also_when_nothing_was_pushed() -> None:
    told = yaml.safe_load(PIPELINES["azure-pipelines/apimdoctor-nightly.yml"])
    assert told["schedules"][0]["always"] is True


@pytest.mark.parametrize("text", [*WORKFLOWS.values(), *PIPELINES.values(), (ROOT / "action.yml").read_text("utf-8")])
def test_every_option_that_a_script_uses_is_one_of_scan(text: str) -> None:
    from apimdoctor.cli.arguments import FORMATS, options

    calls = re.findall(r"apimdoctor\"? scan (?:.*\\\n)*.*", text)
    assert calls
    for call in calls:
        assert {name for name in re.findall(r"--([a-z-]+)", call) if name not in {"query", "output"}} <= set(
            options("scan")
        )
        assert set(re.findall(r"--report \"?([a-z]+)", call)) <= set(FORMATS)


def test_the_action_satisfies_its_schema_and_passes_inputs_by_environment() -> None:
    told = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert errors(vendored("github-actions"), told) == []
    assert not [step for step in told["runs"]["steps"] if "${{" in step["run"]]


def test_the_hook_names_the_command_and_judges_the_whole_tree() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "apimdoctor scan --from ."
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False


def test_the_written_configuration_is_read_and_satisfies_its_schema(run: Run) -> None:
    assert run("init", "config").code == 0
    told = yaml.safe_load(Path("apimdoctor.yaml").read_text("utf-8"))
    schema = json.loads(Path("apimdoctor.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)
    assert config.read(None).options == {"fail-on": "error"}


def test_every_setting_of_the_commented_configuration_is_read_when_it_is_uncommented(tmp_path: Path) -> None:
    # One space after `#` is prose, none or several are a setting.
    text = re.sub(r"^#(?! \S)", "", init.template("apimdoctor.yaml"), flags=re.MULTILINE)
    file = tmp_path / "apimdoctor.yaml"
    file.write_text(text, "utf-8")
    read = config.read(file)
    assert {
        "from",
        "subscription",
        "service",
        "entra-tenant",
        "ignore",
        "rules",
        "fail-on",
        "baseline",
        "report",
    } == set(read.options)
    assert read.severity and read.waivers
    jsonschema.validate(yaml.safe_load(text), config_schema.schema())


def test_init_does_not_write_over_what_is_there(run: Run) -> None:
    run("init", "config")
    again = run("init", "config")
    assert again.code == 2
    assert "apimdoctor.yaml, apimdoctor.schema.json is there already" in again.err
    assert run("init", "config", "--force").code == 0
