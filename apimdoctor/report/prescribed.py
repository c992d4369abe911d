"""A prescription as the reports tell it: its change in lines, and who gets in before and after."""

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.engine.prescription import Admission, Change, ObjectPatch, PolicyEdit, Safety

SAID: dict[Safety, str] = {"safe": "safe", "review": "to review"}
SENT_WITH = {
    "az": "Azure CLI",
    "powershell": "PowerShell",
    "terraform": "Terraform",
    "bicep": "Bicep",
}
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


class Row(Struct, frozen=True):
    """One line before and after the change, each with its number; 0 = there is none on that side."""

    before: int
    old: str
    after: int
    new: str

    @property
    def changed(self) -> bool:
        """Whether the two sides differ."""
        return not (self.before and self.after) or self.old != self.new


def lines(change: PolicyEdit) -> list[str]:
    """The hunks of a change, without the names of the files."""
    listed = change.diff.split("\n")
    first = next((number for number, line in enumerate(listed) if line.startswith("@@")), len(listed))
    return listed[first : len(listed) - 1 if change.diff.endswith("\n") else len(listed)]


def rows(change: PolicyEdit) -> Iterator[list[Row]]:
    """The hunks of a change side by side: lines that go stand beside the lines that come in their place."""
    made: list[Row] = []
    gone: list[tuple[int, str]] = []
    come: list[tuple[int, str]] = []
    old = new = 0

    def paired() -> None:
        for number in range(max(len(gone), len(come))):
            before = gone[number] if number < len(gone) else (0, "")
            after = come[number] if number < len(come) else (0, "")
            made.append(Row(*before, *after))
        gone.clear()
        come.clear()

    for line in lines(change):
        hunk = _HUNK.match(line)
        if hunk:
            paired()
            if made:
                yield made
            made, old, new = [], int(hunk[1]), int(hunk[2])
        elif line.startswith("-"):
            gone.append((old, line[1:].rstrip("\r")))
            old += 1
        elif line.startswith("+"):
            come.append((new, line[1:].rstrip("\r")))
            new += 1
        elif not line.startswith("\\"):
            paired()
            made.append(Row(old, line[1:].rstrip("\r"), new, line[1:].rstrip("\r")))
            old, new = old + 1, new + 1
    paired()
    if made:
        yield made


def heading(change: Change) -> str:
    """What a change is made to, in a line."""
    if isinstance(change, PolicyEdit):
        return change.at.document or change.at.resource
    identifier = f" ({change.identifier})" if change.identifier else ""
    kind = {"applications": "app registration ", "servicePrincipals": "service principal "}
    return f'{kind.get(change.resource.partition("/")[0], "")}"{change.name}"{identifier}'


def body(change: ObjectPatch) -> str:
    """The body of a PATCH, as a person reads it."""
    return json.dumps(change.body, ensure_ascii=False, indent=2)


def admitted(entry: Admission) -> str:
    """What the change does to one kind of caller."""
    if entry.before == entry.after:
        return f"{entry.caller}: {entry.after} as before"
    return f"{entry.caller}: {entry.before}, then {entry.after}"
