"""A scorecard made up whole, without a lake: every state a unit can be in, every length a text can have, twelve periods.

It is for looks and links only; what the numbers mean is tested where they are computed.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from pipelines.catalog import Catalog
from pipelines.scoring import model as m

PERIOD: Final = "2026-03"
MONTHS: Final = (*(f"2025-{n:02d}" for n in range(4, 13)), "2026-01", "2026-02", "2026-03")
HOSTILE: Final = "<script>alert(1)</script>" + "很长的文件名" * 12 + ".csv"
STATES: Final[dict[str, Any]] = {
    "230000": ("no_data", "本期没有收到任何文件。"),
    "540000": ("empty", "收到 2 个文件，没有一行数据。"),
    "630000": ("broken", "收到 1 个文件，全部无法读取。"),
    "660000": ("not_due", "能测量的权重只有 34，不足 50。"),
    "mem": ("no_data", "本期没有收到任何文件。"),
}
_INDICATORS: Final = (
    # id, title, dimension, weight, floor, target, typical denominator
    ("catalogue_coverage_rate", "目录覆盖率", "coverage", 10, 0.6, 1.0, 3),
    ("update_timeliness_rate", "更新及时率", "coverage", 10, 0.6, 1.0, 7),
    ("timeliness_rate", "上报及时率", "timeliness", 20, 0.6, 0.99, 6_000),
    ("conformity_rate", "合规率", "conformity", 8, 0.8, 0.999, 9_000),
    ("completeness_rate", "必填完整率", "conformity", 6, 0.9, 0.995, 90_000),
    ("duplicate_rate", "重复率", "conformity", 3, 0.05, 0.001, 8_000),
    ("transmission_completeness_rate", "传输完整率", "conformity", 3, 0.8, 1.0, 9),
    ("code_accuracy_rate", "主体代码准确率", "accuracy", 7, 0.95, 0.999, 8_800),
    ("link_rate", "关联率", "accuracy", 5, 0.85, 0.98, 5_000),
    ("code_conflict_rate", "重错码率", "accuracy", 3, 0.01, 0.0001, 4_000),
    ("correction_rate", "纠正率", "correction", 5, 0.5, 0.95, 120),
    ("repair_sync_rate", "修复同步率", "repair", 7, 0.9, 1.0, 40),
    ("overdue_display_rate", "超期公示率", "repair", 5, 0.01, 0.0, 700),
    ("objection_timeliness_rate", "异议处理及时率", "objection", 5, 0.6, 1.0, 0),
    ("safety_compliance_rate", "安全合规率", "safety", 3, 0.99, 1.0, 9_000),
)
_DIMENSIONS: Final = {
    "coverage": "归集覆盖", "timeliness": "时效", "conformity": "规范与完整", "accuracy": "主体准确",
    "correction": "纠正", "repair": "修复与期限", "objection": "异议", "safety": "安全合规",
}  # fmt: skip
_GRADES: Final = (("A", "优秀", 90.0), ("B", "良好", 80.0), ("C", "一般", 70.0), ("D", "较差", 0.0))


def a_card(catalog: Catalog, seed: int = 5) -> m.PeriodCard:
    """Thirty-two regions and all ministries in March 2026."""
    chance = random.Random(seed)
    names = {
        entry.code: min((entry.label_zh, *entry.aliases), key=len) for entry in catalog.code_tables["province"].entries
    }
    regions = [
        _unit(catalog, chance, "region", code, title, names.get(code, title)) for code, title in catalog.regions.items()
    ]
    ministries = sorted((p for p in catalog.providers.values() if p.level == "ministry"), key=lambda p: p.id)
    sectors = [_unit(catalog, chance, "sector", p.id, p.title_zh, p.title_zh) for p in ministries]
    regions, sectors = _compared(regions), _compared(sectors)
    scored = [unit.total for unit in regions if unit.total is not None]
    rows = _rows([unit.rows for unit in regions])
    changes = sorted((c for u in regions for c in u.changes), key=lambda c: -abs(c.points or 100))
    trend = tuple(
        replace(point, total=74 + n * 0.9 - 3 * (n == 6), grade=None, rank=None, status="scored")
        for n, point in enumerate(_trend(chance, 80.0, 1))
    )
    return m.PeriodCard(
        period=PERIOD, kind="month", title_zh="2026年3月", first_day="2026-03-01", last_day="2026-03-31",
        as_of="2026-04-02T04:00:00Z", as_of_zh="2026年4月2日", running=False, scheme="sharing_quality_2026",
        scheme_zh="归集共享质效评分（建议方案）",
        note_zh="本评分是总枢纽的内部建议方案，指标、权重、红线和分档都可以调整，不是国家归集共享质效评估的官方办法。",
        minimum_measured_weight=50, small_sample=200, confidence=0.9, catalog_version="4f1c2a9b7d3e",
        catalog_versions=(
            m.CatalogueVersion("4f1c2a9b7d3e", "2026-03-12", "2026-03-31", 160, 210_000),
            m.CatalogueVersion("01aa2a9b7d3e", "2026-03-01", "2026-03-11", 81, 98_000),
        ),
        versions=(
            m.VersionLine(1, "2026-04-01T16:00:00Z", "4f1c2a9b7d3e", True, (), "versions/1"),
            m.VersionLine(2, "2026-04-02T04:00:00Z", "4f1c2a9b7d3e", True, ("四川省：合规率 97.10% → 97.40%，4 月 1 日补正 30 行。",), "."),
        ),
        dimensions=tuple((id_, title, sum(float(i[3]) for i in _INDICATORS if i[2] == id_)) for id_, title in _DIMENSIONS.items()),
        method=tuple(
            m.MethodLine(id_, title, id_.replace("_", " ").capitalize(), dimension, weight, floor, target, f"{title}的分子 ÷ 分母。",
                         ("ledger.batches", "lake.records"), f"SELECT unit, numerator, denominator\nFROM {id_}\nWHERE a < 1\n")
            for id_, title, dimension, weight, floor, target, _ in _INDICATORS
        ),
        grades=tuple(m.GradeLine(g, title, low, sum(u.grade == g for u in regions)) for g, title, low in _GRADES),
        red_lines=(("mostly_late", "迟报率超过50%"), ("overdue_display", "超期公示率超过1%"), ("padded", "重复率超过30%")),
        regions=tuple(regions), sectors=tuple(sectors), rows=rows,
        mean_total=sum(scored) / len(scored), median_total=median(scored), trend=trend,
        changes=tuple(changes[:40]), rules=_rules(catalog, chance, "administrative_penalty", rows.sent, 24),
    )  # fmt: skip


def _rows(some: list[m.RowCounts]) -> m.RowCounts:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in some)

    clean = m.Count(sum(one.clean.numerator for one in some), sum(one.clean.denominator for one in some))
    return m.RowCounts(total("sent"), total("accepted"), total("refused"), clean, total("files"), total("unread_files"))


def _trend(chance: random.Random, total: float | None, rank: int | None) -> tuple[m.Point, ...]:
    points = []
    for n, month in enumerate(MONTHS):
        missing = total is None or (n == 3 and chance.random() < 0.3)
        value = None if missing or total is None else max(0, min(100, total + (n - 11) * chance.uniform(0.1, 0.9)))
        points.append(
            m.Point(month, f"{month[:4]}年{int(month[5:])}月", "no_data" if missing else "scored", value,
                    _grade(value), rank if value else None, m.Count(0, 0) if missing else m.Count(8_000 + n * 40, 8_900), n < 11)
        )  # fmt: skip
    return tuple(points)


def _grade(total: float | None) -> str | None:
    return None if total is None else next(g for g, _, low in _GRADES if total >= low)


def _rules(catalog: Catalog, chance: random.Random, dataset: str, sent: int, many: int) -> tuple[m.BrokenRuleLine, ...]:
    some = catalog.rules[dataset][:many]
    left = max(1, sent // 30)
    lines = []
    for rule in some:
        left = max(1, int(left * chance.uniform(0.5, 0.95)))
        lines.append(
            m.BrokenRuleLine(rule.id, dataset, catalog.datasets[dataset].title_zh, rule.message_zh, rule.hint_zh,
                             "reject" if rule.rejects else "warn", m.Count(left, sent), chance.randint(1, 9), chance.randint(1, 20),
                             f"../../catalog/{dataset}.html#{rule.id}")
        )  # fmt: skip
    return tuple(lines)


def _line(
    chance: random.Random, spec: Any, status: m.Status, quality: float, parts: list[tuple[str, str, str, str]]
) -> m.IndicatorLine:
    id_, title, dimension, weight, floor, target, typical = spec
    denominator = (
        0 if status == "no_data" and typical > 10 else max(typical and 1, int(typical * chance.uniform(0.3, 2)))
    )
    inverse = floor > target
    off = abs(target - floor) * chance.betavariate(1, 3) * quality
    value = target + off if inverse else target - off
    numerator = min(denominator, max(0, round(value * denominator)))
    if status != "scored":
        numerator = 0
    count = m.Count(numerator, denominator)
    score = None
    if status == "scored" and count.value is not None:
        score = 100 * min(1.0, max(0.0, (count.value - floor) / (target - floor)))
    share = [m.Part(*part, m.Count(numerator // len(parts), denominator // len(parts))) for part in parts]
    wanted = target * denominator
    to_target = max(0, int(numerator - wanted if inverse else wanted - numerator + 0.999))
    return m.IndicatorLine(
        id_, title, dimension, f"{title}的分子 ÷ 分母。", ("ledger.batches",), weight, floor, target, inverse,
        ("scored" if score is not None else "not_due") if status == "scored" else status, count, score,
        None if score is None else score * (0.94 if denominator < 200 else 1), None, to_target, None, 0, m.Count(0, 0),
        m.Count(int(numerator * 0.98), denominator) if denominator else None, tuple(share),
    )  # fmt: skip


def _unit(catalog: Catalog, chance: random.Random, scope: m.Scope, id_: str, title: str, short: str) -> m.UnitCard:
    status, reason = STATES.get(id_, ("scored", ""))
    provider = next(p.id for p in catalog.providers.values() if id_ in (p.id, p.region_code))
    owed = list(catalog.owed(provider, date(2026, 3, 1)))
    quality = chance.choice([0.1, 0.4, 0.9, 1.6, 2.6])
    parts = [(d.dataset_id, catalog.datasets[d.dataset_id].title_zh, provider, title) for d in owed] or [
        ("honour", "荣誉信息", provider, title)
    ]
    lines = [_line(chance, spec, status, quality, parts) for spec in _INDICATORS]
    measured = sum(one.weight for one in lines if one.score is not None)
    lines = [
        one if one.score is None else replace(one, points_lost=(100 - one.score) * one.weight / measured)
        for one in lines
    ]
    total = 100 - sum(one.points_lost or 0 for one in lines) if measured else None
    lost = sorted((one for one in lines if one.points_lost), key=lambda one: -(one.points_lost or 0))
    crossed = scope == "region" and id_ == "460000"
    line = m.RedLine("mostly_late", "迟报率超过50%", "timeliness_rate", m.Count(2_411, 4_000), 59)
    capped = min(total, 59.0) if total is not None and crossed else total
    sent = chance.choice([30, 900, 12_000, 3_800_000]) if status in ("scored", "not_due") else 0
    refused = int(sent * 0.02 * quality)
    clean = m.Count(max(0, sent - refused - sent // 90), sent)
    files = _files(chance, provider, parts, status, sent, refused)
    return m.UnitCard(
        scope=scope, id=id_, title_zh=title, short_zh=short, status=status, reason_zh=reason,
        total=capped, uncapped=total, rank_score=capped, grade=_grade(capped),
        grade_zh=None if capped is None else next(z for _, z, low in _GRADES if capped >= low),
        rank=None, of=0, previous_rank=chance.randint(1, 28) if total else None,
        previous_total=None if total is None else total + chance.uniform(-6, 4), measured_weight=measured,
        rows=m.RowCounts(sent, sent - refused, refused, clean, len(files), sum(not f.rows_in for f in files)),
        red_lines=(line,) if crossed else (),
        dimensions=tuple(_dimension(id_, title, lines) for id_, title in _DIMENSIONS.items()),
        indicators=tuple(lines), to_gain=tuple(one.id for one in lost), trend=_trend(chance, total, 3),
        changes=_changes(id_, short, lost, status), rules=_rules(catalog, chance, parts[0][0], sent, 12) if refused else (),
        open_rows=tuple(
            m.OpenRows(f.dataset_id, f.dataset_zh, provider, f.batch_id, f.file_name, f.received_on, 23, m.Count(f.rows_refused // 2 + 1, f.rows_refused), f.findings)
            for f in files if f.rows_refused
        ),
        open_rows_in_all=sum(f.rows_refused // 2 + 1 for f in files if f.rows_refused),
        slots=_slots(chance, catalog, owed, provider, status), days=_days(files), files=files, page=f"{id_}.html",
    )  # fmt: skip


def _dimension(id_: str, title: str, lines: list[m.IndicatorLine]) -> m.DimensionLine:
    mine = [one for one in lines if one.dimension == id_]
    measured = sum(one.weight for one in mine if one.score is not None)
    score = sum((one.score or 0) * one.weight for one in mine) / measured if measured else None
    return m.DimensionLine(id_, title, sum(one.weight for one in mine), measured, score, None)


def _changes(unit: str, title: str, lost: list[m.IndicatorLine], status: str) -> tuple[m.Change, ...]:
    if status == "no_data":
        return (m.Change(unit, title, "state", None, None, "上期有总分，本期未报送。"),)
    return tuple(
        m.Change(unit, title, "indicator", one.id, sign * round((one.points_lost or 0) / 2 + 0.01, 2),
                 f"{one.title_zh}由 96.20%（4,810 / 5,000）变为 93.10%（5,586 / 6,000），行政处罚拉低最多。")
        for sign, one in zip((-1, 1, -1), lost, strict=False)
    )  # fmt: skip


def _files(
    chance: random.Random, provider: str, parts: Any, status: str, sent: int, refused: int
) -> tuple[m.FileLine, ...]:
    if status == "no_data":
        return ()
    count = 2 if status != "scored" else chance.choice([3, 5, 9])
    lines = []
    for n in range(count):
        dataset, title, _, _ = parts[n % len(parts)]
        bad = status in ("empty", "broken") or (status == "scored" and n == 2 and chance.random() < 0.2)
        rows = 0 if bad else sent // count
        lost = 0 if bad else refused // count
        batch = f"{chance.getrandbits(64):016x}"
        problem = (
            (
                "文件只有表头，没有数据行。"
                if status == "empty"
                else "文件不是 UTF-8，也不是 GB18030（第 118 行第 3 个字节 0xFF）。整个文件未入库。"
            )
            if bad
            else None
        )
        day = date(2026, 3, 1) + timedelta(days=chance.randint(0, 30))
        lines.append(
            m.FileLine(batch, provider, dataset, title, HOSTILE if n == 1 and provider == "sichuan" else f"{dataset}_2026{n:02d}.csv",
                       day.isoformat(), "rejected" if bad else "partial" if lost else "accepted", problem, rows, rows - lost, lost, rows // 90,
                       chance.choice([None, "agreed", "differs"]), "4f1c2a9b7d3e",
                       ((f"{dataset}.document_number.required", "reject", lost),) if lost else (),
                       f"../../outbox/{provider}/{batch}/receipt.html", f"../../outbox/{provider}/{batch}/findings.csv")
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda f: (f.rows_in > 0, f.received_on)))


def _days(files: tuple[m.FileLine, ...]) -> tuple[m.Day, ...]:
    days = []
    for day in sorted({f.received_on for f in files}):
        mine = [f for f in files if f.received_on == day]
        rows = m.Count(sum(f.rows_accepted for f in mine), sum(f.rows_in for f in mine))
        days.append(m.Day(day, len(mine), sum(not f.rows_in for f in mine), rows))
    return tuple(days)


def _slots(chance: random.Random, catalog: Catalog, owed: Any, provider: str, status: str) -> tuple[m.Slot, ...]:
    slots = []
    for duty in owed:
        windows = [(1, 31)] if duty.cycle == "monthly" else [(1, 11), (12, 20), (21, 31)]
        for first, last in windows:
            state: Any = "received" if chance.random() < 0.8 else chance.choice(["refused", "missing", "open"])
            if status != "scored":
                state = {"no_data": "missing", "empty": "empty", "broken": "broken", "not_due": "open"}[status]
            came = f"2026-03-{chance.randint(first, last):02d}" if state == "received" else None
            slots.append(
                m.Slot(provider, duty.dataset_id, catalog.datasets[duty.dataset_id].title_zh, duty.cycle, f"2026-03-{first:02d}",
                       f"2026-03-{last:02d}", state, came, 1 if came else 0, m.Count(980, 1_000) if came else m.Count(0, 0))
            )  # fmt: skip
    return tuple(slots)


def _compared(units: list[m.UnitCard]) -> list[m.UnitCard]:
    """Ranks and medians."""
    totals = [unit.rank_score for unit in units if unit.rank_score is not None]
    result = []
    for unit in units:
        rank = None if unit.rank_score is None else 1 + sum(other > unit.rank_score for other in totals)
        lines, dimensions = [], []
        for n, line in enumerate(unit.indicators):
            others = [u.indicators[n] for u in units if u.indicators[n].score is not None]
            values = [o.count.value for o in others if o.count.value is not None]
            pooled = m.Count(sum(o.count.numerator for o in others), sum(o.count.denominator for o in others))
            lines.append(replace(line, median=median(values) if values else None, of=len(values), pooled=pooled))
        for n, dimension in enumerate(unit.dimensions):
            scores = [u.dimensions[n].score for u in units if u.dimensions[n].score is not None]
            dimensions.append(replace(dimension, median=median(s for s in scores if s is not None) if scores else None))
        result.append(replace(unit, rank=rank, of=len(totals), indicators=tuple(lines), dimensions=tuple(dimensions)))
    return result
