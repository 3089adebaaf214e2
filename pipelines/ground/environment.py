"""The environment variables of the hub. No other module reads one of them below the faces.

CREDIT_HUB_HOME              the home folder (default ./home); one POSIX file system, never a URL
CREDIT_HUB_CATALOG           the catalogue (default: the one that travels with the code)
CREDIT_HUB_EXPECTATIONS      the generated suites (default: those that travel with the code)
CREDIT_HUB_WORK_GROUP_BYTES  files of one dataset are packed into work groups of about so many bytes
CREDIT_HUB_MEMORY_LIMIT      what DuckDB may hold before it spills to disk: 512MB, 1.5GB, 2GiB or 80%
CREDIT_HUB_PSEUDONYM_KEY     the key of the pseudonyms (default: a key file of this user)
CREDIT_HUB_SETTLE_SECONDS    a file is taken when it has not changed for so long (default 30; 0: at once)
CREDIT_HUB_DONE_DAYS         how long a taken file stays in .done/ (default 30)
CREDIT_HUB_OUTBOX_GROUP      the group that may read a provider's outbox; {provider} in it stands for the provider's id
CREDIT_HUB_MAX_…             limits of one delivered file, a variable for each (``pipelines.ground.limits``)

An empty value is no value. A variable that is not in this list is nobody's and is left alone.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.ground.errors import InputError
from pipelines.ground.limits import MEMORY_LIMIT, Limits
from pipelines.ground.packaged import packaged

PREFIX: Final = "CREDIT_HUB_"
MEBIBYTE: Final = 1 << 20
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")
_SIZE: Final = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?) ?(?P<unit>%|[KMGT]B|[KMGT]iB)", re.IGNORECASE)


def _whole_number(value: object) -> int:
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) == 0:
        raise ValueError("give a whole number greater than 0")
    return int(text)


def _seconds(value: object) -> float:
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise ValueError("give a number of seconds, 0 or more, for example 30 or 0.5")
    return float(text)


def _size(value: str) -> str:
    found = _SIZE.fullmatch(value)
    number = float(found["number"]) if found else 0
    if found is None or number == 0 or (found["unit"] == "%" and number > 100):
        raise ValueError("give a size as DuckDB writes it, for example 512MB, 1.5GB, 2GiB or 80%")
    return value


def _file_system(value: Path | str) -> Path:
    if _URL.match(str(value)):
        raise ValueError("give a folder: the home is one POSIX file system (a disk, NFS, CephFS), never a URL")
    return Path(value)


def _catalogue(value: Path | str) -> Path:
    if not (Path(value) / "datasets").is_dir():
        raise ValueError("give a folder with a catalogue: one that has datasets/ in it")
    return Path(value)


_WholeNumber = Annotated[int, BeforeValidator(_whole_number)]


class _Variables(BaseSettings):
    """The variables by name, without the prefix."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", validate_default=True)

    home: Annotated[Path, BeforeValidator(_file_system)] = Path("home")
    catalog: Annotated[Path, BeforeValidator(_catalogue)] = packaged("catalog")
    expectations: Path = packaged("expectations")
    work_group_bytes: _WholeNumber = 256 * MEBIBYTE
    memory_limit: Annotated[str, BeforeValidator(_size)] = MEMORY_LIMIT
    settle_seconds: Annotated[float, BeforeValidator(_seconds)] = 30.0
    done_days: _WholeNumber = 30
    outbox_group: str | None = None
    pseudonym_key: SecretStr | None = None
    xdg_config_home: Annotated[Path, Field(validation_alias="XDG_CONFIG_HOME")] = Path("~/.config")


_LIMITS: Final[dict[str, Any]] = {f"max_{one.name}": (_WholeNumber, one.default) for one in fields(Limits)}
_Environment: Final = create_model("_Environment", __base__=_Variables, **_LIMITS)


def variables(home: Path | None, *, new_expectations: bool) -> dict[str, Any]:
    """The values of the environment, under the names of ``pipelines.ground.settings.Settings``.

    Args:
        home: overrides CREDIT_HUB_HOME.
        new_expectations: the folder of the suites may be missing: the caller makes it.

    Raises:
        InputError: a value cannot be used; names the variable, the value and what is expected.
    """
    try:
        found = _Environment() if home is None else _Environment(home=home)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        said = str(wrong["ctx"]["error"]) if "error" in wrong.get("ctx", {}) else wrong["msg"]
        raise _refused("--home" if name == "home" and home else PREFIX + name.upper(), wrong["input"], said) from error
    if not (new_expectations or found.expectations.is_dir()):
        raise _refused(
            f"{PREFIX}EXPECTATIONS", found.expectations, "give a folder with the suites 'credit-hub catalog build' made"
        )
    return {
        "home": found.home.resolve(),
        "catalog": found.catalog,
        "expectations": found.expectations,
        "work_group_bytes": found.work_group_bytes,
        "memory_limit": found.memory_limit,
        "limits": Limits(**{name.removeprefix("max_"): getattr(found, name) for name in _LIMITS}),
        "settle_seconds": found.settle_seconds,
        "done_days": found.done_days,
        "outbox_group": found.outbox_group,
        "pseudonym_key": found.pseudonym_key,
        "config_folder": found.xdg_config_home,
    }


def _refused(variable: str, value: object, expected: str) -> InputError:
    # A path has lost a slash of the URL it was.
    text = _URL.sub(r"\1://", str(value), count=1) if isinstance(value, Path) else str(value)
    return InputError(f"{variable} is '{text}'; {expected}")
