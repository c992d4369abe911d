"""Policies in the fences of a Markdown file: samples, read only when a person names that file."""

import re
from collections.abc import Iterator

from apimdoctor.collect.files.anchors import Anchor
from apimdoctor.collect.files.bare import root_of

SUFFIXES = (".md", ".markdown")
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[^\n`]*\n", re.MULTILINE)


def samples(text: str) -> Iterator[tuple[str, Anchor]]:
    """Every fenced policy with the place it begins at."""
    at = 0
    while opened := _FENCE.search(text, at):
        start = opened.end()
        closed = re.compile(rf"^[ \t>]*{re.escape(opened[1])}[ \t]*$", re.MULTILINE).search(text, start)
        end = closed.start() if closed is not None else len(text)
        at = closed.end() if closed is not None else len(text)
        if root_of(text[start:end]):
            yield text[start:end], (0, text.count("\n", 0, start) + 1, 1)
