"""What numbers may stand where on the pages of ``tests/scorecard/story.py``: each reckoned from receipts and from counts by hand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.catalog import Catalog
from tests.scoring.reckoning import Pair, Reckoned, cost, cut, middle, ranked, rate

Allowed = dict[str, set[str]]
_ALWAYS: Final = {"0", "100"}  # the scale of every score
_MONTHS: Final = {"daily": 1, "7_working_days": 1, "monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass
class Month:
    """A month: its receipts, and of every unit what the indicators count."""

    receipts: Sequence[Mapping[str, Any]]
    regions: dict[str, Reckoned]
    sectors: dict[str, Reckoned]

    @property
    def units(self) -> dict[str, Reckoned]:
        return self.regions | self.sectors

    def of(self, unit: str) -> list[Mapping[str, Any]]:
        return [one for one in self.receipts if one["region_code"] == unit]

    def clean(self, units: Iterable[str]) -> Pair:
        rows = [one["rows"] for unit in units for one in self.of(unit)]
        return sum(one["accepted"] - one["warned"] for one in rows), sum(one["in"] for one in rows)


def month(
    catalog: Catalog,
    scheme: Mapping[str, Any],
    label: str,
    receipts: Sequence[Mapping[str, Any]],
    by_hand: Mapping[str, Mapping[str, Pair]],
) -> Month:
    """Counts of every unit: of files and rows from receipts, what is due from the calendar of duties, the rest by hand."""
    mine = [one for one in receipts if one["received_at"].startswith(label)]
    number = int(label[5:])
    found: dict[str, dict[str, Reckoned]] = {"province": {}, "ministry": {}}
    for provider in catalog.providers.values():
        if provider.level == "site":
            continue  # it owes nothing, and is no unit
        unit = provider.region_code if provider.level == "province" else provider.id
        own = [one for one in mine if one["provider_id"] == provider.id]
        owed = [duty for duty in catalog.duties.get(provider.id, ()) if number % _MONTHS[duty.cycle] == 0]
        due = {duty.dataset_id for duty in owed}
        came = {one["dataset_id"] for one in own if one["rows"]["accepted"]} & due
        counts: dict[str, Pair] = {one["id"]: (0, 0) for one in scheme["indicators"]}
        counts |= dict.fromkeys(("catalogue_coverage_rate", "update_timeliness_rate"), (len(came), len(due)))
        total = {name: sum(one["rows"][name] for one in own) for name in ("in", "accepted")}
        hits = sum(rule["rows"] for one in own for rule in one["rules"] if rule["rule_id"].endswith("_in_text"))
        counts["conformity_rate"] = (total["accepted"], total["in"])
        counts["safety_compliance_rate"] = (total["in"] - hits, total["in"])
        counts["transmission_completeness_rate"] = (sum(one["rows"]["in"] > 0 for one in own), len(own))
        found[provider.level][unit] = Reckoned(scheme, counts | by_hand.get(unit, {}), bool(own))
    for some in found.values():
        ranked(some.values())
    return Month(mine, dict(sorted(found["province"].items())), found["ministry"])


def _points(number: float | None) -> set[str]:
    return (
        set()
        if number is None
        else {cut(number), f"{abs(number):.2f}", f"{abs(number):.1f}", cost(abs(number)), f"{number:.3f}"}
    )


def _share(pair: Pair) -> set[str]:
    """As in a table, and without its sign as on the axis of a chart."""
    return rate(pair) | {one.rstrip("%") for one in rate(pair)}


def _limits(scheme: Mapping[str, Any], name: str) -> set[str]:
    one = next(one for one in scheme["indicators"] if one["id"] == name)
    return {f"{one[limit] * 100:.10g}%" for limit in ("floor", "target")} | {f"{one['weight']:g}"}


def _shifts(now: Reckoned, then: Reckoned) -> dict[str, float]:
    """Points of the total an indicator gave since the month before."""
    if not (now.scored and then.scored):
        return {}
    names = [one["id"] for one in now.scheme["indicators"]]
    return {
        name: (then.lost(name) if name in then.scores else 0) - (now.lost(name) if name in now.scores else 0)
        for name in names
    }


def unit_page(
    unit: str,
    now: Month,
    then: Month,
    issued: Month,
    open_rows: Sequence[Pair],
    parts: Mapping[str, Sequence[Pair]],
) -> Allowed:
    """By place: everything a unit's page may say there; ``issued`` is the version before."""
    own, old, scheme = now.units[unit], then.units[unit], now.units[unit].scheme
    peers = now.regions if unit in now.regions else now.sectors
    scored = [one for one in peers.values() if one.scored]
    receipts = now.of(unit) if unit in now.regions else [one for one in now.receipts if one["provider_id"] == unit]
    names = [one["id"] for one in scheme["indicators"]]
    lost = {name: own.lost(name) for name in own.scores} if own.scored else {}
    clean = (
        sum(one["rows"]["accepted"] - one["rows"]["warned"] for one in receipts),
        sum(one["rows"]["in"] for one in receipts),
    )
    allowed: Allowed = defaultdict(set)
    allowed[""] = {"1", "2"}  # versions
    early = issued.units[unit]
    allowed["corrections-title"] = {"1", "2", str(early.rank), str(own.rank)} - {"None"}
    for at in (early, own):
        allowed["corrections-title"] |= set().union(*map(rate, at.counts.values())) | _points(
            at.total if at.scored else None
        )
    measured = {f"{own.weight:g}", "50"}
    ranks = {str(own.rank), str(old.rank), str(len(scored))} - {"None"}
    totals = _points(own.total if own.scored else None)
    before = _points(old.total if old.scored else None)
    difference = _points(own.total - old.total) if own.scored and old.scored else set()
    shifts = _shifts(own, old)
    changed = set().union(
        *(rate(own.counts[n]) | rate(old.counts[n]) | _points(p) for n, p in shifts.items()), difference
    )
    due = {str(own.counts["update_timeliness_rate"][0]), str(own.counts["update_timeliness_rate"][1])}
    files = {str(len(receipts))}
    waiting = {str(sum(pair[0] for pair in open_rows))}
    allowed["where"] = totals | ranks | measured | rate(clean) | files
    allowed["better"] = difference | before | ranks | changed
    dear = sorted(lost, key=lambda name: -lost[name])
    for place in ("why", "first"):
        allowed[place] |= due | files | waiting
        for name in dear[:3]:
            allowed[place] |= _points(lost[name]) | rate(own.counts[name]) | _limits(scheme, name)
            allowed[place] |= {str(own.to_target(name))} | set().union(*(rate(pair) for pair in parts.get(name, ())))
            allowed[place] |= _medians(name, peers.values())
    for one in scheme["dimensions"]:
        weight = sum(i["weight"] for i in scheme["indicators"] if i["dimension"] == one["id"])
        got = sum(i["weight"] for i in scheme["indicators"] if i["dimension"] == one["id"] and i["id"] in own.scores)
        allowed["dimensions"] |= _points(own.dimension(one["id"])) | {f"{weight:g}", f"{got:g}"}
        allowed["dimensions"] |= _points(middle(peer.dimension(one["id"]) for peer in scored))
    for name, points in lost.items():
        allowed["lost"] |= _points(points) | rate(own.counts[name])
    allowed["lost"] |= _points(100 - own.uncapped) if own.scored else set()
    allowed["indicators-title"] = measured
    for name in names:
        allowed[f"i-{name}"] = (
            rate(own.counts[name]) | rate(old.counts[name]) | _limits(scheme, name) | _medians(name, peers.values())
        )
        allowed[f"i-{name}"] |= _points(own.scores.get(name)) | _points(lost.get(name))
        allowed[f"i-{name}"] |= {str(own.to_target(name)), str(len(parts.get(name, ())))}
        allowed[f"i-{name}"] |= set().union(*(rate(pair) for pair in parts.get(name, ())))
    rows = [(one["rows"]["accepted"], one["rows"]["in"]) for one in receipts]
    by_day: dict[str, list[Pair]] = defaultdict(list)
    by_dataset: dict[str, list[Pair]] = defaultdict(list)
    for one, pair in zip(receipts, rows, strict=True):
        by_day[one["received_at"][:10]].append(pair)
        by_dataset[one["dataset_id"]].append(pair)
    allowed["calendar-title"] = (
        due | {str(len(by_day))} | {str(len(some)) for some in (*by_day.values(), *by_dataset.values())}
    )
    for some in (*by_day.values(), *by_dataset.values()):
        allowed["calendar-title"] |= {str(sum(pair[n] for pair in some)) for n in (0, 1)}
    cleans = [then.clean([unit]), now.clean([unit])] if unit in now.regions else [clean]
    medians = [middle(one.total for one in at.regions.values() if one.scored) for at in (then, now)]
    allowed["trend-title"] = totals | before | ranks | {"2"} | set().union(*map(_share, cleans), *map(_points, medians))
    allowed["changes"] = changed | before | measured | files
    allowed["rules-title"] = {str(len(_rules(receipts)))}
    for rule, (hits, of, files_hit, _) in _rules(receipts).items():
        allowed[f"rule-{rule}"] = {str(hits), str(of), str(files_hit)}
    allowed["open-title"] = (
        waiting | {str(number) for pair in open_rows for number in pair} | {"51"}
    )  # days since the 10th of March
    allowed["files-title"] = files | rate(clean)
    allowed["files-title"] |= {
        str(sum(one["rows"][name] for one in receipts)) for name in ("in", "accepted", "refused")
    }
    for one in receipts:
        hits = {str(rule["rows"]) for rule in one["rules"]}
        allowed[f"f-{one['batch_id']}"] = hits | {str(len(one["rules"]))} | {str(n) for n in one["rows"].values()}
    return allowed


