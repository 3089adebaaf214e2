"""Manifests: what a provider says beforehand of a file, compared with the file.

    <name>.manifest.json beside <name>.<ending>      (or <name>.<ending>.manifest.json), in the folder or in a ZIP
    manifest.json in a ZIP                           for all of its files, listed under "files" by "name"

    {"rows": 1200, "sha256": "…", "period": "2026-11", "operation": "delta", "schema_version": "…",
     "control_totals": {"fine_amount_cny_10k": "35.2"}}

Everything is optional. ``rows`` counts records, malformed ones included, titles, totals and blank rows not. ``period`` is
a month, a day, ``from/to`` or an object of both. ``control_totals`` sum a column over all rows, by field id or by the
header it is sent under; a cell that is no number counts 0. A figure that differs rejects the whole file, and the receipt
has both figures.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as attribute
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self

from pipelines.reading.problems import Problem

NAME: Final = "manifest.json"
SUFFIX: Final = ".manifest.json"
MOST_BYTES: Final = 4 << 20
_ALIASES: Final = {
    "rows": ("row_count", "records", "record_count"),
    "sha256": ("sha_256", "digest"),
    "bytes": ("size",),
    "period": (),
    "period_from": ("period_start", "from"),
    "period_to": ("period_end", "to"),
    "operation": ("op",),
    "schema_version": ("layout",),
    "control_totals": ("totals", "control_total"),
    "files": (),
    "name": ("file", "file_name"),
}
_OPERATIONS: Final = {"full": "full", "全量": "full", "delta": "delta", "增量": "delta", "incremental": "delta"}


class Unusable(Exception):
    """A manifest that says nothing certain; the file it came with is rejected."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message_en)
        self.problem = problem


