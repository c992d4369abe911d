"""Reading from Azure on the command line: the options, the progress, and what Ctrl-C leaves."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from apimdoctor.errors import ApimDoctorError
from apimdoctor.report.hostile import inert, visible
from apimdoctor.snapshot import Snapshot, store

if TYPE_CHECKING:
    from apimdoctor.collect.azure.collect import References
    from apimdoctor.collect.azure.progress import Progress
    from apimdoctor.collect.azure.selection import Request

_ONLY_LIVE = {
    "resource_group": "--resource-group",
    "services": "--service",
    "tenant": "--tenant",
    "entra_tenants": "--entra-tenant",
    "without": "--without",
    "openid_hosts": "--openid-host",
    "since": "--since",
}
_INTERRUPTED = 130


def wanted(options: argparse.Namespace) -> bool:
    """Whether Azure is to be read; raises when the sources on the command line contradict each other, or are missing."""
    azure = bool(options.subscriptions or options.all_subscriptions)
    if azure and options.paths:
        raise ApimDoctorError(
            "--from and --subscription exclude each other",
            hint="save the one with --save-snapshot, then read both with --from",
        )
    if azure:
        return True
    said = next((option for name, option in _ONLY_LIVE.items() if getattr(options, name, None)), "")
    if said or not options.paths:
        raise ApimDoctorError(
            f"{said} needs --subscription or --all-subscriptions" if said else "nothing to read is named",
            hint="say --subscription ID|NAME to read from Azure, or --from PATH: a folder, a file or a saved snapshot",
        )
    return False


def request(options: argparse.Namespace) -> "Request":
    """What the options ask of Azure."""
    from apimdoctor.collect.azure import clouds
    from apimdoctor.collect.azure.selection import Request

    return Request(
        cloud=clouds.chosen(options.cloud),
        auth=options.auth,
        subscriptions=tuple(options.subscriptions),
        all_subscriptions=options.all_subscriptions,
        resource_group=options.resource_group,
        services=tuple(options.services),
        tenant=options.tenant,
        entra_tenants=tuple(options.entra_tenants),
        without=frozenset(options.without),
        openid_hosts=tuple(options.openid_hosts),
        since=_earlier(getattr(options, "since", None)),
    )


def read(options: argparse.Namespace) -> Snapshot:
    """Read from Azure. Ctrl-C saves what was read, where a file for it is named, and ends the program."""
    from apimdoctor.collect.azure.collect import collect, was_stopped

    asked = request(options)
    with _progress(options) as progress:
        snapshot = collect(asked, progress, _references)
    if was_stopped(snapshot):
        kept = getattr(options, "save_snapshot", None)
        if kept:
            store.save(kept, snapshot)
        told = f"what was read until now is in {kept}" if kept else "with --save-snapshot FILE what was read is kept"
        raise ApimDoctorError("stopped by the keyboard", told, _INTERRUPTED)
    return snapshot


def _earlier(path: Path | None) -> Snapshot | None:
    """The snapshot that `--since` names."""
    if path is None:
        return None
    try:
        return store.load(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        hint = "it is what an earlier run wrote with --save-snapshot; leave --since away the first time"
        raise ApimDoctorError(f"cannot read the snapshot {path}: {reason}", hint) from None


def _references(snapshot: Snapshot) -> "References":
    """What the policies of the first round name."""
    from apimdoctor.collect.azure.collect import References
    from apimdoctor.facts.build import build
    from apimdoctor.facts.outward import outward

    named = outward(build(snapshot))
    spaces = [
        contents
        for service in snapshot.services
        for contents in (service.contents, *(space.contents for space in service.workspaces))
    ]
    return References(
        metadata_urls=named.metadata_urls,
        hosts=named.hosts,
        site_ids=tuple(sorted({one.resource_id for contents in spaces for one in contents.backends} - {""})),
        tenants=named.tenants,
    )


def _progress(options: argparse.Namespace) -> "Progress":
    """A moving display on a terminal, sentences with -v elsewhere, else nothing."""
    from apimdoctor.collect.azure.progress import Progress

    if getattr(options, "quiet", False):
        return Progress()
    if sys.stderr.isatty():
        return _display()
    return _sentences() if options.verbose else Progress()


def _sentences() -> "Progress":
    from apimdoctor.collect.azure.progress import Progress

    class Sentences(Progress):
        """One line for each service and tenant that was read."""

        def finished(self, subject: str, told: str) -> None:
            said = f"apimdoctor: read {visible(subject)}" + (f": {visible(told)}" if told else "")
            print(inert(said), file=sys.stderr)

        def waiting(self, seconds: float) -> None:
            if seconds >= 5:
                print(f"apimdoctor: Azure asks to wait {seconds:.0f} s", file=sys.stderr)

    return Sentences()


def _display() -> "Progress":
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from apimdoctor.collect.azure.progress import Progress

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )

    class Display(Progress):
        """A bar for each service and tenant, with the time that is left at the pace Azure allows."""

        def __init__(self) -> None:
            self._tasks: dict[str, TaskID] = {}
            self._totals: dict[str, int] = {}
            self._until = 0.0

        def __enter__(self) -> Progress:
            bars.start()
            return self

        def __exit__(self, *_: object) -> None:
            bars.stop()

        def planned(self, subject: str, requests: int) -> None:
            self._totals[subject] = self._totals.get(subject, 0) + requests
            bars.update(self._task(subject), total=self._totals[subject])

        def done(self, subject: str, requests: int = 1) -> None:
            note = "" if time.monotonic() > self._until else "waiting, as Azure asks"
            bars.update(self._task(subject), advance=requests, note=note)

        def waiting(self, seconds: float) -> None:
            self._until = time.monotonic() + seconds

        def _task(self, subject: str) -> TaskID:
            if subject not in self._tasks:
                self._tasks[subject] = bars.add_task(escape(inert(visible(subject))), total=0, note="")
            return self._tasks[subject]

    return Display()
