"""The objects of a list that no SDK asks for, page by page."""

from apimdoctor.collect.azure.failures import UnreadableError
from apimdoctor.collect.azure.transport import Transport
from apimdoctor.collect.fields import Json


async def items(transport: Transport, url: str, tenant: str = "") -> list[Json]:
    """All of them; raises when a page cannot be read, or leads back to one that was."""
    found: list[Json] = []
    seen: set[str] = set()
    while url:
        if url in seen:
            raise UnreadableError("its pages lead back to one that was read")
        seen.add(url)
        told = (await transport.send("GET", url, tenant=tenant)).json
        page = told.get("value") if isinstance(told, dict) else None
        if not isinstance(page, list) or not all(isinstance(item, dict) for item in page):
            raise UnreadableError("an answer is no list")
        found += page
        following = told.get("nextLink")
        url = following if isinstance(following, str) else ""
    return found
