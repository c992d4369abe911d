import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from apimdoctor.cli import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def report(self) -> dict:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> Run:
    """Run a command in an empty working folder, as in a pipe."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def ran(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return ran
