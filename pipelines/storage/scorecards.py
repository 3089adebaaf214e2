"""Names of the files of a scorecard (contract.md, "Home").

scorecards/<period>/    index.html, <unit>.html, method.html, the tables below, card.json, scorecards.xlsx, version.json
scorecards/<period>/versions/<n>/    an earlier version as it was issued
"""

from __future__ import annotations

from typing import Final

INDEX: Final = "index.html"
TABLE: Final = "scorecard.parquet"
TABLES: Final = (TABLE, "sectors.parquet", "details.parquet", "files.parquet", "rules.parquet")
WORKBOOK: Final = "scorecards.xlsx"
MODEL: Final = "card.json"
VERSION: Final = "version.json"
VERSIONS: Final = "versions"
