import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.design import Design, frozen
from mesa_doe.errors import ConfigurationError, DesignError, SpaceError
from mesa_doe.samplers import latin_hypercube, sobol
from mesa_doe.space import Categorical, Integer, Law, ParameterSpace, Real
from tests.ids import stable_id

SPACE = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), width=20)
UNIT = [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]


def design_of(unit=UNIT, **settings):
    return Design(SPACE, unit, **{"method": "mine", "options": {"n": 3, "entropy": 7}, **settings})


def longer(design, n):
    return design_of(np.linspace(0, 1, 2 * n).reshape(n, 2), extension="nested", longer=longer)


def test_a_sample_of_ones_own_becomes_points_in_order():
    design = design_of()
    assert len(design) == 3
    assert design.points.to_dict("list") == {"x": [0.0, 0.5, 1.0], "n": [1, 3, 4]}
    assert design.points.index.name == "point"
    assert design.factors == ("x", "n")
    assert design.blocks is None
    assert design.seed_levels is None


def test_corners_of_the_cube_are_inside_and_rounding_beyond_is_not():
    assert design_of([[0.0, 1.0]]).unit.tolist() == [[0.0, 1.0]]
    with pytest.raises(DesignError, match="unit cube"):
        design_of([[0.0, np.nextafter(1, 2)]])
    with pytest.raises(DesignError, match="unit cube"):
        design_of([[-5e-324, 1.0]])


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ([0.5, 0.5], r"the mine sample must have one column a factor \(2\), got shape \(2,\)"),
        ([[0.5], [0.5]], r"one column a factor \(2\), got shape \(2, 1\)"),
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (0.5, r"got shape \(\)"),
        (np.zeros((0, 2)), "must have at least one points?, got 0"),
        ([[0.5, 0.5], [0.5, np.nan]], "must lie in the unit cube, got nan for factor 'n' of point 1"),
        ([[0.5, 0.5], [np.inf, 0.5]], "got inf for factor 'x' of point 1"),
        ([[0.5, 0.5], [0.5, -0.25]], "got -0.25 for factor 'n' of point 1"),
        ([[0.5, 1.5], [2.0, 0.5]], "got 1.5 for factor 'n' of point 0"),
        ([["a", "b"]], "must be an array of numbers"),
        ([[0.5, 0.5], [0.5]], "must be an array of numbers"),
        (None, "got shape|array of numbers"),
    ],
    ids=str,
)
def test_a_sample_that_breaks_a_promise_is_refused_with_the_promise(unit, words):
    with pytest.raises(DesignError, match=words):
        design_of(unit)


def test_a_sample_with_another_number_of_points_than_the_method_promises_is_refused():
    assert len(design_of(rows=3)) == 3
    with pytest.raises(DesignError, match="the mine sample must have 4 points, got 3"):
        design_of(rows=4)


@pytest.mark.parametrize("name", ["blocks", "seed_levels"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 1], r"must have one entry a point \(3\), got shape \(2,\)"),
        ([[0, 1, 2]], r"must have one entry a point \(3\), got shape \(1, 3\)"),
        ([0, 1, -1], r"takes ints from 0, one a point, got \[0, 1, -1\]"),
        ([0, 0.5, 1], "takes ints from 0"),
        ([True, False, True], "takes ints from 0"),
        (["a", "b", "c"], "takes ints from 0"),
    ],
    ids=str,
)
def test_blocks_and_seeds_that_are_no_ints_a_point_are_refused(name, values, words):
    unit = np.zeros((3, 3)) if name == "seed_levels" else UNIT
    with pytest.raises(DesignError, match=f"{name} {words}"):
        design_of(unit, **{name: values})