def _medians(name: str, peers: Iterable[Reckoned]) -> set[str]:
    some = [one.counts[name][0] / one.counts[name][1] for one in peers if name in one.scores]
    known = middle(some)
    return set() if known is None else {f"{known * 100:.2f}%", str(len(some))}


def _rules(receipts: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int, int, int]]:
    """Rows, rows sent of the dataset, files and regions of each rule that was broken."""
    found: dict[str, list[Any]] = {}
    sent: dict[str, int] = defaultdict(int)
    for one in receipts:
        sent[one["dataset_id"]] += one["rows"]["in"]
        for rule in one["rules"]:
            entry = found.setdefault(rule["rule_id"], [0, 0, set()])
            entry[0] += rule["rows"]
            entry[1] += 1
            entry[2].add(one["region_code"])
    return {
        name: (rows, sent[name.partition(".")[0]], files, len(regions))
        for name, (rows, files, regions) in found.items()
    }


def overview(now: Month, then: Month, corrected: set[str]) -> Allowed:
    """By place: everything the overview may say there; ``corrected``: how many numbers the version before gave differently."""
    scheme = next(iter(now.regions.values())).scheme
    scored = {code: one for code, one in now.regions.items() if one.scored}
    both = {code: one for code, one in scored.items() if then.regions[code].scored}
    allowed: Allowed = defaultdict(set)
    allowed[""] = {"1", "2", "32"} | corrected
    total = middle(one.total for one in scored.values())
    before = middle(one.total for one in then.regions.values() if one.scored)
    grades = {one["grade"]: 0 for one in scheme["grades"]}
    for unit in scored.values():
        reached = next(one["grade"] for one in scheme["grades"] if unit.total >= one["minimum"])
        grades["C" if reached in "AB" else reached] += 1  # fewer than 30 rows a month: no grade above C
    size = {str(len(scored)), "32", str(32 - len(scored))}
    clean = rate(now.clean(now.regions))
    allowed["where"] = _points(total) | size | {str(number) for number in grades.values()} | clean
    difference = total - before if total is not None and before is not None else None
    deltas = {code: one.total - then.regions[code].total for code, one in both.items()}
    up, down = (sum(sign * delta >= 0.005 for delta in deltas.values()) for sign in (1, -1))
    shifts = {code: _shifts(one, then.regions[code]) for code, one in both.items()}
    names = [one["id"] for one in scheme["indicators"]]
    means = {name: sum(some[name] for some in shifts.values()) / len(both) for name in names} if both else {}
    allowed["better"] = _points(difference) | size | {str(up), str(down), str(len(both))}
    allowed["better"] |= set().union(*map(_points, deltas.values()), *map(_points, means.values()))
    lost = {name: [one.lost(name) for one in scored.values() if name in one.scores] for name in names}
    pooled = {name: _sum(one.counts[name] for one in now.regions.values()) for name in names}
    for name in names:
        losing = [points for points in lost[name] if points]
        cell = (
            _points(sum(losing) / len(scored)) | rate(pooled[name]) | _limits(scheme, name) | size | {str(len(losing))}
        )
        allowed["why"] |= cell
        allowed["lost-title"] |= cell | set().union(*map(_points, losing))
        allowed["first"] |= set().union(*map(_points, losing))
        moved = [some[name] for some in shifts.values() if abs(some[name]) >= 0.005]
        counts = [_sum(at.regions[code].counts[name] for code in both) for at in (then, now)]
        allowed["changes-title"] |= set().union(*map(_points, [*moved, means[name]]), *map(rate, counts))
        allowed["changes-title"] |= {str(sum(sign * one > 0 for one in moved)) for sign in (1, -1)} | {str(len(both))}
    allowed["changes-title"] |= {"50"} | {f"{one.weight:g}" for one in now.regions.values()}
    allowed["first"] |= size
    allowed["lost-title"] |= size
    for one in scored.values():
        allowed["map-title"] |= {f"{int(one.total * 10 + 1e-9) / 10:.1f}", str(one.rank)}
    allowed["map-title"] |= size | {str(n) for n in grades.values()} | {str(one["minimum"]) for one in scheme["grades"]}
    bins = {int(one.total // 5 * 5) for one in scored.values()}
    allowed["spread"] = (
        {str(low) for low in range(0, 105, 5)} | size | {str(len(bins)), "1", "2", "3"} | clean | _points(total)
    )
    allowed["spread"] |= _points(sum(one.total for one in scored.values()) / len(scored))
    allowed["trend-title"] = _points(total) | _points(before) | {"2"}
    allowed["trend-title"] |= _share(now.clean(now.regions)) | _share(then.clean(then.regions))
    for month_units in (now.regions, now.sectors):
        for code, one in month_units.items():
            allowed[f"r{code}"] = (
                _points(one.total) | _points(one.rank_total) | {str(one.rank)} if one.scored else set()
            )
            allowed[f"r{code}"] |= rate(now.clean([code])) | size | {f"{one.weight:g}", "50"}
            old = then.units[code]
            if one.scored:
                dear = max(one.scores, key=one.lost)
                allowed[f"r{code}"] |= _points(one.lost(dear)) | rate(one.counts[dear]) | {str(old.rank)}
                allowed[f"r{code}"] |= _points(one.total - old.total) if old.scored else set()
    allowed["ranking-title"] = size
    allowed["rules-title"] = {str(len(_rules(now.receipts))), "10"}
    for rule, numbers in _rules(now.receipts).items():
        allowed[f"rule-{rule}"] = set(map(str, numbers))
    allowed["sectors-title"] = {str(len(now.sectors))}
    return allowed


def _sum(pairs: Iterable[Pair]) -> Pair:
    some = list(pairs)
    return sum(pair[0] for pair in some), sum(pair[1] for pair in some)


def method(now: Month, corrected: set[str]) -> Allowed:
    """By place: limits of the scheme as its file has them, and how many regions and files there are."""
    scheme = next(iter(now.regions.values())).scheme
    allowed = overview(now, now, corrected)
    files = {str(len(now.receipts)), str(sum(one["rows"]["in"] for one in now.receipts))}
    numbers = set(re.findall(r"[\d.]+", " ".join(one["title_zh"] for one in scheme["red_lines"])))
    allowed["total-title"] = (
        numbers | {f"{number}%" for number in numbers} | {str(one["cap"]) for one in scheme["red_lines"]}
    )
    allowed["total-title"] |= {"1", "50", "90%", str(scheme["small_sample"]["below"])} | allowed["map-title"]
    allowed["indicators-title"] = {str(len(scheme["indicators"])), "100"}
    for one in scheme["indicators"]:
        weight = {"100", *re.findall(r"\d+", one["formula_zh"])}
        allowed[f"m-{one['id']}"] = _limits(scheme, one["id"]) | weight
    allowed["versions-title"] = {"1", "2"} | files | corrected
    return allowed


def unexplained(found: Iterable[tuple[str, str, str]], allowed: Allowed, same: Any) -> list[tuple[str, str, str]]:
    """Numbers on a page that stand for nothing that was reckoned for their place."""
    known = {place: {same(one) for one in (*some, *_ALWAYS) if one != "None"} for place, some in allowed.items()}
    always = {same(one) for one in _ALWAYS}
    return [one for one in found if one[1] not in known.get(one[0], always)]
