"""Fake names and numbers that cannot be mistaken for real ones."""

from random import Random

from attrs import frozen

from financial_connections.sandbox.api.records import Person


@frozen
class Institution:
    """An institution in one country where accounts can be linked."""

    name: str
    country: str


INSTITUTIONS = (
    Institution("Example Bank", "US"),
    Institution("Sandcastle Savings", "US"),
    Institution("Make-Believe Credit Union", "US"),
    Institution("Paper Moon Bank", "US"),
    Institution("Cloud Nine Federal", "US"),
    Institution("Imaginary Trust Company", "US"),
    Institution("Thin Air Bank", "US"),
    Institution("Nowhere Provincial Bank", "CA"),
)

_FIRST_NAMES = (
    "Ada",
    "Ben",
    "Chloe",
    "Dev",
    "Esme",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Jon",
)
_LAST_NAMES = ("Example", "Placeholder", "Sample", "Specimen", "Testcase")


def person(random: Random) -> Person:
    """Return a person with an example.com address and a fictional phone number."""
    first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}@example.com".lower(),
        phone=f"+1202555{random.randint(100, 199):04d}",
        address=f"{random.randint(1, 999)} Example Street, Nowhere, NA 00000",
    )


def last4(random: Random) -> str:
    """Return the last four digits of an account number."""
    return f"{random.randrange(10_000):04d}"


def cents(random: Random, category: str) -> int:
    """Return a balance in cents.

    The balance is negative for credit, because the account holder owes it.
    """
    amount = random.randint(10_000, 2_500_000)
    return -amount if category == "credit" else amount