@pytest.mark.parametrize(
    "points",
    [
        pd.DataFrame({"x": [0.5], "n": [1]}),
        pd.DataFrame({"x": [0.5] * 3}),
        pd.DataFrame({"n": [1] * 3, "x": [0.5] * 3}),
    ],
    ids=["rows", "columns", "order"],
)
def test_native_points_that_do_not_match_the_sample_are_refused(points):
    with pytest.raises(DesignError, match=r"points must have the columns \('x', 'n'\) and 3 rows, got"):
        design_of(points=points)


def test_the_seed_as_a_factor_is_the_last_column():
    design = design_of([[0.5, 0.5, 0.0], [0.5, 0.5, 1.0]], seed_levels=[0, 1])
    assert design.factors == ("x", "n", "seed")
    assert list(design.points) == ["x", "n"]
    assert design.default_seed_policy == "factor"
    with pytest.raises(DesignError, match=r"one column a factor \(3\), got shape \(3, 2\)"):
        design_of(seed_levels=[0, 1, 2])


def test_the_sample_is_a_copy_that_cannot_be_written():
    given = np.array(UNIT)
    design = design_of(given, blocks=(levels := np.array([0, 0, 1])))
    given[0, 0], levels[0] = 0.75, 9
    assert design.unit[0, 0] == 0
    assert design.blocks.tolist() == [0, 0, 1]
    for one in (design, pickle.loads(pickle.dumps(design)), copy.deepcopy(design)):
        with pytest.raises(ValueError, match="read-only"):
            one.unit[0, 0] = 0.5
        with pytest.raises(ValueError, match="read-only"):
            one.blocks[0] = 5
        with pytest.raises(TypeError, match="mappingproxy"):
            one.options["n"] = 5


def test_a_sample_that_nobody_can_write_is_kept_without_a_copy():
    for given in (np.array(UNIT), np.array(UNIT).T.copy().T, np.arange(6.0).reshape(3, 2) / 5):
        design = design_of(frozen(given), blocks=(blocks := frozen(np.array([0, 0, 1]))))
        assert design.unit is given
        assert design.blocks is blocks


@pytest.mark.parametrize("kind", ["view", "of a buffer", "of another type", "a subclass"])
def test_a_sample_that_only_looks_unwritable_is_copied(kind):
    given = np.array(UNIT)
    look = {
        "view": given.view(),
        "of a buffer": frozen(np.frombuffer(bytearray(given.tobytes())).reshape(3, 2)),
        "of another type": given.astype(np.float32),
        "a subclass": given.view(np.ma.MaskedArray),
    }[kind]
    look.setflags(write=False)
    design = design_of(look)
    assert type(design.unit) is np.ndarray
    assert not np.shares_memory(design.unit, look)


def test_values_are_computed_when_they_are_asked_for_and_once(monkeypatch):
    asked = []
    from_unit = ParameterSpace.from_unit
    monkeypatch.setattr(ParameterSpace, "from_unit", lambda space, u: asked.append(1) or from_unit(space, u))
    design = design_of()
    assert len(pickle.loads(pickle.dumps(design))) == len(copy.copy(design)) == 3
    assert asked == []
    assert design.points.equals(design.points)
    assert design.configurations(dict, rng=1)[2].parameters == {"x": 1.0, "n": 4, "width": 20}
    assert asked == [1]


class Hole(Law):
    def from_unit(self, u):
        if (np.asarray(u) == 0.7).any():
            raise SpaceError("no value at 0.7")
        return super().from_unit(u)


@pytest.mark.parametrize("axis", [Hole(stats.norm()), Law(stats.norm())], ids=["own", "law"])
def test_an_axis_that_may_have_no_value_is_asked_at_once(axis, monkeypatch):
    if type(axis) is Law:  # as scipy's beta laws of tiny shapes do
        monkeypatch.setattr(Law, "_quantiles", lambda law, u: np.where(np.asarray(u) == 0.7, np.nan, u))
    space = ParameterSpace(x=Real(0, 1), y=axis)
    assert len(Design(space, [[0.7, 0.25]], method="mine", options={})) == 1
    with pytest.raises(SpaceError, match=r"no (value|finite quantile) at 0\.7"):
        Design(space, [[0.7, 0.7]], method="mine", options={})


