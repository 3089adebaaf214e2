"""Where things are and how large they may be; every value has a default that works on a laptop.

The values come from the environment: ``pipelines.ground.environment`` lists the variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.ground.limits import Limits

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True)
class Settings:
    """Paths and limits of one process.

    Attributes:
        home: the home folder, absolute.
        catalog: the folder of the catalogue.
        expectations: the folder of the generated suites.
        work_group_bytes: files of one dataset are packed into work groups of about so many bytes.
        memory_limit: what DuckDB may hold before it spills to disk, as DuckDB writes it.
        limits: of one delivered file.
        settle_seconds: a file is taken when it has not changed for so long.
        done_days: how long a taken file stays in ``.done/``.
        outbox_group: the group that may read a provider's outbox, ``{provider}`` in it for the provider's id; None for no group.
        pseudonym_key: the key of the pseudonyms; None where this user's own key file is used.
        config_folder: where this user keeps configuration; the key file is in it.
    """

    home: Path
    catalog: Path
    expectations: Path
    work_group_bytes: int
    memory_limit: str
    limits: Limits = field(default_factory=Limits)
    settle_seconds: float = 30.0
    done_days: int = 30
    outbox_group: str | None = None
    pseudonym_key: SecretStr | None = None
    config_folder: Path = Path("~/.config")

    @classmethod
    def read(cls, home: Path | None = None, *, new_expectations: bool = False) -> Settings:
        """Settings from the environment. Only the faces (commands, DAGs, benchmarks) call this; others are given what they need.

        Args:
            home: overrides CREDIT_HUB_HOME.
            new_expectations: the folder of the suites may be missing: the caller makes it.

        Raises:
            InputError: a value cannot be used; names the variable, the value and what is expected.
        """
        from pipelines.ground.environment import variables

        return cls(**variables(home, new_expectations=new_expectations))
