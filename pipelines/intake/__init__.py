"""Taking deliveries: inboxes, the raw zone, work groups, and the pass that screens them."""

from pipelines.intake.collect import Collected, Hub, collect, collect_group, plan_groups, receive
from pipelines.intake.groups import WorkGroup, plan
from pipelines.intake.inbox import take
from pipelines.intake.strays import Stray

__all__ = [
    "Collected",
    "Hub",
    "Stray",
    "WorkGroup",
    "collect",
    "collect_group",
    "plan",
    "plan_groups",
    "receive",
    "take",
]
