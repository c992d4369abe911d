"""Lines of styled text, with colour where it is wanted and inert for a pipeline's agent."""

import io
from collections.abc import Iterable
from urllib.parse import quote

from apimdoctor.report.hostile import inert

# A line is a sequence of (text, style) spans; styles are rich's words, `link URL` among them.
Span = tuple[str, str]
Line = tuple[Span, ...]

_IN_A_STYLE = "/:.?=&%-_~#"
"""Characters of a URL that stay as they are: none of them ends a style's word or a terminal's link."""


def linked(style: str, url: str) -> str:
    """The style, with a link to `url` ("" = none). What a name of the tenant put into it is percent-encoded."""
    return f"{style} link {quote(url, safe=_IN_A_STYLE)}".strip() if url else style


def painted(lines: Iterable[Line], *, colour: bool) -> str:
    """The lines as text, with terminal codes (links too) only when colour is wanted."""
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
