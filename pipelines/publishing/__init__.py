"""Releases: what the hub shares, versioned, checked, and moved to at once.

    shared/<product_id>/latest.json                                   {"release_id": …}, replaced atomically
    shared/<product_id>/<release_id>/data/<bucket>-<digest>.parquet   records, sorted by record key within a bucket
    shared/<product_id>/<release_id>/changes.parquet                  against the previous release
    shared/<product_id>/<release_id>/manifest.json
    shared/<product_id>/failures/<release_id>.json                    a candidate that was refused, and why

A release is built outside ``shared/`` and renamed into it whole. Buckets that did not change are hard links to the files of
the previous release. ``release_id`` = day, number of the release on that day, digest of the data; it sorts by time.
"""

from pipelines.publishing.affected import affected_datasets, task_batches
from pipelines.publishing.publish import publish
from pipelines.publishing.published import Published

__all__ = ["Published", "affected_datasets", "publish", "task_batches"]
