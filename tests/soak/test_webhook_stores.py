"""Four processes receive a thousand events twice each and handle each event once."""

import pytest

from tests.webhooks.stores.test_workers import SHARED_STORES, handle_in_four_processes


@pytest.mark.parametrize("name", SHARED_STORES)
def test_four_processes_handle_a_thousand_events_once(name, servers, tmp_path):
    results = handle_in_four_processes(name, servers, tmp_path, 1_000)
    handled = [event for result in results for event in result["handled"]]
    assert sorted(f"evt_{n}" for n in range(1_000)) == sorted(handled)
    assert [2_000] * 4 == [result["statuses"]["200"] for result in results]
