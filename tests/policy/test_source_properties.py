"""What holds for the reader on any text."""

import re
import xml.parsers.expat
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apimdoctor.policy import code, csharp, markup, opaque, place, source, span, tag, value_text
from apimdoctor.policy.source import parse
from apimdoctor.policy.tree import Comment, Document, Element, Text, Unparsed
from apimdoctor.policy.value import Expression, Literal, symbol

Plain = tuple[str, dict[str, str], list["Plain | str"]]

# XML's own characters, without @ (expressions) and the marks of named values and deployment tools.
CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="@{}$#_<>￾￿\u2028\u2029\x85"
) | st.sampled_from(" \n\t\r")
NAMES = st.from_regex(r"[a-z][a-z0-9.\-]{0,6}", fullmatch=True).filter(
    lambda name: name not in ("html", "policies", "fragment")
)
TEXTS = st.text(CHARACTERS, max_size=12)


def escaped(text: str, quote: str = "") -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace(quote, "&quot;" if quote == '"' else "&apos;") if quote else text


@st.composite
def well_formed(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(NAMES)
    attributes = ""
    for key in draw(st.lists(NAMES, max_size=3, unique=True)):
        quote = draw(st.sampled_from("\"'"))
        blank = draw(st.sampled_from([" ", "\n", "\t ", "\r\n"]))
        value = escaped(draw(TEXTS), quote) + draw(st.sampled_from(["", "&#10;", "&#x41;"]))
        attributes += f"{blank}{key} = {quote}{value}{quote}"
    if not depth or draw(st.integers(0, 4)) == 0:
        return f"<{name}{attributes}{draw(st.sampled_from(['', ' ']))}/>"
    parts = draw(st.lists(st.one_of(contents(depth)), max_size=4))
    return f"<{name}{attributes}>{''.join(parts)}</{name} >"


def contents(depth: int) -> list[st.SearchStrategy[str]]:
    return [
        TEXTS.map(escaped),
        TEXTS.map(lambda text: f"<![CDATA[{text.replace(']', '')}]]>"),
        TEXTS.map(lambda text: f"<!--{text.replace('-', '')}-->"),
        TEXTS.map(lambda text: f"<?x {text.replace('?', '')}?>"),
        well_formed(depth - 1),
    ]


def by_expat(text: str) -> Plain:
    """What expat makes of a text; comments and instructions end a run of text, blank runs are left out."""
    top: Plain = ("", {}, [])
    stack = [top]
    run: list[str] = []

    def end_of_run(*_: object) -> None:
        joined = "".join(run).strip()
        run.clear()
        if joined:
            stack[-1][2].append(joined)

    def begin(name: str, attributes: dict[str, str]) -> None:
        end_of_run()
        element: Plain = (name, attributes, [])
        stack[-1][2].append(element)
        stack.append(element)

    def end(_name: str) -> None:
        end_of_run()
        stack.pop()

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = run.append
    parser.CommentHandler = parser.ProcessingInstructionHandler = end_of_run
    parser.Parse(text, True)
    (root,) = top[2]
    assert isinstance(root, tuple)
    return root


def plain(element: Element) -> Plain:
    children: list[Plain | str] = []
    for child in element.children:
        if isinstance(child, Element):
            children.append(plain(child))
        elif isinstance(child, Text) and symbol(child.value):
            children.append(symbol(child.value))
    return (element.name, {a.name: symbol(a.value) for a in element.attributes}, children)


@given(well_formed())
def test_the_tree_of_well_formed_text_is_the_one_of_expat(text: str) -> None:
    document = parse(text)
    assert isinstance(document, Document), document
    assert plain(document.roots[0]) == by_expat(text)
    assert document.repaired == ()


def gaps(text: str, parts: tuple[Element | Text | Comment, ...], start: int, end: int) -> Iterator[str]:
    """What stands between the parts, each of which begins where or after the one before it ended."""
    for part in parts:
        assert start <= part.start < part.end <= end
        yield text[start : part.start]
        start = part.end
        if isinstance(part, Element):
            inner_start, inner_end = part.inner
            assert part.start < inner_start <= inner_end <= part.end
            assert text.startswith("<" + part.name, part.start) and text[part.end - 1] == ">"
            for attribute in part.attributes:
                assert text[attribute.start : attribute.end] == attribute.raw
                assert text[attribute.start - 1] == text[attribute.end] and text[attribute.end] in "\"'"
            yield from gaps(text, part.children, inner_start, inner_end)
        elif isinstance(part, Text):
            assert text[part.start : part.end] == part.raw
        else:
            assert text[part.start : part.end] == f"<!--{part.text}-->"
    yield text[start:end]


INSTRUCTION = re.compile(r"<\?.*?\?>", re.DOTALL)


def assert_whole(document: Document) -> None:
    parts = tuple(sorted((*document.roots, *document.comments), key=lambda part: part.start))
    outer = [part for part in parts if not any(r.start < part.start < r.end for r in document.roots)]
    for gap in gaps(document.text, tuple(outer), 0, len(document.text)):
        rest = INSTRUCTION.sub("", gap).strip().removeprefix("\ufeff").strip()
        assert not rest or rest.upper().startswith("<!DOCTYPE")


@given(well_formed())
def test_the_spans_of_the_tree_cover_the_text(text: str) -> None:
    document = parse(text)
    assert isinstance(document, Document)
    assert_whole(document)


PIECES = [
    "<a>", "</a>", "<a", "<b x=", "/>", ">", "<", '"', "'", "@(", "@{", ")", "}", "{", "{{k}}", "{{", "&",
    "&quot;", "&#10;", "&#0;",
    "<!--", "-->", "--", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE a [", "<!ENTITY b 'c'>", "]", " ", "\n", "\r",
    "\0", "\ufeff",
    "\ud800", "é", "a", "-", "=", "//", "/*", "*/", "\\", "$", '$"', '@"', "<set-body>", "</set-body>", "<ABC>",
    "__X__", "${", "#{",
    "<policies>", "</policies>", "<inbound>", "</inbound>", "<when condition=\"@(a < b)\">", "</when>",
]  # fmt: skip
ANY_TEXT = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=40)


