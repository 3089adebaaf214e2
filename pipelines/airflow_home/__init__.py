"""Airflow on the embedded defaults (SQLite, local files), everything below one folder.

python -m pipelines.airflow_home demo --home home/demo      the four DAGs that need nobody, one after the other, in this process;
                                      --months 3            first drops a sample delivery, and receives it month by month
python -m pipelines.airflow_home up --home home/demo        Airflow with its web UI, until Ctrl-C
python -m pipelines.airflow_home down --home home/demo      stops one that was left behind
python -m pipelines.airflow_home dags                       where the DAGs are, for an Airflow of your own:
                                                            AIRFLOW__CORE__DAGS_FOLDER, and plugins/ in it
"""

from pipelines.airflow_home.command import ASKING_DAG_ID, DAG_IDS, main
from pipelines.airflow_home.place import activate, folder_of, prepare
from pipelines.airflow_home.runs import run_dags
from pipelines.airflow_home.web import PID_FILE, down, up

__all__ = ["ASKING_DAG_ID", "DAG_IDS", "PID_FILE", "activate", "down", "folder_of", "main", "prepare", "run_dags", "up"]
