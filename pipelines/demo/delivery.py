"""A whole delivery: every provider of the catalogue that ``profiles.yaml`` knows, every dataset it owes.

    inbox/<provider_id>/<dataset_id>/<name>.{csv,xlsx}
    state/demo_plan.json                                 what was planted (pipelines.demo.plan)

The same seed, scale, day and catalogue give the same bytes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.demo import files
from pipelines.demo.authorities import authorities, credit_centre
from pipelines.demo.breaking import Breaker
from pipelines.demo.codes import citizen_ids, registration_numbers
from pipelines.demo.defects import Planted, plant
from pipelines.demo.drawing import Draw
from pipelines.demo.generic import Builder
from pipelines.demo.places import CORPS, counties
from pipelines.demo.plan import PATH, DemoPlan, FilePlan, Status
from pipelines.demo.province import Province
from pipelines.demo.records import BUILDERS
from pipelines.demo.subjects import subjects
from pipelines.demo.vocabulary import Profile, profiles, words
from pipelines.home import write_json

SEED: Final = 20260401
_SHARED: Final = 12
_THOROUGH: Final = 320  # records of a dataset without words of its own: enough to break each of its rules once
_FEW: Final = 60
_AGAIN: Final = "_补报"
_UPSTREAM: Final = "（总局直报）"


def make_delivery(home: Path, catalog: Catalog, *, as_of: date, seed: int = SEED, scale: float = 1.0) -> DemoPlan:
    """Drop the files into the inboxes and write the plan.

    Args:
        home: the hub's home folder.
        catalog: says who owes what, and which rules there are to break.
        as_of: the day on which the files are to be received.
        seed: of all chance.
        scale: 1 is about 90,000 rows.

    Returns:
        What was planted.
    """
    made: list[FilePlan] = []
    shared: dict[str, list[pl.DataFrame]] = {}
    first = 0
    for profile in profiles():
        if profile.id not in catalog.providers:
            continue
        count = max(40, round(profile.rows * scale))
        province = _province(profile, catalog, count, first, as_of=as_of, seed=seed)
        first += count
        sent: dict[str, pl.DataFrame] = {}
        for dataset_id in _sends(profile, catalog, as_of):
            folder = home / "inbox" / profile.id / dataset_id
            made.extend(_dropped(folder, province, dataset_id, seed, shared, sent))
            if profile.story in ("empty_file", "undecodable"):
                break
    stories = {p.id: p.story for p in profiles() if p.story and p.id in catalog.providers}
    plan = DemoPlan(seed, as_of.isoformat(), scale, catalog.version, tuple(made), stories)
    write_json(home / PATH, plan.to_json())
    return plan


def _province(profile: Profile, catalog: Catalog, count: int, first: int, *, as_of: date, seed: int) -> Province:
    provider = catalog.providers[profile.id]
    draw = Draw.named(seed, profile.id)
    places = counties(catalog.folder, provider.region_code)
    title = catalog.regions.get(provider.region_code, provider.title_zh)
    seat = "659001" if provider.region_code == CORPS else provider.region_code
    table = authorities(words(), places, profile)
    own = (profile.bureau, table["authority_code"][0]) if profile.bureau else credit_centre(title, seat)
    national = provider.level == "ministry"
    bodies = subjects(draw, words(), places, count, first, national=national, as_of=as_of)
    return Province(profile, title, bodies, table, own, words(), catalog, as_of)


def _sends(profile: Profile, catalog: Catalog, as_of: date) -> list[str]:
    """What a provider sends: all it owes, and where it is thorough all the others too; what refers to others comes last."""
    owed = [duty.dataset_id for duty in catalog.owed(profile.id, as_of)]
    names = list(dict.fromkeys([*owed, *(catalog.datasets if profile.thorough else ())]))
    return sorted(names, key=lambda name: _refers(catalog, name))


def _refers(catalog: Catalog, dataset_id: str) -> bool:
    """True where the records are about records of other datasets."""
    return any(
        field.known_with
        and any(source.key is None for source in catalog.references[field.known_with.reference].sources)
        for field in catalog.fields(dataset_id)
    )


def _dropped(
    folder: Path,
    province: Province,
    dataset_id: str,
    seed: int,
    shared: dict[str, list[pl.DataFrame]],
    sent: dict[str, pl.DataFrame],
) -> list[FilePlan]:
    """Write what one provider sends of one dataset."""
    profile, catalog, as_of = province.profile, province.catalog, province.as_of
    dataset = catalog.datasets[dataset_id]
    region = catalog.providers[profile.id].region_code
    name = files.name(dataset, region, profile, as_of)
    match profile.story:
        case "silent":
            return []
        case "empty_file":
            _write(folder / name, b"")
            return [FilePlan(profile.id, dataset_id, name, "", "rejected", problem="empty_file")]
        case "undecodable":
            _write(folder / name, files.undecodable(seed))
            return [FilePlan(profile.id, dataset_id, name, "", "rejected", problem="undecodable")]
        case _:
            pass
    planted = _planted(province, dataset_id, seed, shared, sent)
    written = files.content(planted.rows, catalog.fields(dataset_id), profile, as_of)
    _write(folder / name, written)
    plans = [_plan(profile, dataset_id, name, planted)]
    if profile.story == "sent_twice":
        again = name.replace(".", f"{_AGAIN}.")
        _write(folder / again, written)
        plans.append(FilePlan(profile.id, dataset_id, again, profile.encoding, "duplicate", duplicate_of=name))
    return plans


def _planted(
    province: Province,
    dataset_id: str,
    seed: int,
    shared: dict[str, list[pl.DataFrame]],
    sent: dict[str, pl.DataFrame],
) -> Planted:
    profile, catalog = province.profile, province.catalog
    dataset, fields = catalog.datasets[dataset_id], catalog.fields(dataset_id)
    draw = Draw.named(seed, profile.id, dataset_id)
    if dataset_id in BUILDERS:
        rows = BUILDERS[dataset_id](province, draw)
    else:
        rows = Builder(province, dataset, draw, sent).records(_THOROUGH if profile.thorough else _FEW)
    rows = rows.select(pl.col(field.id).cast(pl.String) for field in fields if field.id in rows.columns)
    if profile.id == "samr" and dataset_id in shared:
        rows = pl.concat([rows, *(_sent_from_above(frame, province) for frame in shared[dataset_id])])
    timely = dataset.timeliness
    before = catalog.working_days.earliest_in_time(province.as_of, timely.working_days).isoformat() if timely else None
    planted = plant(rows, dataset, _breaker(province, dataset_id, draw), draw, profile, late_before=before)
    sent[dataset_id] = planted.clean
    if profile.thorough and dataset_id in BUILDERS:
        shared.setdefault(dataset_id, []).append(planted.clean.head(_SHARED))
    return planted


def _sent_from_above(rows: pl.DataFrame, province: Province) -> pl.DataFrame:
    """Records a province sends too, as its ministry has them: the same key, another source, another text (条块冲突)."""
    changes = {"source_name": province.centre[0], "source_code": province.centre[1]}
    text = next(name for name in ("penalty_content", "licence_content", "registered_address") if name in rows.columns)
    return rows.with_columns(
        *(pl.lit(value).alias(name) for name, value in changes.items() if name in rows.columns),
        (pl.col(text) + _UPSTREAM).alias(text),
    )


def _breaker(province: Province, dataset_id: str, draw: Draw) -> Breaker:
    catalog = province.catalog
    regions = province.subjects["region"].head(20)
    numbers = draw.between(364_000, 365_000, regions.len())
    return Breaker(
        rules=catalog.rules[dataset_id],
        fields={field.id: field for field in catalog.fields(dataset_id)},
        as_of=province.as_of,
        pairs=catalog.registrar_pairs,
        divisions=frozenset(catalog.division_codes),
        citizen_ids=tuple(citizen_ids(regions.str.slice(0, 2) + "0000", numbers)),
        old_numbers=tuple(registration_numbers(regions, numbers)),
    )


def _plan(profile: Profile, dataset_id: str, name: str, planted: Planted) -> FilePlan:
    rows = planted.rows.height
    status: Status = "accepted" if planted.refused == 0 else "rejected" if planted.refused == rows else "partial"
    return FilePlan(
        provider_id=profile.id,
        dataset_id=dataset_id,
        name=name,
        encoding=profile.encoding,
        status=status,
        rows=rows,
        refused=planted.refused,
        warned=planted.warned,
        late=planted.late,
        planted=dict(sorted(planted.counts.items())),
        repeats=planted.repeats,
    )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
