"""`--bicep`: the program runs only when asked, with nothing of the caller's environment, on nothing that leads out."""

import os
from pathlib import Path

import pytest

from apimdoctor.collect import files
from apimdoctor.errors import ApimDoctorError
from tests.collect.made_files import POLICY

COMPILED = """{"resources": [{"type": "Microsoft.ApiManagement/service/policies", "name": "apim-gate/policy",
 "properties": {"format": "rawxml", "value": "%s"}}]}"""
SOURCE = """
resource global 'Microsoft.ApiManagement/service/policies@2023-05-01-preview' = {
  name: 'apim-gate/policy'
  properties: { format: 'rawxml', value: loadTextContent('global.xml') }
}
"""


def repository(tmp_path: Path, source: str = SOURCE) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "main.bicep").write_text(source)
    (root / "global.xml").write_text(POLICY)
    return root


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A program called bicep that notes how it is called and then does what the script says; `$5` is the file to write."""
    tools = tmp_path / "tools"
    tools.mkdir()
    tool = tools / "bicep"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tools}/called\nenv > {tools}/seen\n{script}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("A_SECRET_OF_THE_PIPELINE", "hidden")
    return tools


def test_what_is_compiled_stands_where_the_author_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = program(tmp_path, monkeypatch, f"cat > \"$5\" <<'END'\n{COMPILED % POLICY}\nEND")
    snapshot = files.read([repository(tmp_path)], bicep=True)
    (service,) = snapshot.services
    assert (service.name, snapshot.gaps) == ("apim-gate", ())
    assert service.policy is not None
    assert (service.policy.text, service.policy.origin.document) == (POLICY, "global.xml")
    called = (tools / "called").read_text()
    assert called.startswith("build ")
    assert "--no-restore" in called
    assert "A_SECRET_OF_THE_PIPELINE" not in (tools / "seen").read_text()


def test_what_only_the_compiler_understands_is_told_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "<policies><inbound><mock-response /></inbound></policies>"
    program(tmp_path, monkeypatch, f"cat > \"$5\" <<'END'\n{COMPILED % other}\nEND")
    policy = files.read([repository(tmp_path)], bicep=True).services[0].policy
    assert policy is not None
    assert policy.text == other
    assert (policy.origin.document, policy.origin.line) == ("global.xml", 1)


def test_without_the_flag_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = program(tmp_path, monkeypatch, "exit 1")
    assert files.read([repository(tmp_path)]).services[0].policy is not None
    assert not (tools / "called").exists()


def test_a_file_that_bicep_refuses_is_a_gap_and_is_read_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, "exit 3")
    snapshot = files.read([repository(tmp_path)], bicep=True)
    assert [(gap.scope, gap.kind) for gap in snapshot.gaps] == [("main.bicep", "failed")]
    assert snapshot.services[0].policy is not None


@pytest.mark.parametrize("path", ["../../secret.txt", "/etc/hostname", "link.txt"])
def test_a_file_that_leads_out_of_the_folder_is_never_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    tools = program(tmp_path, monkeypatch, "exit 0")
    root = repository(tmp_path, SOURCE + f"var stolen = loadTextContent('{path}')\n")
    (tmp_path / "secret.txt").write_text("hidden")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    snapshot = files.read([root], bicep=True)
    assert any("names a file that is not in the folder" in gap.detail for gap in snapshot.gaps)
    assert not (tools / "called").exists()


def test_a_program_that_is_not_installed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ApimDoctorError, match="not installed here"):
        files.read([root], bicep=True)


def test_a_program_in_the_scanned_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path)
    (root / "bicep").write_text("#!/bin/sh\n")
    (root / "bicep").chmod(0o755)
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(ApimDoctorError, match="stands in the folder that is scanned"):
        files.read([root], bicep=True)
