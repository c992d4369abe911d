"""What is asked of the surroundings before a report is painted."""

import io

import pytest

from apimdoctor.cli.output import links_wanted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "environment",
    [{"WT_SESSION": "1"}, {"VTE_VERSION": "7600"}, {"TERM_PROGRAM": "WezTerm"}, {"TERM": "xterm-kitty"}],
)
def test_terminals_that_follow_links_get_links(environment: dict[str, str]) -> None:
    assert links_wanted(Terminal(), environment)


@pytest.mark.parametrize(
    "environment", [{}, {"TERM": "xterm-256color"}, {"VTE_VERSION": "4800"}, {"VTE_VERSION": "new"}]
)
def test_other_terminals_get_none(environment: dict[str, str]) -> None:
    assert not links_wanted(Terminal(), environment)


def test_a_pipe_gets_no_links() -> None:
    assert not links_wanted(io.StringIO(), {"TERM": "xterm-kitty"})


def test_a_person_can_switch_links_on_and_off() -> None:
    assert links_wanted(io.StringIO(), {"FORCE_HYPERLINK": "1"})
    assert not links_wanted(Terminal(), {"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"})
