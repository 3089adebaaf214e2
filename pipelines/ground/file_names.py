"""Names of files as text: whoever reads them may send any bytes."""

from __future__ import annotations

import os


def shown_name(name: str) -> str:
    """A file's name as text: Chinese Windows writes GBK, and no reader of a receipt wants line breaks in a name."""
    raw_name = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw_name.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = raw_name.decode("utf-8", errors="backslashreplace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
