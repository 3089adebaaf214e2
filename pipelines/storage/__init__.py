"""The lake: Delta tables of accepted record versions, refused rows and the ledger.

    lake/records/<dataset_id>/_bucket=<00..15>/<digest>.parquet    accepted record versions, append-only
    lake/quarantine/<dataset_id>/<digest>.parquet                  refused rows with every rule they broke
    lake/closings/<dataset_id>/<digest>.parquet                    which refused rows are closed, and by what
    lake/ledger/<table>/<digest>.parquet                           batches, rule_counts, closures, releases, …
    .../_delta_log/                                                the Delta log: which files belong to the table

``_bucket`` is a hash of the record key's subject, so that one bucket holds all versions of a key. A data file's name is the
first 32 hexadecimal digits of the SHA-256 of its bytes: ``credit-hub audit`` recomputes them, so a file altered by hand shows.

Appends are idempotent: every commit carries one application transaction (the work group's id), and a table that knows the
id already is left alone. One commit per work group and table. Provenance columns start with ``_``.
"""
