"""Names and numbers that nobody can take for real ones."""

from random import Random

from attrs import frozen

from financial_connections.sandbox.records import Person


@frozen
class Bank:
    """An institution to link accounts at, in one country."""

    name: str
    country: str


BANKS = (
    Bank("Example Bank", "US"),
    Bank("Sandcastle Savings", "US"),
    Bank("Make-Believe Credit Union", "US"),
    Bank("Nowhere Provincial Bank", "CA"),
)

_FIRST_NAMES = ("Ada", "Ben", "Chloe", "Dev", "Esme", "Finn", "Gia", "Hugo", "Ines", "Jon")
_LAST_NAMES = ("Example", "Placeholder", "Sample", "Specimen", "Testcase")
_PURPOSES = (
    "Coffee at the Imaginary Café",
    "Groceries, Pretend Foods",
    "Rent, Sandbox Street",
    "Salary, Fictional Works Ltd",
    "Train ticket, Nowhere Line",
    "Streaming, Made-Up Movies",
    "Transfer to a figment",
    "Refund from a fantasy",
)


def person(random: Random) -> Person:
    """Return somebody with an example.com address and a telephone number kept free for fiction."""
    first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}@example.com".lower(),
        phone=f"+1202555{random.randint(100, 199):04d}",
        address=f"{random.randint(1, 999)} Example Street, Nowhere, NA 00000",
    )


def last4(random: Random) -> str:
    """Return the end of an account number."""
    return f"{random.randrange(10_000):04d}"


def payment(random: Random) -> tuple[int, str]:
    """Return the amount in cents (negative: money going out) and the description of a transaction."""
    amount = random.randint(-25_000, 12_000) or 1
    return amount, _PURPOSES[random.randrange(len(_PURPOSES))]


def cents(random: Random, category: str) -> int:
    """Return a balance in cents; what is on credit is owed by the account holder, so negative."""
    amount = random.randint(10_000, 2_500_000)
    return -amount if category == "credit" else amount
