"""Who owes what: the expected deliveries (应报数据) resolved to one provider and one dataset each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.catalog.models import Dataset, Duty, ExpectedDeliveries, ExpectedDelivery, Provider, ProviderGroup


def members(group: ProviderGroup, providers: Mapping[str, Provider]) -> tuple[str, ...]:
    """Ids of the providers of a group."""
    if group.level is None:
        return group.providers
    return tuple(one.id for one in providers.values() if one.level == group.level)


def duties(
    expected: ExpectedDeliveries, providers: Mapping[str, Provider], datasets: Mapping[str, Dataset]
) -> dict[str, tuple[Duty, ...]]:
    """What every provider owes, in the order of the file; providers and datasets the catalogue does not have left out."""
    found: dict[str, list[Duty]] = {name: [] for name in providers}
    for row in expected.deliveries:
        for provider_id in who(row, expected, providers):
            if provider_id in found:
                found[provider_id].extend(_duties(row, provider_id, datasets))
    return {name: tuple(some) for name, some in found.items()}


def who(row: ExpectedDelivery, expected: ExpectedDeliveries, providers: Mapping[str, Provider]) -> dict[str, None]:
    """Ids of the providers a row is about, each once, in order."""
    groups = {one.id: one for one in expected.groups}
    ids = (one for name in row.who for one in (members(groups[name], providers) if name in groups else (name,)))
    return dict.fromkeys(ids)


def _duties(row: ExpectedDelivery, provider_id: str, datasets: Mapping[str, Dataset]) -> Iterator[Duty]:
    for dataset_id in row.datasets:
        if dataset_id in datasets:
            yield Duty(
                provider_id=provider_id,
                dataset_id=dataset_id,
                cycle=row.cycle or datasets[dataset_id].update_cycle,
                due=row.due,
                legal_basis=row.legal_basis,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
