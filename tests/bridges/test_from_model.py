import enum
import importlib
from typing import Literal

import mesa
import pytest

import mesa_doe as doe
from mesa_doe.bridges import space_from_model


class Order(enum.Enum):
    RANDOM = 1
    FIXED = 2


class Slider:
    """Has what a slider of Mesa has."""

    def __init__(self, label, value, min, max, step=1):  # noqa: A002
        self.label, self.value, self.min, self.max, self.step = label, value, min, max, step
        self.is_float_slider = any(isinstance(number, float) for number in (value, min, max, step))


class Model(mesa.Model):
    def __init__(
        self,
        width=20,
        density: float = 0.5,
        torus=True,
        watched: bool = False,
        order: Order = Order.RANDOM,
        kind: Literal["a", "b"] = "a",
        only: Literal["a"] = "a",
        walls: list | None = None,
        sizes=(1, 2),
        rule=len,
        rng=None,
    ):
        super().__init__(rng=rng)


def test_the_signature_tells_truths_and_levels_and_the_rest_is_constant():
    space = space_from_model(Model)
    assert dict(space.axes) == {
        "torus": doe.Boolean(),
        "watched": doe.Boolean(),
        "order": doe.Categorical(list(Order)),
        "kind": doe.Categorical(["a", "b"]),
    }
    # Neither the seed nor what is no plain value: the model has it all the same.
    assert dict(space.constants) == {"width": 20, "density": 0.5, "only": "a", "walls": None}


def test_controls_give_ranges_and_axes_come_before_them():
    params = {
        "rng": {"type": "InputText", "value": 42, "label": "Random Seed"},
        "width": {"type": "SliderInt", "value": 20, "min": 10, "max": 50, "step": 10},
        "density": Slider("Density", 0.5, 0.1, 0.9, 0.1),
        "torus": {"type": "Checkbox", "value": True},
        "watched": False,
        "order": Order.FIXED,
        "kind": {"type": "Select", "value": "a", "values": ["a", "b", "c"]},
        "walls": [1, 2],
        "sizes": Slider("Size", 3, 1, 4),
        "rule": {"type": "InputText", "value": "len"},
    }
    space = space_from_model(Model, params, kind=doe.Categorical(["b", "c"]), watched=doe.Boolean())
    assert dict(space.axes) == {
        "width": doe.Integer(10, 50),
        "density": doe.Real(0.1, 0.9),
        "torus": doe.Boolean(),
        "watched": doe.Boolean(),
        "kind": doe.Categorical(["b", "c"]),
        "sizes": doe.Integer(1, 4),
    }
    assert dict(space.constants) == {"order": Order.FIXED, "only": "a", "walls": [1, 2], "rule": "len"}


def test_a_select_of_truths_is_a_switch_and_one_of_one_value_a_constant():
    params = {
        "torus": {"type": "Select", "value": True, "values": [True, False]},
        "kind": {"type": "Select", "value": "a", "values": ["a"]},
        "width": {"type": "SliderFloat", "value": 1, "min": 1, "max": 1},
        "walls": {"north": 1},
    }
    space = space_from_model(Model, params)
    assert space.axes["torus"] == doe.Boolean()
    assert space.constants["kind"] == "a"
    assert space.constants["width"] == 1
    assert space.constants["walls"] == {"north": 1}


def test_every_name_and_control_that_is_wrong_is_told():
    params = {
        "widht": 3,
        "density": {"type": "Dial", "value": 1},
        "width": {"type": "SliderInt", "value": 1, "max": 3},
        "kind": {"type": "Select", "value": "a"},
    }
    with pytest.raises(doe.SpaceError, match=r"\(5\)") as caught:
        space_from_model(Model, params, densty=doe.Real(0, 1))
    for text in (
        "no parameter 'widht': did you mean 'width'?",
        "no parameter 'densty': did you mean 'density'?",
        "'density': a control of type 'Dial' is not known",
        "'width': the SliderInt has no min",
        "'kind': the Select has no values",
    ):
        assert text in str(caught.value)


def test_what_has_neither_default_nor_range_is_asked_for():
    def model(x, n=3):
        return {"y": x}

    with pytest.raises(doe.SpaceError, match="needs 'x'"):
        space_from_model(model)
    assert dict(space_from_model(model, x=doe.Real(0, 1)).constants) == {"n": 3}


def test_the_space_runs():
    space = space_from_model(Model, width=doe.Integer(1, 3))
    design = doe.latin_hypercube(space, 4, rng=1)
    runs = design.configurations(
        Model, rng=1, max_steps=1, outputs={"agents_left": lambda model: len(model.agents)}
    )
    assert (doe.BatchRunner(runs).run_all().runs["status"] == "ok").all()


def test_a_scenario_is_read_too():
    scenarios = pytest.importorskip("mesa.experimental.scenarios")

    class Rain(scenarios.Scenario):
        amount: float = 0.5
        acid: bool = False
        kind: Literal["drizzle", "storm"] = "storm"

    class Weather(mesa.Model):
        def __init__(self, width=3, scenario: Rain = Rain):
            super().__init__(scenario=scenario)

    space = space_from_model(Weather, amount=doe.Real(0, 1))
    assert space.names == ("amount", "acid", "kind")
    assert dict(space.constants) == {"width": 3}
    with pytest.raises(doe.SpaceError, match="did you mean 'amount'"):
        space_from_model(Weather, amont=1)


def test_an_annotation_of_a_scenario_that_cannot_be_read_hides_no_other():
    scenarios = pytest.importorskip("mesa.experimental.scenarios")

    class Rain(scenarios.Scenario):
        kind: Literal["drizzle", "storm"] = "storm"
        cloud: "NotHere" = 3  # noqa: F821 - as of a name imported under TYPE_CHECKING

    class Weather(mesa.Model):
        def __init__(self, scenario: Rain = Rain):
            super().__init__(scenario=scenario)

    space = space_from_model(Weather)
    assert dict(space.axes) == {"kind": doe.Categorical(["drizzle", "storm"])}
    assert dict(space.constants) == {"cloud": 3}


EXAMPLES = [
    ("basic.boltzmann_wealth_model", "BoltzmannWealth", {"n": doe.Integer(10, 100)}),
    ("basic.schelling", "Schelling", {"homophily": doe.Real(0.0, 1.0)}),
    ("basic.conways_game_of_life", "ConwaysGameOfLife", {"initial_fraction_alive": doe.Real(0, 1)}),
    ("advanced.wolf_sheep", "WolfSheep", {"grass": doe.Boolean(), "initial_sheep": doe.Integer(10, 300)}),
    ("advanced.epstein_civil_violence", "EpsteinCivilViolence", {"cop_density": doe.Real(0.0, 0.1)}),
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "model", "expected"), EXAMPLES)
def test_the_examples_of_mesa_are_read(name, model, expected):
    pytest.importorskip("solara")
    app = importlib.import_module(f"mesa.examples.{name}.app")
    model_cls = getattr(importlib.import_module(f"mesa.examples.{name}.model"), model)
    space = space_from_model(model_cls, app.model_params)
    assert expected.items() <= dict(space.axes).items()
    assert {"rng", "seed"}.isdisjoint({*space.names, *space.constants})


@pytest.mark.parametrize(("name", "model", "expected"), EXAMPLES)
def test_the_examples_of_mesa_are_read_without_their_app(name, model, expected):
    model_cls = getattr(importlib.import_module(f"mesa.examples.{name}.model"), model)
    space = space_from_model(model_cls, **expected)
    assert expected.items() <= dict(space.axes).items()
