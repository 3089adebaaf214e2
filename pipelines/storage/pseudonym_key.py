"""The key of a home's pseudonyms.

It comes from ``CREDIT_HUB_PSEUDONYM_KEY``. Without it a random key is made once for this user, in
``$XDG_CONFIG_HOME/credit-hub/pseudonym.key`` (mode 600), so that two homes of one user agree. A home remembers the key's
fingerprint and refuses another key: pseudonyms of two keys never meet, and subjects would silently fall apart.
"""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.storage.files import replace_file
from pipelines.storage.home import Home

VARIABLE: Final = "CREDIT_HUB_PSEUDONYM_KEY"


def pseudonyms(home: Home, settings: Settings) -> Pseudonyms:
    """The pseudonyms of a home, with the key of these settings.

    Raises:
        InputError: the home was made with another key.
    """
    given = settings.pseudonym_key
    key = given.get_secret_value().encode() if given else _key_of_this_user(settings.config_folder.expanduser())
    made = Pseudonyms(key)
    path = home.key_fingerprint
    fingerprint = made.of("fingerprint")[:16]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, fingerprint.encode())
    elif path.read_text() != fingerprint:
        raise InputError(
            f"{home.root}: was made with another pseudonym key; set {VARIABLE} to the key this home was made with, "
            "or start a new home and drop the files there again"
        )
    return made


@lru_cache(maxsize=1)
def _key_of_this_user(config: Path) -> bytes:
    folder = config / "credit-hub"
    path = folder / "pseudonym.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".pseudonym.key.{os.getpid()}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
    try:
        os.link(temporary, path)  # the first of several processes wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_bytes()
