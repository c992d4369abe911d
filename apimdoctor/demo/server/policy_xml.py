"""A policy as it was typed (rawxml, where expressions are code) written as XML, as API Management tells it for format=xml."""

import re
from collections.abc import Iterator
from xml.parsers import expat

from apimdoctor.policy import source
from apimdoctor.policy.tree import Document, Element, Text

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
_EXPRESSION = re.compile(r"@[({]")


def as_xml(text: str) -> tuple[str, str]:
    """The text with its expressions escaped and "xml"; the text itself and "rawxml" where no XML can be made of it.

    Line ends stay as they are, so that lines are counted as the author counts them.
    """
    if _well_formed(text):
        return text, "xml"
    document = source.parse(text)
    if not isinstance(document, Document):
        return text, "rawxml"
    parts: list[str] = []
    at = 0
    for start, end in sorted(_written(document.roots)):
        parts += [text[at:start], _escaped(text[start:end])]
        at = end
    written = "".join((*parts, text[at:]))
    return (written, "xml") if _well_formed(written) else (text, "rawxml")


def _written(elements: tuple[Element, ...]) -> Iterator[tuple[int, int]]:
    """Where attribute values and texts with expressions stand."""
    waiting = list(elements)
    while waiting:
        element = waiting.pop()
        yield from ((one.start, one.end) for one in element.attributes if _EXPRESSION.search(one.raw))
        for child in element.children:
            if isinstance(child, Element):
                waiting.append(child)
            elif isinstance(child, Text) and _EXPRESSION.search(child.raw) and "<![CDATA[" not in child.raw:
                yield child.start, child.end


def _escaped(raw: str) -> str:
    return _ENTITY.sub("&amp;", raw).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _well_formed(text: str) -> bool:
    parser = expat.ParserCreate()
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError:
        return False
    return True
