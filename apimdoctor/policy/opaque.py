"""Elements with literal content (set-body, xsl-transform ...), in which `choose` or `base` are words of somebody else."""

import re
from functools import lru_cache

from apimdoctor.policy.markup import CDATA, PLAIN, Piece, UnreadableError, expression_piece, text_value
from apimdoctor.policy.tree import Attribute, Text

_OPAQUE = frozenset({"set-body", "xsl-transform", "cross-domain", "publish-to-dapr"})
_REST = re.compile(r"[^<>]*+>")


def is_opaque(name: str, parent: str) -> bool:
    """Whether an element's content is literal (docs: the pages of set-body, xsl-transform, cross-domain and of Dapr)."""
    return name in _OPAQUE or (name == "data" and parent == "invoke-dapr-binding")


@lru_cache(maxsize=16)
def _marks(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{re.escape(name)}\s*+>|<{re.escape(name)}(?=[\s/>])|<!--|<!\[CDATA\[|@[({{]")


def read_opaque(text: str, name: str, start: int, attributes: tuple[Attribute, ...]) -> tuple[Text | None, int, int]:
    """The content that begins at `start`, as one text (None when blank); its end; the offset after the closing tag.

    Liquid templates have no policy expressions, and their `{{ }}` are no named values (docs: set-body-policy).
    """
    liquid = any(a.name == "template" and a.raw.strip().lower() == "liquid" for a in attributes)
    pieces: list[Piece] = []
    depth, position, plain = 1, start, start
    while True:
        found = _marks(name).search(text, position)
        if not found:
            raise UnreadableError(f"<{name}> is never closed", start)
        position, mark = found.end(), found.group()
        if mark[0] == "@":
            if not liquid:
                pieces += [Piece(PLAIN, plain, found.start()), expression_piece(text, found.start())]
                position = plain = pieces[-1].end
        elif mark.startswith("<!-"):
            position = _past(text, "-->", position, "the comment is never closed")
        elif mark.startswith("<!["):
            end = _past(text, "]]>", position, "the CDATA section is never closed")
            pieces += [Piece(PLAIN, plain, found.start()), Piece(CDATA, position, end - 3)]
            position = plain = end
        elif mark[1] != "/":
            rest = _REST.match(text, position)
            depth += 0 if rest and rest.group().endswith("/>") else 1
        elif depth > 1:
            depth -= 1
        else:
            break
    end = found.start()
    raw = text[start:end]
    if not raw or raw.isspace():
        return None, end, position
    pieces = [piece for piece in (*pieces, Piece(PLAIN, plain, end)) if piece.end > piece.start]
    return Text(raw, text_value(text, pieces, named_values=not liquid, markup=True), start, end), end, position


def _past(text: str, mark: str, position: int, error: str) -> int:
    end = text.find(mark, position)
    if end < 0:
        raise UnreadableError(error, position)
    return end + len(mark)
