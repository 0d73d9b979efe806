import pickle
import tracemalloc
from collections.abc import Sequence

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.configurations import BOOKKEEPING, Configurations, RunConfiguration, column_names
from mesa_doe.errors import ConfigurationError
from mesa_doe.samplers import explicit, full_factorial, latin_hypercube, sobol
from mesa_doe.seeding import SeedPlan
from mesa_doe.space import Boolean, Categorical, Constant, Discrete, Integer, ParameterSpace, Real

LEVEL = [1, 2]
SITES = [3, 4]
SPACE = ParameterSpace(
    x=Real(0, 1),
    n=Integer(1, 4),
    size=Discrete([1, 10]),
    kind=Categorical(["a", LEVEL, None]),
    switch=Boolean(),
    law=stats.beta(2, 5),
    count=stats.poisson(3),
    width=20,
    name="z",
    sites=Constant(SITES),
)
POINTS = 7


def model(**parameters):
    return parameters


def configurations_of(replications=3, policy="independent", points=POINTS, **settings):
    design = latin_hypercube(SPACE, points, rng=1)
    return design.configurations(model, rng=2, replications=replications, seed_policy=policy, **settings)


def identity(run):
    return (run.run_id, run.point, run.iteration, run.seed, repr(run.parameters))


def test_it_is_a_sequence_of_points_times_replications():
    runs = configurations_of(3)
    assert isinstance(runs, Sequence)
    assert len(runs) == 21
    assert bool(runs)
    assert [run.run_id for run in runs] == list(range(21))
    assert [run.point for run in runs] == [k // 3 for k in range(21)]
    assert [run.iteration for run in runs] == [k % 3 for k in range(21)]
    assert all(isinstance(run, RunConfiguration) for run in runs)


def test_the_settings_are_those_of_every_run():
    runs = configurations_of(max_steps=np.int64(7), data_collection_period=2, outputs=len, scenario_cls=dict)
    for run in runs:
        assert (run.model_cls, run.max_steps, run.data_collection_period) == (model, 7, 2)
        assert (run.outputs, run.scenario_cls) == (len, dict)
        assert type(run.max_steps) is int
        assert run.problems() == []


def test_indexing_iterating_and_the_frame_are_one():
    runs = configurations_of()
    frame = runs.to_frame()
    by_index = [runs[k] for k in range(len(runs))]
    assert [*runs] == by_index
    assert [*reversed(runs)] == by_index[::-1]
    assert [runs[k - len(runs)] for k in range(len(runs))] == by_index
    assert runs[np.int64(4)] == by_index[4]
    assert frame.index.name == "run_id"
    for run, (run_id, row) in zip(by_index, frame.iterrows(), strict=True):
        assert (run.run_id, run.point, run.iteration, str(run.seed)) == (
            run_id,
            row["point"],
            row["iteration"],
            row["seed"],
        )
        assert {name: row[name] for name in run.parameters} == run.parameters


def test_the_frame_keeps_types_and_objects():
    frame = configurations_of().to_frame()
    assert list(frame) == ["point", "iteration", "seed", *SPACE.names, "width", "name", "sites"]
    kinds = frame.dtypes.map(lambda dtype: dtype.kind).to_dict()
    assert kinds == {
        "point": "i",
        "iteration": "i",
        "seed": "O",
        "x": "f",
        "n": "i",
        "size": "i",
        "kind": "O",
        "switch": "b",
        "law": "f",
        "count": "i",
        "width": "i",
        "name": "O",
        "sites": "O",
    }
    assert all(value is SITES for value in frame["sites"])
    assert {id(value) for value in frame["kind"]} == {id(level) for level in ("a", LEVEL, None)}
    assert all(isinstance(seed, str) for seed in frame["seed"])


def test_a_column_has_the_type_of_its_axis_in_every_part_of_the_frame():
    space = ParameterSpace(rule=Categorical(["a", "b"]), n=Integer(1, 4), x=Real(0, 1), s=Boolean(), c="z")
    runs = latin_hypercube(space, 8, rng=1).configurations(model, rng=1, seed_policy="independent")
    for part in (runs, runs[2:3], runs[3:3]):
        types = part.to_frame()[[*space, "c"]].dtypes.map(str).to_dict()
        assert types == {"rule": "object", "n": "int64", "x": "float64", "s": "bool", "c": "object"}


@pytest.mark.parametrize("index", [21, -22, 10**6])
def test_an_index_beyond_the_ends_is_an_index_error(index):
    with pytest.raises(IndexError):
        configurations_of()[index]


@pytest.mark.parametrize("index", ["a", 1.0, None], ids=repr)
def test_an_index_that_is_none_is_a_type_error(index):
    with pytest.raises(TypeError):
        configurations_of()[index]


bounds = st.none() | st.integers(-30, 30)
slices = st.builds(slice, bounds, bounds, st.none() | st.integers(-5, 5).filter(bool))


@settings(deadline=None)
@given(
    st.lists(slices, min_size=1, max_size=4),
    st.integers(1, 4),
    st.sampled_from(["independent", "common", "block"]),
)
def test_slices_of_slices_are_those_of_a_list_and_keep_ids_and_seeds(cuts, replications, policy):
    part = SOBOL.configurations(model, rng=2, replications=replications, seed_policy=policy)
    expected = [identity(run) for run in part]
    for cut in cuts:
        part, expected = part[cut], expected[cut]
        assert isinstance(part, Configurations)
    assert len(part) == len(expected)
    assert [identity(run) for run in part] == expected
    assert [identity(part[k]) for k in range(len(part))] == expected
    assert [identity(run) for run in reversed(part)] == expected[::-1]
    frame = part.to_frame()
    assert frame.index.tolist() == [run_id for run_id, *_ in expected]
    assert frame["point"].tolist() == [point for _, point, *_ in expected]
    assert frame["seed"].tolist() == [str(seed) for *_, seed, _ in expected]
    assert frame["n"].tolist() == [run.parameters["n"] for run in part]
    again = pickle.loads(pickle.dumps(part.without_design()))
    assert [identity(run) for run in again] == expected


SOBOL = sobol(ParameterSpace(x=Real(0, 1), n=Integer(1, 4)), 4, rng=1)


def test_iterating_in_parts_is_iterating(monkeypatch):
    runs = configurations_of()
    expected = [identity(run) for run in runs]
    for at_once in (1, 2, 5, 20, 21, 22):
        monkeypatch.setattr("mesa_doe.configurations._AT_ONCE", at_once)
        assert [identity(run) for run in runs] == expected
        assert [identity(run) for run in runs[::-2]] == expected[::-2]


def test_an_empty_slice_is_empty_everywhere():
    part = configurations_of()[5:5]
    assert len(part) == 0
    assert not part
    assert [*part] == [*part[::-1]] == []
    assert part.to_frame().shape == (0, 13)
    assert part.to_frame().columns.tolist() == configurations_of().to_frame().columns.tolist()


def test_a_step_of_zero_is_refused():
    with pytest.raises(ValueError, match="zero"):
        configurations_of()[::0]


def test_parameters_are_plain_values_and_levels_the_very_objects():
    kinds = {
        "x": float,
        "n": int,
        "size": int,
        "switch": bool,
        "law": float,
        "count": int,
        "width": int,
        "name": str,
    }
    for run in configurations_of():
        assert list(run.parameters) == [*SPACE.names, "width", "name", "sites"]
        assert {name: type(run.parameters[name]) for name in kinds} == kinds
        assert any(run.parameters["kind"] is level for level in ("a", LEVEL, None))
        assert run.parameters["sites"] is SITES
        assert type(run.seed) is type(run.run_id) is type(run.point) is type(run.iteration) is int


def test_one_run_may_change_its_parameters_without_changing_another():
    runs = configurations_of()
    runs[0].parameters["x"] = "changed"
    assert runs[0].parameters["x"] != "changed"
    assert runs[1].parameters["x"] != "changed"


def test_dates_stay_what_they_are():
    days = np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[ns]")
    plan = SeedPlan(1, np.arange(2), "independent")
    runs = Configurations(model, {"day": days}, constants={}, replications=1, seeds=plan)
    assert [run.parameters["day"] for run in runs] == list(days)


def test_a_million_configurations_are_made_without_a_cost_a_run():
    # 10^6 points of 3 factors are 24 MB as floats, and again as native values; a run takes over 500 bytes.
    points, replications = 100_000, 10
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 100), s=Boolean())
    tracemalloc.start()
    try:
        design = latin_hypercube(space, points, rng=1)
        assert len(design.points) == points  # made when first asked for
        made = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        runs = design.configurations(model, rng=1, replications=replications, seed_policy="independent")
        tail = runs[-5:]
        last = [run.run_id for run in tail]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(runs) == 1_000_000
    assert last == list(range(999_995, 1_000_000))
    # One int64 unit a point, and nothing a run.
    assert peak - made < 8 * points + 200_000


