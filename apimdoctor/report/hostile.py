"""How text from a tenant is shown: characters that act on a terminal, a log or a reader are made visible first."""

import re
import unicodedata

# Control, format (bidi, zero-width, tags), surrogate, line and paragraph separator: none of them shows itself.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str, *, keep: str = "") -> str:
    """The text with every character that cannot be seen written as `<U+202E>`, but those in `keep`."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(shown(char) if char not in keep else char for char in text)


def shown(char: str) -> str:
    """One character as a report shows it."""
    if unicodedata.category(char) in _UNSEEN or _is_noncharacter(ord(char)):
        return f"<U+{ord(char):04X}>"
    return char


def _is_noncharacter(code: int) -> bool:
    """Whether a code point is kept out of text for good (Unicode, 23.7): XML refuses some of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def inert(line: str) -> str:
    """The line as a pipeline's agent may read it: nothing in it is a logging command.

    Azure agents obey `##vso[` anywhere in a line, GitHub's runner `::name` at its start and `##[` anywhere.
    """
    if "##" in line:
        line = line.replace("##vso[", "# #vso[").replace("##[", "# #[")
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": :", 1)
    return line
