"""Names of the files of an outbox (contract.md, "Home").

outbox/<provider_id>/<batch_id>/     receipt.json, receipt.html, findings.csv, findings.xlsx
outbox/<provider_id>/                open.csv, open.html, not_taken.html, conflicts-<YYYY-MM>.csv, set_aside.csv,
                                     messages.csv, messages_sent.csv
outbox/not_taken.html                what lies in the folder of no provider
"""

from __future__ import annotations

import re
from typing import Final

RECEIPT_JSON: Final = "receipt.json"
RECEIPT_HTML: Final = "receipt.html"
FINDINGS_CSV: Final = "findings.csv"
FINDINGS_XLSX: Final = "findings.xlsx"
OPEN_CSV: Final = "open.csv"
OPEN_HTML: Final = "open.html"
SET_ASIDE_CSV: Final = "set_aside.csv"
NOT_TAKEN: Final = "not_taken.html"
MESSAGES_CSV: Final = "messages.csv"
SENT_CSV: Final = "messages_sent.csv"

OF_DELIVERY: Final = frozenset({RECEIPT_JSON, RECEIPT_HTML, FINDINGS_CSV, FINDINGS_XLSX})
OF_PROVIDER: Final = re.compile(
    r"open\.(csv|html)|not_taken\.html|set_aside\.csv|conflicts-\d{4}-\d{2}\.csv|messages(_sent)?\.csv"
)


def conflicts_csv(month: str) -> str:
    """Name of the conflicts of a month, ``YYYY-MM``."""
    return f"conflicts-{month}.csv"
