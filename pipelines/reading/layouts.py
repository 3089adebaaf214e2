"""Which of a dataset's standards a file follows: by the manifest, else by the headers that only one of them has.

A layout says which code table a field has in it (``catalog/datasets/<id>.yaml``, ``layouts``); 1 may mean in force in one
and revoked in the other, so a file that mixes the columns of two is not read where such a field is there.
"""

from __future__ import annotations

from pipelines.catalog import Layout
from pipelines.reading.headers import Columns, key
from pipelines.reading.problems import Unreadable, layout_unclear, unknown_layout


def layout_of(found: Columns, layouts: tuple[Layout, ...], declared: str | None) -> Layout | None:
    """The layout of a file; None where the dataset has only one.

    Args:
        found: the columns of the file.
        layouts: of the dataset, the current one first.
        declared: ``schema_version`` of the manifest.

    Raises:
        Unreadable: the manifest names a layout there is not, or the header mixes two and does not say which.
    """
    if declared is not None:
        named = next((one for one in layouts if declared in (one.id, *one.schema_versions)), None)
        if named is None:
            raise Unreadable(unknown_layout(declared, [one.id for one in layouts]))
        return named
    if not layouts:
        return None
    texts = {key(text): text.strip() for text in found.header}
    marks = {one.id: [texts[key(mark)] for mark in one.marks if key(mark) in texts] for one in layouts}
    marked = [one for one in layouts if marks[one.id]]
    differing = {field for one in layouts for field in one.code_tables}
    if len(marked) > 1 and differing & set(found.known):
        first, second = marked[:2]
        raise Unreadable(layout_unclear(marks[first.id], marks[second.id], [one.id for one in layouts]))
    return max(marked, key=lambda one: len(marks[one.id])) if marked else layouts[0]