def test_a_million_points_with_their_design_stay_below_200_megabytes_even_when_iterated():
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 100))
    tracemalloc.start()
    try:
        design = full_factorial(space, {"x": 10_000})
        unit = design.unit
        assert len(unit) == 1_000_000
        tracemalloc.reset_peak()
        runs = design.configurations(model, rng=1, seed_policy="independent")
        assert len(runs) == 1_000_000
        before = tracemalloc.get_traced_memory()[0]
        for run in runs:
            if run.run_id == 25_000:  # past the second part
                break
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200e6
    assert peak - before < 20e6


def test_a_pickled_slice_is_as_small_as_its_own_points():
    design = latin_hypercube(SPACE, 50_000, rng=1)
    runs = design.configurations(model, rng=2, replications=2, seed_policy="independent")
    part = runs[1000:1100]
    assert part.design is design
    slim = part.without_design()
    assert slim.design is None
    assert part.design is design
    size = len(pickle.dumps(slim))
    # 50 points of 7 factors and a seed unit, at most 16 bytes each, and the frame around them.
    assert size < 50 * 8 * 16 + 4000
    assert len(pickle.dumps(runs[:100].without_design())) == pytest.approx(size, rel=0.05)
    assert len(pickle.dumps(part)) > 100 * size
    assert [identity(run) for run in pickle.loads(pickle.dumps(slim))] == [identity(run) for run in part]


