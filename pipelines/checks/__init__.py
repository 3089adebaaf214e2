"""Every check with its two routes, side by side: one module for each family of checks, found by itself.

A rule of the catalogue names its routes by ``Rule.primitive``. A module that registers routes (``registry.register``) is all
that a new check needs here; its words, its examples and what has it are in ``catalog/checks.yaml``.

The two routes are written independently from the rule, and never one from the other: where one is wrong, they count different
numbers, and the double entry does not balance (invariant 8).
"""

from __future__ import annotations

import pkgutil
from importlib import import_module


def discover() -> None:
    """Import every module of this package, so that it registers its checks; a module is imported once."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        import_module(module.name)


discover()
