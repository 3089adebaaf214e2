"""Who is to act on an error: the person who called or sent something, or we.

Exit statuses of the contract: 2 for an ``InputError`` (unusable arguments or input), 3 for a ``HubError`` (our own failure).
"""

from __future__ import annotations

import errno
import os
from traceback import walk_tb
from typing import Final


class InputError(Exception):
    """Something a user gave cannot be used; the message says where, what was expected and what to do."""


class HubError(Exception):
    """The hub itself failed; never the provider's fault, and never worded as such."""


def disk_error_text(error: BaseException) -> str | None:
    """What the disk said, where it is full, read-only or not ours: whoever runs the hub can fix that, so it is no failure of ours.

    The native libraries (Delta, Polars, DuckDB) wrap what the system said in errors of their own and keep its words.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _DISK:
            return f"{seen.filename or 'the home'}: {seen.strerror}"
        for number in _DISK:
            if f"(os error {number})" in str(seen) or os.strerror(number) in str(seen):
                return f"the home: {os.strerror(number)}"
        if "transport error" in str(seen) and _was_writing(seen):
            # Polars 2.1 keeps no word of the system where the disk fills up while it writes the end of a Parquet file.
            return f"the home: {os.strerror(errno.ENOSPC)}"
        seen = seen.__cause__ or seen.__context__
    return None


def _was_writing(error: BaseException) -> bool:
    return any(frame.f_code.co_name in ("sink_parquet", "write_parquet") for frame, _ in walk_tb(error.__traceback__))


_DISK: Final = (errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EPERM)
