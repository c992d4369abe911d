"""The report of an earlier run, which `--compare` names."""

import json
from collections.abc import Iterable
from pathlib import Path

from apimdoctor.engine.finding import Verdicts
from apimdoctor.errors import ApimDoctorError
from apimdoctor.report.comparison import Comparison, compare
from apimdoctor.report.json import SCHEMA
from apimdoctor.report.model import Report


class Earlier:
    """An earlier JSON report, read before this run may replace its file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            told = json.loads(file.read_text("utf-8"))
            if not isinstance(told, dict) or told.get("schema") != SCHEMA:
                raise ValueError(f"its schema is not {SCHEMA}")
            # A first comparison, with nothing: what is malformed is told before anything is read from Azure.
            self._told: dict[str, object] = told
            self._compare(Verdicts())
        except FileNotFoundError:
            raise ApimDoctorError(
                f"{file} does not exist", hint="--report json=FILE of an earlier run writes it"
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ApimDoctorError(
                f"{file} is no report to compare with: {error}", hint="--report json=FILE writes one"
            ) from None

    def comparison(self, report: Report, *, narrowed: bool, judged: Iterable[str]) -> Comparison:
        """The run beside the earlier one."""
        return compare(
            self._told, report.verdicts, report.gaps, since=self._file.name, narrowed=narrowed, judged=judged
        )

    def _compare(self, verdicts: Verdicts) -> None:
        compare(self._told, verdicts, (), since="", judged=())
