"""Lines of Chinese pages are joined without a blank: a browser would show the line end as one (a hook of mkdocs.yml)."""

from __future__ import annotations

import re
from typing import Any

_WIDE = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”]"
_LINE_END = re.compile(rf"(?<={_WIDE})\n[ \t]*(?={_WIDE}|[`\[*])|(?<=[`\])*])\n[ \t]*(?={_WIDE})")
_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_BEGINS = re.compile(r"[ \t]*([*+-] |\d+\. )")


def joined(text: str) -> str:
    """The text with its lines joined where both sides of a line end are Chinese, code or a link; lists stay lists."""

    def join(end: re.Match[str]) -> str:
        return end.group() if _BEGINS.match(text, end.start() + 1) else ""

    return _LINE_END.sub(join, text)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs for each page; fenced blocks are left alone."""
    return "".join(part if part.startswith("```") else joined(part) for part in _FENCED.split(markdown))
