"""Coverage-guided fuzzing of the readers: ``make fuzz`` (ten minutes; FUZZ_ARGS="-max_total_time=60" for less).

What it finds goes into ``corpus/``, where ``test_corpus`` puts it through the readers with every test run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipelines.reading", "pipelines.collecting.manifest"]):
    # The readers import these when a file needs them, which would be too late to be followed.
    from pipelines.reading import elements, markup, one_pass, package, salvaging, structure, workbook  # noqa: F401
    from tests.fuzz.readers import HEADERS, SUFFIXES, check

SEEDS = Path(__file__).parent / "corpus"
_HEAD = ",".join(HEADERS)


def seeds() -> dict[str, bytes]:
    """Inputs to begin with: one right file of each text format in each encoding."""
    csv = f'标题\n{_HEAD}\n甲,乙,丙\n"a\nb",1,\n合计,,2\n'.encode()
    array = '[{"企业名称":"甲","文号":1.10,"a":null},{"企业名称":true}]'.encode()
    manifest = b'{"rows":3,"sha256":"00","period":"2026-11","operation":"full","control_totals":{"a":"1.5"}}'
    page = f"<html><table><tr><th>{_HEAD.replace(',', '<th>')}<tr><td rowspan=2>甲<td colspan=2>乙<br>丙</table>"
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    cells = "".join(f'<Cell><Data s:Type="String">{name}</Data></Cell>' for name in HEADERS)
    rows = f'<Row>{cells}</Row><Row s:Index="4"><Cell s:Index="2"><Data s:Type="Number">1.0E-2</Data></Cell></Row>'
    sheet = f'<Workbook xmlns="{space}" xmlns:s="{space}"><Worksheet s:Name="a"><Table>{rows}</Table></Worksheet></Workbook>'
    archive = f"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\nContent-Type: text/html\n\n{page}\n--X--\n"
    books = {"page": page, "sheet": f'<?xml version="1.0"?>{sheet}', "archive": archive}
    contents = {".csv": csv, ".tsv": csv.replace(b",", b"\t"), ".txt": csv.replace(b",", b"|"), ".json": array}
    contents |= {".jsonl": array[1:-1].replace(b"},{", b"}\n{"), ".manifest": manifest}
    first = bytes([SUFFIXES.index(".xls")])
    found = {f"seed-{name}-{e}": first + text.encode(e) for name, text in books.items() for e in ("utf-8", "gb18030")}
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
