"""`apimdoctor scan`: reads, judges, reports, and says by its exit code what came out."""

import argparse
import sys
from collections.abc import Sequence

from msgspec.structs import replace

from apimdoctor import __version__
from apimdoctor.cli import baseline, choice, config, fixing, output, repository
from apimdoctor.cli.earlier import Earlier
from apimdoctor.collect import files
from apimdoctor.engine.finding import Finding, Severity
from apimdoctor.engine.judge import judge
from apimdoctor.engine.rule import Rule
from apimdoctor.errors import ApimDoctorError
from apimdoctor.facts.build import build_whole
from apimdoctor.prescribe.prescribe import prescribed
from apimdoctor.report.model import Report, assemble
from apimdoctor.snapshot import Snapshot, store

CLEAN, FOUND, INCOMPLETE = 0, 1, 3
FAILING: dict[str, tuple[Severity, ...]] = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "info": ("error", "warning", "info"),
    "never": (),
}
"""By --fail-on."""
MOST_NOTES = 25
"""Trying a change costs as much as judging what it reaches. Of more findings of severity info than these, prescriptions are
only looked for when they are asked for: they are habits of a whole tenant, and nobody is refused or let in by them."""


def run(options: argparse.Namespace) -> int:
    """The whole of a scan: collect, facts, findings, reports."""
    settings = config.read(options.config)
    options = config.applied(options, settings)
    options.fail_on, options.min_severity = options.fail_on or "error", options.min_severity or "info"
    _consistent(options)
    earlier = Earlier(options.compare) if options.compare else None
    known = baseline.read(options.baseline, new=options.update_baseline)
    every = choice.rules(options.rules)
    wrong = config.unknown(settings, [rule.id for rule in every])
    if wrong:
        raise choice.unknown_rule(wrong, [rule.id for rule in every])
    scan = _Scan(options, settings, every, known, earlier)
    if options.diff:
        report = scan.look()
        shown = fixing.show(report, options)
        output.write_files(report, options)
        return FOUND if shown else exit_code(report, options.fail_on, strict=options.strict)
    report = fixing.fix(scan.look, options) if fixing.wanted(options) else scan.look()
    output.write(report, options)
    return exit_code(report, options.fail_on, strict=options.strict)


class _Scan:
    """One scan, which may look several times: files are read anew after each round of changes."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: config.Config,
        every: Sequence[Rule],
        known: baseline.Known,
        earlier: Earlier | None,
    ) -> None:
        self._options = options
        self._settings = settings
        self._every = every
        self._rules = choice.selected(every, options.select, options.ignore)
        self._known = known
        self._earlier = earlier

    def look(self) -> Report:
        """Read, judge and say it."""
        options, settings = self._options, self._settings
        snapshot = read(options)
        if options.save_snapshot:
            store.save(options.save_snapshot, snapshot)
        apis = choice.apis(snapshot, options.apis)
        progress(options, f"judging by {len(self._rules)} rules")
        built = build_whole(snapshot, all_apps=options.all_apps)
        judged = judge(self._rules, built.facts, waivers=settings.waivers, known=[rule.id for rule in self._every])
        verdicts = choice.weighed(judged, settings.severity)
        verdicts = choice.shown(verdicts, apis, options.min_severity)
        if options.update_baseline:
            self._known = baseline.update(options.baseline, self._known, verdicts, whole=_whole(options, snapshot))
        verdicts = baseline.without_known(verdicts, self._known)
        if verdicts.findings:
            progress(options, "prescribing")
            # A cure must do no harm by rules that --select leaves out, either.
            rules = choice.selected(self._every, (), options.ignore)
            if len(rules) > len(self._rules):
                judged = judge(rules, built.facts, waivers=settings.waivers)
            treated, left = self._treated(verdicts.findings)
            cured = prescribed(
                snapshot, built, replace(verdicts, findings=treated), rules, judged=judged, waivers=settings.waivers
            )
            unsaid = (f"prescriptions of {len(left)} infos were not looked for; -v or --diff does",) if left else ()
            verdicts = replace(verdicts, findings=(*cured.findings, *left), notices=(*verdicts.notices, *unsaid))
        report = assemble(snapshot, built.facts, verdicts, choice.texts(self._rules), version=__version__)
        names = [rule.id for rule in self._rules]
        return replace(
            report,
            files=repository.files(report, options.paths, settings.file),
            comparison=self._earlier.comparison(report, narrowed=_narrowed(options), judged=names)
            if self._earlier
            else None,
            failing=FAILING[options.fail_on],
        )

    def _treated(self, findings: Sequence[Finding]) -> tuple[Sequence[Finding], Sequence[Finding]]:
        """The findings that get prescriptions, the gravest first, and those that do not."""
        options = self._options
        notes = sum(one.severity == "info" for one in findings)
        if notes <= MOST_NOTES or options.diff or options.verbose or fixing.wanted(options):
            return findings, ()
        return findings[: len(findings) - notes], findings[len(findings) - notes :]


def read(options: argparse.Namespace) -> Snapshot:
    """What the sources on the command line hold, of every command that reads."""
    from apimdoctor.cli import demo, live

    if options.demo:
        return demo.read(options)
    if live.wanted(options):
        return live.read(options)
    progress(options, f"reading {', '.join(map(str, options.paths))}")
    return files.read(options.paths, bicep=options.bicep)


def progress(options: argparse.Namespace, sentence: str) -> None:
    """With -v, what is being done, on stderr."""
    if options.verbose:
        from apimdoctor.report.hostile import inert, visible

        print(inert(f"apimdoctor: {visible(sentence)}"), file=sys.stderr)


def exit_code(report: Report, fail_on: str, *, strict: bool = False) -> int:
    """1 findings at or above `fail_on`, else 3 incomplete, else 0: of what the report shows."""
    summary = report.summary
    counts = {"error": summary.error, "warning": summary.warning, "info": summary.info}
    if any(counts[severity] for severity in FAILING[fail_on]):
        return FOUND
    nothing = not (summary.services or summary.app_registrations)
    if nothing or (strict and (summary.gaps or summary.not_assessed)):
        return INCOMPLETE
    return CLEAN


def _consistent(options: argparse.Namespace) -> None:
    if fixing.wanted(options):
        fixing.consistent(options)
    if options.update_baseline and not options.baseline:
        raise ApimDoctorError("--update-baseline needs --baseline FILE", hint="the FILE is written then")
    if sum(file is None for _, file in options.reports) > 1:
        raise ApimDoctorError("two reports cannot both go to stdout", hint="name a file: --report html=report.html")
    targets = [file for _, file in options.reports if file]
    doubled = {str(file) for file in targets if targets.count(file) > 1}
    if doubled:
        raise ApimDoctorError(f"two reports go to the same file: {', '.join(sorted(doubled))}")


def _whole(options: argparse.Namespace, snapshot: Snapshot) -> bool:
    """Whether this run looked at everything, so that a finding which is missing has been fixed."""
    return not _narrowed(options) and not snapshot.gaps


def _narrowed(options: argparse.Namespace) -> bool:
    """Whether this run shows only part of what it could: some APIs, some rules, or the graver findings."""
    return bool(options.apis or options.select or options.ignore or options.min_severity != "info")
