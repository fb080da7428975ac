"""Settings, read from the environment. The client reads STRIPE_API_KEY itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

STRIPE_JS = "https://js.stripe.com/v3/"
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """A setting is missing or unusable."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_secrets: list[str] = field(repr=False)
    """Signing secrets of the endpoints: one for snapshots, one for thin events."""
    session_secret: str = field(repr=False)
    """Key that signs the cookies of users who are logged in."""
    publishable_key: str
    stripe_js: str = STRIPE_JS
    """URL of Stripe.js, or of the sandbox's stand-in for it."""
    database_url: str = field(default="sqlite:///web.db", repr=False)
    secure_cookies: bool = True
    """If true, browsers send the cookie only over HTTPS, or to this machine."""
    host: str = "127.0.0.1"
    port: int = 8000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        def required(name: str) -> str:
            value = environment.get(name, "")
            if not value:
                raise SettingsError(f"{name} is not set")
            return value

        session_secret = required("SESSION_SECRET")
        if len(session_secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"SESSION_SECRET is shorter than {SHORTEST_SECRET} characters"
            )
        base_url = environment.get("STRIPE_BASE_URL", "")
        sandbox_js = f"{base_url.rstrip('/')}/_sandbox/stripe.js"
        return cls(
            webhook_secrets=required("STRIPE_WEBHOOK_SECRET").split(","),
            session_secret=session_secret,
            publishable_key=required("STRIPE_PUBLISHABLE_KEY"),
            stripe_js=environment.get("STRIPE_JS_URL")
            or (sandbox_js if base_url else STRIPE_JS),
            database_url=environment.get("DATABASE_URL", cls.database_url),
            secure_cookies=environment.get("SECURE_COOKIES", "1") != "0",
            host=environment.get("HOST", cls.host),
            port=int(environment.get("PORT", cls.port)),
        )
