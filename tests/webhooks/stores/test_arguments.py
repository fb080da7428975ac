"""Arguments of event stores: which ones are rejected, and which are hidden."""

import pickle
import subprocess
import sys

import pytest

from financial_connections import ConfigurationError
from financial_connections.webhooks import (
    PostgresEventStore,
    RecentEvents,
    RedisEventStore,
    SQLiteEventStore,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RecentEvents(capacity=0), "^capacity must be"),
        (lambda: SQLiteEventStore(""), "^path must be"),
        (lambda: SQLiteEventStore(5), "^path must be"),
        (
            lambda: SQLiteEventStore("a.sqlite", table="a; DROP TABLE b"),
            "^table must be",
        ),
        (lambda: SQLiteEventStore("a.sqlite", table=None), "^table must be"),
        (lambda: SQLiteEventStore("a.sqlite", retention=0), "^retention must be"),
        (lambda: PostgresEventStore("password=hunter2 nonsense"), "^conninfo must be"),
        (lambda: PostgresEventStore(None), "^conninfo must be"),
        (lambda: PostgresEventStore("host=a", table='"a"'), "^table must be"),
        (lambda: RedisEventStore("http://:hunter2@127.0.0.1"), "^client must be"),
        (lambda: RedisEventStore(5), "^client must be"),
        (lambda: RedisEventStore("redis://127.0.0.1", prefix=5), "^prefix must be"),
        (
            lambda: RedisEventStore("redis://127.0.0.1", retention=float("nan")),
            "^retention must be",
        ),
    ],
)
def test_an_invalid_argument_is_rejected(make, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        make()
    assert caught.value.__context__ is None
    assert "hunter2" not in str(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    ("store", "extra"), [(RedisEventStore, "redis"), (PostgresEventStore, "postgres")]
)
def test_a_missing_driver_is_reported_with_the_extra_to_install(
    store, extra, monkeypatch
):
    monkeypatch.setattr(sys.modules[store.__module__], "find_spec", lambda name: None)
    with pytest.raises(
        ConfigurationError,
        match=rf"needs: pip install 'path/to/financial-connections\[{extra}\]'",
    ):
        store("")


@pytest.mark.parametrize(
    "store",
    [
        PostgresEventStore("host=a password=hunter2"),
        RedisEventStore("redis://:hunter2@a"),
    ],
)
def test_the_repr_of_a_store_has_no_password(store):
    assert "hunter2" not in repr(store) + repr(vars(store))
    with pytest.raises(TypeError):
        pickle.dumps(store)


def test_drivers_are_imported_only_when_they_are_used():
    program = "import sys, financial_connections.webhooks; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"redis", "psycopg", "sqlite3"} & {
        module.split(".")[0] for module in done.stdout.split()
    }
