import numpy as np
import pytest

from mesa_doe.errors import AnalysisError, DesignError
from mesa_doe.samplers import latin_hypercube, sobol
from mesa_doe.space import Categorical, Derived, Integer, ParameterSpace, Real

LEVEL = [1]
SPACE = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), kind=Categorical(["a", LEVEL, len]), width=20)
DESIGN = latin_hypercube(SPACE, 12, rng=1)


def big_n(n, width):
    return n > width / 10


@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        ("n > 2", DESIGN.points["n"] > 2),
        ("n > 2 and kind == 'a'", (DESIGN.points["n"] > 2) & (DESIGN.points["kind"] == "a")),
        ("n * 10 > width", DESIGN.points["n"] > 2),
        (big_n, DESIGN.points["n"] > 2),
        (lambda x: x < 0.5, DESIGN.points["x"] < 0.5),
        ((DESIGN.points["n"] > 2).to_numpy(), DESIGN.points["n"] > 2),
        (DESIGN.points["n"] > 2, DESIGN.points["n"] > 2),
        ([True] + [False] * 11, DESIGN.points.index == 0),
        (slice(2, 5), DESIGN.points.index.isin([2, 3, 4])),
        (range(3), DESIGN.points.index < 3),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, (str, slice, range)) else type(value).__name__,
)
def test_points_are_chosen_by_truths_positions_or_conditions(which, wanted):
    part = DESIGN.subset(which)
    rows = np.flatnonzero(wanted)
    np.testing.assert_array_equal(part.unit, DESIGN.unit[rows])
    assert part.points.to_dict("list") == DESIGN.points.iloc[rows].to_dict("list")
    assert part.points.index.tolist() == list(range(len(rows)))
    assert part.points.index.name == "point"
    assert part.points.dtypes.tolist() == DESIGN.points.dtypes.tolist()
    assert part.space is SPACE


def test_positions_keep_their_order_and_levels_are_the_very_objects():
    part = DESIGN.subset([5, 0, 3])
    np.testing.assert_array_equal(part.unit, DESIGN.unit[[5, 0, 3]])
    assert [id(v) for v in part.points["kind"]] == [id(DESIGN.points["kind"][i]) for i in (5, 0, 3)]


def test_a_part_says_what_it_is_and_no_analysis_takes_it_for_the_whole():
    import mesa_doe as doe

    whole = sobol(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1)
    part = whole.subset("x < 0.5")
    assert part.method == "subset"
    assert part.options["design"] == {"method": "sobol", "points": 16, "options": dict(whole.options)}
    assert "subset(design=sobol(n=4" in repr(part)
    assert "entropy" not in repr(part)
    assert part.extension == "none"
    with pytest.raises(DesignError, match="a subset design cannot be extended"):
        part.extend(8)
    with pytest.raises(AnalysisError, match="sobol needs a design made by sobol, got one made by subset"):
        doe.analyze.sobol(part, np.zeros(len(part)))


def test_blocks_seeds_and_groups_stay():
    whole = sobol(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1, seed_factor=True)
    part = whole.subset([15, 2, 7])
    assert part.blocks.tolist() == whole.blocks[[15, 2, 7]].tolist()
    assert part.seed_levels.tolist() == whole.seed_levels[[15, 2, 7]].tolist()
    grouped = sobol(SPACE, 4, rng=1, groups={"a": ["x"], "b": ["n", "kind"]})
    assert grouped.subset([0]).groups == grouped.groups


def test_by_block_a_run_has_the_seed_that_it_has_in_the_whole():
    whole = sobol(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1)
    seeds = [run.seed for run in whole.configurations(dict, rng=3)]
    part = [run.seed for run in whole.subset([9, 14]).configurations(dict, rng=3)]
    assert part == [seeds[9], seeds[14]]


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("n > 9", "no point is left by n > 9"),
        ([], "no point is left"),
        ([False] * 12, "no point is left by 0 true of 12"),
        ([True, False], "a truth for each of 12 points, got 2"),
        ([0, 12], "positions from 0 to 11, got 12"),
        ([-1], "positions from 0 to 11, got -1"),
        ([3, 4, 3], "each position once, got 3 more than once"),
        ([0.5], "takes truths, positions, a slice, a condition"),
        (None, "takes truths, positions, a slice, a condition"),
        ([[0]], "takes truths, positions"),
        ("m > 2", "names 'm', which is no parameter of the space"),
        ("kind == 'b'", "'b' is no level of 'kind'"),
        ("n + 1", "n \\+ 1"),
        ("__import__('os')", "is a call"),
        (lambda n: 1 / 0, "the function raised ZeroDivisionError"),
        (lambda n: n, "subset: "),
    ],
)
def test_what_is_no_choice_is_refused_with_why(which, words):
    with pytest.raises(DesignError, match=words):
        DESIGN.subset(which)


def test_a_derived_parameter_is_no_condition():
    space = ParameterSpace(a=Real(0, 1), b=Derived("2 * a"))
    with pytest.raises(DesignError, match="derived after sampling: write its expression out"):
        latin_hypercube(space, 4, rng=1).subset("b < 1")
