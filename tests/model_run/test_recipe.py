"""How a model is called: keywords, seeds, scenarios, and what is refused before any run."""

import functools
import sys
import types

import mesa
import mesa.model
import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.model_run import check_names, recipe_of

SEED = 2**127 + 5
with_scenarios = pytest.mark.skipif(
    not hasattr(mesa.model, "Scenario"), reason="Scenario came with Mesa 3.5; below there is none to find"
)


def run(model_cls, seed=SEED, **settings):
    settings = {"max_steps": 3, "data_collection_period": 1, **settings}
    return doe.run(doe.RunConfiguration(model_cls, run_id=0, seed=seed, **settings))


def same(model):
    """Return what tells the stream of a model, and its parameters."""
    return {"draw": model.random.random(), "more": model.rng.random()}


class Keywords(mesa.Model):
    def __init__(self, width=3, height=4, rng=None):
        super().__init__(rng=rng)
        self.size = (width, height)


class Seeded(mesa.Model):
    def __init__(self, width=3, seed=None):
        super().__init__(rng=seed)
        self.size, self.given = (width,), seed


class Unseeded(mesa.Model):
    def __init__(self, width=3):
        super().__init__()
        self.size = (width,)


class PassesOn(mesa.Model):
    def __init__(self, width=3, **kwargs):
        super().__init__(**kwargs)
        self.size = (width,)


class Inherits(mesa.Model):
    def step(self):
        self.drawn = self.random.random()


class ChildOfSeeded(Seeded):
    def __init__(self, extra=1, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


class GrandChildOfSeeded(ChildOfSeeded):
    def __init__(self, more=1, **kwargs):
        super().__init__(**kwargs)


class SeedAndOthers(mesa.Model):
    """Its keywords end here: only the seed that it names reaches Mesa."""

    def __init__(self, seed=None, **options):
        super().__init__(rng=seed)
        self.options = options


# --- where the seed goes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model_cls", "keyword"),
    [
        (Keywords, "rng"),
        (Seeded, "seed"),
        (Unseeded, None),
        (PassesOn, "rng"),
        (Inherits, "rng"),
        (ChildOfSeeded, "seed"),
        (GrandChildOfSeeded, "seed"),
        (SeedAndOthers, "seed"),
        (functools.partial(Seeded, width=9), "seed"),
        (lambda x: {"y": x}, None),
        (lambda x, seed: {"y": x}, "seed"),
        (lambda x, rng: {"y": x}, "rng"),
        (lambda x, seed=None, rng=None: {"y": x}, "seed"),
    ],
)
def test_the_seed_goes_to_the_keyword_that_takes_it(model_cls, keyword):
    assert recipe_of(model_cls).seed_keyword == keyword


@pytest.mark.parametrize(
    "model_cls", [Keywords, Seeded, PassesOn, Inherits, ChildOfSeeded, GrandChildOfSeeded, SeedAndOthers]
)
def test_a_seeded_model_has_the_stream_of_one_made_by_hand(model_cls):
    by_hand = Keywords(rng=SEED)
    expected = same(by_hand)
    for _ in range(2):
        record = run(model_cls, max_steps=0, outputs=same)
        assert record.model.loc[0, ["draw", "more"]].to_dict() == expected
        assert record.notes == ()
    assert run(model_cls, seed=SEED + 1, max_steps=0, outputs=same).model["draw"][0] != expected["draw"]


def test_a_model_without_seed_is_run_and_said_to_be_unrepeatable():
    notes = run(Unseeded, outputs=lambda model: {"n": 0}).notes
    assert len(notes) == 1
    assert "cannot be seeded" in notes[0]
    assert run(Unseeded, seed=None, outputs=lambda model: {"n": 0}).notes == ()


@pytest.mark.parametrize("seed", [SEED, np.int64(7), np.uint64(2**63 + 1)])
def test_seeds_arrive_as_plain_ints(seed):
    seen = []

    def function(x, seed):
        seen.append(seed)
        return {"y": x}

    def look(model):
        seen.append(model.given)
        return {"y": 0}

    run(function, seed=seed, parameters={"x": 1})
    run(Seeded, seed=seed, outputs=look, max_steps=0)
    assert seen == [int(seed)] * 2
    assert [type(value) for value in seen] == [int, int]


