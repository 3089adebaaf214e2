"""A month of the whole country with every kind of region: what the browser sees and what is recomputed by hand."""

from __future__ import annotations

import random
from typing import Any

from tests.scoring.conftest import DATASETS

MISSING, EMPTY, BROKEN, RESENT, THIN = "heilongjiang", "xizang", "qinghai", "hainan", "bingtuan"
SPECIAL = {MISSING, EMPTY, BROKEN, RESENT, THIN}


def deliver_a_month(hub: Any, seed: int = 7) -> None:
    """Deliveries of all regions: most sound, some with faults, five of a special kind."""
    chance = random.Random(seed)
    for provider in hub.catalog.providers.values():
        if provider.id in SPECIAL:
            continue
        quality = chance.choice([0.001, 0.01, 0.02, 0.05, 0.15])
        for dataset in DATASETS:
            if provider.id == "gansu" and dataset == "administrative_licence":
                continue
            for file in range(chance.randint(1, 3)):
                _one_file(hub, chance, provider.id, dataset, quality, file)
    hub.unreadable(EMPTY, "empty_file", "文件是空的（0 字节）。请检查导出程序，重新导出后再放入收件目录。")
    hub.unreadable(EMPTY, "no_rows", "文件只有表头，没有数据行。", dataset="administrative_licence")
    hub.unreadable(
        BROKEN, "undecodable", "文件不是 UTF-8，也不是 GB18030（第 118 行第 3 个字节 0xFF）。整个文件未入库。"
    )
    hub.unreadable("sichuan", "broken_workbook", "工作簿无法打开。请重新另存为 .xlsx（不加密码）后再报送。")
    first = hub.deliver(RESENT, day="2026-02-10")
    hub.again(first, received_on=hub.batches[-1]["received_on"].replace(month=3))
    hub.deliver(THIN, "enterprise_registration", rows=3, required_cells=0, code_rows=0, code_valid_rows=0, dated_rows=0)
    hub.deliver("sichuan", file_name="<script>alert(1)</script>" + "很长的文件名" * 12 + ".csv", rows=12)


def _one_file(hub: Any, chance: random.Random, provider: str, dataset: str, quality: float, file: int) -> None:
    rows = chance.choice([30, 240, 1_000, 3_000])
    refused = sum(chance.random() < quality for _ in range(rows))
    accepted = rows - refused
    dated = accepted if hub.catalog.datasets[dataset].timeliness else 0
    codes = rows - chance.randint(0, rows // 50)
    keys = [f"{provider}-{dataset}-{file}-{n}" for n in range(accepted)]
    for _ in range(int(accepted * quality * chance.random() / 2)):
        keys[chance.randrange(accepted)] = keys[0]
    some = [rule.id for rule in hub.catalog.rules[dataset] if rule.rejects and rule.cells]
    hub.deliver(
        provider,
        dataset,
        rows,
        refused,
        day=f"2026-03-{chance.randint(1, 31):02d}",
        keys=keys,
        broken={rule: max(1, refused // 2) for rule in chance.sample(some, 3)} if refused else None,
        rows_warned=int(accepted * quality),
        missing_cells=int(rows * quality * 2),
        code_rows=codes,
        code_valid_rows=codes - int(codes * quality / 5),
        late_rows=int(dated * min(1.0, quality * chance.choice([0, 1, 4]))),
    )


def events_of_a_month(hub: Any, seed: int = 11) -> None:
    """What the rest of the hub notes: corrections, takedowns, displays, subjects, objections, codes, manifests, identifiers."""
    chance = random.Random(seed)
    registered = [f"9151000000000{n:05d}" for n in range(40)]
    hub.deliver("samr", "enterprise_registration", rows=40, keys=registered, day="2026-02-03")
    for provider in [one for one in hub.catalog.providers.values() if one.id not in SPECIAL]:
        refused = chance.randint(1, 20)
        early = hub.deliver(provider.id, rows=30, refused=refused, day=f"2026-03-{chance.randint(1, 28):02d}")
        batch = hub.known[early]
        corrected = chance.randint(0, refused)
        same = {"batch_id": early, "dataset_id": batch["dataset_id"], "refused_on": batch["received_on"]}
        for by, rows, day in (("batch", corrected, 29), ("waiver", (refused - corrected) // 2, 30)):
            closed = batch["received_on"].replace(day=day)
            if rows:
                hub.event("closures", provider.id, closed_by=by, closing_id="c", closed_on=closed, rows=rows, **same)
        codes = [chance.choice([*registered, "91510000UNKNOWN001"]) for _ in range(25)]
        hub.deliver(
            provider.id,
            rows=25,
            codes=codes,
            manifest=chance.choice(["agreed", "differs", None]),
            broken={"administrative_penalty.penalty_content.citizen_id_in_text": chance.randint(1, 3)},
        )
        again = [f"{provider.id}-version-{n}" for n in range(5)]
        for updated in ("2026-02-01", "2026-02-20"):
            hub.deliver(provider.id, rows=5, keys=again, updated=updated)
        for number in range(chance.randint(1, 6)):
            due = batch["received_on"]
            for product in ("administrative_penalty", "administrative_penalty_public"):
                down = due.replace(day=min(31, due.day + chance.choice([0, 0, 0, 2])))
                hub.event(
                    "takedowns",
                    provider.id,
                    product_id=product,
                    dataset_id="administrative_penalty",
                    reason=chance.choice(["repaired", "repaired", "withdrawn"]) if number else "repaired",
                    record=f"r{number}",
                    due_on=due,
                    taken_down_on=down,
                )
        for as_of in ("2026-02-10T04:00:00Z", "2026-03-31T04:00:00Z", "2026-03-31T20:00:00Z"):
            shown = chance.randint(100, 900)
            hub.event(
                "displays",
                provider.id,
                product_id="administrative_penalty_public",
                dataset_id="administrative_penalty",
                as_of=as_of,
                displayed=shown,
                overdue=chance.choice([0, 0, 0, 0, 1, 30]),
            )
            for kind, number in (("subjects", shown), ("conflicting", chance.randint(0, 3)), ("several_names", 1)):
                hub.event("subject_counts", provider.id, as_of=as_of, kind=kind, number=number)
        hub.objections(provider.id, [(f"o{n}", chance.randint(1, 28), chance.choice([None, 5, 20])) for n in range(4)])
