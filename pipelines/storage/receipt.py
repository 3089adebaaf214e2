"""receipt.json: what a provider's program reads of a delivery (contract.md, "receipt.json").

``catalog_page`` of a rule is where it is explained, relative to the catalogue's site; ``catalog_site`` is the way from the folder
of the receipt to that site. Together they are a link; null for a rule that the catalogue no longer has. ``confirmed`` counts the
accepted rows in which the provider confirmed what looked wrong, ``corrects`` the rows refused earlier that this delivery brought
right, ``columns`` are those of the file in their order, ``notices`` say what of the columns 退回编号 and 确认说明 had no effect.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipelines.storage.artefact import Artefact
from pipelines.storage.outbox import RECEIPT_JSON


class ReceiptRows(Artefact):
    """``in`` = ``accepted`` + ``refused``; ``warned`` ones are accepted."""

    received: int = Field(alias="in")
    accepted: int
    refused: int
    warned: int


class ReceiptRule(Artefact):
    """A rule that rows broke."""

    rule_id: str
    severity: str
    dimension: str
    field: str
    rows: int
    message_zh: str
    message_en: str
    catalog_page: str | None


class ConfirmedRule(Artefact):
    """A rule that rows broke and the provider confirmed."""

    rule_id: str
    rows: int
    message_zh: str


class Confirmed(Artefact):
    """Accepted rows that look wrong and were confirmed."""

    rows: int
    rules: list[ConfirmedRule]


class CorrectedBatch(Artefact):
    """An earlier delivery of which refused rows came right."""

    batch_id: str
    file_name: str
    rows: int


class Corrects(Artefact):
    """Refused rows that came right with a delivery."""

    rows: int
    batches: list[CorrectedBatch]


class ReceiptProblem(Artefact):
    """Why a whole file was rejected."""

    code: str
    message_zh: str
    message_en: str


class Receipt(Artefact):
    """The receipt of one delivery."""

    receipt_version: Literal[1] = 1
    batch_id: str
    provider_id: str
    region_code: str
    dataset_id: str
    file_name: str
    sha256: str
    bytes: int
    encoding: str
    received_at: str
    status: str
    catalog_version: str
    catalog_site: str | None
    rows: ReceiptRows
    rules: list[ReceiptRule]
    confirmed: Confirmed
    corrects: Corrects
    problem: ReceiptProblem | None
    columns: list[str]
    unknown_columns: list[str]
    not_records: list[str]
    notices: list[str]
    manifest: str | None
    first_batch_id: str | None = Field(default=None, exclude_if=lambda value: value is None)

    @classmethod
    def in_folder(cls, folder: Path) -> Receipt:
        """The receipt of a delivery's folder in the outbox."""
        return cls.read(folder / RECEIPT_JSON)

    def put(self, folder: Path) -> None:
        """Into a delivery's folder."""
        self.write(folder / RECEIPT_JSON)
