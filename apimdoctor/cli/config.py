"""The configuration file, `apimdoctor.yaml`: waivers, and nothing else yet."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml

from apimdoctor.engine.waivers import Waiver, parse
from apimdoctor.errors import ApimDoctorError

USUAL = Path("apimdoctor.yaml")
_KEYS = ("waivers",)


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says."""

    waivers: tuple[Waiver, ...] = ()


def read(file: Path | None) -> Config:
    """The configuration: of `file`, else of apimdoctor.yaml in the working folder when there is one."""
    if file is None:
        if not USUAL.is_file():
            return Config()
        file = USUAL
    try:
        told = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ApimDoctorError(f"{file} does not exist", hint="--config names a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ApimDoctorError(f"{file} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ApimDoctorError(f"{file} is not readable as YAML: {' '.join(str(error).split())}") from None
    told = {} if told is None else told
    if not isinstance(told, dict):
        raise ApimDoctorError(f"{file} must be a mapping", hint="its only key so far is waivers")
    for key in told:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(_KEYS)}"
            raise ApimDoctorError(f"{file}: {key!r} is no setting", hint=hint)
    return Config(parse(told.get("waivers"), str(file)))
