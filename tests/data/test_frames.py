"""Tables of pandas and polars, which only `make extras` installs."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest

from financial_connections import AsyncClient, data
from financial_connections.models import Account, Transaction
from financial_connections.sandbox import Sandbox, serve
from financial_connections.sync import Batch
from tests.support.code_blocks import blocks_of

PAGE = Path(__file__).parents[2] / "docs/how-to/data.md"
SOME = [
    Transaction.from_dict(
        {"id": "fctxn_1", "amount": -950, "currency": "usd", "transacted_at": 7}
    ),
    Transaction.from_dict({"id": "fctxn_2", "livemode": False, "brand_new": 1}),
]


def test_a_pandas_column_has_the_same_type_in_every_table():
    pytest.importorskip(
        "pandas", reason="pandas is not installed; make extras installs it"
    )
    frame, empty = data.to_pandas(SOME), data.to_pandas([], model=Transaction)
    assert empty.dtypes.equals(frame.dtypes)
    assert ("Int64", "boolean", "string", "datetime64[us, UTC]") == tuple(
        str(frame.dtypes[name])
        for name in ("amount", "livemode", "description", "transacted_at")
    )
    assert -950 == frame.amount[0]
    assert Decimal("-9.50") == frame.amount_decimal[0]
    assert data.to_pandas([Account()]).columns[-1] == "extra"


def test_a_polars_column_has_the_same_type_in_every_table():
    pl = pytest.importorskip(
        "polars", reason="polars is not installed; make extras installs it"
    )
    frame, empty = data.to_polars(SOME), data.to_polars([], model=Transaction)
    assert empty.schema == frame.schema
    assert pl.Datetime("us", "UTC") == frame.schema["transacted_at"]
    assert Decimal("-9.50") == frame["amount_decimal"][0]
    assert data.to_polars([Account()]).columns[-1] == "extra"


def test_polars_reads_a_batch_directly():
    pl = pytest.importorskip(
        "polars", reason="polars is not installed; make extras installs it"
    )
    batch = Batch("fca_1", SOME, None, "cursor")
    assert batch.to_polars().equals(pl.DataFrame(batch))


@pytest.mark.parametrize(
    "block",
    [block for block in blocks_of(PAGE) if block.language == "py"],
    ids=lambda block: f"line {block.line}",
)
async def test_a_program_on_the_page_runs(block, capsys):
    package = "polars" if "polars" in block.code else "pandas"
    pytest.importorskip(package, reason=f"{package} is not installed")
    sandbox = Sandbox()
    async with (
        serve(sandbox) as server,
        AsyncClient(sandbox.api_key, base_url=server.url) as client,
    ):
        names = {"client": client, "sandbox": sandbox}
        for code in (block.setup, block.code):
            program = compile(code, "page", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if coroutine := eval(program, names):
                await coroutine
    assert "2023-10" in capsys.readouterr().out
