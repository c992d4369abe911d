"""Text laid into the columns of a terminal: wrapped at words, folded at parts of a path, or cut."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator

from apimdoctor.report.painting import Line


def prose(text: str, width: int, *, indent: int = 0, hang: int = 0, style: str = "") -> Iterator[Line]:
    """Text wrapped at words; the lines after the first are indented by `hang` more."""
    wrapped = textwrap.wrap(
        text,
        width=width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapped:
        word = line.lstrip()
        if len(line) <= width or " " in word:
            yield ((line, style),)
        elif "://" in word:
            # An address that is too long moves left rather than over the edge.
            yield ((f"{' ' * max(0, width - len(word))}{word}", style),)
        else:
            for part in folded(word, width - indent - hang):
                yield ((f"{' ' * (indent + hang)}{part}", style),)


def folded(path: str, most: int) -> list[str]:
    """A path in as few lines as hold it; only between its parts is it broken."""
    lines = [""]
    for part in re.findall(r"[^/]*/|[^/]+$", path):
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += part
    return lines


def columns(text: str) -> int:
    """The columns of a terminal that a text takes."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1 for char in text
    )


def crop(text: str, most: int) -> str:
    """The text, cut to so many columns."""
    if columns(text) <= most:
        return text
    text = text[: most - 3]
    while columns(text) > most - 3:
        text = text[:-1]
    return text + "..."
