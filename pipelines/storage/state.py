"""Files below ``state/``: what a run must know of the runs before it. Each can be lost; then more is done again than need be.

state/sources/<product_id>.json      Sources: what each bucket of the latest release was made from
state/displays/<product_id>.json     DisplayCounts: what its data files show
state/erased/<product_id>.json       Erased: which takedowns its old releases were rewritten for
state/compacted/<table>/<file>.json  Compaction: what a compacted file of the lake replaced
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from pipelines.storage.artefact import Artefact


class BucketSource(Artefact):
    """What a bucket was made from; keys of the file are ``turns_on`` and ``told`` since version 1."""

    source: str
    next_state_change: date | None = Field(alias="turns_on")
    rules: str = ""
    messages_used: str = Field(default="", alias="told")
    files: tuple[str, ...] = ()


class Sources(Artefact):
    """What the latest release of a product was made from, by bucket."""

    version: Literal[1] = 1
    release_id: str
    buckets: dict[str, BucketSource]


class FileDisplays(Artefact):
    """Records of a data file by provider and region, and the first day on which the display of one ends."""

    until: date | None
    shown: list[tuple[str | None, str | None, int]]


class DisplayCounts(Artefact):
    """By the name of a data file; names are digests, so that a count stays true."""

    version: Literal[1] = 1
    files: dict[str, FileDisplays] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_0_1_0(cls, content: Any) -> Any:
        """Homes made by 0.1.0 have the files at the top."""
        return (
            {"files": content} if isinstance(content, dict) and not {"version", "files"} & content.keys() else content
        )


class Erased(Artefact):
    """Takedowns that old releases of a product were rewritten for, and the releases that were looked through.

    ``buckets`` (by bucket, a digest of messages and lake files) is said of products of datasets, ``takedowns`` (rows of the ledger)
    of the subject master.
    """

    version: Literal[1] = 1
    buckets: dict[str, str] = Field(default_factory=dict)
    takedowns: int = 0
    clean: list[str] = Field(default_factory=list)


class Compaction(Artefact):
    """Names of the files whose rows a compacted file holds."""

    version: Literal[1] = 1
    replaced: tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_0_1_0(cls, content: Any) -> Any:
        """Homes made by 0.1.0 have the bare list."""
        return {"replaced": content} if isinstance(content, list) else content
