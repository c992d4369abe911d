"""The Activity Log of the embedded Azure: what was written and when, as Azure Monitor tells it.

Sources: learn.microsoft.com/rest/api/monitor/activity-logs/list, learn.microsoft.com/azure/azure-monitor/platform/
activity-log-schema.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from apimdoctor.demo.server.resources import Resources
from apimdoctor.demo.server.serve_arm import PROVIDER, Json

PATH = "/providers/microsoft.insights/eventtypes/management/values"
_FILTER = re.compile(
    r"eventTimestamp ge '([^']+)'(?: and eventTimestamp le '([^']+)')?"
    r"(?: and (resourceProvider|resourceGroupName|resourceUri|correlationId) eq '([^']+)')?"
)
_MEMBERS = re.compile(r"/(?:products|gateways)/[^/]+/(?:apis|apilinks)$")


class Event(Struct, frozen=True):
    """Something that was written or deleted at a time (ISO 8601, UTC)."""

    at: str
    resource: str
    operation: str


class ActivityLog(Struct):
    """What happened in all subscriptions."""

    events: list[Event] = field(default_factory=list)

    def changed(self, before: Resources, after: Resources, at: str) -> None:
        """Note what makes of one state another, as if somebody had written it then."""
        self.events += [Event(at, path, f"{_kind(path)}/{verb}") for path, verb in _differences(before, after)]

    def told(self, subscription: str, query: str) -> list[Json] | None:
        """The events that a filter asks for, the latest first; None for a filter that Azure refuses."""
        found = _FILTER.fullmatch(query)
        if found is None:
            return None
        begin, end, name, value = found.groups()
        events = [one for one in self.events if begin <= one.at <= (end or "9") and f"/{subscription}/" in one.resource]
        if name == "resourceProvider":
            events = [one for one in events if one.operation.lower().startswith(value.lower() + "/")]
        return [_json(one, number) for number, one in enumerate(sorted(events, key=lambda one: one.at, reverse=True))]


def _differences(before: Resources, after: Resources) -> Iterator[tuple[str, str]]:
    for path in sorted(before.singles.keys() | after.singles.keys()):
        if before.singles.get(path) != after.singles.get(path):
            yield path, "write" if path in after.singles else "delete"
    for path in sorted(path for path in before.collections.keys() | after.collections.keys() if _MEMBERS.search(path)):
        was, now = ({str(one["name"]) for one in held.collections.get(path, ())} for held in (before, after))
        yield from ((f"{path}/{name}", "write" if name in now else "delete") for name in sorted(was ^ now))


def _kind(path: str) -> str:
    below = path.partition(f"/{PROVIDER.lower()}/")[2].split("/")[1::2]
    return "/".join((PROVIDER, *below))


def _json(one: Event, number: int) -> Json:
    # The log tells ids in other cases than Resource Manager does.
    return {
        "eventDataId": f"00000000-0000-4000-8000-{number:012}",
        "eventTimestamp": one.at,
        "submissionTimestamp": one.at,
        "operationName": {"value": one.operation, "localizedValue": one.operation},
        "resourceId": one.resource.replace("/resourcegroups/", "/RESOURCEGROUPS/"),
        "resourceProviderName": {"value": "MICROSOFT.APIMANAGEMENT"},
        "status": {"value": "Succeeded"},
        "caller": "somebody@larkspur.example",
    }
