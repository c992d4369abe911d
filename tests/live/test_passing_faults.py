"""What passes leaves no trace: storms, resets and odd answers change nothing in the snapshot, and no test waits."""

from collections.abc import Callable

import pytest
from hypothesis import given
from msgspec.structs import replace

from apimdoctor.demo.server import EmbeddedAzure, faults
from apimdoctor.snapshot import PolicyText, Snapshot
from tests.collect.azure.small_azure import StillClock
from tests.live.larch import larch
from tests.live.made import snapshots
from tests.live.reading import expected, read, references
from tests.live.test_round_trip import MANY

# The login is azure-identity's own concern, and waits in real time.
ASKED = "^(arm|graph)"
PASSING: dict[str, Callable[[], faults.Fault]] = {
    "a storm of 429": lambda: faults.throttled(where=ASKED, times=2),
    "500": lambda: faults.failing(500, where=ASKED, times=2),
    "502 with a page": lambda: faults.failing(502, where=ASKED, times=1),
    "503": lambda: faults.failing(503, where=ASKED, times=2),
    "a reset in mid body": lambda: faults.cut_off(where=ASKED, times=1),
    "half of the JSON": lambda: faults.truncated(where=ASKED, times=1),
    "no JSON": lambda: faults.malformed(where=ASKED, times=1),
    "slow answers": lambda: faults.slow(0.02, where="(apis|policy|applications)$"),
    "throttled parts of a batch": lambda: faults.refused_parts(times=1),
    "odd and null fields": lambda: faults.odd_fields(where=ASKED),
}


def with_fault(snapshot: Snapshot, fault: faults.Fault, still: StillClock | None = None) -> Snapshot:
    with EmbeddedAzure(snapshot, faults=[fault]) as azure:
        return read(azure, references(snapshot), still=still)


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_changes_nothing(name: str) -> None:
    fault = PASSING[name]()
    assert with_fault(larch(), fault) == expected(larch())
    assert fault.struck > 0


@pytest.mark.soak
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_changes_nothing_of_many(name: str) -> None:
    @given(snapshots())
    @MANY
    def holds(snapshot: Snapshot) -> None:
        assert with_fault(snapshot, PASSING[name]()) == expected(snapshot)

    holds()


def test_a_retry_after_is_waited_for() -> None:
    still = StillClock()
    with_fault(larch(), faults.throttled("11", where="/namedValues$", times=1), still)
    assert still.time >= 11


def test_a_token_that_is_refused_in_mid_scan_is_replaced() -> None:
    with EmbeddedAzure(larch()) as azure:
        azure.faults.append(faults.expired(azure.forget_tokens, where="^arm", after=25))
        found = read(azure, references(larch()))
    assert found == expected(larch())
    assert 401 in [one.status for one in azure.recorded]


def test_policies_that_are_told_as_such_are_read_as_such() -> None:
    def raw(policy: PolicyText | None) -> PolicyText | None:
        return policy and replace(policy, format="rawxml")

    base = larch()
    service = base.services[0]
    found = with_fault(base, faults.raw_xml(where=r"service/larch/policies/policy$"))
    assert found == expected(replace(base, services=(replace(service, policy=raw(service.policy)),)))
