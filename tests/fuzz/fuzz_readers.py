"""Coverage-guided fuzzing of the readers: ``make fuzz`` (ten minutes; FUZZ_ARGS="-max_total_time=60" for less).

What it finds goes into ``corpus/``, where ``test_corpus`` puts it through the readers with every test run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipelines.reading", "pipelines.intake.manifest"]):
    # The readers import these when a file needs them, which would be too late to be followed.
    from pipelines.reading import elements, one_pass, package, salvaging, structure, workbook  # noqa: F401
    from tests.fuzz.readers import HEADERS, SUFFIXES, check

SEEDS = Path(__file__).parent / "corpus"
_HEAD = ",".join(HEADERS)


def seeds() -> dict[str, bytes]:
    """Inputs to begin with: one right file of each text format in each encoding."""
    csv = f'标题\n{_HEAD}\n甲,乙,丙\n"a\nb",1,\n合计,,2\n'.encode()
    array = '[{"企业名称":"甲","文号":1.10,"a":null},{"企业名称":true}]'.encode()
    manifest = b'{"rows":3,"sha256":"00","period":"2026-11","operation":"full","control_totals":{"a":"1.5"}}'
    contents = {".csv": csv, ".tsv": csv.replace(b",", b"\t"), ".txt": csv.replace(b",", b"|"), ".json": array}
    contents |= {".jsonl": array[1:-1].replace(b"},{", b"}\n{"), ".manifest": manifest}
    found = {}
    for suffix, content in contents.items():
        for encoding in ("utf-8", "gb18030", "utf-16"):
            first = bytes([SUFFIXES.index(suffix)])
            found[f"seed-{suffix[1:]}-{encoding}"] = first + content.decode().encode(encoding)
    return found


def main() -> None:
    """Run the fuzzer; its working corpus lies below build/."""
    work = Path("build/fuzz")
    for folder in (work, SEEDS):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in seeds().items():
        (work / name).write_bytes(content)
    atheris.Setup([*sys.argv, "-artifact_prefix=build/fuzz-", str(work), str(SEEDS)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
