"""Reads what an embedded Azure serves, by the collectors and SDKs that read a real one; without waiting."""

import os
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from apimdoctor import __version__
from apimdoctor.collect.azure import clouds
from apimdoctor.collect.azure.collect import References, collect
from apimdoctor.collect.azure.selection import Request
from apimdoctor.demo.server import EmbeddedAzure
from apimdoctor.snapshot import Snapshot, Source, store
from tests.collect.azure.small_azure import StillClock
from tests.live.made import COLLECTED


def references(snapshot: Snapshot) -> References:
    """What policies would have to name, so that all of a snapshot's sites and metadata are asked for."""
    return References(
        metadata_urls=tuple(one.url for one in snapshot.metadata),
        hosts=tuple(host for site in snapshot.sites for host in site.hosts),
    )


def read(
    azure: EmbeddedAzure, named: References | None = None, *, still: StillClock | None = None, **asked: Any
) -> Snapshot:
    """The snapshot that a scan of an embedded Azure writes."""
    with patch.dict(os.environ, environment(azure)):
        request = Request(
            **{
                "cloud": clouds.chosen(str(azure.cloud_file)),
                "auth": "env",
                "all_subscriptions": True,
                "entra_tenants": tuple(one for one in azure.directories if one != azure.tenant),
                "clock": (still or StillClock()).clock,
                "collected_at": COLLECTED,
                **asked,
            }
        )
        return collect(request, references=(lambda _: named) if named else None)


def round_trip(snapshot: Snapshot, **options: Any) -> Snapshot:
    """collect(serve(snapshot))."""
    with EmbeddedAzure(snapshot, **options) as azure:
        return read(azure, references(snapshot))


def expected(snapshot: Snapshot) -> Snapshot:
    """A snapshot as it comes back: with the sources of this reading."""
    subscriptions = [one.id.split("/")[2] for one in (*snapshot.services, *snapshot.sites)]
    sources = [Source(kind="azure", name=f"subscription {one}") for one in dict.fromkeys(subscriptions)]
    own = [one.tenant_id for one in snapshot.services]
    tenants = dict.fromkeys((*own, *(tenant.id for tenant in snapshot.tenants)))
    sources += [Source(kind="azure", name=f"tenant {one}") for one in tenants]
    # The tenant of a service is told with its identity, "None" included.
    return store.ordered(replace(snapshot, sources=tuple(sources), collected_by=__version__))


def environment(azure: EmbeddedAzure) -> Mapping[str, str]:
    return azure.environment
