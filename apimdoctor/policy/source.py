"""A tolerant, linear reader of policy text, for what authors type (rawxml, which is no XML) and exports (xml) alike."""

import re
from collections.abc import Sequence

from apimdoctor.policy.markup import CDATA, PLAIN, Piece, Repairs, UnreadableError, expression_piece, text_value
from apimdoctor.policy.opaque import is_opaque, read_opaque
from apimdoctor.policy.place import Lines
from apimdoctor.policy.stand_ins import PLACEHOLDER, WORDS_ONLY, stand_ins
from apimdoctor.policy.tag import MARKUP, Tag, plain_attributes, read_tag
from apimdoctor.policy.tree import Attribute, Comment, Document, Element, Place, Text, Unparsed
from apimdoctor.policy.value import Literal, Mixed, Unresolved, Value
from apimdoctor.policy.value_text import Part, joined

MAX_DEPTH = 200
"""Deeper nesting is not read: nobody writes it by hand, and so those who walk the tree may do it by recursion."""

SECTIONS = ("inbound", "backend", "outbound", "on-error")

_BLANK = re.compile(r"\s*+(?=<)")
_TEXT_RUN = re.compile(r"(?:[^<@]++|@(?![({]))*+")
_DOCTYPE_MARK = re.compile(r"""(?:[^"'\[\]<>]++|"[^"]*+"|'[^']*+')*+([\[<>\]])""")
_MARKER_NAME = re.compile(r"[A-Z][A-Z0-9_.\-]*+\Z")


def parse(text: str, anchors: Sequence[tuple[int, int, int]] = ()) -> Document | Unparsed:
    """The tree of a policy document, fragment, or forest of parts; `Unparsed` with reason and place when it has none.

    Never a part of a tree: what looks absent in a text that stops in the middle may stand in its other half.
    `anchors` (offset, line, column) say where the text stands in its file, ascending; empty: the text is the file.
    """
    lines = Lines(text, anchors)
    try:
        return _Reader(text, lines).document()
    except UnreadableError as fault:
        return Unparsed(text, fault.error, lines.at(min(fault.offset, len(text))))


class _Open:
    """An element whose end has not been met."""

    __slots__ = ("attributes", "children", "constant", "counts", "inner", "name", "place", "start")

    def __init__(
        self, name: str, attributes: tuple[Attribute, ...], start: int, inner: int, place: Place | None
    ) -> None:
        self.name = name
        self.attributes = attributes
        self.start = start
        self.inner = inner
        """The offset after its tag."""
        self.place = place
        self.children: list[Element | Text | Comment] = []
        self.counts: dict[str, int] = {}
        self.constant = True
        """No child so far holds anything but literal text."""


