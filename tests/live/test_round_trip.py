"""What is served is what is read: collect(serve(snapshot)) == snapshot, over real HTTP and with both SDKs."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from apimdoctor.snapshot import Snapshot
from tests.live.made import snapshots
from tests.live.reading import expected, round_trip

# A failing example is told as it is: to shrink one takes minutes of HTTP.
QUICK = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    database=None,
)
FEW = settings(QUICK, max_examples=6)
MANY = settings(QUICK, max_examples=200, derandomize=False)


@given(snapshots())
@FEW
def test_what_is_served_over_http_is_read(snapshot: Snapshot) -> None:
    assert round_trip(snapshot) == expected(snapshot)


@given(snapshots())
@FEW
def test_what_is_served_over_https_in_small_pages_is_read(snapshot: Snapshot) -> None:
    assert round_trip(snapshot, https=True, page_size=1) == expected(snapshot)


@pytest.mark.soak
@given(snapshots())
@MANY
def test_what_is_served_is_read_of_many(snapshot: Snapshot) -> None:
    assert round_trip(snapshot, page_size=2) == expected(snapshot)
