"""Every rule has either a cure or a reason why there is none."""

from apimdoctor.prescribe.prescribe import prescribers
from apimdoctor.prescribe.without import WITHOUT
from tools.pipeline import rules

_IDS = {rule.id for rule in rules()}
_CURED = {rule for rule in _IDS if any(prescribers(rule))}


def test_every_rule_without_a_cure_has_a_reason() -> None:
    assert _IDS - _CURED - set(WITHOUT) == set()


def test_no_rule_with_a_cure_is_said_to_have_none() -> None:
    assert _CURED & set(WITHOUT) == set()


def test_only_rules_that_exist_are_listed() -> None:
    assert set(WITHOUT) - _IDS == set()
