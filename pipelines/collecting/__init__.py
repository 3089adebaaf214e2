"""Taking deliveries: inboxes, work groups, the pass that screens them, and the life of a refused row."""

from pipelines.collecting.collect import Collected, collect, collect_group, plan_groups, receive
from pipelines.collecting.groups import plan
from pipelines.collecting.inbox import Arrived, take
from pipelines.collecting.settling import Settling
from pipelines.collecting.unclaimed import UnclaimedEntry
from pipelines.collecting.waivers import Waived, waive

__all__ = [
    "Arrived",
    "Collected",
    "Settling",
    "UnclaimedEntry",
    "Waived",
    "collect",
    "collect_group",
    "plan",
    "plan_groups",
    "receive",
    "take",
    "waive",
]