@given(ANY_TEXT)
def test_any_text_gives_a_whole_tree_or_a_reason(text: str) -> None:
    found = parse(text)
    if isinstance(found, Document):
        assert_whole(found)
    else:
        assert found.error and found.position.line >= 1 and found.position.column >= 1


@pytest.mark.soak
@settings(max_examples=20_000)
@given(ANY_TEXT)
def test_any_text_gives_a_whole_tree_or_a_reason_at_length(text: str) -> None:
    found = parse(text)
    if isinstance(found, Document):
        assert_whole(found)
    else:
        assert found.error


CODE_PIECES = [
    "a", " ", "context", ".", "(b)", "[c]", '"text"', '"a)b"', "'x'", "' '", "1", " < ", " > ", " && ", '@"v""v)"', '$"i{d}i"',
    "/* ) \" */", "\\n", '"\\""', "As<Jwt>()", "{{k}}",
]  # fmt: skip


@given(st.lists(st.sampled_from(CODE_PIECES), max_size=12).map(" ".join), st.booleans())
def test_what_was_typed_and_its_export_are_one_expression(written: str, block: bool) -> None:
    expression = "@{" + written.replace("{{k}}", "") + "}" if block else f"@({written})"
    typed, exported = parse(f'<x v="{expression}"/>'), parse(f'<x v="{escaped(expression, chr(34))}"/>')
    assert isinstance(typed, Document) and isinstance(exported, Document)
    value = typed.roots[0].get("v")
    assert isinstance(value, Expression)
    assert value == exported.roots[0].get("v")
    assert symbol(value) == expression


# Cost: characters that patterns pass over and searches that find nothing, not time.


class Counted:
    """A compiled pattern that adds up how many characters it was led over."""

    total = 0

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    def _count(self, method: str, text: str, position: int, *rest: int) -> re.Match[str] | None:
        found: re.Match[str] | None = getattr(self.pattern, method)(text, position, *rest)
        Counted.total += 1 + (found.end() - position if found else len(text) - position if method == "search" else 0)
        return found

    def match(self, text: str, position: int = 0, *rest: int) -> re.Match[str] | None:
        return self._count("match", text, position, *rest)

    def search(self, text: str, position: int = 0, *rest: int) -> re.Match[str] | None:
        return self._count("search", text, position, *rest)

    def __getattr__(self, name: str) -> object:
        return getattr(self.pattern, name)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    def wrapped(held: object) -> object:
        if isinstance(held, re.Pattern):
            return Counted(held)
        return {key: wrapped(one) for key, one in held.items()} if isinstance(held, dict) else held

    for module in (source, span, tag, markup, opaque, place, value_text, code, csharp):
        for name, held in vars(module).items():
            if isinstance(held, (re.Pattern, dict)) and not name.startswith("__"):
                monkeypatch.setattr(module, name, wrapped(held))
    marks = opaque._marks
    monkeypatch.setattr(opaque, "_marks", lambda name: Counted(marks(name)))

    def cost(text: str) -> int:
        Counted.total = 0
        parse(text)
        return Counted.total

    return cost


HOSTILE = [
    "a<", "@(", '"', "'", "<a>", '<a b="', '<a b="x"y" ', '<a b="x"y"z" c="u"v"w" />', "<a b='@(\"&quot;\")'/>",
    "<!--", "<!-- <!-- -->",
    "<![CDATA[", "<![CDATA[]]>", "&", "&#", "&amp;", "{{", "{{a", "__a", "__", "${", "{{${", "#{", "<!DOCTYPE [",
    "<!DOCTYPE [\"'", "<?",
    "<set-body>", "<set-body>@(", "<set-body>@(1)</set-body>", '<set-body "', "@(1)", '@("', "@{$\"{",
    "@($\"{$\"{", "</", "\0", "<A>",
    "<a:", "=", "<a b=", "<when condition=\"@(a < b && c == \"d\")\"/>", "<x a='<b>' />", "\n", "\r\n", " ", "@",
    "//", "/*", "\\\"",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", "<r>{}</r>", '<r x="{}"/>', "<r>@({})</r>", "<set-body>{}</set-body>"])
def test_cost_grows_in_proportion_to_the_text(counted: Callable[[str], int], unit: str, frame: str) -> None:
    small, large = (counted(frame.replace("{}", unit * times)) for times in (300, 1200))
    assert large <= 5 * small + 2_000


@pytest.mark.parametrize("unit", ["a<", "@(", '"', "<a>", "<a b='@(c)'>d</a>", "{{a}}"])
def test_a_policy_of_the_largest_size_is_read_or_refused(unit: str) -> None:
    text = unit * (256 * 1024 // len(unit))
    for whole in (text, f"<r>{text}</r>", f'<r x="{text}'):
        found = parse(whole)
        assert isinstance(found, (Document, Unparsed))
        assert not isinstance(found, Unparsed) or found.error


@given(st.text(max_size=30))
def test_literal_text_is_what_it_was(text: str) -> None:
    value = value_text.value_of(text)
    assert symbol(value).replace(" ", "").replace("\t", "") == text.replace(" ", "").replace("\t", "") or isinstance(
        value, Literal
    )
