"""``python -m pipelines.airflow_home``."""

from pipelines.airflow_home.command import main

main()