def test_without_design_the_whole_is_the_same_runs():
    runs = configurations_of()
    assert [identity(run) for run in runs.without_design()] == [identity(run) for run in runs]


@pytest.mark.parametrize("name", ["steps", "point", "status", "run_id", "error", "iteration", "wall_time"])
def test_a_parameter_that_clashes_gets_a_column_of_its_own_but_keeps_its_name_for_the_model(name):
    space = ParameterSpace({name: Integer(5, 6), "x": Real(0, 1)})
    runs = full_factorial(space, {"x": [0.5]}).configurations(model, rng=1, seed_policy="independent")
    assert [run.parameters for run in runs] == [{name: 5, "x": 0.5}, {name: 6, "x": 0.5}]
    frame = runs.to_frame()
    assert frame[f"{name}_parameter"].tolist() == [5, 6]
    assert frame["point"].tolist() == [0, 1]
    assert frame.index.name == "run_id"


def test_a_constant_that_clashes_gets_a_column_of_its_own_too():
    runs = explicit({"x": [1, 2], "point": [9, 9]}).configurations(model, rng=1, seed_policy="independent")
    assert runs[0].parameters == {"x": 1, "point": 9}
    assert runs.to_frame()["point_parameter"].tolist() == [9, 9]
    assert runs.to_frame()["point"].tolist() == [0, 1]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["x", "y", *(f"{b}{'_parameter' * k}" for b in BOOKKEEPING for k in range(3))]),
        unique=True,
    )
)
def test_column_names_are_unique_clash_with_nothing_and_change_only_where_they_must(names):
    columns = column_names(names)
    assert len(set(columns)) == len(columns) == len(names)
    assert not set(columns) & set(BOOKKEEPING)
    for name, column in zip(names, columns, strict=True):
        assert (column == name) == (name not in BOOKKEEPING)
        assert column.startswith(name)
        assert set(column.removeprefix(name).split("_parameter")) == {""}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"replications": 0}, "replications takes an int from 1, got 0"),
        ({"replications": -1}, "replications takes an int from 1, got -1"),
        ({"replications": 2.0}, "replications takes an int from 1, got 2.0"),
        ({"replications": True}, "replications takes an int from 1, got True"),
        ({"replications": None}, "replications takes an int from 1, got None"),
        ({"max_steps": -1}, "max_steps takes an int from 0, got -1"),
        ({"max_steps": 1.5}, "max_steps takes an int from 0, got 1.5"),
        ({"max_steps": True}, "max_steps takes an int from 0, got True"),
        (
            {"data_collection_period": 0},
            "data_collection_period takes -1 (the last step) or an int from 1, got 0",
        ),
        (
            {"data_collection_period": -2},
            "data_collection_period takes -1 (the last step) or an int from 1, got -2",
        ),
        ({"data_collection_period": True}, "or an int from 1, got True"),
        (
            {"outputs": 5},
            "outputs takes a name, a list of names, a mapping of names to periods or functions, or a "
            "function model -> mapping of names to values, got 5",
        ),
        ({"outputs": {"gini"}}, "outputs takes a name, a list of names, a mapping"),
        ({"outputs": []}, "outputs names nothing to keep; None keeps everything"),
        ({"outputs": {}}, "outputs names nothing to keep; None keeps everything"),
        ({"outputs": ["gini", 1]}, "names of outputs are str, got [\"'gini'\", '1']"),
        ({"outputs": {1: 10}}, "names of outputs are str, got ['1']"),
        *[
            (
                {"outputs": {"gini": wrong}},
                "outputs takes for 'gini' a period (-1 or an int from 1), None or a function "
                f"model -> value, got {wrong!r}",
            )
            for wrong in (0, -2, True, 1.0, "10")
        ],
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_with_what_is_allowed(settings, words):
    with pytest.raises(ConfigurationError) as caught:
        configurations_of(**settings)
    assert words in str(caught.value)


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        latin_hypercube(SPACE, 3, rng=1).configurations(
            "Model",
            rng=1,
            seed_policy="independent",
            replications=0,
            max_steps=-1,
            data_collection_period=0,
            outputs=[],
        )
    assert str(caught.value).splitlines() == [
        "the configurations have problems (5):",
        "  - model_cls takes a Mesa model class or a function of the parameters, got 'Model'",
        "  - max_steps takes an int from 0, got -1",
        "  - data_collection_period takes -1 (the last step) or an int from 1, got 0",
        "  - outputs names nothing to keep; None keeps everything",
        "  - replications takes an int from 1, got 0",
    ]


