"""Background work whose results have one owner at every instant."""

from financial_connections._concurrency.background import BackgroundTasks
from financial_connections._concurrency.block import Block
from financial_connections._concurrency.fan_out import Emit, Job, fan_out
from financial_connections._concurrency.handover import Handover, OneAtATime

__all__ = [
    "BackgroundTasks",
    "Block",
    "Emit",
    "Handover",
    "Job",
    "OneAtATime",
    "fan_out",
]
