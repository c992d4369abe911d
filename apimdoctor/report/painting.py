"""Lines of styled text, with colour where it is wanted and inert for a pipeline's agent."""

import io
from collections.abc import Iterable

from apimdoctor.report.hostile import inert

# A line is a sequence of (text, style) spans; styles are rich's words.
Span = tuple[str, str]
Line = tuple[Span, ...]


def painted(lines: Iterable[Line], *, colour: bool) -> str:
    """The lines as text, with terminal codes only when colour is wanted."""
    if not colour:
        return "".join(inert("".join(text for text, _ in line).rstrip()) + "\n" for line in lines)
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    # An empty environment: whether colour is wanted was decided by the caller.
    console = Console(file=out, force_terminal=True, color_system="standard", legacy_windows=False, _environ={})
    for line in lines:
        console.print(Text.assemble(*_inert_spans(line)), soft_wrap=True, highlight=False)
    return out.getvalue()


def _inert_spans(line: Line) -> list[Span]:
    """As `inert`, span by span: a command never crosses spans, for the codes between them break it."""
    return [(inert(text), style) for text, style in line]
