"""What may be typed: every command with its options, declared without importing what runs it."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from apimdoctor import __version__
from apimdoctor.errors import ApimDoctorError

TYPE_CHECKING = False
"""As the type checker sees it; the module `typing` would be a tenth of the time of --help."""
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, NoReturn

SEVERITIES = ("error", "warning", "info")
FORMATS = ("text", "json", "html", "sarif", "junit", "markdown", "github", "azure")
SHELLS = ("bash", "zsh", "tcsh")
AUTH = ("default", "cli", "env", "workload", "managed", "pipelines")

NOT_IN_FILES = (
    "help",
    "config",
    "bicep",
    "demo",
    "quiet",
    "verbose",
    "update-baseline",
    "fix",
    "fix-unsafe",
    "diff",
    "since",
)
"""Options of `scan` that belong to one call, not to a configuration file."""

_DESCRIPTION = """\
The doctor for API tokens on Azure: compares the tokens that Entra ID issues for your app registrations with
the tokens that your API Management policies accept, and says where the two disagree and what to change."""

_SCAN_EPILOG = """\
exit codes: 0 nothing at or above --fail-on; 1 findings (--fix: of those left; --diff: or a change was printed);
2 wrong usage, or --fix refused a file and wrote none; 3 incomplete (nothing could be read, or --strict with a gap or
something not assessed); 4 a fault of apimdoctor itself"""


_DIAGNOSE_EPILOG = """\
exit codes: 0 accepted without a cause; 1 refused, or accepted with a cause; 2 wrong usage; 3 the verdict is open;
4 a fault of apimdoctor itself"""


_COMPLETION_EPILOG = """\
bash: apimdoctor completion bash > ~/.local/share/bash-completion/completions/apimdoctor
zsh:  apimdoctor completion zsh > a folder of $fpath, named _apimdoctor"""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is an error like any other: a sentence, a hint, exit code 2. A command declares itself when it is asked."""

    def __init__(self, *, declare: "Declare | None" = None, **told: "Any") -> None:
        super().__init__(formatter_class=_formatter, allow_abbrev=False, **told)
        self._declare = declare

    def declared(self) -> "_Parser":
        """The parser with its options."""
        declare, self._declare = self._declare, None
        if declare:
            declare(self)
        return self

    def parse_known_args(self, args: "Any" = None, namespace: "Any" = None) -> "Any":
        """As argparse calls it of a command that was named."""
        self.declared()
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> "NoReturn":
        raise ApimDoctorError(message, hint=f"{self.prog} --help lists what can be said")


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
Declare = Callable[[_Parser], None]


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Text as it is written, as wide as the terminal; to ask for the width, argparse would load three compressors."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
        except (OSError, ValueError, AttributeError):
            columns = 0
    return argparse.RawDescriptionHelpFormatter(prog, width=(columns or 80) - 2)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options of one call; `module` names the module whose `run(options)` does the command."""
    return parser().parse_args(argv)


def parser(*, whole: bool = False) -> argparse.ArgumentParser:
    """Every command; with its options when the whole is wanted, else when it is asked for them."""
    parser = _Parser(prog="apimdoctor", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"apimdoctor {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog=parser.prog)
    for name, (purpose, epilog, declare) in COMMANDS.items():
        command = _command(commands, name, purpose, epilog=epilog, declare=declare)
        if whole:
            command.declared()
    return parser


def options(command: str) -> dict[str, argparse.Action]:
    """The long options of a command, by their names without dashes."""
    listed = _Parser(declare=COMMANDS[command][2]).declared()._option_string_actions  # noqa: SLF001 - no public way
    return {name[2:]: action for name, action in listed.items() if name.startswith("--")}


def dest(name: str) -> str:
    """Where the value of an option of `scan` stands in the parsed options."""
    known = {"from": "paths", "subscription": "subscriptions"}
    return known.get(name, name.replace("-", "_"))


def sources(parser: argparse.ArgumentParser) -> None:
    """The options that say what is read, the same for every command that reads."""
    group = parser.add_argument_group("what is read")
    group.add_argument(
        "--from",
        dest="paths",
        metavar="PATH",
        type=path,
        action="append",
        default=[],
        help="a folder (APIOps, ARM, Bicep, Terraform, Graph JSON ...), a file or a saved snapshot; repeatable",
    )
    group.add_argument(
        "--bicep",
        action="store_true",
        help="compile Bicep files by the program bicep (they are read without it too); nothing else of a folder is run",
    )
    group.add_argument("--demo", action="store_true", help="a fictional tenant in an embedded Azure; needs no network")


def live(parser: argparse.ArgumentParser) -> None:
    """The options that say what is read from Azure, and as whom."""
    group = parser.add_argument_group("what is read from Azure")
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--subscription",
        dest="subscriptions",
        metavar="ID|NAME",
        action="append",
        default=[],
        help="the subscription that holds API Management; repeatable",
    )
    which.add_argument("--all-subscriptions", action="store_true", help="every subscription that the identity sees")
    group.add_argument("--resource-group", metavar="NAME", default="", help="only services in this resource group")
    group.add_argument(
        "--service", dest="services", metavar="NAME", action="append", default=[], help="only this service; repeatable"
    )
    group.add_argument("--tenant", metavar="ID", default="", help="the tenant to sign in to (default: the identity's)")
    group.add_argument(
        "--entra-tenant",
        dest="entra_tenants",
        metavar="ID",
        action="append",
        default=[],
        help="another tenant whose app registrations are read; repeatable",
    )
    group.add_argument(
        "--auth", choices=AUTH, default="default", help="how to sign in (default: azure-identity's chain)"
    )
    group.add_argument(
        "--cloud", metavar="NAME|FILE", default="public", help="public, usgov, china, or a JSON file that describes one"
    )
    group.add_argument(
        "--without",
        metavar="PART",
        choices=("entra", "sites", "openid"),
        action="append",
        default=[],
        help="leave out entra (app registrations), sites (Easy Auth) or openid (metadata); repeatable",
    )
    group.add_argument(
        "--openid-host",
        dest="openid_hosts",
        metavar="HOST",
        action="append",
        default=[],
        help="a further host whose OpenID metadata may be fetched; repeatable",
    )


def configuration(group: "argparse._ActionsContainer", holds: str) -> None:
    """The file that says what a command line leaves out."""
    group.add_argument(
        "--config",
        metavar="FILE",
        type=path,
        help=f"{holds} (default: apimdoctor.yaml, else [tool.apimdoctor] of pyproject.toml)",
    )


def chatter(parser: argparse.ArgumentParser) -> None:
    """-q and -v, the same for every command."""
    parser.add_argument("-q", "--quiet", action="store_true", help="only the first line of the report")
    parser.add_argument("-v", "--verbose", action="store_true", help="everything, and on stderr what is being done")


def _scan(parser: _Parser) -> None:
    sources(parser)
    live(parser)
    parser.add_argument(
        "--since",
        metavar="SNAPSHOT",
        type=path,
        help="read again only what Azure's Activity Log or a list says has changed since this snapshot, at most a week old",
    )
    parser.add_argument("--save-snapshot", metavar="FILE", type=path, help="keep what was read, without secrets")
    group = parser.add_argument_group("what is judged")
    group.add_argument(
        "--api",
        dest="apis",
        metavar="NAME",
        action="append",
        default=[],
        help="only findings that concern this API: its resource name, display name or path; repeatable",
    )
    group.add_argument(
        "--rules", metavar="DIR", type=path, action="append", default=[], help="a folder of your own rules"
    )
    group.add_argument("--select", metavar="RULE,...", type=_names, default=(), help="only these rules")
    group.add_argument("--ignore", metavar="RULE,...", type=_names, default=(), help="all rules but these")
    group.add_argument("--all-apps", action="store_true", help="also app registrations that no token path uses")
    configuration(group, "options, severities and waivers")
    group.add_argument("--baseline", metavar="FILE", type=path, help="findings known before: only new ones count")
    group.add_argument("--update-baseline", action="store_true", help="make today's findings the known ones")
    group.add_argument(
        "--compare", metavar="REPORT", type=path, help="an earlier JSON report: say what is new, fixed or changed"
    )
    group = parser.add_argument_group("what is changed: policies in files, never Azure")
    group.add_argument("--diff", action="store_true", help="print the safe changes as a patch for git apply, no report")
    group.add_argument(
        "--fix", action="store_true", help="write the safe changes into the files, then report what is left"
    )
    group.add_argument(
        "--fix-unsafe", action="store_true", help="the same with changes that a person should look at first"
    )
    group = parser.add_argument_group("what comes out")
    group.add_argument("--min-severity", choices=SEVERITIES, help="leave out what is milder (info: nothing)")
    group.add_argument("--fail-on", choices=(*SEVERITIES, "never"), help="mildest finding for exit code 1 (error)")
    group.add_argument("--strict", action="store_true", help="exit code 3 when something could not be read or assessed")
    group.add_argument(
        "--report",
        dest="reports",
        metavar="FORMAT[=FILE]",
        type=_report,
        action="append",
        default=[],
        help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, to stdout or a file; repeatable (text)",
    )
    chatter(parser)
    parser.set_defaults(module="apimdoctor.cli.scan")


def _diagnose(parser: _Parser) -> None:
    sources(parser)
    live(parser)
    group = parser.add_argument_group("the call")
    group.add_argument("--api", metavar="NAME", required=True, help="its resource name, display name or path")
    group.add_argument("--operation", metavar="NAME", help="its resource name, `METHOD /path` or URL template")
    group.add_argument("--revision", metavar="N", help="an online revision (default: the current one)")
    group.add_argument("--workspace", metavar="NAME", help="the workspace that holds the API (default: any)")
    key = group.add_mutually_exclusive_group()
    key.add_argument("--product", metavar="NAME", help="with a key of this product")
    key.add_argument("--key", choices=("none", "product", "api", "all"), help="with no key, or with a key of this kind")
    group.add_argument("--now", metavar="TIME", help="when the call was made, ISO 8601 (default: now)")
    group = parser.add_argument_group("what you have")
    group.add_argument("--token", metavar="FILE", help="the access token, or the header line it stood in; - for stdin")
    group.add_argument("--claims", metavar="FILE", help="the decoded token's claims as JSON; - for stdin")
    said = group.add_mutually_exclusive_group()
    said.add_argument("--error", metavar="TEXT", help="the error text")
    said.add_argument("--error-file", metavar="FILE", help="a file with the error text")
    group.add_argument("--trace", metavar="FILE", help="the gateway's own request trace (API inspector), JSON")
    group.add_argument("--show-claims", action="store_true", help="do not shorten claims that identify a person")
    group.add_argument(
        "--rules", metavar="DIR", type=path, action="append", default=[], help="a folder of your own rules"
    )
    configuration(parser, "where to read, as `scan` takes it")
    parser.add_argument("--report", choices=("text", "json"), default="text", help="text or json (text)")
    chatter(parser)
    parser.set_defaults(module="apimdoctor.cli.diagnose")


def _rules(parser: _Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True, prog=parser.prog)
    listing = _command(actions, "list", "every rule in a line")
    listing.add_argument(
        "--rules", metavar="DIR", type=path, action="append", default=[], help="a folder of your own rules"
    )
    listing.set_defaults(module="apimdoctor.cli.rules_list")
    checking = _command(actions, "check", "load rules, check their types and run their examples")
    checking.add_argument(
        "folders", metavar="DIR", type=path, nargs="*", help="folders of rules (default: the bundled ones)"
    )
    checking.add_argument("-v", "--verbose", action="store_true", help="also name the examples that hold")
    checking.set_defaults(module="apimdoctor.cli.rules_check")
    writing = _command(actions, "new", "write a commented rule of your own, whose examples hold from the start")
    writing.add_argument("id", metavar="ID", help="what it is called: words with hyphens")
    writing.add_argument(
        "folder", metavar="DIR", type=path, nargs="?", default="rules", help="where to write it (rules)"
    )
    writing.set_defaults(module="apimdoctor.cli.rules_new")


def _explain(parser: _Parser) -> None:
    parser.add_argument("rule", metavar="RULE")
    parser.add_argument(
        "--rules", metavar="DIR", type=path, action="append", default=[], help="a folder of your own rules"
    )
    parser.set_defaults(module="apimdoctor.cli.explain")


def _access(parser: _Parser) -> None:
    live(parser)
    configuration(parser, "where to read, as `scan` takes it")
    parser.add_argument("-v", "--verbose", action="store_true", help="also the rules that each missing right costs")
    parser.set_defaults(module="apimdoctor.cli.access")


def _init(parser: _Parser) -> None:
    parser.add_argument("what", choices=("config", "github", "azure-pipelines"))
    parser.add_argument("--force", action="store_true", help="write anew what is there already")
    parser.set_defaults(module="apimdoctor.cli.init")


def _completion(parser: _Parser) -> None:
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(module="apimdoctor.cli.completion")


COMMANDS: Mapping[str, tuple[str, str, Declare]] = {
    "scan": ("find where tokens are refused or admitted wrongly", _SCAN_EPILOG, _scan),
    "diagnose": ("say why one call is refused, or why it is let in", _DIAGNOSE_EPILOG, _diagnose),
    "rules": ("list the rules, check them by their examples, or begin one of your own", "", _rules),
    "explain": ("why a rule exists, how to put right what it finds, and examples", "", _explain),
    "access": ("say what the signed-in identity may read, and how to ask for what is missing", "", _access),
    "init": ("write a commented configuration, or a pipeline that scans every night", "", _init),
    "completion": ("print the script by which a shell completes what is typed", _COMPLETION_EPILOG, _completion),
}
"""In the order of --help: what each is for, what stands below its help, and what declares its options and names the
module that runs it."""


def _command(
    commands: "Commands[_Parser]", name: str, purpose: str, *, epilog: str = "", declare: Declare | None = None
) -> _Parser:
    description = f"{purpose[0].upper()}{purpose[1:]}."
    return commands.add_parser(name, help=purpose, description=description, epilog=epilog, declare=declare)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def path(text: str) -> "Path":
    """The value of an option that names a file or a folder."""
    from pathlib import Path

    return Path(text)


def _report(text: str) -> "tuple[str, Path | None]":
    form, _, file = text.partition("=")
    if form not in FORMATS:
        raise argparse.ArgumentTypeError(f"{form!r} is no report format; there are {', '.join(FORMATS)}")
    return form, path(file) if file else None
