import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REQUIRED = "APIMDOCTOR_REQUIRE_BROWSER"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where there is none the test is skipped, but not where CI asks for it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, but there is no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        # Inside a container Chromium's own sandbox is not available to root.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that has no network and fails the test on any message of the console."""
    context = browser.new_context(offline=True)
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == []
