"""Which points go together: blocks, points of a crossed sample, twins that were merged."""

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.design.crossing import FIXED
from mesa_doe.design.dependence import dependence_of, follows_curves
from mesa_doe.samplers.declare import SAMPLERS

RULES = doe.full_factorial(doe.ParameterSpace(tax=doe.Boolean(), rule=doe.Categorical(["old", "new"])))
MORE = doe.grid(doe.ParameterSpace(size=doe.Integer(1, 3)))
SAMPLE = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), n=doe.Integer(1, 2)), 6, rng=1)
SMALLER = doe.monte_carlo(doe.ParameterSpace(z=doe.Real(0, 1)), 5, rng=1)
BLOCKS = doe.sobol(doe.ParameterSpace(u=doe.Real(0, 1), v=doe.Real(0, 1)), 4, rng=1)


def same(units, wanted):
    """Whether two labels put the same rows together."""
    pairs = np.unique(np.column_stack([units, wanted]), axis=0)
    return len(pairs) == len(np.unique(units)) == len(np.unique(wanted))


def number(design, *names):
    """A number for each point, by the values of some factors."""
    return design.points.groupby([*names], sort=False).ngroup().to_numpy()


@pytest.mark.parametrize(
    "design",
    [
        doe.cross(RULES, SAMPLE),
        doe.cross(SAMPLE, RULES),
        doe.cross(doe.cross(RULES, SAMPLE), MORE),
        doe.cross(MORE, doe.cross(SAMPLE, RULES)),
        doe.cross(doe.cross(RULES, MORE), SAMPLE),
        doe.cross(doe.explicit({"c": [1, 5], "d": [2, 3]}), SAMPLE),
        doe.cross(RULES, SAMPLE).subset("a > 0.3 or tax"),
        doe.cross(RULES, SAMPLE).subset(np.arange(0, 24, 3)),
        doe.cross(RULES, SAMPLE.subset([5, 1, 2])),
        doe.cross(RULES.subset("not tax"), SAMPLE),
    ],
    ids=lambda design: repr(design)[9:60],
)
def test_points_of_a_crossed_design_go_with_those_that_share_their_point_of_the_sample(design):
    found = dependence_of(design)
    assert same(found.units, number(design, "a"))
    assert [name for name, own in zip(design.factors, found.crossed.own, strict=True) if own] == ["a", "n"]
    assert found.noun == "points of latin_hypercube"
    assert found.said == ()


def test_designs_without_a_sample_or_a_cross_have_their_blocks_alone():
    assert dependence_of(doe.cross(RULES, MORE)).units is None
    assert dependence_of(SAMPLE).units is None
    assert dependence_of(BLOCKS).units is BLOCKS.blocks


def test_a_list_by_hand_is_the_sample_where_the_other_part_is_levels():
    design = doe.cross(RULES, doe.explicit({"x": [0.1, 0.7, 0.2]}))
    assert same(dependence_of(design).units, number(design, "x"))


@pytest.mark.parametrize("order", [0, 1])
def test_blocks_that_are_crossed_with_levels_are_blocks_over_all_of_them(order):
    design = doe.cross(*(RULES, BLOCKS)[:: 1 - 2 * order])
    wanted = np.tile(BLOCKS.blocks, 4) if order == 0 else np.repeat(BLOCKS.blocks, 4)
    found = dependence_of(design)
    assert same(found.units, wanted)
    assert same(found.crossed.points, number(design, "u", "v"))
    part = design.subset(np.arange(1, len(design), 2))
    assert same(dependence_of(part).units, wanted[1::2])


@pytest.mark.parametrize(
    "design",
    [
        doe.cross(SAMPLE, SMALLER),
        doe.cross(SMALLER, SAMPLE),
        doe.cross(doe.cross(RULES, SMALLER), SAMPLE),
        doe.cross(doe.cross(SMALLER, SAMPLE), RULES),
        doe.cross(doe.cross(RULES, SAMPLE), doe.cross(SMALLER, MORE)),
    ],
    ids=lambda design: repr(design)[9:60],
)
def test_of_two_samples_the_larger_is_taken_and_it_is_said(design):
    found = dependence_of(design)
    assert same(found.units, number(design, "a"))
    (said,) = found.said
    assert "crosses two samples, latin_hypercube and monte_carlo" in said
    assert "nothing of the chance in the 5 points of monte_carlo" in said