def test_a_function_gets_rng_as_a_fresh_generator():
    def function(x, rng):
        return {"kind": type(rng).__name__, "draw": rng.random()}

    expected = {"kind": "Generator", "draw": np.random.default_rng(SEED).random()}
    for _ in range(2):
        assert run(function, parameters={"x": 1}).model.loc[0, ["kind", "draw"]].to_dict() == expected


# --- callables of all sorts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model_cls", [Keywords, functools.partial(Keywords, height=9)])
def test_parameters_reach_the_constructor(model_cls):
    record = run(
        model_cls,
        parameters={"width": 7},
        max_steps=0,
        outputs=lambda model: dict(zip("wh", model.size, strict=True)),
    )
    height = 4 if model_cls is Keywords else 9
    assert record.model.loc[0, ["w", "h"]].tolist() == [7, height]


def test_a_factory_may_return_a_model():
    def make(width, rng=None):
        return Keywords(width=width, rng=rng)

    record = run(make, parameters={"width": 5}, outputs=lambda model: {"w": model.size[0]}, max_steps=4)
    assert record.steps == 4
    assert record.model["w"].tolist() == [5] * 5


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b=2: {"y": a + b},
        lambda parameters: {"y": parameters["a"] + parameters.get("b", 2)},
        lambda params, seed: {"y": params["a"] + 2},
        lambda mapping, /: {"y": mapping["a"] + 2},
        lambda parameters, scale=1: {"y": scale * (parameters["a"] + 2)},
        lambda parameters, **others: {"y": parameters["a"] + 2},
        lambda **parameters: {"y": parameters["a"] + 2},
        lambda **params: {"y": params["a"] + 2},
        lambda *params, a: {"y": a + 2},
    ],
)
def test_functions_take_keywords_or_one_mapping(function):
    record = run(function, parameters={"a": 3})
    assert record.model.to_dict("list") == {"run_id": [0], "step": [0], "y": [5]}


def test_a_function_cannot_change_the_parameters_of_its_configuration():
    def function(parameters):
        parameters["a"] = 99
        return {"y": 1}

    parameters = {"a": 3}
    run(function, parameters=parameters)
    assert parameters == {"a": 3}


def test_a_callable_object_and_a_builtin_are_functions_too():
    class Doubles:
        def __call__(self, x):
            return {"y": 2 * x}

    assert run(Doubles(), parameters={"x": 2}).model["y"].tolist() == [4]
    assert run(dict, parameters={"y": 2}).model["y"].tolist() == [2]


def test_positional_only_arguments_are_refused():
    with pytest.raises(doe.ConfigurationError, match="positional-only"):
        recipe_of(lambda x, y, /: {"y": x})


class ByPosition(mesa.Model):
    def __init__(self, a, b, /, rng=None):
        super().__init__(rng=rng)


class MaybeByPosition(mesa.Model):
    def __init__(self, a=1, /, c=2, rng=None):
        super().__init__(rng=rng)


def test_a_model_that_takes_positional_only_arguments_says_which():
    with pytest.raises(doe.ConfigurationError, match=r"^ByPosition takes a, b as positional-only"):
        recipe_of(ByPosition)


def by_place(*args):
    return {"y": args[0]}


@pytest.mark.parametrize(
    ("taker", "words"),
    [
        (by_place, r"no parameter 'a': it takes \*args by position only, and .* are given by name$"),
        (
            MaybeByPosition,
            r"no parameter 'a': it takes a by position only, and .* by name; by name it takes c$",
        ),
    ],
)
def test_a_parameter_that_can_only_be_given_by_position_is_refused_as_such(taker, words):
    with pytest.raises(doe.ConfigurationError, match=words):
        run(taker, parameters={"a": 1}, outputs=len)


# --- names --------------------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_refused_with_the_close_match():
    with pytest.raises(
        doe.ConfigurationError,
        match=r"^Keywords takes no parameter 'widht': did you mean 'width'\? it takes height, width$",
    ):
        run(Keywords, parameters={"widht": 3}, outputs=len)


