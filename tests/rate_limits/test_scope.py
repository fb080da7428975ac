"""The queue of requests that wait for a permit."""

import anyio
from hypothesis import given
from hypothesis import strategies as st

from financial_connections._rate_limits.rate import AdaptiveRate
from financial_connections._rate_limits.scope import Scope
from tests.support.virtual_time import run_in_virtual_time

VISITS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.none() | st.integers(0, 10)),
    max_size=15,
)


@given(backend=st.sampled_from(["asyncio", "trio"]), visits=VISITS)
def test_one_task_at_a_time_passes_in_the_order_of_arrival(backend, visits):
    """Each visit begins at a time, takes a while, and may be cancelled."""
    scope, arrived, passed, at_head = Scope(AdaptiveRate(25)), [], [], []

    async def visit(number, seconds, patience):
        arrived.append(number)
        with anyio.move_on_after(patience):
            async with scope.head_of_queue():
                passed.append(number)
                assert [] == at_head
                at_head.append(number)
                try:
                    await anyio.sleep(seconds)
                finally:
                    at_head.clear()

    async def main():
        async with anyio.create_task_group() as tasks:
            for number, (starts_after, seconds, patience) in enumerate(visits):
                await anyio.sleep(starts_after)
                tasks.start_soon(visit, number, seconds, patience)

    run_in_virtual_time(backend, main)

    assert 0 == scope.waiting
    assert passed == [number for number in arrived if number in passed]
    patient = {number for number, visit in enumerate(visits) if visit[2] is None}
    assert patient <= set(passed)