def test_a_list_by_hand_that_is_longer_than_the_sample_is_one_too():
    (said,) = dependence_of(doe.cross(doe.explicit({"x": np.arange(9.0)}), SAMPLE)).said
    assert "taken as 9 of the larger one" in said


def test_crossed_designs_behind_each_other_keep_their_units_apart():
    other = doe.latin_hypercube(SAMPLE.space, 6, rng=2)
    design = doe.concat(doe.cross(RULES, SAMPLE), doe.cross(RULES, other))
    wanted = np.append(np.tile(np.arange(6), 4), np.tile(np.arange(6, 12), 4))
    assert same(dependence_of(design).units, wanted)
    assert same(dependence_of(design.subset([1, 7, 13, 25, 31, 26])).units, [0, 0, 0, 1, 1, 2])


def test_a_sample_behind_a_crossed_design_has_points_of_its_own():
    together = doe.latin_hypercube(doe.cross(RULES, SAMPLE).space, 5, rng=3)
    found = dependence_of(doe.concat(doe.cross(RULES, SAMPLE), together))
    assert same(found.units, np.append(np.tile(np.arange(6), 4), np.arange(6, 11)))
    assert found.said == ()


def test_points_in_the_middle_are_a_unit_of_their_own():
    design = doe.cross(RULES, SAMPLE).repeat_center(2, at={"tax": True, "rule": "old"})
    assert same(dependence_of(design).units, np.append(np.tile(np.arange(6), 4), [6, 6]))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_keep_what_goes_together(kind, tmp_path):
    design = doe.cross(doe.cross(RULES, SAMPLE), MORE)
    path = tmp_path / f"plan.{kind}"
    (design.to_csv if kind == "csv" else design.to_parquet)(path)
    found = dependence_of(doe.load_design(path))
    assert same(found.units, number(design, "a"))
    assert found.crossed.own.tolist() == [False, False, True, True, False]


def test_what_is_fixed_is_what_the_samplers_say_is_not_drawn():
    assert {name for name, info in SAMPLERS.items() if not info.random} - {"explicit"} == FIXED


def test_curves_are_found_in_what_a_design_was_made_of():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    curve = doe.fast(space, 65, rng=1)
    for design in (curve, curve.subset("a > 0.5"), doe.concat(curve, curve), doe.cross(RULES, curve)):
        assert follows_curves(design) == "fast"
    assert follows_curves(doe.rbd_fast(space, 65, rng=1)) is None


def merged(design):
    with pytest.warns(doe.MesaDoeWarning, match="without blocks twins have seeds of their own"):
        return design.deduplicate()


LEVELS = doe.ParameterSpace(k=doe.Integer(1, 3), flag=doe.Boolean())


def test_merged_twins_are_one_unit_of_the_design_that_they_were_merged_from():
    once = merged(doe.monte_carlo(LEVELS, 40, rng=1))
    found = dependence_of(once.origin)
    assert same(found.units, once.twin_of)
    assert found.noun == "different points"


def test_merged_twins_of_a_crossed_design_join_the_points_of_the_sample():
    sample = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(1, 3)), 9, rng=1)
    design = doe.cross(RULES, sample)
    assert same(dependence_of(merged(design).origin).units, number(design, "n"))


def test_where_merging_changes_no_run_units_are_as_before():
    plain, blocks = doe.monte_carlo(LEVELS, 40, rng=1), doe.sobol(LEVELS, 8, rng=1)
    assert dependence_of(plain.deduplicate(across_blocks=True).origin).units is None
    assert dependence_of(blocks.deduplicate().origin).units is blocks.blocks
