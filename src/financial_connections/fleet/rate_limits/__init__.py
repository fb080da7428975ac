"""Rate limits that machines share."""

from financial_connections.fleet.rate_limits.postgres import PostgresRateLimit
from financial_connections.fleet.rate_limits.redis import RedisRateLimit

__all__ = ["PostgresRateLimit", "RedisRateLimit"]
