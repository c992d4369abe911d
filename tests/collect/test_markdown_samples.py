"""Policies in Markdown are samples: skipped in a folder, read when the file itself is named."""

from pathlib import Path

from apimdoctor.collect import files
from tests.collect.made_files import POLICY, snapshot_of

PAGE = f"# How to\n\nSome words.\n\n```xml\n{POLICY}\n```\n\n~~~\n<other />\n~~~\n\n1. A step\n   ```xml\n   {POLICY}\n   ```\n"


def test_a_folder_does_not_read_them_and_says_how_to_ask() -> None:
    snapshot = snapshot_of({"docs/page.md": PAGE})
    assert snapshot.services == ()
    assert "name the file itself" in snapshot.gaps[0].hint


def test_a_page_that_is_named_is_read_with_the_lines_of_its_policies(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    (service,) = files.read([page]).services
    assert not service.scopes_known
    policies = [api.policy for api in service.contents.apis if api.policy]
    assert sorted(policy.origin.line for policy in policies) == [6, 15]
    assert policies[0].text.strip() == POLICY


def test_a_fence_that_is_never_closed_ends_with_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```\n{POLICY}")
    (service,) = files.read([page]).services
    assert len(service.contents.apis) == 1