def test_all_wrong_names_are_told_at_once_before_anything_runs():
    def function(density, radius):
        raise AssertionError

    with pytest.raises(doe.ConfigurationError) as caught:
        run(function, parameters={"densty": 1, "zzz": 2})
    message = str(caught.value)
    assert message.splitlines()[0] == "function cannot be built (3):"
    assert "no parameter 'densty': did you mean 'density'?" in message
    assert "no parameter 'zzz': it takes density, radius" in message
    assert "function needs 'density', 'radius'" in message


def test_a_model_without_parameters_says_so():
    with pytest.raises(
        doe.ConfigurationError, match="Inherits takes no parameter 'a': it takes no parameters"
    ):
        run(Inherits, parameters={"a": 1}, outputs=len)


@pytest.mark.parametrize(("model_cls", "name"), [(Keywords, "rng"), (Seeded, "seed"), (PassesOn, "rng")])
def test_the_seed_cannot_be_a_parameter_too(model_cls, name):
    with pytest.raises(doe.ConfigurationError, match=f"{name} from the configuration's seed"):
        check_names(recipe_of(model_cls), [name])


def test_a_function_without_seed_may_have_any_parameter():
    record = run(lambda **values: {"y": values["seed"]}, parameters={"seed": 5})
    assert record.model["y"].tolist() == [5]


def test_keywords_that_are_passed_on_are_not_judged_but_missing_ones_are():
    class Needs(PassesOn):
        def __init__(self, depth, **kwargs):
            super().__init__(**kwargs)

    recipe = recipe_of(Needs)
    assert recipe.problems(["depth", "width"]) == []
    assert recipe.problems(["width"]) != []


# --- a parameter that only happens to be called scenario ----------------------------------------------------


def test_a_function_may_have_a_parameter_named_scenario():
    def climate(scenario, x, seed):
        return {"y": f"{scenario}{x}"}

    record = run(climate, parameters={"scenario": "rcp45", "x": 1})
    assert record.model["y"].tolist() == ["rcp451"]
    with pytest.raises(doe.ConfigurationError, match="needs 'scenario'"):
        run(climate, parameters={"x": 1})


@pytest.mark.parametrize("annotated", [True, False])
def test_a_model_may_have_a_plain_parameter_named_scenario(annotated):
    class Climate(mesa.Model):
        def __init__(self, scenario="baseline", rng=None):
            super().__init__(rng=rng)
            self.name = scenario

    if annotated:
        Climate.__init__.__annotations__["scenario"] = str
    record = run(
        Climate, parameters={"scenario": "rcp85"}, outputs=lambda model: {"s": model.name}, max_steps=0
    )
    assert record.model["s"].tolist() == ["rcp85"]


# --- scenarios ----------------------------------------------------------------------------------------------

HEAD = """
import functools
from typing import TYPE_CHECKING
import mesa
from mesa.experimental.scenarios import Scenario

class Densities(Scenario):
    density: float = 0.5
    radius: int = 1

class Others(Scenario):
    colour: str = "red"
"""
STEP = """
        self.datacollector = mesa.DataCollector({
            "density": lambda m: m.scenario.density, "radius": lambda m: m.scenario.radius,
            "draw": lambda m: m.random.random(), "more": lambda m: m.rng.random()})
        self.datacollector.collect(self)
"""
FOUND = {
    "annotation": """
class Town(mesa.Model):
    def __init__(self, scenario: Densities | None = None):
        super().__init__(scenario=scenario)
""",
    "annotation beside one that cannot be read": """
class Town(mesa.Model):
    def __init__(self, scenario: "Densities" = None, other: "Nowhere" = None):
        super().__init__(scenario=scenario)
""",
    "default class": """
class Town(mesa.Model):
    def __init__(self, scenario=Densities):
        super().__init__(scenario=scenario)
""",
    "default instance": """
class Town(mesa.Model):
    def __init__(self, scenario=Densities()):
        super().__init__(scenario=scenario)
""",
    "default instance of an annotated base": """
class Town(mesa.Model):
    def __init__(self, scenario: Scenario = Densities()):
        super().__init__(scenario=scenario)
""",
    "generic type argument": """
class Town(mesa.Model[mesa.Agent, Densities]):
    def __init__(self, scenario=None):
        super().__init__(scenario=scenario)
""",
    "generic type argument of a base": """
class Base(mesa.Model[mesa.Agent, Densities]):
    pass
class Town(Base):
    def __init__(self, scenario=None):
        super().__init__(scenario=scenario)
""",
    "its name beside the model": """
class TownScenario(Densities):
    pass
class Town(mesa.Model):
    def __init__(self, scenario=None):
        super().__init__(scenario=scenario)
""",
    "its name beside a model annotated with Mesa's own class": """
class TownScenario(Densities):
    pass
class Town(mesa.Model):
    def __init__(self, scenario: Scenario | None = None):
        super().__init__(scenario=scenario)
""",
    "mixed with keywords": """
class Town(mesa.Model):
    def __init__(self, width=3, *, scenario: Densities = None):
        super().__init__(scenario=scenario)
""",
    "keywords passed on to a base": """
class Base(mesa.Model):
    def __init__(self, scenario: Densities = None):
        super().__init__(scenario=scenario)
class Town(Base):
    def __init__(self, width=3, **kwargs):
        super().__init__(**kwargs)
""",
}


