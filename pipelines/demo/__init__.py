"""A sample delivery for every region: realistic, invented, seeded, and with a plan of what was planted in it."""

from pipelines.demo.delivery import make_delivery, monthly_deliveries
from pipelines.demo.plan import DemoPlan, FilePlan

__all__ = ["DemoPlan", "FilePlan", "make_delivery", "monthly_deliveries"]
