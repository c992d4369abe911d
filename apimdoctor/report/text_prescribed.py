"""A prescription in the text report: its change in lines, who else depends on what it changes, and who gets in."""

from collections.abc import Iterator

from apimdoctor.engine.prescription import Change, PolicyEdit, Prescription
from apimdoctor.report.hostile import visible
from apimdoctor.report.painting import Line
from apimdoctor.report.prescribed import SAID, admitted, body, heading, lines
from apimdoctor.report.wrapping import crop, prose

MOST_LINES = 24
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def told(one: Prescription, width: int, *, whole: bool, uncut: bool) -> Iterator[Line]:
    """The prescription, or (not `whole`) its title alone; `uncut`: every line and every way to send it."""
    heading_line: Line = (("    prescription" if whole else "    or", "bold green"), (f"  {SAID[one.safety]}", "dim"))
    yield heading_line
    yield from prose(visible(one.title), width, indent=6)
    if not whole:
        return
    for change in one.changes:
        yield from _change(change, width, uncut)
    for number, step in enumerate(one.steps, start=1):
        yield from prose(f"{number}. {visible(step)}", width, indent=6, hang=3)
    for effect in one.side_effects:
        yield from prose(f"mind: {visible(effect)}", width, indent=6, hang=6, style="yellow")
    for entry in one.admissions:
        yield from prose(f"gets in: {visible(admitted(entry))}", width, indent=6, hang=9)


def _change(change: Change, width: int, uncut: bool) -> Iterator[Line]:
    yield (("      --> ", "blue"), (visible(heading(change)), ""))
    if isinstance(change, PolicyEdit):
        listed = lines(change)
        for line in listed if uncut else listed[:MOST_LINES]:
            shown = visible(line.rstrip("\r").replace("\t", "    "))
            yield ((f"      {crop(shown, width - 6)}", _STYLES.get(line[:1], "")),)
        if len(listed) > MOST_LINES and not uncut:
            yield ((f"      ... {len(listed) - MOST_LINES} more lines: --diff prints them all", "dim"),)
        return
    yield ((f"      {change.method} {visible(change.resource)}", "bold"),)
    for line in body(change).split("\n"):
        yield ((f"      {visible(line)}", ""),)
    for way, command in change.commands.items():
        if uncut or way == "az":
            yield ((f"      {way}:", "dim"),)
            for line in command.split("\n"):
                yield ((f"        {visible(line)}", ""),)
