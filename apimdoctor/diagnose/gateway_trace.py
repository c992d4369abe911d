"""The gateway's own request trace (API inspector): what ran, in which order, and what each step said.

A trace holds tokens and keys in its headers; nothing of them is kept. Only names of steps, their messages (masked by the
caller before they are shown) and the order of execution are read. Source: gateway-evidence, API inspector.
"""

import json
from typing import Any

from msgspec import Struct

from apimdoctor.errors import ApimDoctorError

MOST_BYTES = 32 * 1024 * 1024
SECTIONS = ("inbound", "backend", "outbound", "on-error")
_MESSAGE_KEYS = ("message", "messages", "error", "lastError", "reason")
_DEEPEST = 6


class Entry(Struct, frozen=True):
    """One step that the gateway ran. `text` joins its messages, headers and bodies left out."""

    section: str
    source: str
    text: str


class GatewayTrace(Struct, frozen=True):
    """The entries in order of execution."""

    entries: tuple[Entry, ...]

    def ran_before(self, first: str, second: str) -> bool:
        """Whether an entry of policy element `first` stands before the first one of `second`."""
        sources = [entry.source for entry in self.entries]
        return first in sources and second in sources and sources.index(first) < sources.index(second)

    @property
    def text(self) -> str:
        """All messages, a line each, for reading them as an error text."""
        return "\n".join(f"{entry.source}: {entry.text}" for entry in self.entries if entry.text)


def read(raw: str) -> GatewayTrace:
    """Read a trace as the portal or `listTrace` gives it, also wrapped, or a bare list. Raises ApimDoctorError."""
    if len(raw) > MOST_BYTES:
        raise ApimDoctorError("the trace is larger than 32 MiB", "Export the trace of one request.")
    try:
        value = json.loads(raw.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ApimDoctorError(
            "the trace could not be read as JSON",
            "Save the trace as the API inspector shows it (traceId, traceEntries).",
        ) from error
    sections = _sections(value)
    if sections is None:
        raise ApimDoctorError(
            "the file holds no traceEntries", "Save the trace as the API inspector shows it (traceId, traceEntries)."
        )
    entries = [
        Entry(section, str(item.get("source", ""))[:100], _words(item.get("data")))
        for section in sections
        for item in sections[section]
        if isinstance(item, dict)
    ]
    return GatewayTrace(tuple(entries))


def _sections(value: Any) -> dict[str, list[Any]] | None:
    if isinstance(value, list):
        return {"inbound": value}
    if not isinstance(value, dict):
        return None
    entries = value.get(
        "traceEntries",
        value.get("properties", {}).get("traceEntries") if isinstance(value.get("properties"), dict) else None,
    )
    if isinstance(entries, list):
        return {"inbound": entries}
    if isinstance(entries, dict):
        return {name: entries[name] for name in SECTIONS if isinstance(entries.get(name), list)}
    if any(isinstance(value.get(name), list) for name in SECTIONS):
        return {name: value[name] for name in SECTIONS if isinstance(value.get(name), list)}
    return None


def _words(data: Any, depth: int = 0) -> str:
    """The messages in an entry: texts under message-like keys only, so that no header or body comes along."""
    if isinstance(data, str):
        return data[:4000]
    if depth > _DEEPEST:
        return ""
    if isinstance(data, list):
        return " ".join(filter(None, (_words(item, depth + 1) for item in data)))
    if isinstance(data, dict):
        return " ".join(filter(None, (_words(data[key], depth + 1) for key in _MESSAGE_KEYS if key in data)))
    return ""
