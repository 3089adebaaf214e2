"""A month of the whole country with every kind of region: what the browser sees and what is recomputed by hand."""

from __future__ import annotations

import random
from typing import Any

from tests.scorecard.conftest import DATASETS

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
    hub.deliver(THIN, rows=3, required_cells=0, code_rows=0, code_valid_rows=0, dated_rows=0)
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