@pytest.fixture
def module_of(monkeypatch):
    def make(code, name="a_module_of_scenarios"):
        module = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(code, vars(module))
        return module

    return make


@with_scenarios
@pytest.mark.parametrize("way", FOUND)
def test_the_scenario_class_is_found(way, module_of):
    module = module_of(HEAD + FOUND[way] + STEP)
    record = run(module.Town, parameters={"density": 0.8}, max_steps=0)
    by_hand = module.Town(scenario=module.Densities(rng=SEED, density=0.8))
    expected = {name: values[-1] for name, values in by_hand.datacollector.model_vars.items()}
    assert expected["density"] == 0.8
    assert record.model.iloc[-1].drop(["run_id", "step"]).to_dict() == expected


@with_scenarios
@pytest.mark.parametrize("way", FOUND)
def test_names_that_the_scenario_lacks_are_refused(way, module_of):
    recipe = recipe_of(module_of(HEAD + FOUND[way] + STEP).Town)
    assert recipe.problems(["density", "radius"]) == []
    if "passed on" not in way:
        assert "did you mean 'density'?" in recipe.problems(["densty"])[0]
    assert "'scenario' cannot be a parameter too" in recipe.problems(["scenario"])[0]


@with_scenarios
def test_a_single_scenario_beside_the_model_or_its_base_is_found(module_of):
    base = module_of(
        HEAD.split("class Others")[0] + FOUND["its name beside the model"].split("pass\n")[1] + STEP
    )
    child = module_of("from a_module_of_scenarios import Town\nclass Village(Town): pass\n", "elsewhere")
    for model_cls in (base.Town, child.Village):
        assert recipe_of(model_cls).scenario_cls is base.Densities
    assert recipe_of(functools.partial(base.Town)).scenario_cls is base.Densities


@with_scenarios
def test_an_ambiguous_scenario_is_refused_with_the_names(module_of):
    module = module_of(HEAD + FOUND["its name beside the model"].split("pass\n")[1] + STEP)
    with pytest.raises(doe.ConfigurationError, match=r"has Densities, Others\): name it with scenario_cls="):
        recipe_of(module.Town)
    record = run(module.Town, scenario_cls=module.Densities, parameters={"radius": 4}, max_steps=0)
    assert record.model["radius"].tolist() == [4]


@with_scenarios
def test_scenario_cls_for_a_model_without_scenario_is_refused(module_of):
    module = module_of(HEAD)
    with pytest.raises(doe.ConfigurationError, match="Seeded takes no scenario"):
        recipe_of(Seeded, module.Densities)


