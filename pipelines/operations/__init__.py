"""The work of the hub as it is started by a person, a verb or a DAG: each operation once, with the floors it needs put together.

    collect, receive, plan_groups, collect_group    inboxes → lake → receipts
    publish, publish_due, tidy, upkeep              lake → releases, and what becomes due with the day
    score                                           ledger → scorecards
    waive                                           refused rows that need no correction

Scoring counts and collecting commits; neither knows how a page looks. Here they are given the pages.
"""

from pipelines.operations.collect import collect, collect_group, plan_groups, receive, waive
from pipelines.operations.publish import publish, publish_due, tidy, upkeep
from pipelines.operations.score import score, score_period, this_month

__all__ = [
    "collect",
    "collect_group",
    "plan_groups",
    "publish",
    "publish_due",
    "receive",
    "score",
    "score_period",
    "this_month",
    "tidy",
    "upkeep",
    "waive",
]
