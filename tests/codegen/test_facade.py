from textwrap import dedent

import pytest

from codegen.access import SpecError
from codegen.contract.normalise import normalise
from codegen.contract.slicing import slice_document
from codegen.facade import list_gaps
from codegen.files import read_facade
from codegen.python.parse import parse_contract
from tests.codegen.conftest import ROOT
from tests.support.tiny_spec import spec

GENERATED = "financial_connections._generated"
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
    exported = {"models.py": ["WidgetWithOwner"], "params.py": []}
    for name, schema in tiny_contract().classes.items():
        exported["params.py" if schema.in_request else "models.py"].append(name)
    sources = {
        name: f"from {GENERATED}.models import {', '.join(names)}\n"
        for name, names in exported.items()
    }
    sources["widgets.py"] = dedent(WIDGETS)
    if change:
        old, new = change
        assert any(old in text for text in sources.values())
        sources = {name: text.replace(old, new) for name, text in sources.items()}
    return sources | {f"{name}.py": dedent(text) for name, text in others.items()}


def test_a_complete_facade_has_no_gaps():
    assert [] == list_gaps(tiny_contract(), files())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("(WidgetOperations)", ""),
            "widgets.py: no class inherits from WidgetOperations",
        ),
        (
            ("import spin_widget", "import spin_gadget"),
            "widgets.py: spin_gadget no longer exists",
        ),
        (("WidgetColour, ", ""), "models.py: WidgetColour is not exported"),
        (("WidgetWithOwner, ", ""), "models.py: WidgetWithOwner is not exported"),
        (("TimestampRange", "Range"), "params.py: TimestampRange is not exported"),
        (("TimestampRange", "Range"), "params.py: Range no longer exists"),
    ],
)
def test_each_gap_of_the_facade_is_listed(change, line):
    assert line in list_gaps(tiny_contract(), files(change))


def test_a_class_in_any_module_can_inherit_the_operations():
    sources = files(("class Widgets(WidgetOperations)", "class Widgets"))
    sources["gadgets/wheels.py"] = (
        f"from {GENERATED}.operations.widgets import WidgetOperations as Base\n"
        "class Wheels(Base): pass\n"
    )
    assert [] == list_gaps(tiny_contract(), sources)


def test_private_modules_are_checked_for_names_that_no_longer_exist():
    sources = files()
    sources["_sync/ledger.py"] = f"from {GENERATED}.api.widgets import list_gadgets\n"
    expected = ["_sync/ledger.py: list_gadgets no longer exists"]
    assert expected == list_gaps(tiny_contract(), sources)


def test_types_that_select_overloads_can_be_imported():
    sources = files()
    sources["gears.py"] = (
        f"from {GENERATED}.operations.widgets import ExpandToWidgetWithOwner\n"
        f"from {GENERATED} import API_VERSION, operations\n"
    )
    assert [] == list_gaps(tiny_contract(), sources)


def test_a_facade_that_is_not_python_is_rejected():
    with pytest.raises(SpecError, match=r"^broken\.py: not valid Python: "):
        list_gaps(tiny_contract(), files(broken="def"))


def test_our_own_facade_has_no_gaps(contract):
    facade = read_facade(ROOT)
    assert "accounts.py" in facade
    assert not [name for name in facade if "_generated" in name]
    assert [] == list_gaps(parse_contract(contract), facade)