@with_scenarios
@pytest.mark.parametrize("through_partial", [False, True])
def test_the_values_of_a_default_instance_are_kept(through_partial, module_of):
    default = "None" if through_partial else "Densities(density=0.9)"
    code = FOUND["default instance"].replace("Densities()", default)
    module = module_of(HEAD + code + STEP)
    town = module.Town
    if through_partial:
        town = functools.partial(town, scenario=module.Densities(density=0.9))
    assert run(town, max_steps=0).model["density"].tolist() == [0.9]
    given = run(town, max_steps=0, parameters={"density": 0.2, "radius": 6}).model
    assert given.loc[0, ["density", "radius"]].tolist() == [0.2, 6]


@with_scenarios
def test_each_run_gets_a_scenario_of_its_own(module_of):
    module = module_of(HEAD + FOUND["default instance"] + STEP)
    first, second = (run(module.Town, max_steps=0).model for _ in range(2))
    assert first.equals(second)


@with_scenarios
def test_fields_need_no_annotation_and_those_without_value_are_required(module_of):
    module = module_of(
        HEAD
        + """
class Mixed(Scenario):
    density: float
    radius = 2
    @property
    def area(self): return self.radius ** 2
    def method(self): pass
class Town(mesa.Model):
    def __init__(self, scenario: Mixed = None):
        super().__init__(scenario=scenario)
"""
        + STEP
    )
    recipe = recipe_of(module.Town)
    assert recipe.scenario_names == {"density", "radius"}
    assert "Town needs 'density'" in recipe.problems(["radius"])[0]
    assert "it takes density, radius" in recipe.problems(["density", "area"])[0]
    series = run(module.Town, parameters={"density": 0.1, "radius": 3}, max_steps=0).model
    assert series.loc[0, ["density", "radius"]].tolist() == [0.1, 3]


@with_scenarios
def test_a_scenario_with_a_constructor_takes_its_arguments(module_of):
    module = module_of(
        HEAD
        + """
class Made(Scenario):
    def __init__(self, density, radius=1, *, rng=None):
        super().__init__(rng=rng, density=density, radius=radius)
class Town(mesa.Model):
    def __init__(self, scenario: Made = None):
        super().__init__(scenario=scenario)
"""
        + STEP
    )
    recipe = recipe_of(module.Town)
    assert len(recipe.problems(["raduis"])) == 2
    assert run(module.Town, parameters={"density": 0.1}, max_steps=0).model["density"].tolist() == [0.1]


@with_scenarios
def test_mesas_own_scenario_holds_whatever_it_is_given(module_of):
    code = FOUND["annotation"].replace("Densities", "Scenario")
    module = module_of(HEAD.split("class Densities")[0] + code + STEP)
    series = run(module.Town, parameters={"density": 0.3, "radius": 5}, max_steps=0).model
    assert series.loc[0, ["density", "radius"]].tolist() == [0.3, 5]


@with_scenarios
def test_parameters_are_routed_to_the_constructor_or_the_scenario(module_of):
    code = FOUND["mixed with keywords"] + STEP.replace(
        '"radius": lambda', '"w": lambda m: width, "radius": lambda'
    )
    module = module_of(HEAD + code)
    series = run(module.Town, parameters={"width": 8, "density": 0.3}, max_steps=0).model
    assert series.loc[0, ["w", "density", "radius"]].tolist() == [8, 0.3, 1]


@with_scenarios
def test_a_numpy_seed_reaches_a_scenario(module_of):
    module = module_of(HEAD + FOUND["annotation"] + STEP)
    plain, other = (run(module.Town, seed=seed, max_steps=0).model for seed in (7, np.int64(7)))
    assert plain.equals(other)


# --- simulators of Mesa 3 -----------------------------------------------------------------------------------


def test_a_simulator_is_found_by_its_annotation():
    devs = pytest.importorskip("mesa.experimental.devs")
    if not hasattr(devs, "ABMSimulator"):
        pytest.skip("simulators are gone")

    class Clockwork(mesa.Model):
        def __init__(self, simulator: "devs.ABMSimulator" = None, rng=None):
            super().__init__(rng=rng)

    Clockwork.__init__.__annotations__["simulator"] = devs.ABMSimulator
    recipe = recipe_of(Clockwork)
    assert recipe.simulator == ("simulator", devs.ABMSimulator)
    assert "cannot be a parameter" in recipe.problems(["simulator"])[0]
