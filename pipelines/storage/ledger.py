"""The ledger: small, append-only tables of what happened; the only thing downstream that is read upstream.

    batches        one row for each delivery, duplicates and rejected files included
    rule_counts    one row for each delivery and rule with at least one row that broke it
    closures       one row for each batch whose rows were refused, and each batch or waiver that closed some of them
    waivers        one row for each decision that refused rows need no correction, and dataset
    releases       one row for each release of a product
    takedowns      one row for each record and product it was taken down from by repair or withdrawal, or should have been
                   (taken_down_on null) by a release that was refused
    displays       one row for each release of a product with a publication clock, and provider; another of the release that
                   stands for each day on which a newer one was refused
    approvals      one row for each decision about a held release: approved or refused, by whom and why
    second_words   one row for each time work was done as of a day beyond today, or before the last release, and why
    indicators     one row for each region, period and indicator of a scorecard
    subject_counts one row for each release of the subject master, provider and kind

``batches`` is written last of a work group's commits: a group in it is done.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.storage.home import Home
from pipelines.storage.tables import Schema, Table

BATCHES: Final[Schema] = {
    "batch_id": pl.String(),
    "first_batch_id": pl.String(),  # of a duplicate: the batch that brought the bytes first
    "group_id": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "dataset_id": pl.String(),
    "file_name": pl.String(),
    "sha256": pl.String(),
    "bytes": pl.Int64(),
    "encoding": pl.String(),
    "received_on": pl.Date(),
    "received_at": pl.String(),
    "status": pl.String(),  # accepted, partial, rejected, duplicate
    "problem_code": pl.String(),
    "problem_zh": pl.String(),
    "problem_en": pl.String(),
    "catalog_version": pl.String(),
    "unknown_columns": pl.List(pl.String()),
    "asides": pl.List(pl.String()),  # rows and sheets that were not read as records, in words, the first ones
    "notices": pl.List(
        pl.String()
    ),  # what of the name and of the columns 退回编号 and 确认说明 had no effect, in words
    "manifest": pl.String(),  # agreed, differs; null where none came
    "period_from": pl.Date(),  # as the manifest says
    "period_to": pl.Date(),
    "operation": pl.String(),  # full, delta; null where no manifest says
    "rows_in": pl.Int64(),
    "rows_accepted": pl.Int64(),
    "rows_refused": pl.Int64(),
    "rows_warned": pl.Int64(),  # accepted rows with at least one warning
    "rows_confirmed": pl.Int64(),  # accepted rows in which the provider confirmed, with a reason, what looked wrong
    "columns": pl.List(pl.String()),  # of the file in their order: field ids, and unknown:<position>:<header>
    "required_cells": pl.Int64(),  # cells that had to be filled, conditional ones included
    "missing_cells": pl.Int64(),  # of these, empty
    "code_rows": pl.Int64(),  # rows whose subject needs or has a credit code
    "code_valid_rows": pl.Int64(),  # of these, with a valid one
    "dated_rows": pl.Int64(),  # accepted rows with the date from which the deadline runs
    "late_rows": pl.Int64(),  # of these, received after the deadline
}

RULE_COUNTS: Final[Schema] = {
    "batch_id": pl.String(),
    "rule_id": pl.String(),
    "severity": pl.String(),
    "dimension": pl.String(),
    "responsibility": pl.String(),
    "field": pl.String(),
    "rows": pl.Int64(),
    "confirmed": pl.Int64(),  # further rows, in which the provider confirmed the breach
}

CLOSURES: Final[Schema] = {
    "batch_id": pl.String(),  # in which the rows were refused
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "dataset_id": pl.String(),
    "closed_by": pl.String(),  # batch, waiver
    "closing_id": pl.String(),  # the batch or waiver that closed them
    "refused_on": pl.Date(),
    "closed_on": pl.Date(),
    "rows": pl.Int64(),
}

WAIVERS: Final[Schema] = {
    "waiver_id": pl.String(),
    "waived_on": pl.Date(),
    "dataset_id": pl.String(),
    "by": pl.String(),
    "reason": pl.String(),
    "rows": pl.Int64(),
}

RELEASES: Final[Schema] = {
    "release_id": pl.String(),
    "product_id": pl.String(),
    "previous_release_id": pl.String(),
    "as_of": pl.String(),
    "catalog_version": pl.String(),
    "accepted": pl.Int64(),  # rows of the lake the release was made from
    "published": pl.Int64(),
    "superseded": pl.Int64(),
    "duplicate": pl.Int64(),
    "withheld": pl.Int64(),
    "added": pl.Int64(),
    "changed": pl.Int64(),
    "removed": pl.Int64(),
    "unchanged": pl.Int64(),  # duplicates: the same record again from the same provider
    "other_channel": pl.Int64(),  # duplicates: the same decision from another provider
    "older_version": pl.Int64(),  # superseded: a point in time decided
    "conflict": pl.Int64(),  # superseded: something else was said, and no time tells which is right
}

TAKEDOWNS: Final[Schema] = {
    "product_id": pl.String(),
    "dataset_id": pl.String(),
    "release_id": pl.String(),
    "reason": pl.String(),  # repaired, withdrawn
    "provider_id": pl.String(),  # who asked
    "region_code": pl.String(),
    "record": pl.String(),  # digest of the record key
    "received_on": pl.Date(),
    "due_on": pl.Date(),
    "taken_down_on": pl.Date(),  # null: the next release was refused; a later row says when it was
}

DISPLAYS: Final[Schema] = {
    "product_id": pl.String(),
    "dataset_id": pl.String(),
    "release_id": pl.String(),
    "as_of": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "displayed": pl.Int64(),
    "overdue": pl.Int64(),  # of these, past the day on which display had to stop
}

APPROVALS: Final[Schema] = {
    "held_id": pl.String(),
    "product_id": pl.String(),
    "dataset_id": pl.String(),
    "decision": pl.String(),  # approved, refused
    "why": pl.String(),
    "by": pl.String(),
    "at": pl.String(),
    "records": pl.Int64(),  # that may leave with it
}

SECOND_WORDS: Final[Schema] = {
    "operation": pl.String(),  # collect, publish, score, run, maintain
    "as_of": pl.Date(),
    "said_on": pl.Date(),
    "why": pl.String(),
    "by": pl.String(),
}

INDICATORS: Final[Schema] = {
    "region_code": pl.String(),
    "region_zh": pl.String(),
    "period": pl.String(),
    "dimension": pl.String(),
    "indicator": pl.String(),
    "numerator": pl.Float64(),
    "denominator": pl.Float64(),
    "value": pl.Float64(),
    "score": pl.Float64(),
    "weight": pl.Float64(),
    "status": pl.String(),
    "grade": pl.String(),
    "rank": pl.Int64(),
    "as_of": pl.String(),
    "catalog_version": pl.String(),
}

SUBJECT_COUNTS: Final[Schema] = {
    "release_id": pl.String(),
    "as_of": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    # subjects: subjects the provider has records of; of these, distinct subjects with a conflict the provider has a part in:
    # several_names, several_codes, registrar, region, conflicting for any of these; contradicting_records apart
    "kind": pl.String(),
    "number": pl.Int64(),
}

TABLES: Final[dict[str, Schema]] = {
    "batches": BATCHES,
    "rule_counts": RULE_COUNTS,
    "closures": CLOSURES,
    "waivers": WAIVERS,
    "releases": RELEASES,
    "takedowns": TAKEDOWNS,
    "displays": DISPLAYS,
    "approvals": APPROVALS,
    "second_words": SECOND_WORDS,
    "indicators": INDICATORS,
    "subject_counts": SUBJECT_COUNTS,
}


def ledger(home: Home, name: str) -> Table:
    """One ledger table.

    Raises:
        KeyError: there is no such table.
    """
    return Table(home.ledger(name), TABLES[name])
