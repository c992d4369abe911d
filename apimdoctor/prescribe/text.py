"""Edits of a policy text that keep every other character of it: whole lines move, neighbours show how to indent."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from apimdoctor.engine.prescription import PolicyEdit, TextEdit
from apimdoctor.facts.vocabulary import Place
from apimdoctor.policy.source import SECTIONS
from apimdoctor.policy.tree import Comment, Document, Element, Text
from apimdoctor.policy.value import Literal

_UNIT = "    "
_TAG_NAME = re.compile(r"<[\w:.\-]+")


class CannotEditError(Exception):
    """A text that cannot be changed as a cure demands: no prescription is drafted then."""


class Script:
    """The policy text of one resource, and the edits that change it."""

    def __init__(self, place: Place, text: str, document: Document, *, file: bool) -> None:
        self.place = place
        """Of the text: its `resource` is the policy's owner."""
        self.text = text
        self.document = document
        self.file = file
        """Whether the text is the whole of a file that a person edits."""
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._parents: dict[int, Element] = {}

    # ------------------------------------------------------------ finding the way
    def at(self, place: Place) -> Element:
        """The element at a place of this text."""
        for element in self.elements():
            if element.start == place.start and element.end == place.end:
                return element
        raise CannotEditError(f"nothing stands at {place.path}")

    def elements(self) -> Iterable[Element]:
        """Every element, in order."""
        waiting = list(reversed(self.document.roots))
        while waiting:
            element = waiting.pop()
            yield element
            if not element.opaque:
                waiting += reversed(list(element.elements))

    def parent(self, element: Element) -> Element:
        """The element around an element."""
        if not self._parents:
            for one in self.elements():
                if not one.opaque:
                    self._parents.update((id(child), one) for child in one.elements)
        found = self._parents.get(id(element))
        if found is None:
            raise CannotEditError(f"<{element.name}> has nothing around it")
        return found

    def section(self, name: str) -> Element:
        """The section of that name."""
        found = self.document.section(name)
        if found is None:
            raise CannotEditError(f"the policy has no section {name}")
        return found

    def section_of(self, element: Element) -> Element:
        """The section an element stands in."""
        while element.name not in SECTIONS:
            element = self.parent(element)
        return element

    def step_of(self, element: Element) -> Element:
        """The statement directly in a section (or fragment) that an element is, or stands in."""
        above = self.parent(element)
        while above.name not in (*SECTIONS, "fragment"):
            element, above = above, self.parent(above)
        return element

    # ------------------------------------------------------------ edits
    def edit(self, *edits: TextEdit) -> PolicyEdit:
        """The change of this text, in order; an edit that is asked for twice is one."""
        ordered = sorted(dict.fromkeys(edits), key=lambda one: (one.start, one.end))
        if not ordered:
            raise CannotEditError("nothing to change")
        for before, after in pairwise(ordered):
            if after.start < before.end or (after.start == before.start and after.end == before.end):
                raise CannotEditError("two changes of one place")
        return PolicyEdit(at=self.place, edits=tuple(ordered), file=self.file)

    def remove(self, element: Element) -> TextEdit:
        """Takes an element out, with its lines when it has them for itself."""
        start, end = self._lines(element.start, element.end) or (element.start, element.end)
        return TextEdit(start=start, end=end, text="")

    def move(self, element: Element, *, before: Element | None = None, after: Element | None = None) -> list[TextEdit]:
        """Moves a step and the comments directly above it to stand before or after another one."""
        start = self._with_comments(element)
        lines = self._lines(start, element.end)
        written = self.text[start : element.end]
        taken = lines or (start, element.end)
        target = before or after
        if target is None or target is element:
            raise CannotEditError("no place to move to")
        indent = self._indent(element.start) if lines else None
        inserted = self._inserted(target, written, after=after is not None, indent=indent)
        if taken[0] < inserted.start < taken[1]:
            raise CannotEditError("a step cannot move into itself")
        return [TextEdit(start=taken[0], end=taken[1], text=""), inserted]

    def insert(self, markup: str, *, before: Element | None = None, after: Element | None = None) -> TextEdit:
        """Puts lines of markup (indented by four blanks a level) before or after an element, in the style of the text."""
        target = before or after
        if target is None:
            raise CannotEditError("no place to insert at")
        if self._lines(target.start, target.end) is None and self._shares_section(target) is None:
            markup = "".join(line.strip() for line in markup.splitlines())
        return self._inserted(target, self._styled(markup), after=after is not None, indent="")

    def add_child(self, parent: Element, markup: str, *, first: bool = False) -> TextEdit:
        """Puts lines of markup into an element: after its last child element, or before its first."""
        children = list(parent.elements)
        if children:
            return self.insert(markup, before=children[0]) if first else self.insert(markup, after=children[-1])
        return self._into_empty(parent, self._styled(markup))

    def set_attribute(self, element: Element, name: str, value: str) -> TextEdit:
        """Gives an attribute a value; one that is not written comes after those that are."""
        written = element.attribute(name)
        if written is not None:
            quote = self.text[written.start - 1]
            return TextEdit(start=written.start, end=written.end, text=_escaped(value, quote))
        if element.attributes:
            last = element.attributes[-1]
            at = last.end + 1
            name_start = self.text.rfind(last.name, element.start, last.start)
            line = self.text.rfind("\n", element.start, name_start)
            own_line = line >= 0 and not self.text[line + 1 : name_start].strip()
            blank = self.newline + self.text[line + 1 : name_start] if own_line else " "
        else:
            found = _TAG_NAME.match(self.text, element.start)
            if found is None:
                raise CannotEditError("the tag cannot be read")
            at, blank = found.end(), " "
        return TextEdit(start=at, end=at, text=f'{blank}{name}="{_escaped(value, chr(34))}"')

    def remove_attribute(self, element: Element, name: str) -> TextEdit:
        """Takes an attribute out, with the blanks before it."""
        written = element.attribute(name)
        if written is None:
            raise CannotEditError(f"there is no attribute {name}")
        start = self.text.rfind(name, element.start, written.start)
        start = len(self.text[:start].rstrip())
        return TextEdit(start=start, end=written.end + 1, text="")

    def set_text(self, element: Element, value: str) -> TextEdit:
        """Replaces the text of an element (`<issuer>...</issuer>`), the blanks around it kept."""
        texts = [child for child in element.children if isinstance(child, Text)]
        if len(texts) != 1 or "<![CDATA[" in texts[0].raw or any(element.elements):
            raise CannotEditError(f"the text of <{element.name}> is not plain")
        raw = texts[0].raw
        start = texts[0].start + len(raw) - len(raw.lstrip())
        return TextEdit(start=start, end=start + len(raw.strip()), text=_escaped(value, ""))

    def unwrap(self, outer: Element, inner: Element) -> list[TextEdit]:
        """Takes two elements, one in the other, away around the content of the inner one, whose lines move outwards."""
        children = list(inner.elements)
        start, end = children[0].start, children[-1].end
        whole, lines = self._lines(outer.start, outer.end), self._lines(self._with_comments(children[0]), end)
        if whole is None or lines is None:
            kept = self.text[start:end]
            return [TextEdit(start=outer.start, end=outer.end, text=kept)]
        old, new = self._indent(start), self._indent(outer.start)
        kept = _reindented(self.text[lines[0] : lines[1]], old, new, whole=True)
        return [TextEdit(start=whole[0], end=whole[1], text=kept)]

    def markup(self, element: Element) -> str:
        """An element as written, its lines with four blanks a level, to be inserted elsewhere."""
        old, unit = self._indent(element.start), self.unit
        first, *rest = self.text[element.start : element.end].replace("\r\n", "\n").split("\n")
        lines = [first]
        for line in rest:
            inner = line[len(old) :] if line.startswith(old) else line.lstrip()
            bare = inner.lstrip()
            lines.append(_UNIT * ((len(inner) - len(bare)) // len(unit)) + bare)
        return "\n".join(lines)

    # ------------------------------------------------------------ lines
    def _lines(self, start: int, end: int) -> tuple[int, int] | None:
        """The whole lines a span fills, None when it shares them with something else."""
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        if self.text[first:start].strip(" \t\ufeff") or last < 0 or self.text[end:last].strip():
            return None
        return first, last + 1

    def _indent(self, at: int) -> str:
        line = self.text.rfind("\n", 0, at) + 1
        before = self.text[line:at]
        return before[: len(before) - len(before.lstrip())]

    def _with_comments(self, element: Element) -> int:
        """Where an element starts, comments on the lines directly above it counted."""
        start = element.start
        above = [child for child in self.parent(element).children if child.end <= start]
        for child in reversed(above):
            between = self.text[child.end : start]
            attached = isinstance(child, Comment) and not between.strip() and between.count("\n") == 1
            if not attached or self._lines(child.start, child.end) is None:
                break
            start = child.start
        return start

    def _inserted(self, target: Element, markup: str, *, after: bool, indent: str | None) -> TextEdit:
        """`indent`: of the lines of `markup` after the first, to be replaced by that of the target."""
        start = target.start if after else self._with_comments(target)
        lines = self._lines(start, target.end)
        if lines is None:
            return self._beside(target, markup, (start, indent or ""), after=after)
        margin = self._indent(target.start)
        if indent is not None and indent != margin:
            markup = _reindented(markup, indent, margin)
        at = lines[1] if after else lines[0]
        return TextEdit(start=at, end=at, text=f"{margin}{markup}{self.newline}")

    def _beside(self, target: Element, markup: str, origin: tuple[int, str], *, after: bool) -> TextEdit:
        """In the line of the target. A section on one line is broken into lines for markup of several.

        `origin`: where the target starts, and the margin of the lines of `markup`.
        """
        start, old = origin
        section = self._shares_section(target)
        if section is None or "\n" not in markup:
            at = target.end if after else start
            return TextEdit(start=at, end=at, text=markup)
        first, last = section.inner
        written = self.text[first:last].strip()
        margin = self._indent(section.start)
        inner = f"{self.newline}{margin}{self.unit}"
        lines = _reindented(markup, old, margin + self.unit)
        parts = (written, lines) if after else (lines, written)
        return TextEdit(start=first, end=last, text=f"{inner}{inner.join(parts)}{self.newline}{margin}")

    def _shares_section(self, target: Element) -> Element | None:
        """The section that an element has for itself on one line."""
        around = self.parent(target)
        alone = around.name in SECTIONS and len(around.children) == 1
        return around if alone and "\n" not in self.text[around.start : around.end] else None

    def _into_empty(self, parent: Element, markup: str) -> TextEdit:
        margin, unit = self._indent(parent.start), self.unit
        inner = self.newline.join(f"{margin}{unit}{line}" for line in markup.split(self.newline))
        closing = f"</{parent.name}>"
        start, end = parent.inner
        if self.text[parent.end - 2 : parent.end] == "/>":
            slash = len(self.text[: parent.end - 2].rstrip())
            text = f">{self.newline}{inner}{self.newline}{margin}{closing}"
            return TextEdit(start=slash, end=parent.end, text=text)
        if self.text[start:end].strip():
            last = len(self.text[:end].rstrip())
            return TextEdit(start=last, end=last, text=f"{self.newline}{inner}")
        return TextEdit(start=start, end=end, text=f"{self.newline}{inner}{self.newline}{margin}")

    @property
    def unit(self) -> str:
        """One level of indentation, as the text writes it."""
        for element in self.elements():
            outer = self._indent(element.start)
            for child in element.elements:
                inner = self._indent(child.start)
                if self._lines(child.start, child.end) and inner.startswith(outer) and inner != outer:
                    return inner[len(outer) :]
        return _UNIT

    def _styled(self, markup: str) -> str:
        unit = self.unit
        lines = []
        for line in markup.splitlines():
            bare = line.lstrip(" ")
            lines.append(unit * ((len(line) - len(bare)) // len(_UNIT)) + bare)
        return self.newline.join(lines)


def literal(element: Element) -> str:
    """The text of an element when it is literal; CannotEditError when it holds an expression or a named value."""
    value = element.text
    if not isinstance(value, Literal):
        raise CannotEditError(f"the text of <{element.name}> is not literal")
    return value.text


def applied(text: str, edits: Sequence[TextEdit]) -> str:
    """The text after the edits."""
    parts: list[str] = []
    position = 0
    for edit in edits:
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def shifted(offset: int, edits: Sequence[TextEdit]) -> int:
    """Where a character of the text stands after the edits."""
    before = edits[: bisect_right([edit.end for edit in edits], offset)]
    return offset + sum(len(edit.text) - (edit.end - edit.start) for edit in before)


def _reindented(markup: str, old: str, new: str, *, whole: bool = False) -> str:
    """The lines with another margin; the first one too when it is a `whole` line."""
    first, *rest = [f"{new}{line[len(old) :]}" if line.startswith(old) else line for line in markup.split("\n")]
    return "\n".join([first if whole else markup.split("\n", 1)[0], *rest])


def _escaped(value: str, quote: str) -> str:
    text = escape(value, quote=False)
    return text.replace('"', "&quot;") if quote == '"' else text.replace("'", "&apos;") if quote == "'" else text