@dataclass(frozen=True)
class Manifest:
    """What a manifest says of one file; dates are ISO 8601, totals decimal numbers as text."""

    rows: int | None = None
    sha256: str | None = None
    bytes: int | None = None
    period_from: str | None = None
    period_to: str | None = None
    operation: str | None = None
    schema_version: str | None = None
    control_totals: Mapping[str, str] = attribute(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(**content)


def parse(raw: bytes) -> tuple[Manifest, dict[str, Manifest]]:
    """Read a manifest.

    Returns:
        What it says of the file it belongs to, and of each of the files it lists, by name.

    Raises:
        Unusable: it is no JSON object, or a value is none that can be compared.
    """
    if len(raw) > MOST_BYTES:
        raise Unusable(_unreadable(f"大于 {MOST_BYTES} 字节", f"larger than {MOST_BYTES} bytes"))
    try:
        content = json.loads(_decoded(raw), parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Unusable(_unreadable("不是 JSON", f"no JSON: {error}"[:120])) from error
    if not isinstance(content, dict):
        raise Unusable(_unreadable("不是一个 JSON 对象", "no JSON object"))
    values = _named(content)
    files = values.pop("files", [])
    if not isinstance(files, list):
        raise Unusable(_unreadable("files 应为列表", "files is no list"))
    listed: dict[str, Manifest] = {}
    for item in files:
        entry = _named(item) if isinstance(item, dict) else {}
        name = entry.pop("name", None)
        if not isinstance(name, str) or not name or name in listed:
            raise Unusable(_unreadable("files 里每一项都要有各不相同的 name", "each of files needs a name of its own"))
        listed[name] = _manifest(entry)
    values.pop("name", None)
    return _manifest(values), listed


def _decoded(raw: bytes) -> str:
    # Notepad's "Unicode" is UTF-16 with a mark; without one the NUL bytes of JSON's own ASCII tell it.
    wide = json.detect_encoding(raw)
    for encoding in (wide,) if wide.startswith(("utf-16", "utf-32")) else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8, GB18030 nor UTF-16")


def _named(content: dict[str, Any]) -> dict[str, Any]:
    """The values under our names; a name that looks like a slip of one is an error, any other is left alone."""
    ours = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
    found: dict[str, Any] = {}
    for key, value in content.items():
        plain = str(key).strip().lower().replace("-", "_")
        name = ours.get(plain)
        if name is None:
            near = difflib.get_close_matches(plain, ours, n=1, cutoff=0.82)
            if near:
                raise Unusable(
                    _unreadable(f"不认识“{key}”，是否应为“{near[0]}”", f"'{key}' is unknown; is it '{near[0]}'?")
                )
            continue
        if name in found:
            raise Unusable(_unreadable(f"“{key}”写了两次", f"'{key}' is given twice"))
        if value is not None:
            found[name] = value
    return found


def _manifest(values: dict[str, Any]) -> Manifest:
    begins, ends = _period(values)
    return Manifest(
        rows=_count(values, "rows"),
        sha256=_sha256(values),
        bytes=_count(values, "bytes"),
        period_from=begins,
        period_to=ends,
        operation=_operation(values),
        schema_version=str(values["schema_version"]) if "schema_version" in values else None,
        control_totals=_totals(values),
    )


def _count(values: dict[str, Any], name: str) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unusable(_unreadable(f"{name} 应为不小于 0 的整数", f"{name} is no whole number of 0 or more"))
    return value


def _sha256(values: dict[str, Any]) -> str | None:
    value = values.get("sha256")
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value.strip().lower()):
        raise Unusable(_unreadable("sha256 应为 64 位十六进制数", "sha256 is no 64 hexadecimal digits"))
    return value.strip().lower()


def _operation(values: dict[str, Any]) -> str | None:
    value = values.get("operation")
    if value is None:
        return None
    found = _OPERATIONS.get(str(value).strip().lower())
    if found is None:
        raise Unusable(
            _unreadable("operation 应为 full（全量）或 delta（增量）", "operation is neither full nor delta")
        )
    return found


def _totals(values: dict[str, Any]) -> dict[str, str]:
    given = values.get("control_totals", {})
    if not isinstance(given, dict):
        raise Unusable(
            _unreadable("control_totals 应为“列名：合计数”", "control_totals is no object of sums by column")
        )
    totals = {}
    for name, value in given.items():
        figure = value["sum"] if isinstance(value, dict) and set(value) == {"sum"} else value
        try:
            total = Decimal(str(figure).replace(",", "").strip())
        except InvalidOperation:
            total = Decimal("NaN")
        if isinstance(figure, bool) or not total.is_finite():
            raise Unusable(_unreadable(f"control_totals 的“{name}”不是数", f"control_totals: '{name}' is no number"))
        totals[str(name)] = str(total)
    return totals


def _period(values: dict[str, Any]) -> tuple[str | None, str | None]:
    period = values.get("period")
    begins, ends = values.get("period_from"), values.get("period_to")
    if isinstance(period, dict):
        inner = {str(key).removeprefix("period_").removeprefix("date_"): value for key, value in period.items()}
        begins, ends = inner.get("from", inner.get("start")), inner.get("to", inner.get("end"))
    elif isinstance(period, list) and len(period) == 2:
        begins, ends = period
    elif isinstance(period, str):
        parts = [part.strip() for part in re.split(r"/|至|~|\.\.", period)]
        begins, ends = (parts[0], parts[-1]) if len(parts) <= 2 else (period, period)
    elif period is not None:
        begins = ends = period
    first = _day(begins, last=False) if begins is not None else None
    final = _day(ends, last=True) if ends is not None else None
    if first and final and first > final:
        raise Unusable(_unreadable("period 的起始日期晚于截止日期", "period begins after its end"))
    return (first.isoformat() if first else None), (final.isoformat() if final else None)


def _day(value: Any, *, last: bool) -> date:
    """A day, or the first or last one of a month or a year."""
    found = re.fullmatch(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?", str(value).strip())
    try:
        if found is None:
            raise ValueError
        year, month, day = int(found[1]), int(found[2] or (12 if last else 1)), int(found[3] or 1)
        begin = date(year, month, day)
        if found[3] or not last:
            return begin
        return (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    except ValueError as error:
        raise Unusable(
            _unreadable(f"period 的“{value}”不是日期或月份", f"period: '{value}' is no day or month")
        ) from error


def _unreadable(zh: str, en: str) -> Problem:
    return Problem(
        "manifest_unreadable",
        f"清单文件（manifest.json）不能用：{zh}。数据文件因此未入库；请改正清单，或者不附清单，重新报送。",
        f"The manifest cannot be used: {en}. The file was therefore not taken in; correct the manifest, "
        "or leave it out, and send again.",
    )


def differs(what_zh: str, what_en: str, said: object, found: object) -> Problem:
    """A figure of the manifest is not that of the file."""
    return Problem(
        "manifest_differs",
        f"清单与文件不符：{what_zh}，清单为 {said}，实际为 {found}。整个文件未入库；"
        "请核对文件是否完整、清单是否写对，改正后重新报送。",
        f"The manifest differs from the file: {what_en}, said {said}, found {found}. Nothing was taken in; "
        "see whether the file is whole and the manifest right, and send both again.",
    )


def bytes_differ(manifest: Manifest, sha256: str, size: int) -> Problem | None:
    """What differs of the file as it came, before anything is read."""
    if manifest.sha256 is not None and manifest.sha256 != sha256:
        return differs("SHA-256", "SHA-256", manifest.sha256, sha256)
    if manifest.bytes is not None and manifest.bytes != size:
        return differs("字节数", "bytes", manifest.bytes, size)
    return None