def test_points_that_break_a_constraint_are_refused_at_once():
    space = ParameterSpace(x=Real(0, 1), constraints=["x < 0.5"])
    with pytest.raises(DesignError, match="break the constraints"):
        Design(space, [[0.25], [0.75]], method="mine", options={})


def test_a_change_of_the_given_points_or_of_those_got_changes_no_run():
    given = pd.DataFrame({"x": [0.5, 0.25, 0.75], "n": [1, 2, 3]})
    for design in (design_of(points=given), design_of()):
        before = design.points.to_dict("list")
        given.loc[0, "x"] = 9.0
        got = design.points
        got["x"] = 9.0
        got.iloc[:, 1] = 9
        assert design.points.to_dict("list") == before
        assert [run.parameters["x"] for run in design.configurations(dict, rng=1)] == before["x"]


def test_options_are_a_copy():
    options = {"n": 3}
    design = design_of(options=options)
    options["n"] = 4
    assert dict(design.options) == {"n": 3}


def test_the_repr_says_method_size_and_options_but_not_the_entropy():
    assert repr(design_of()) == "<Design: 3 points of 2 factors, mine(n=3)>"
    assert repr(design_of(options={"k": "a"})) == "<Design: 3 points of 2 factors, mine(k='a')>"


def test_a_design_without_extension_says_what_to_do_instead():
    with pytest.raises(
        DesignError, match=r"a mine design cannot be extended: a longer one has other points. Choose"
    ):
        design_of().extend(6)


def test_an_extension_that_does_not_begin_with_the_design_is_refused():
    with pytest.raises(
        DesignError, match="the longer mine design does not begin with this one: it was probably"
    ):
        design_of(extension="nested", longer=longer).extend(6)
    with pytest.raises(DesignError, match="extend takes the new size, an int larger than n=3, got 2"):
        design_of(extension="nested", longer=longer).extend(2)


def test_an_extension_that_is_no_longer_than_the_design_is_refused():
    design = design_of(extension="nested", longer=lambda design, n: design)
    with pytest.raises(DesignError, match="does not begin with this one"):
        design.extend(6)


def test_a_design_says_what_its_extension_promises():
    assert design_of().extension == "none"
    for extension in ("nested", "augmented", "independent"):
        design = design_of(extension=extension, longer=longer)
        assert design.extension == pickle.loads(pickle.dumps(design)).extension == extension


@pytest.mark.parametrize("extension", ["nest", "", None, longer, True], ids=stable_id)
def test_an_unknown_promise_is_refused_with_the_known_in_order(extension):
    with pytest.raises(
        DesignError, match="extension takes augmented, independent, nested, none, and all but"
    ):
        design_of(extension=extension, longer=longer)


def test_a_promise_needs_what_keeps_it():
    with pytest.raises(DesignError, match="all but 'none' need longer=, got 'nested'"):
        design_of(extension="nested")


def test_groups_are_kept_in_the_order_of_the_factors_and_shown():
    design = design_of(groups={"b": ["n"], "a": ["x"]}, options={"n": 3, "groups": "as given"})
    assert list(design.groups.items()) == [("a", ("x",)), ("b", ("n",))]
    assert repr(design) == "<Design: 3 points of 2 factors in 2 groups (a: x; b: n), mine(n=3)>"
    for again in (pickle.loads(pickle.dumps(design)), copy.deepcopy(design)):
        assert again.groups == design.groups
    with pytest.raises(TypeError, match="mappingproxy"):
        design.groups["a"] = ("n",)


def test_a_design_without_groups_says_nothing_of_them():
    assert design_of().groups is None
    assert "group" not in repr(design_of())


