"""One worker of several, as the scheduler starts them: collects work groups of a plan that another process made.

python -m tests.worker HOME GROUP…      each group as JSON
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.ground.settings import Settings
from pipelines.operations import collect_group
from pipelines.storage.hub import Hub
from pipelines.storage.work_group import WorkGroup
from tests.conftest import second_route_left_out

if __name__ == "__main__":
    hub = Hub.open(Settings.read(Path(sys.argv[1])))
    with second_route_left_out():
        for text in sys.argv[2:]:
            collect_group(hub, WorkGroup.model_validate_json(text))
