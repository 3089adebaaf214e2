"""What the DAGs share: assets, retries, parameters, and the instant a run works as of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import Asset, ExceptionRetryPolicy, Param, RetryAction, RetryRule

from pipelines.ground.errors import InputError

if TYPE_CHECKING:
    from pipelines.storage.hub import Hub

RECORDS: Final = Asset(name="records", uri="credit-hub://lake/records")
RELEASES: Final = Asset(name="releases", uri="credit-hub://shared")
HELD: Final = Asset(name="held", uri="credit-hub://state/held")

RETRY: Final[dict[str, Any]] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    # What a person typed wrong stays wrong.
    "retry_policy": ExceptionRetryPolicy(rules=[RetryRule(exception=InputError, action=RetryAction.FAIL)]),
}


def as_of_param() -> Param:
    """The day to work as of; empty is the day of the run."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="业务日期 as of",
        description_md="The day the work is done as of, `YYYY-MM-DD`; empty for the day of the run. 留空即为运行当日。",
    )


def why_param() -> Param:
    """Why the day is beyond today, or before the last release; of any other day it may stay empty."""
    return Param(
        None,
        type=["null", "string"],
        title="理由 why",
        description_md="Needed only where *as of* is beyond today, or before the last release; it is written into the ledger. "
        "业务日期晚于当天、或者早于最近一次发布的，须填写理由。",
    )


def choice_param(title: str, what: str) -> Param:
    """One provider or dataset of the catalogue, or all."""
    return Param(
        None, type=["null", "string"], title=title, description_md=f"Only this {what}; empty for all. 留空即全部。"
    )


def instant(context: Any) -> datetime:
    """The instant a run works as of: its parameter, that of the run that woke it, or when it was due."""
    from pipelines.ground.clock import instant_of

    given = context["params"].get("as_of")
    if given is None:
        extras = [event.extra.get("as_of") for event in woken_by(context)]
        given = max((value for value in extras if value), default=None)
    return instant_of(given) if given else context["dag_run"].run_after


def day_of(context: Any, operation: str) -> datetime:
    """The instant of ``instant``; an unusual one that somebody typed needs a reason (``pipelines.operations.second_word``).

    A run that was woken goes on with the day and the reason of the run that woke it. Of a day nobody typed none is asked.
    """
    from pipelines.ground.clock import instant as now
    from pipelines.operations import second_word

    at = instant(context)
    typed = context["params"].get("as_of") is not None
    if typed or woken_by(context):
        user = getattr(context.get("dag_run"), "triggering_user_name", None) or "airflow"
        second_word(hub(), operation, at, today=now(None), why=reason(context), by=user, woken=not typed)
    return at


def reason(context: Any) -> str | None:
    """Why a run works as of its day: its parameter, or what the run that woke it said."""
    said = [context["params"].get("why"), *(event.extra.get("why") for event in woken_by(context))]
    return next((one for one in said if one), None)


def told(context: Any, **more: Any) -> dict[str, Any]:
    """What a run tells those it wakes: its day, its reason where it has one, and more."""
    why = reason(context)
    return {**more, "as_of": instant(context).date().isoformat()} | ({"why": why} if why else {})


def woken_by(context: Any) -> list[Any]:
    """The asset events that started the run; none where a person did."""
    events = context.get("triggering_asset_events") or {}
    return [event for of_asset in events.values() for event in of_asset]


def hub() -> Hub:
    """The hub of ``$CREDIT_HUB_HOME``."""
    from pipelines.ground.settings import Settings
    from pipelines.storage.hub import Hub

    return Hub.open(Settings.read())
