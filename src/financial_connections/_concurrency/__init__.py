"""Structured background work whose results have one owner at every instant."""

from financial_connections._concurrency.fan_out import Emit, FanOut, Job
from financial_connections._concurrency.tasks import ended

__all__ = ["Emit", "FanOut", "Job", "ended"]
