"""What a compiler made of a Bicep file, at the places where its author wrote it: compiled templates tell none."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from apimdoctor.collect.files.segments import Text
from apimdoctor.collect.files.templates.export import Exported
from apimdoctor.snapshot import Origin


def placed(
    compiled: Iterable[Exported], read: Iterable[Exported], files: Mapping[str, Text], prefix: str
) -> Iterator[Exported]:
    """The compiled resources where our own reading found the same ones; a policy that is a file's text, in that file."""
    known = {_key(one): one for one in read}
    for one in compiled:
        own = known.get(_key(one))
        if own is not None and (one.text is None or (own.text is not None and own.text.text == one.text.text)):
            yield replace(one, origin=own.origin, text=own.text)
        elif one.text is not None and one.text.text in files:
            yield replace(one, origin=files[one.text.text].origin(prefix), text=files[one.text.text])
        else:
            at = own.origin if own is not None else Origin(document=one.origin.document, file=True)
            line = Origin(
                document=at.document, line=at.line, column=at.column, anchors=((0, at.line, at.column),), file=True
            )
            yield replace(one, origin=line)


def _key(one: Exported) -> tuple[str, str]:
    name = one.json.get("appId") or one.json.get("name") or one.json.get("id")
    return str(one.json.get("type", one.entra)).lower(), str(name).lower()
