"""The configuration file: `apimdoctor.yaml`, or [tool.apimdoctor] in pyproject.toml.

A key is an option of `apimdoctor scan` without its dashes; beside these there are `severity` and `waivers`. `diagnose` and
`access` take from it what they share with `scan`: where and as whom to read. What the command line says wins. Paths are
meant from the folder of the file.
"""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct, field

from apimdoctor.cli import arguments
from apimdoctor.engine.finding import SEVERITIES, Severity
from apimdoctor.engine.waivers import Waiver, parse
from apimdoctor.errors import ApimDoctorError

USUAL = Path("apimdoctor.yaml")
PROJECT = Path("pyproject.toml")
OWN_KEYS = ("severity", "waivers")
SOURCES = ("from", "subscription", "all-subscriptions")
"""One of these on the command line, and the file's own are not read."""
NOT_SHARED = {"api", "report"}
"""Options that `scan` and `diagnose` both have and mean differently."""
OFF = "off"


class Config(Struct, frozen=True):
    """What the file says."""

    waivers: tuple[Waiver, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    """Rule to the severity that its findings get."""
    off: tuple[str, ...] = ()
    """Rules whose severity is `off`."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Option without dashes to its value, as the command line would have yielded it."""
    file: Path | None = None


def read(file: Path | None) -> Config:
    """The configuration: of `file`, else of apimdoctor.yaml or pyproject.toml in the working folder, when there is one."""
    if file is None:
        if USUAL.is_file():
            file = USUAL
        elif PROJECT.is_file() and "[tool.apimdoctor" in PROJECT.read_text("utf-8", "replace"):
            file = PROJECT
        else:
            return Config()
    told = _told(file)
    keys = scan_options()
    for key in told:
        if key not in keys and key not in OWN_KEYS:
            near = get_close_matches(str(key), [*keys, *OWN_KEYS], n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted([*keys, *OWN_KEYS]))}"
            raise ApimDoctorError(f"{file}: {key!r} is no setting", hint=hint)
    severity = _severity(told.get("severity"), file)
    return Config(
        waivers=parse(told.get("waivers"), str(file)),
        severity={rule: one for rule, one in severity.items() if one in SEVERITIES},
        off=tuple(rule for rule, one in severity.items() if one == OFF),
        options={key: _value(key, told[key], keys[key], file) for key in keys if key in told},
        file=file,
    )


def scan_options() -> dict[str, argparse.Action]:
    """The options of `scan` that a file may set, by their names without dashes."""
    return {name: action for name, action in arguments.options("scan").items() if name not in arguments.NOT_IN_FILES}


def applied(options: argparse.Namespace, settings: Config) -> argparse.Namespace:
    """The options of `scan` with what the file says for those that the command line does not name."""
    made = _filled(options, settings, scan_options())
    made.ignore = (*made.ignore, *settings.off)
    return made


def applied_sources(options: argparse.Namespace, settings: Config, command: str) -> argparse.Namespace:
    """The options of another command that reads, with what the file says of where and as whom to read."""
    shared = arguments.options(command).keys() & scan_options().keys() - NOT_SHARED
    return _filled(options, settings, {key: action for key, action in scan_options().items() if key in shared})


def _filled(
    options: argparse.Namespace, settings: Config, actions: Mapping[str, argparse.Action]
) -> argparse.Namespace:
    made = argparse.Namespace(**vars(options))
    named = [key for key in (*SOURCES, "demo") if getattr(options, arguments.dest(key), None)]
    for key, value in settings.options.items():
        if key not in actions:
            continue
        action = actions[key]
        if getattr(options, action.dest) == action.default and not (key in SOURCES and named):
            setattr(made, action.dest, value)
    return made


def _told(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
        told = tomllib.loads(text).get("tool", {}).get("apimdoctor") if file.suffix == ".toml" else yaml.safe_load(text)
    except FileNotFoundError:
        raise ApimDoctorError(f"{file} does not exist", hint="--config names a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ApimDoctorError(f"{file} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ApimDoctorError(f"{file} is not readable as YAML: {' '.join(str(error).split())}") from None
    except tomllib.TOMLDecodeError as error:
        raise ApimDoctorError(f"{file} is not readable as TOML: {error}") from None
    told = {} if told is None else told
    if not isinstance(told, dict):
        raise ApimDoctorError(f"{file} must be a mapping", hint="apimdoctor init config writes one with comments")
    return told


def _severity(told: object, file: Path) -> dict[str, str]:
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise ApimDoctorError(f"{file}: severity must be a mapping", hint="of rules to error, warning, info or off")
    words = {}
    for rule, written in told.items():
        # YAML 1.1 reads a bare `off` as false.
        word = OFF if written is False else written
        if word not in (*SEVERITIES, OFF):
            raise ApimDoctorError(f"{file}: severity of {rule}: {word!r}", hint="say error, warning, info or off")
        words[str(rule)] = str(word)
    return words


def _value(key: str, told: object, action: argparse.Action, file: Path) -> object:
    """A value of the file as the command line would have yielded it."""
    if action.nargs == 0:
        if not isinstance(told, bool):
            raise ApimDoctorError(f"{file}: {key} must be true or false, is {told!r}")
        return told
    many = isinstance(action.default, (list, tuple))
    entries: list[Any] = told if isinstance(told, list) and many else [told]
    for entry in entries:
        if not isinstance(entry, str) or not entry:
            wanted = "a text or a list of texts" if many else "a text"
            raise ApimDoctorError(f"{file}: {key} must be {wanted}, is {entry!r}")
    values = [_one(key, entry, action, file) for entry in entries]
    if not many:
        return values[0]
    if isinstance(action.default, tuple):
        return tuple(name for names in values for name in names)
    return values


def _one(key: str, entry: str, action: argparse.Action, file: Path) -> Any:
    if action.choices is not None and entry not in action.choices:
        near = get_close_matches(entry, list(action.choices), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(map(str, action.choices))}"
        raise ApimDoctorError(f"{file}: {key} cannot be {entry!r}", hint=hint)
    kind = action.type
    if not callable(kind):
        return entry
    try:
        value = kind(entry)
    except argparse.ArgumentTypeError as error:
        raise ApimDoctorError(f"{file}: {key}: {error}") from None
    if isinstance(value, Path):
        return file.parent / value
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Path):
        return (value[0], file.parent / value[1])
    return value


def unknown(settings: Config, rules: Sequence[str]) -> str:
    """The first rule under `severity` that does not exist; "" when all do."""
    return next((rule for rule in (*settings.severity, *settings.off) if rule not in rules), "")