def test_the_seed_may_be_in_a_group_of_its_own():
    design = design_of([[0.5, 0.5, 0.0]], seed_levels=[0], groups={"all": ["x", "n"], "seed": ["seed"]})
    assert dict(design.groups) == {"all": ("x", "n"), "seed": ("seed",)}


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"a": ["x"]}, "mine: factor 'n' is in no group"),
        ({"a": ["x", "n"]}, "mine: at least two groups are needed"),
        ({"a": ["x", "width"], "b": ["n"]}, "'width' is no factor"),
    ],
    ids=str,
)
def test_groups_that_do_not_share_out_the_factors_are_refused(groups, words):
    with pytest.raises(DesignError, match=words):
        design_of(groups=groups)


@pytest.mark.parametrize(
    ("design", "policy", "printed"),
    [
        (
            latin_hypercube(SPACE, 4, rng=1),
            "independent",
            "every run its own seed (the default for latin_hypercube)",
        ),
        (
            sobol(SPACE, 4, rng=1),
            "block",
            "one seed for all rows of one block of the sobol design, another for each replication"
            " (the default for sobol)",
        ),
        (
            design_of(blocks=[0, 0, 1]),
            "block",
            "one seed for all rows of one block of the mine design, another",
        ),
    ],
    ids=["latin_hypercube", "sobol", "mine"],
)
def test_the_default_seed_policy_fits_the_design_and_is_printed(design, policy, printed, capsys):
    assert design.default_seed_policy == policy
    assert design.configurations(dict, rng=1).seed_policy == policy
    out = capsys.readouterr().out
    assert out.startswith(f"seed_policy='{policy}': {printed}")
    assert out.count("\n") == 1


def test_nothing_is_printed_where_nothing_was_chosen_by_us(capsys):
    design_of().configurations(dict, rng=1, seed_policy="independent")
    sobol(SPACE, 4, rng=1, seed_factor=True).configurations(dict, rng=1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("policy", ["independant", "factor", "", 1, ["block"]], ids=stable_id)
def test_an_unknown_seed_policy_is_refused_with_the_known_in_order(policy):
    with pytest.raises(ConfigurationError, match="seed_policy takes block, common, fixed, independent, got"):
        design_of().configurations(dict, rng=1, seed_policy=policy)


def test_seeds_by_block_need_blocks():
    with pytest.raises(
        ConfigurationError, match=r"needs a design made of blocks.*use 'independent' or 'common'"
    ):
        latin_hypercube(SPACE, 4, rng=1).configurations(dict, rng=1, seed_policy="block")


@pytest.mark.parametrize("policy", ["independent", "common", "block", "fixed"])
def test_with_the_seed_as_a_factor_no_policy_applies(policy):
    design = sobol(SPACE, 4, rng=1, seed_factor=True)
    with pytest.raises(
        ConfigurationError, match=f"no seed_policy applies, got '{policy}'; leave it out, or make"
    ):
        design.configurations(dict, rng=1, seed_policy=policy)


@pytest.mark.parametrize("replications", [2, np.int64(3)], ids=str)
def test_replications_that_would_be_the_same_run_again_are_refused(replications):
    with pytest.raises(
        ConfigurationError, match=f"so {replications} replications would be the same run.*a larger n"
    ):
        sobol(SPACE, 4, rng=1, seed_factor=True).configurations(dict, rng=1, replications=replications)
    with pytest.raises(
        ConfigurationError, match=f"so {replications} replications would be the same.*'common'"
    ):
        design_of().configurations(dict, rng=1, seed_policy="fixed", replications=replications)


def test_the_order_of_points_is_that_of_the_runs():
    space = ParameterSpace(k=Categorical(["a", "b"]), x=Real(0, 1))
    design = Design(space, [[0.9, 0.25], [0.1, 0.75]], method="mine", options={})
    runs = design.configurations(dict, rng=1, seed_policy="independent", replications=2)
    assert [run.parameters for run in runs] == [{"k": "b", "x": 0.25}] * 2 + [{"k": "a", "x": 0.75}] * 2
    assert [run.point for run in runs] == [0, 0, 1, 1]
