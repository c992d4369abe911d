"""Asks Azure's Activity Log which resources of API Management were written since a moment.

Sources: learn.microsoft.com/rest/api/monitor/activity-logs/list (the only filters), .../azure-monitor/platform/activity-log
(kept for 90 days, entries 3 to 20 minutes late, writes, deletes and actions but no reads) and .../activity-log-schema.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from apimdoctor import __version__
from apimdoctor.collect.azure import paging
from apimdoctor.collect.azure.failures import AzureError, UnreadableError
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json
from apimdoctor.snapshot import Snapshot

ACTIVITY_LOG = "2015-04-01"
"""Its api-version."""
OVERLAP = timedelta(hours=2)
"""How far before the earlier snapshot the window begins: entries arrive late."""
LONGEST = timedelta(days=7)
"""An older snapshot is not trusted, whatever the log says."""
_PROVIDER = "microsoft.apimanagement"
_FIELDS = "resourceId,operationName,eventTimestamp,eventDataId"


def window(since: str, until: str) -> tuple[str, str] | str:
    """Beginning and end of what is asked for, or why an earlier snapshot cannot be built upon. Times are ISO 8601, UTC."""
    try:
        first, last = _moment(since), _moment(until)
    except ValueError:
        return "it does not say when it was read"
    if first > last:
        return "it is from the future"
    if last - first > LONGEST:
        return "it is older than a week"
    return _written(first - OVERLAP), _written(last)


async def since(
    transport: Transport, earlier: Snapshot, until: str, subscriptions: Mapping[str, str]
) -> dict[str, frozenset[str] | str]:
    """By subscription (given with its tenant), what was written since an earlier snapshot, or why that is not known."""
    span = window(earlier.collected_at, until)
    if earlier.collected_by != __version__:
        span = "another version of apimdoctor wrote it"
    elif earlier.cloud != transport.cloud.name:
        span = "it is of another cloud"
    if isinstance(span, str):
        return dict.fromkeys(subscriptions, span)
    begin, end = span

    async def one(subscription: str, tenant: str) -> frozenset[str] | str:
        try:
            return await written(transport, subscription, tenant, begin, end)
        except AzureError as error:
            return f"the Activity Log cannot be read: {error.message}"

    told = await asyncio.gather(*(one(*each) for each in subscriptions.items()))
    return dict(zip(subscriptions, told, strict=True))


async def written(transport: Transport, subscription: str, tenant: str, begin: str, end: str) -> frozenset[str]:
    """The ids, in lower case, of what was written or deleted in API Management; raises when the log is not whole."""
    asked = (
        f"eventTimestamp ge '{begin}' and eventTimestamp le '{end}' and resourceProvider eq 'Microsoft.ApiManagement'"
    )
    url = (
        f"{transport.cloud.resource_manager}/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management"
        f"/values?api-version={ACTIVITY_LOG}&$filter={quote(asked)}&$select={_FIELDS}"
    )
    return frozenset(_ids(await paging.items(transport, url, tenant)))


def _ids(events: Iterable[Json]) -> Iterable[str]:
    for event in events:
        name, identifier = event.get("operationName"), event.get("resourceId")
        operation = name.get("value") if isinstance(name, dict) else name
        if not isinstance(operation, str) or not isinstance(identifier, str):
            raise UnreadableError("an entry of the Activity Log does not say what was written")
        # Health events and audits of Azure Policy stand at the same resources, and write nothing.
        if operation.lower().startswith(f"{_PROVIDER}/"):
            yield unquote(identifier).rstrip("/").lower()


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
