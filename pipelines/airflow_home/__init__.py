"""Airflow on the embedded defaults (SQLite, local files), everything below one folder.

python -m pipelines.airflow_home demo --home home/demo      the four DAGs, one after the other, in this process;
                                      --months 3            first drops a sample delivery, and receives it month by month
python -m pipelines.airflow_home up --home home/demo        Airflow with its web UI, until Ctrl-C
python -m pipelines.airflow_home down --home home/demo      stops one that was left behind
"""

from pipelines.airflow_home.command import main
from pipelines.airflow_home.outcome import summary
from pipelines.airflow_home.place import activate, folder_of, prepare
from pipelines.airflow_home.processes import PID_FILE
from pipelines.airflow_home.runs import DagResult, run_dags, run_in_turn
from pipelines.airflow_home.sample import DAG_IDS, sample_runs
from pipelines.airflow_home.web import down, up

__all__ = [
    "DAG_IDS",
    "PID_FILE",
    "DagResult",
    "activate",
    "down",
    "folder_of",
    "main",
    "prepare",
    "run_dags",
    "run_in_turn",
    "sample_runs",
    "summary",
    "up",
]
