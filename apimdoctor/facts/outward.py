"""What the policies of a snapshot name outside of API Management: metadata, hosts of back ends, trusted tenants."""

import re
from collections.abc import Iterator

from msgspec import Struct

from apimdoctor.entra.clouds import PERSONAL_TENANT
from apimdoctor.facts.vocabulary import Facts, Hop, Route, TokenCheck

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Outward(Struct, frozen=True):
    """Sorted, each once; what is unknown names nothing."""

    metadata_urls: tuple[str, ...]
    hosts: tuple[str, ...]
    tenants: tuple[str, ...]
    """Ids of the tenants whose keys token checks trust; that of personal accounts has no directory to read."""


def outward(facts: Facts) -> Outward:
    """What these facts name."""
    checks = [check for check in facts.token_checks if isinstance(check, TokenCheck)]
    tenants = {name.lower() for check in checks for name in check.metadata_tenants.known}
    return Outward(
        metadata_urls=_sorted(
            metadata.url for check in checks for metadata in check.metadata if isinstance(metadata.url, str)
        ),
        hosts=_sorted(_hosts(facts)),
        tenants=_sorted(name for name in tenants - {PERSONAL_TENANT} if _GUID.fullmatch(name)),
    )


def _hosts(facts: Facts) -> Iterator[str]:
    for route in facts.routes:
        for hop in route.hops if isinstance(route, Route) else ():
            if isinstance(hop, Hop) and isinstance(hop.host, str):
                yield hop.host


def _sorted(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted({one for one in found if one}))
