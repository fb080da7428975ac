"""Background work in which every item has exactly one owner at any time."""

from financial_connections._concurrency.background import BackgroundTasks
from financial_connections._concurrency.block import Block
from financial_connections._concurrency.fan_out import Send, Source, fan_out
from financial_connections._concurrency.queue import OneAtATime, ResultQueue

__all__ = [
    "BackgroundTasks",
    "Block",
    "ResultQueue",
    "OneAtATime",
    "Send",
    "Source",
    "fan_out",
]
