"""A whole delivery: every provider of the catalogue that ``profiles.yaml`` knows, every dataset it owes.

    inbox/<provider_id>/<dataset_id>/<name>.{csv,xlsx}          and <name>.{csv,xlsx}.done, the mark that it is whole
    state/demo_plan.json                                 what was planted (pipelines.demo.plan)

It comes in one month or several: each with new decisions about the same subjects, newer versions of what came before, refused rows
corrected, and records about earlier ones. The same seed, scale, day, number of months and catalogue give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Rule
from pipelines.collecting.inbox_names import MARK
from pipelines.demo import files
from pipelines.demo.authorities import authorities, credit_centre
from pipelines.demo.between_parties import VICTIM, sent_between
from pipelines.demo.breaking import Breaker
from pipelines.demo.cases import Case, Told, cases_of, objected_to, sent_from_above
from pipelines.demo.codes import citizen_ids, registration_numbers
from pipelines.demo.defects import Planted, plant
from pipelines.demo.drawing import Draw
from pipelines.demo.generic import Builder
from pipelines.demo.months import Past, delivery_days
from pipelines.demo.places import CORPS, counties
from pipelines.demo.plan import DemoPlan, FilePlan, Status
from pipelines.demo.province import Province
from pipelines.demo.records import BUILDERS
from pipelines.demo.referring import naming_field
from pipelines.demo.repairs import approved_under
from pipelines.demo.subjects import newly_founded, people, subjects, with_changes
from pipelines.demo.vocabulary import Profile, profiles, words
from pipelines.storage.files import write_json
from pipelines.storage.home import Home

SEED: Final = 20260401
_SHARED: Final = 12
_THOROUGH: Final = 700  # records of a dataset without words of its own: enough to break each of its rules once
_FEW: Final = 60
_SOME: Final = 0.02  # of a province's subjects
_LEAST: Final = 12
_FOUNDED: Final = 0.03  # of the subjects of the first month, in each later one
_CHANGED: Final = 0.06
_AGAIN: Final = "_补报"
_OLD: Final = "_重报{}"
_OF_OTHERS: Final = "_补充"


def make_delivery(
    home: Path,
    catalog: Catalog,
    *,
    as_of: date,
    seed: int = SEED,
    scale: float = 1.0,
    months: int = 1,
    only: int | None = None,
) -> DemoPlan:
    """Drop the files into the inboxes and write the plan.

    Args:
        home: the hub's home folder.
        catalog: says who owes what, and which rules there are to break.
        as_of: the day on which the files of the last month are to be received.
        seed: of all chance.
        scale: 1 is about 90,000 rows.
        months: how many there are; decisions are divided among them.
        only: the one month to drop, 1 for the first; None for all. The plan holds no file of a later one.

    Returns:
        What was planted.
    """
    for plan in monthly_deliveries(home, catalog, as_of=as_of, seed=seed, scale=scale, months=months, only=only):
        if only in (None, len(plan.days)) and len(plan.days) in (only, months):
            return plan
    raise ValueError(f"there is no month {only} among {months}")


def monthly_deliveries(
    home: Path,
    catalog: Catalog,
    *,
    as_of: date,
    seed: int = SEED,
    scale: float = 1.0,
    months: int = 1,
    only: int | None = None,
) -> Iterator[DemoPlan]:
    """As ``make_delivery``, month by month: the files of a month are dropped when it is asked for.

    A later month knows what the earlier ones brought, so these are always made, also where they are not dropped.

    Yields:
        The plan of all months so far.
    """
    days, past = delivery_days(as_of, months), Past()
    made: list[FilePlan] = []
    stories = {p.id: p.story for p in profiles() if p.story and p.id in catalog.providers}
    providers = _Providers(catalog, days, seed, scale)
    for number, day in enumerate(days, start=1):
        inbox = Home(home).inbox if only in (None, number) else None
        made.extend(_Month(inbox, providers, number, past).files())
        told = tuple(one.isoformat() for one in days[:number])
        plan = DemoPlan(seed, day.isoformat(), scale, catalog.version, tuple(made), stories, told)
        if inbox is not None:
            write_json(Home(home).demo_plan, plan.to_json())
        yield plan


@dataclass
class _Providers:
    """Every provider as it is in one month after the other."""

    catalog: Catalog
    days: tuple[date, ...]
    seed: int
    scale: float
    known: dict[str, pl.DataFrame] = field(default_factory=dict)
    settings: dict[str, tuple[pl.DataFrame, pl.DataFrame]] = field(default_factory=dict)
    rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def breakable(self, dataset_id: str, breaker: Breaker) -> tuple[Rule, ...]:
        """The rules of a dataset that can be broken, looked at once."""
        if dataset_id not in self.rules:
            self.rules[dataset_id] = tuple(way.rule for way in breaker.ways(breaker.rules))
        return self.rules[dataset_id]

    def in_month(self, number: int) -> Iterator[Province]:
        """Them all, in the order of the profiles; to be asked month by month."""
        first = 0
        for profile in profiles():
            if profile.id in self.catalog.providers:
                count = max(40, round(profile.rows * self.scale))
                few = max(4, round(count * _FOUNDED))
                yield self._province(profile, number, count, few, first)
                first += count + few * (len(self.days) - 1)

    def _province(self, profile: Profile, number: int, count: int, few: int, first: int) -> Province:
        catalog, day = self.catalog, self.days[number - 1]
        provider = catalog.providers[profile.id]
        national = provider.level == "ministry"
        if profile.id not in self.settings:
            found = counties(catalog.folder, provider.region_code)
            self.settings[profile.id] = found, authorities(words(), found, profile)
        places, table = self.settings[profile.id]
        title = catalog.regions.get(provider.region_code, provider.title_zh)
        seat = "659001" if provider.region_code == CORPS else provider.region_code
        own = (profile.bureau, table["authority_code"][0]) if profile.bureau else credit_centre(title, seat)
        if number == 1:
            draw = Draw.named(self.seed, profile.id)
            bodies = subjects(draw, words(), places, count, first, national=national, as_of=day)
            registered = bodies
        else:
            draw = Draw.named(self.seed, profile.id, f"month {number}")
            known, since = self.known[profile.id], self.days[number - 2]
            changed = draw.shuffled(known.height)[: round(count * _CHANGED)]
            known = with_changes(draw, words(), known, changed)
            serial = first + count + few * (number - 2)
            new = newly_founded(draw, words(), places, few, serial, national=national, since=since, as_of=day)
            bodies, registered = pl.concat([known, new]), pl.concat([known[changed], new])
        self.known[profile.id] = bodies
        region = "110000" if national else provider.region_code
        persons = people(Draw.named(self.seed, profile.id, "people"), words(), region, max(20, count // 10), first)
        return Province(
            profile, title, bodies, registered, persons, table, own, words(), catalog, day, number, len(self.days)
        )


@dataclass
class _Month:
    """The delivery of one month; without an ``inbox`` only what it brings is wanted."""

    inbox: Path | None
    providers: _Providers
    number: int
    past: Past
    shared: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()

    @property
    def last(self) -> bool:
        """True in the month with everything in it."""
        return self.number == len(self.providers.days)

    @cached_property
    def known(self) -> dict[str, pl.DataFrame]:
        """What the hub knows from the months before, by reference; nothing in the first."""
        return self.past.references(self.providers.catalog) if self.number > 1 else {}

    def files(self) -> list[FilePlan]:
        """Make every file."""
        known = self.known  # before anything of this month is remembered
        made: list[FilePlan] = []
        centres: dict[str, Province] = {}
        for province in self.providers.in_month(self.number):
            earlier = self.past.of(province.profile.id) if self.number > 1 else None
            for dataset_id in self._sends(province):
                made.extend(self._dropped(province, dataset_id, known, earlier))
                if province.profile.story in ("empty_file", "undecodable"):
                    break
            made.extend(self._old_again(province.profile))
            centres[province.profile.id] = province
        made.extend(self._between_parties(centres))
        return made

    def _draw(self, *names: str) -> Draw:
        return Draw.named(self.providers.seed, *names, *((f"month {self.number}",) if self.number > 1 else ()))

    def _sends(self, province: Province) -> list[str]:
        """What a provider sends: all it owes, and where it is thorough all the others too; what refers to others comes last.

        Before the last month it is only what law or decree asks for: what was agreed with the hub has just begun to come. Each
        dataset of each month is a work group, and a demonstration should not take long.
        """
        profile, catalog = province.profile, province.catalog
        duties = catalog.owed(profile.id, province.as_of)
        names = dict.fromkeys(duty.dataset_id for duty in duties if self.last or duty.legal_basis)
        if self.last and profile.thorough:
            answers = catalog.policies.repair.answers
            names |= dict.fromkeys(name for name in catalog.datasets if answers is None or name != answers.dataset)
        return sorted(names, key=lambda name: naming_field(catalog, name) is not None)

    def _dropped(
        self,
        province: Province,
        dataset_id: str,
        known: Mapping[str, pl.DataFrame],
        earlier: Mapping[str, pl.DataFrame] | None,
    ) -> list[FilePlan]:
        """Write what one provider sends of one dataset."""
        profile, dataset, day = province.profile, province.catalog.datasets[dataset_id], province.as_of
        name = files.name(dataset, province.catalog.providers[profile.id].region_code, profile, day)
        on = day.isoformat()
        match profile.story:
            case "silent":
                return []
            case "empty_file":
                self._write(profile, dataset_id, name, b"")
                return [FilePlan(profile.id, dataset_id, name, "", "rejected", on, problem="empty_file")]
            case "undecodable":
                self._write(profile, dataset_id, name, files.undecodable(self.providers.seed + self.number - 1))
                return [FilePlan(profile.id, dataset_id, name, "", "rejected", on, problem="undecodable")]
            case _:
                pass
        planted = self._planted(province, dataset_id, known, earlier)
        written = files.content(planted.rows, province.catalog.fields(dataset_id), profile, day)
        self._write(profile, dataset_id, name, written)
        plans = [_plan(province, dataset_id, name, planted, self.cases)]
        if profile.story == "sent_twice":
            again = name.replace(".", f"{_AGAIN}.")
            self._write(profile, dataset_id, again, written)
            plans.append(FilePlan(profile.id, dataset_id, again, profile.encoding, "duplicate", on, duplicate_of=name))
            self.past.kept.setdefault((profile.id, dataset_id), (name, written))
        return plans

    def _old_again(self, profile: Profile) -> Iterator[FilePlan]:
        """In a later month, the oldest files of whoever sends things twice: the same bytes under another name."""
        if profile.story != "sent_twice" or self.number == 1:
            return
        on = self.providers.days[self.number - 1].isoformat()
        for (provider_id, dataset_id), (name, written) in self.past.kept.items():
            if provider_id == profile.id and f"{self.providers.days[0]:%Y%m%d}" in name:
                again = name.replace(".", f"{_OLD.format(self.number)}.")
                self._write(profile, dataset_id, again, written)
                yield FilePlan(profile.id, dataset_id, again, profile.encoding, "duplicate", on, duplicate_of=name)

    def _between_parties(self, provinces: Mapping[str, Province]) -> Iterator[FilePlan]:
        """What parties send about one another's records, each in a file of its own."""
        catalog, months = self.providers.catalog, len(self.providers.days)
        day = self.providers.days[self.number - 1]
        centres = {name: one.centre for name, one in provinces.items()}
        sent = self.past.of(VICTIM)
        for one in sent_between(catalog, sent, centres, month=self.number, months=months, day=day):
            profile, dataset = provinces[one.provider_id].profile, catalog.datasets[one.dataset_id]
            name = files.name(dataset, catalog.providers[profile.id].region_code, profile, day)
            name = name.replace(".", f"{_OF_OTHERS}.")
            fields = [field for field in catalog.fields(dataset.id) if field.id in one.rows.columns]
            rows = one.rows.select(field.id for field in fields)
            self._write(profile, dataset.id, name, files.content(rows, tuple(fields), profile, day))
            refused, warned = one.refused, sum(one.planted.values()) - one.refused
            status: Status = "accepted" if not refused else "rejected" if refused == rows.height else "partial"
            yield FilePlan(
                profile.id,
                dataset.id,
                name,
                profile.encoding,
                status,
                day.isoformat(),
                rows=rows.height,
                refused=refused,
                warned=warned,
                planted=one.planted,
            )

    def _planted(
        self,
        province: Province,
        dataset_id: str,
        known: Mapping[str, pl.DataFrame],
        earlier: Mapping[str, pl.DataFrame] | None,
    ) -> Planted:
        profile, catalog = province.profile, province.catalog
        dataset, fields = catalog.datasets[dataset_id], {one.id: one for one in catalog.fields(dataset_id)}
        draw = self._draw(profile.id, dataset_id)
        if dataset_id in BUILDERS:
            rows = BUILDERS[dataset_id](province, draw)
        else:
            sent = self.past.of(profile.id) if earlier is None else earlier
            rows = Builder(province, dataset, draw, sent).records(self._so_many(province))
        rows = rows.select(pl.col(name).cast(pl.String) for name in fields if name in rows.columns)
        told = self._told(province, dataset_id, rows)
        shared = profile.thorough and dataset_id in BUILDERS
        timely = dataset.timeliness
        before = catalog.working_days.earliest_in_time(province.as_of, timely.working_days) if timely else None
        breaker = _breaker(province, dataset_id, draw, known)
        planted = plant(
            rows,
            dataset,
            breaker,
            draw,
            profile,
            breakable=self.providers.breakable(dataset_id, breaker),
            late_before=before.isoformat() if before else None,
            again=self.past.again(profile.id, dataset, fields, draw, province.as_of) if self.number > 1 else {},
            kept=min(_SHARED, rows.height // 4) if shared else 0,
            told=[one.rows.select(rows.columns) for one in told],
            everything=self.last,
        )
        self.cases = tuple(case for one in told for case in one.cases)
        if shared:
            self.shared.setdefault(dataset_id, []).append(planted.clean.head(_SHARED))
        self.past.remember(profile.id, dataset_id, planted)
        return planted

    def _told(self, province: Province, dataset_id: str, rows: pl.DataFrame) -> list[Told]:
        """Right records that tell something only together with others."""
        told = []
        if province.profile.id == "samr":
            told += [sent_from_above(frame, province) for frame in self.shared.get(dataset_id, ())]
        if self.last:
            draw = self._draw(province.profile.id, dataset_id, "cases")
            own = cases_of(province, dataset_id, draw, rows)
            told += [own] if own else []
        still_open = objected_to(province.catalog, dataset_id, rows, thorough=province.profile.thorough)
        return [*told, still_open] if still_open else told

    def _so_many(self, province: Province) -> int:
        """Records of a dataset without words of its own."""
        if province.profile.thorough:
            return _THOROUGH
        if province.profile.bureau:
            return min(_FEW, province.subjects.height)
        return max(_LEAST, round(province.subjects.height * _SOME))

    def _write(self, profile: Profile, dataset_id: str, name: str, data: bytes) -> None:
        if self.inbox is not None:
            path = self.inbox / profile.id / dataset_id / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            # As a careful provider does: it is whole, and nobody who collects it has to wait until it has lain still.
            path.with_name(path.name + MARK).touch()


def _breaker(province: Province, dataset_id: str, draw: Draw, known: Mapping[str, pl.DataFrame]) -> Breaker:
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
        references=known,
        approved_under=approved_under(catalog, dataset_id),
        known_by=frozenset(
            source.value
            for reference in catalog.references.values()
            for source in reference.sources
            if source.dataset == dataset_id
        ),
    )


def _plan(province: Province, dataset_id: str, name: str, planted: Planted, cases: tuple[Case, ...]) -> FilePlan:
    profile = province.profile
    rows = planted.rows.height
    status: Status = "accepted" if planted.refused == 0 else "rejected" if planted.refused == rows else "partial"
    return FilePlan(
        provider_id=profile.id,
        dataset_id=dataset_id,
        name=name,
        encoding=profile.encoding,
        status=status,
        received_on=province.as_of.isoformat(),
        rows=rows,
        refused=planted.refused,
        warned=planted.warned,
        late=planted.late,
        planted=dict(sorted(planted.counts.items())),
        repeats=planted.repeats,
        again=planted.again,
        cases=cases,
    )