class _Reader:
    """One pass over one text. Every method moves forward only, and a fault ends the pass: the cost is linear."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text = text
        self.lines = lines
        self.position = 1 if text.startswith("\ufeff") else 0
        self.top = _Open("", (), 0, 0, None)
        self.open = [self.top]
        self.comments: list[Comment] = []
        self.repairs = Repairs()
        self.nested_comment = -1

    def document(self) -> Document:
        """Reads the whole text."""
        text, size, match = self.text, len(self.text), MARKUP.match
        while self.position < size:
            found = match(text, self.position)
            if found is None:
                self._other()
                continue
            closed, name, written, slash = found.groups()
            if closed:
                self._closing_tag(closed, found.start(1) - 2, found.end())
            else:
                start, inner = found.start(2) - 1, found.end()
                attributes = plain_attributes(text, *found.span(3), self.repairs) if written else ()
                self._opening_tag(Tag(name, attributes, bool(slash), inner), start)
        if len(self.open) > 1:
            last = self.open[-1]
            raise UnreadableError(f"<{last.name}> is never closed: the text ends before it does", last.start)
        return self._finished()

    def _other(self) -> None:
        """Whatever stands between the tags, or a tag with expressions in it."""
        text = self.text
        blank = _BLANK.match(text, self.position)
        if not blank:
            self._character_data()
            return
        start = self.position = blank.end()
        following = text[start + 1 : start + 2]
        if following == "/":
            raise UnreadableError("the closing tag is cut off or malformed", start)
        if following == "!":
            self._declaration()
        elif following == "?":
            self._instruction()
        elif self.open[-1].name in WORDS_ONLY and (marker := PLACEHOLDER.match(text, start)):
            self.position = marker.end()
            self._add_marker(marker[0], start, marker.end(), ())
        else:
            self._opening_tag(read_tag(text, start, self.repairs), start)

    def _finished(self) -> Document:
        roots = tuple(child for child in self.top.children if isinstance(child, Element))
        if not roots:
            raise UnreadableError("there is no policy element in the text", 0)
        first = roots[0].name
        if first.lower() == "html":
            raise UnreadableError("this is a web page, not a policy", roots[0].start)
        if len(roots) > 1 and any(root.name in ("policies", "fragment") for root in roots):
            raise UnreadableError(f"<{roots[1].name}> stands beside <{first}>: a document has one root", roots[1].start)
        kind = first if first in ("policies", "fragment") else "forest"
        return Document(self.text, kind, roots, tuple(self.comments), self.repairs.words, self.lines)

    def _character_data(self) -> None:
        """One run of text, CDATA sections included, up to the next markup."""
        text, start = self.text, self.position
        found = _TEXT_RUN.match(text, start)
        end = found.end() if found else start
        if text.startswith("<", end) and not text.startswith("<![CDATA[", end):
            self.position = end
            self._keep_text(start, [Piece(PLAIN, start, end)])
        else:
            self._keep_text(start, self._pieces(start))

    def _pieces(self, start: int) -> list[Piece]:
        text, size = self.text, len(self.text)
        pieces: list[Piece] = []
        position = start
        while position < size:
            if text.startswith("<![CDATA[", position):
                end = text.find("]]>", position)
                if end < 0:
                    raise UnreadableError("the CDATA section is never closed", position)
                pieces.append(Piece(CDATA, position + 9, end))
                position = end + 3
            elif text[position] == "<":
                break
            elif text[position] == "@" and text[position + 1 : position + 2] in ("(", "{"):
                pieces.append(expression_piece(text, position))
                position = pieces[-1].end
            else:
                found = _TEXT_RUN.match(text, position)
                end = found.end() if found else position
                pieces.append(Piece(PLAIN, position, end))
                position = end
        self.position = position
        return pieces

    def _keep_text(self, start: int, pieces: list[Piece]) -> None:
        """Adds a run that ends where the reader stands to the open element, unless it is blank."""
        text, end = self.text, self.position
        raw = text[start:end]
        if raw.isspace() or not raw:
            return
        if len(self.open) == 1:
            raise UnreadableError("text stands outside of every element", start + len(raw) - len(raw.lstrip()))
        if self.nested_comment >= 0 and "-->" in raw:
            error = "a comment stands inside a comment: where the outer one ends cannot be told"
            raise UnreadableError(error, self.nested_comment)
        for piece in pieces:
            if piece.kind == PLAIN:
                self.repairs.ampersands(text[piece.start : piece.end])
        self._add_text(Text(raw, text_value(text, pieces), start, end))

    def _add_text(self, found: Text) -> None:
        """Adds a run, or the elements that the markers in it stand for."""
        around = self.open[-1]
        if type(found.value) is Literal:
            around.children.append(found)
            return
        around.constant = False
        made = tuple(stand_ins(found, around.name, around.place, self.lines, around.counts))
        around.children += made or (found,)

    def _declaration(self) -> None:
        text, start = self.text, self.position
        if text.startswith("<!--", start):
            self._comment(start)
        elif text.startswith("<![CDATA[", start):
            self._keep_text(start, self._pieces(start))
        elif text[start : start + 9].upper() == "<!DOCTYPE":
            self._document_type(start)
        else:
            raise UnreadableError("this markup is neither a comment nor an element", start)

    def _comment(self, start: int) -> None:
        text = self.text
        end = text.find("-->", start + 4)
        if end < 0:
            raise UnreadableError("the comment is never closed", start)
        content = text[start + 4 : end]
        if "--" in content or content.endswith("-"):
            self.repairs.note("two dashes inside a comment")
            if "<!--" in content:
                self.nested_comment = start
        comment = Comment(content, start, end + 3)
        self.comments.append(comment)
        if len(self.open) > 1:
            self.open[-1].children.append(comment)
        self.position = end + 3

    def _document_type(self, start: int) -> None:
        """Skips a document type; the entities it declares are never expanded."""
        text, position, inside = self.text, start + 9, 0
        unclosed = UnreadableError("the document type is never closed", start)
        while True:
            found = _DOCTYPE_MARK.match(text, position)
            if not found:
                raise unclosed
            position, mark = found.end(), found.group(1)
            if mark in "[<":
                inside += 1
            elif mark == "]" or inside:
                inside -= 1
            else:
                break
            if mark == "<" and text.startswith("!--", position):
                end = text.find("-->", position + 3)
                if end < 0:
                    raise unclosed
                position, inside = end + 3, inside - 1
        self.repairs.note("a document type, whose entities are not expanded")
        self.position = position

    def _instruction(self) -> None:
        start = self.position
        end = self.text.find("?>", start + 2)
        if end < 0:
            raise UnreadableError("the processing instruction is never closed", start)
        if self.text.startswith("<?xml ", start) and start > self.text.startswith("\ufeff"):
            self.repairs.note("an XML declaration that is not at the start")
        self.position = end + 2

    def _opening_tag(self, tag: Tag, start: int) -> None:
        name, attributes, empty, inner = tag
        if len(self.open) > MAX_DEPTH:
            raise UnreadableError(f"elements are nested more than {MAX_DEPTH} levels deep", start)
        parent = self.open[-1]
        opened = _Open(name, attributes, start, inner, self._place(name, parent))
        self.position = inner
        if empty:
            self._close(opened, parent, inner)
        elif is_opaque(name, parent.name):
            content, end, self.position = read_opaque(self.text, name, inner, attributes)
            if content:
                opened.children.append(content)
                opened.constant = type(content.value) is Literal
            self._close(opened, parent, end, opaque=True)
        else:
            self.open.append(opened)

    def _place(self, name: str, parent: _Open) -> Place | None:
        number = parent.counts[name] = parent.counts.get(name, 0) + 1
        level = len(self.open)
        if level > 2:
            return Place(parent.place, name, number)
        if level == 1 and name in ("policies", "fragment"):
            return None
        section = number == 1 and name in SECTIONS and (level == 1 or parent.name == "policies")
        return Place(parent.place, name, 0 if section else number)

    def _close(self, opened: _Open, parent: _Open, inner_end: int, *, opaque: bool = False) -> None:
        """Adds the element, which ends where the reader stands, to its parent."""
        constant = opened.constant
        for attribute in opened.attributes:
            if type(attribute.value) is not Literal:
                constant = False
        if not constant:
            parent.constant = False
        parent.children.append(
            Element(
                opened.name,
                opened.attributes,
                tuple(opened.children),
                opened.start,
                self.position,
                self.lines,
                opened.place,
                (opened.inner, inner_end),
                opaque,
                constant,
            )
        )

    def _closing_tag(self, name: str, start: int, end: int) -> None:
        """Closes the open element by the tag `</name>` between two offsets."""
        if len(self.open) > 2 and self.open[-1].name != name == self.open[-2].name:
            self._marker_instead_of_element()
        opened = self.open[-1]
        if len(self.open) == 1:
            raise UnreadableError(f"</{name}> closes nothing", start)
        if opened.name != name:
            line = self.lines.at(opened.start).line
            due = opened.name
            raise UnreadableError(f"</{name}> stands where </{due}> is due, for the <{due}> of line {line}", start)
        self.open.pop()
        self.position = end
        self._close(opened, self.open[-1], start)

    def _marker_instead_of_element(self) -> None:
        """Reads `<value><FRONTDOORID></value>` as the marker of a deployment tool: no policy element is upper case.

        Nor does one stand in an element that holds words only.
        """
        opened = self.open[-1]
        words = self.open[-2].name in WORDS_ONLY
        if opened.attributes or not (words or _MARKER_NAME.match(opened.name)):
            return
        self.open.pop()
        following, end = list(opened.children), opened.inner
        after: tuple[Part, ...] = ()
        if following and isinstance(run := following[0], Text):
            following.pop(0)
            after, end = _parts(run.value), run.end
        self._add_marker(f"<{opened.name}>", opened.start, end, after)
        self.open[-1].children += following

    def _add_marker(self, marker: str, start: int, end: int, after: tuple[Part, ...]) -> None:
        """Adds what looked like a tag and is a marker, together with the text that stands right before it."""
        siblings = self.open[-1].children
        parts: list[Part] = [Unresolved(marker), *after]
        if siblings and isinstance(before := siblings[-1], Text) and before.end == start:
            siblings.pop()
            start = before.start
            parts = [*_parts(before.value), *parts]
        self._add_text(Text(self.text[start:end], joined(parts), start, end))
        self.repairs.note(f"{marker}, read as the marker of a deployment tool")


def _parts(value: Value) -> tuple[Part, ...]:
    return value.parts if isinstance(value, Mixed) else (value,)
