"""Findings known before, by fingerprint: a nightly job then speaks of new ones only."""

import json
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from apimdoctor.cli.output import replace_file
from apimdoctor.engine.finding import Finding, Verdicts, Waived
from apimdoctor.errors import ApimDoctorError

SCHEMA = "apimdoctor/baseline/1"


class Known(Struct, frozen=True):
    """What a baseline file holds: fingerprint to (rule, resource), the latter two for its readers only."""

    file: str = ""
    findings: tuple[tuple[str, str, str], ...] = ()
    notice: str = ""


def read(file: Path | None, *, new: bool = False) -> Known:
    """The known findings; with `new` a file that is not there yet holds none."""
    if file is None:
        return Known()
    if new and not file.exists():
        return Known(file.name)
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["schema"] != SCHEMA:
            raise ValueError(f"its schema is {told['schema']!r}")
        entries = tuple((str(e["fingerprint"]), str(e["rule"]), str(e["resource"])) for e in told["findings"])
    except FileNotFoundError:
        raise ApimDoctorError(f"{file} does not exist", hint="--update-baseline writes it") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ApimDoctorError(f"{file} is no baseline: {error}", hint="--update-baseline writes one") from None
    return Known(file.name, entries)


def update(file: Path, known: Known, verdicts: Verdicts, *, whole: bool) -> Known:
    """Write today's findings as the known ones. What was fixed is dropped, but only by a run that saw everything."""
    today = {f.fingerprint: (f.fingerprint, f.rule, f.at.resource) for f in verdicts.findings}
    gone = [entry for entry in known.findings if entry[0] not in today]
    kept = {} if whole else {entry[0]: entry for entry in gone}
    entries = tuple(sorted({**kept, **today}.values(), key=lambda entry: (entry[1], entry[2], entry[0])))
    body = [{"rule": rule, "resource": resource, "fingerprint": mark} for mark, rule, resource in entries]
    replace_file(file, json.dumps({"schema": SCHEMA, "findings": body}, indent=1, ensure_ascii=False) + "\n")
    dropped = f"{len(gone)} fixed dropped" if whole else f"{len(gone)} not seen in this narrower run kept"
    return Known(file.name, entries, f"{file.name} now holds {len(entries)} known findings, {dropped}")


def without_known(verdicts: Verdicts, known: Known) -> Verdicts:
    """The verdicts with known findings among the waived ones, so that none of them disappears."""
    marks = {entry[0] for entry in known.findings}
    if not marks and not known.notice:
        return verdicts

    def fresh(finding: Finding) -> bool:
        return finding.fingerprint not in marks

    waived = tuple(
        Waived(finding=finding, reason="known before", source=known.file)
        for finding in verdicts.findings
        if not fresh(finding)
    )
    notices = (*verdicts.notices, known.notice) if known.notice else verdicts.notices
    return replace(
        verdicts,
        findings=tuple(filter(fresh, verdicts.findings)),
        waived=(*verdicts.waived, *waived),
        notices=notices,
    )
