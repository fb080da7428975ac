"""Users, and the cookie of those who are logged in.

Each user is a customer in Stripe. The customer's ID is looked up here and is never
taken from a request, so that users can reach only their own accounts.
"""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass

from anyio import to_thread

from examples.web.database import Database
from financial_connections import AsyncClient

COOKIE = "session"
LIFETIME = 7 * 86_400
"""Seconds until a user must log in again."""


@dataclass(frozen=True)
class User:
    id: str
    email: str
    customer: str


async def sign_up(
    database: Database, client: AsyncClient, email: str, password: str
) -> User | None:
    """Create a user and a customer in Stripe, unless the email address is taken."""
    stored = await to_thread.run_sync(hash_password, password)
    async with database.transaction() as transaction:
        taken = await transaction.execute("SELECT 1 FROM users WHERE email = ?", email)
    if taken:
        return None
    response = await client.send_raw("POST", "/v1/customers", params={"email": email})
    user = User(secrets.token_hex(8), email, json.loads(response.content)["id"])
    insert = "INSERT INTO users VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
    async with database.transaction() as transaction:
        added = await transaction.execute(insert, user.id, email, stored, user.customer)
    return user if added else None


async def log_in(database: Database, email: str, password: str) -> User | None:
    """Return the user, or None if the email address or the password is wrong."""
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            "SELECT id, email, customer, password FROM users WHERE email = ?", email
        )
    # An unknown address takes as long as a wrong password, so it is not revealed.
    stored = rows[0][3] if rows else "no$password"
    is_right = await to_thread.run_sync(is_password, password, stored)
    return User(*rows[0][:3]) if rows and is_right else None


async def user_by_id(database: Database, user_id: str) -> User | None:
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            "SELECT id, email, customer FROM users WHERE id = ?", user_id
        )
    return User(*rows[0]) if rows else None


def hash_password(password: str, salt: str = "") -> str:
    salt = salt or secrets.token_hex(16)
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return f"{salt}${key.hex()}"


def is_password(password: str, stored: str) -> bool:
    salt = stored.partition("$")[0]
    return hmac.compare_digest(hash_password(password, salt), stored)


def cookie_for(user: User, secret: str, now: float | None = None) -> str:
    """Return the signed value of the cookie: the user and when it expires."""
    expires = int(time.time() if now is None else now) + LIFETIME
    payload = f"{user.id}.{expires}"
    return f"{payload}.{_signature(payload, secret)}"


def user_in_cookie(value: str, secret: str, now: float | None = None) -> str | None:
    """Return the user's ID, or None if the cookie is forged or has expired."""
    payload, _, signature = value.rpartition(".")
    if not hmac.compare_digest(
        _signature(payload, secret).encode(), signature.encode()
    ):
        return None
    user_id, _, expires = payload.partition(".")
    return user_id if int(expires) > (time.time() if now is None else now) else None


def _signature(payload: str, secret: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
