from textwrap import dedent

import pytest

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.facade import list_gaps
from codegen.files import read_handwritten
from codegen.python.parse import parse_contract
from tests.codegen.conftest import ROOT
from tests.support.tiny_spec import spec

GENERATED = "financial_connections._generated"
PACKAGE = "src/financial_connections"
WIDGETS = f"""
    from {GENERATED}.api.widgets import spin_widget as turn
    from {GENERATED}.operations.widgets import WidgetOperations


    class Widgets(WidgetOperations):
        async def spin_twice(self, widget):
            await turn(self._sender, widget, ways=["left"])
            return await turn(self._sender, widget, ways=["right"])
"""


def tiny_contract():
    return parse_contract(normalise(slice_document(spec())))


def files(change=None, **others):
    """Return a complete facade, optionally with some of its text replaced."""
    sources = {
        "models.py": f"""
            from {GENERATED}.response_types import *
            from financial_connections._decoding import Model

            def restore(): ...

            LIMIT = 3
        """,
        "widgets.py": WIDGETS,
        "__init__.py": """
            from financial_connections.models import LIMIT, Model, Widget, restore
            from elsewhere import Gadget
        """,
        **{f"{name}.py": text for name, text in others.items()},
    }
    if change:
        old, new = change
        assert any(old in text for text in sources.values())
        sources = {name: text.replace(old, new) for name, text in sources.items()}
    return {f"{PACKAGE}/{name}": dedent(text) for name, text in sources.items()}


def test_a_complete_facade_has_no_gaps():
    assert [] == list_gaps(tiny_contract(), files())


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            ("(WidgetOperations)", ""),
            ["widgets.py: no class inherits from WidgetOperations"],
        ),
        (
            ("import spin_widget", "import spin_gadget"),
            ["widgets.py: spin_gadget no longer exists"],
        ),
        (
            (" Widget, restore", " Gadget, restore"),
            ["__init__.py: Gadget no longer exists"],
        ),
        (
            ("LIMIT = 3", ""),
            ["__init__.py: LIMIT no longer exists"],
        ),
        (
            ("import *", "import Gadget"),
            ["models.py: Gadget no longer exists"],
        ),
    ],
)
def test_each_gap_of_the_facade_is_listed(change, lines):
    expected = [f"{PACKAGE}/{line}" for line in lines]
    assert expected == list_gaps(tiny_contract(), files(change))


def test_a_class_in_any_module_can_inherit_the_operations():
    sources = files(("class Widgets(WidgetOperations)", "class Widgets"))
    sources[f"{PACKAGE}/gadgets/wheels.py"] = (
        f"from {GENERATED}.operations.widgets import WidgetOperations as Base\n"
        "class Wheels(Base): pass\n"
    )
    assert [] == list_gaps(tiny_contract(), sources)


def test_all_modules_are_checked_for_names_that_no_longer_exist():
    sources = files()
    for path in (f"{PACKAGE}/_sync/ledger.py", "examples/spinning.py"):
        sources[path] = f"from {GENERATED}.api.widgets import list_gadgets\n"
        assert [f"{path}: list_gadgets no longer exists"] == list_gaps(
            tiny_contract(), sources
        )
        del sources[path]


def test_types_that_select_overloads_can_be_imported():
    sources = files()
    sources[f"{PACKAGE}/gears.py"] = (
        f"from {GENERATED}.operations.widgets import ExpandToWidgetWithOwner\n"
        f"from {GENERATED} import API_VERSION, operations\n"
    )
    assert [] == list_gaps(tiny_contract(), sources)


def test_a_facade_that_is_not_python_is_rejected():
    message = r"^src/financial_connections/broken\.py: not valid Python: "
    with pytest.raises(SpecError, match=message):
        list_gaps(tiny_contract(), files(broken="def"))


def test_our_own_facade_has_no_gaps(contract):
    facade = read_handwritten(ROOT)
    assert {f"{PACKAGE}/accounts.py", "README.md", "docs/tutorial.md"} <= facade.keys()
    assert not [name for name in facade if "_generated" in name or "/000" in name]
    assert [] == list_gaps(parse_contract(contract), facade)
