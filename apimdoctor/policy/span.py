"""Where a policy expression ends: a linear scanner that knows strings, characters and comments of C#."""

import re

_PAREN = re.compile(r"""[^"'&/()]*+""")
_BRACE = re.compile(r"""[^"'&/{}]*+""")
_QUOTE_ENTITY = re.compile(r"&(?:quot|#0*34|#[xX]0*22);")
_APOSTROPHE_ENTITY = re.compile(r"&(?:apos|#0*39|#[xX]0*27);")
_LINE_END = re.compile(r"\n|&#(?:0*10|[xX]0*[aA]);")
_CHARACTER = re.compile(
    r"(?:\\(?:&[#\w]{1,8};|.)[0-9a-fA-F]{0,8}|&[#\w]{1,8};|[^'\\\n])(?:'|&(?:apos|#0*39|#[xX]0*27);)"
)

_Q = r"&(?:quot|\#0*34|\#[xX]0*22);"
# A string that an entity opened ends at an entity; a bare quotation mark in it would have ended the attribute.
_STRING = {
    (False, False): re.compile(r"""(?:[^"\\]++|\\.)*+(")""", re.DOTALL),
    (False, True): re.compile(r"""(?:[^"]++|"")*+(")"""),
    (True, False): re.compile(rf"""(?:[^"&\\]++|\\(?:{_Q}|.)|(?!{_Q})&)*+({_Q})""", re.DOTALL),
    (True, True): re.compile(rf"""(?:[^"&]++|{_Q}{_Q}|(?!{_Q})&)*+({_Q})"""),
}
_INTERPOLATED = {
    (False, False): re.compile(r"""(?:[^"\\{]++|\\.|\{\{)*+("|\{)""", re.DOTALL),
    (False, True): re.compile(r"""(?:[^"{]++|""|\{\{)*+("|\{)"""),
    (True, False): re.compile(rf"""(?:[^"&\\{{]++|\\(?:{_Q}|.)|(?!{_Q})&|\{{\{{)*+({_Q}|\{{)""", re.DOTALL),
    (True, True): re.compile(rf"""(?:[^"&{{]++|{_Q}{_Q}|(?!{_Q})&|\{{\{{)*+({_Q}|\{{)"""),
}


def expression_end(text: str, at: int) -> int:
    """The offset after the bracket that closes the expression whose `@` is at `at`; -1 when nothing closes it.

    Works on the text as written: a string that `&quot;` opened ends at `&quot;`, so that entity-escaped exports
    (format=xml) and what an author typed (rawxml) are scanned alike, without a map between two texts.
    """
    block = text[at + 1] == "{"
    skip, opener, closer = (_BRACE, "{", "}") if block else (_PAREN, "(", ")")
    depth, position, size = 1, at + 2, len(text)
    holes: list[tuple[tuple[bool, bool], bool, int]] = []  # strings whose `{...}` is being read
    while True:
        found = skip.match(text, position)
        position = found.end() if found else size
        if position >= size:
            return -1
        char = text[position]
        if char == opener:
            depth += 1
            position += 1
        elif char == closer:
            depth -= 1
            position += 1
            if depth:
                continue
            if not holes:
                return position
            string, block, depth = holes.pop()
            skip, opener, closer = (_BRACE, "{", "}") if block else (_PAREN, "(", ")")
            position, hole = _string_end(text, position, string, interpolated=True)
            if position < 0:
                return -1
            if hole:
                holes.append((string, block, depth))
                skip, opener, closer, depth, block = _BRACE, "{", "}", 1, True
        else:
            quote = 1 if char == '"' else _entity_length(text, position)
            if quote:
                before = text[max(at + 2, position - 2) : position]
                string = (char == "&", "@" in before and before[-1] in "@$")
                position, hole = _string_end(
                    text, position + quote, string, interpolated=before[-1:] == "$" or before == "$@"
                )
                if position < 0:
                    return -1
                if hole:
                    holes.append((string, block, depth))
                    skip, opener, closer, depth, block = _BRACE, "{", "}", 1, True
            else:
                position = _after_mark(text, position)
                if position < 0:
                    return -1


def _entity_length(text: str, position: int) -> int:
    """The length of the quotation mark entity that stands here, else 0."""
    found = _QUOTE_ENTITY.match(text, position) if text[position] == "&" else None
    return found.end() - position if found else 0


def _after_mark(text: str, position: int) -> int:
    """The offset after a comment, a character literal, or a lone `/`, `'` or `&`; -1 when a comment never ends."""
    char = text[position]
    if char == "/":
        following = text[position + 1 : position + 2]
        if following == "*":
            end = text.find("*/", position + 2)
            return end + 2 if end >= 0 else -1
        if following == "/":
            line = _LINE_END.search(text, position + 2)
            return line.end() if line else -1
        return position + 1
    opening = 1 if char == "'" else 0
    if not opening and (entity := _APOSTROPHE_ENTITY.match(text, position)):
        opening = entity.end() - position
    character = _CHARACTER.match(text, position + opening) if opening else None
    return character.end() if character else position + (opening or 1)


def _string_end(text: str, position: int, string: tuple[bool, bool], *, interpolated: bool) -> tuple[int, bool]:
    """The offset after the string's closing mark, or after the `{` of its next hole (then True); -1: neither comes."""
    found = (_INTERPOLATED if interpolated else _STRING)[string].match(text, position)
    return (found.end(), found.group(1) == "{") if found else (-1, False)
