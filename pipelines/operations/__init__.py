"""The work of the hub as it is started by a person, a verb or a DAG: each operation once, with the floors it needs put together.

    collect; plan_collecting, collect_group    inboxes → lake → receipts: in one pass, or a work group to a task
    publish; plan_publishing                   lake → releases
    publish_due, tidy, upkeep                  what becomes due with the day
    score, score_period                        ledger → scorecards
    waive                                      refused rows that need no correction
    held, decide, question, answer             releases that wait for a person, and what was decided
    second_word                                a day beyond today, or before the last release, needs a reason
    messages                                   repairs, withdrawals and objections, and what became of them

Scoring counts and collecting commits; neither knows how a page looks. Here they are given the pages.
"""

from pipelines.operations.collect import Planned, collect, collect_group, plan_collecting, plan_groups, waive
from pipelines.operations.held import Question, answer, decide, held, question
from pipelines.operations.messages import messages
from pipelines.operations.publish import plan_publishing, publish, publish_due, tidy, upkeep
from pipelines.operations.score import score, score_period, this_month
from pipelines.operations.second_word import second_word

__all__ = [
    "Planned",
    "Question",
    "answer",
    "collect",
    "collect_group",
    "decide",
    "held",
    "messages",
    "plan_collecting",
    "plan_groups",
    "plan_publishing",
    "publish",
    "publish_due",
    "question",
    "score",
    "score_period",
    "second_word",
    "this_month",
    "tidy",
    "upkeep",
    "waive",
]