@pytest.mark.parametrize(
    "outputs",
    ["model", ["gini", "agents"], ("gini",), {"gini": 10, "n": np.int64(1), "agents": None, "s": len}, len],
    ids=str,
)
def test_every_way_to_name_outputs_is_taken_and_reaches_each_run(outputs):
    runs = configurations_of(outputs=outputs)
    assert runs[0].problems() == []
    assert all(run.outputs is outputs for run in runs)


def test_functions_among_the_outputs_travel_to_workers():
    runs = configurations_of(outputs={"gini": 10, "twice": lambda model: 2 * model})
    again = pickle.loads(cloudpickle.dumps(runs.without_design()))
    assert again.outputs["gini"] == 10
    assert again.outputs["twice"](3) == 6


def test_inputs_are_what_differs_between_the_runs():
    for runs in (configurations_of(), configurations_of()[20:3:-3], configurations_of()[4:4]):
        assert [*runs.inputs()] == [(run.run_id, run.parameters, run.seed) for run in runs]


def test_max_steps_may_be_zero_and_periods_from_one():
    assert configurations_of(max_steps=0, data_collection_period=1)[0].problems() == []
    assert configurations_of(data_collection_period=-1)[0].data_collection_period == -1


def test_a_run_made_by_hand_tells_all_that_is_wrong_with_it():
    run = RunConfiguration(
        model_cls=5,
        run_id=-1,
        iteration=True,
        parameters=[1],
        max_steps="a",
        data_collection_period=0,
        seed=1.0,
    )
    assert run.problems() == [
        "model_cls takes a Mesa model class or a function of the parameters, got 5",
        "max_steps takes an int from 0, got 'a'",
        "data_collection_period takes -1 (the last step) or an int from 1, got 0",
        "parameters takes a mapping of names to values, got [1]",
        "run_id and iteration take ints from 0, got -1 and True",
        "seed takes an int from 0 or None, got 1.0",
    ]
    assert RunConfiguration(model_cls=model, run_id=0).problems() == []


def test_a_run_pickles_and_cannot_be_changed():
    run = configurations_of()[4]
    assert pickle.loads(pickle.dumps(run)) == run
    with pytest.raises(AttributeError):
        run.seed = 1
    with pytest.raises((AttributeError, TypeError)):
        run.other = 1


def test_the_repr_says_how_many_runs_and_how_they_were_made():
    text = repr(configurations_of(max_steps=50))
    assert text == (
        "<Configurations: 21 runs of model (7 points × 3 replications, seed_policy='independent', "
        "max_steps=50)>"
    )


def test_the_frame_of_a_part_is_that_part_of_the_frame():
    runs = configurations_of()
    pd.testing.assert_frame_equal(runs[4:17:3].to_frame(), runs.to_frame().iloc[4:17:3])
