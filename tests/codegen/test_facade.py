from textwrap import dedent

import pytest

from codegen.access import SpecError
from codegen.contract.normalise import contract_of
from codegen.contract.slicing import slice_of
from codegen.facade import gaps
from codegen.python.ir import facts_of
from tests.codegen.conftest import ROOT
from tests.support.tiny_spec import spec

WIDGETS = """
    from functools import partial

    from financial_connections._generated.api.widgets import list_widgets, retrieve_widget
    from financial_connections._generated.api.widgets import spin_widget as turn


    class Widgets:
        def list(self, *, owner, made, limit, starting_after, ending_before, expand, options):
            fetch = partial(list_widgets, self._sender, owner=owner, made=made, expand=expand)
            return Pager(fetch, limit=limit, options=options)

        async def retrieve(self, widget, *, expand, options):
            return await retrieve_widget(self._sender, widget, expand=expand, options=options)

        async def spin(self, widget, *, ways, until, expand, options):
            return await turn(self._sender, widget, ways=ways, until=until, expand=expand, options=options)
"""


def facts():
    return facts_of(contract_of(slice_of(spec())))


def files(change=None, **others):
    """A facade that lacks nothing, with one piece of it changed."""
    offered = {"models.py": [], "params.py": []}
    for name, one in facts()["classes"].items():
        offered[
            "models.py" if one["kind"] in {"model", "enum"} else "params.py"
        ].append(name)
    whole = {
        name: f"from financial_connections._generated.models import {', '.join(names)}\n"
        for name, names in offered.items()
    }
    whole["widgets.py"] = dedent(WIDGETS)
    if change:
        old, new = change
        assert any(old in text for text in whole.values())
        whole = {name: text.replace(old, new) for name, text in whole.items()}
    return whole | {f"{name}.py": dedent(text) for name, text in others.items()}


def test_a_facade_that_passes_everything_on_leaves_nothing_to_do():
    assert [] == gaps(facts(), files())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("await turn(", "await other("), "no facade method for spin_widget"),
        (
            ("partial(list_widgets,", "partial(other,"),
            "no facade method for list_widgets",
        ),
        (
            ("(self._sender, widget, expand", "(self._sender, expand"),
            "widgets.py: retrieve_widget is not passed widget",
        ),
        ((" made=made,", ""), "widgets.py: list_widgets is not passed made"),
        (("limit=limit, ", ""), "widgets.py: list_widgets is not passed limit"),
        ((" until=until,", ""), "widgets.py: spin_widget is not passed until"),
        (
            ("limit=limit, options=options", "limit=limit"),
            "widgets.py: list_widgets is not passed options",
        ),
        (
            ("until=until", "until=until, speed=1"),
            "widgets.py: spin_widget does not take speed",
        ),
        (
            ("import list_widgets", "import list_gadgets, list_widgets"),
            "widgets.py: list_gadgets is gone",
        ),
        (("WidgetColour, ", ""), "models.py: WidgetColour is not exported"),
        (("TimestampRange", "Range"), "params.py: TimestampRange is not exported"),
        (("TimestampRange", "Range"), "params.py: Range is gone"),
    ],
)
def test_what_the_facade_lacks_is_named(change, line):
    assert line in gaps(facts(), files(change))


def test_a_parameter_has_to_be_passed_on_by_one_method_only():
    shortcut = """
        from financial_connections._generated.api.widgets import spin_widget

        async def spin_once(sender, widget):
            return await spin_widget(sender, widget, ways=["left"])
    """
    assert [] == gaps(facts(), files(shortcut=shortcut))


def test_a_private_module_makes_no_facade():
    whole = files()
    whole["_widgets.py"] = whole.pop("widgets.py").replace(
        "made=made", "made=made, size=1"
    )
    operations = ("list_widgets", "retrieve_widget", "spin_widget")
    expected = [
        *(f"no facade method for {name}" for name in operations),
        "_widgets.py: list_widgets does not take size",
    ]
    assert expected == gaps(facts(), whole)


def test_a_method_that_passes_on_whatever_it_is_given_lacks_nothing():
    change = ("ways=ways, until=until, expand=expand, options=options", "**parameters")
    assert [] == gaps(facts(), files(change))


def test_a_facade_that_is_no_python_is_refused():
    with pytest.raises(SpecError, match=r"^broken\.py: no Python: "):
        gaps(facts(), files(broken="def"))


def test_our_own_facade_leaves_nothing_to_do(contract):
    package = ROOT / "src" / "financial_connections"
    facade = {path.name: path.read_text() for path in package.glob("*.py")}
    assert "accounts.py" in facade
    assert [] == gaps(facts_of(contract), facade)
