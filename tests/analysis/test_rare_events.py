from functools import partial

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.analysis.convergence import converged, convergence
from mesa_doe.analysis.rare_events import rare_changes, rare_events, told_by_few
from tests.analysis.helpers import quiet, unit_space

NONE = np.array([False])


def said(points, of, blocks, **measures):
    base = np.zeros((of, 1))
    base[:points] = np.arange(1, points + 1)[:, None]
    return rare_events(["y"], base, NONE, blocks=blocks, **measures)[0]


@pytest.mark.parametrize(("points", "told"), [(5, True), (6, False), (0, False)])
def test_fewer_than_three_blocks_with_the_event_are_said(points, told):
    # Two base points a block: of 100 blocks, half as many have the event as points do.
    found = said(points, 200, 100, of_one=["ST"])
    assert bool(found) == told
    if told:
        assert found == [
            "output 'y' has one value at all but 0.025 of the base points: ST is made of blocks that have "
            "another, about 2.5 of 100 here, and intervals may be far too narrow; use n=128"
        ]


@pytest.mark.parametrize(("points", "told"), [(28, True), (29, False)])
def test_fewer_than_two_blocks_with_the_event_at_both_points_are_said(points, told):
    found = said(points, 200, 100, of_both=["S1", "S2"])
    assert bool(found) == told
    if told:
        assert "S1 and S2 are made of blocks whose two base points both have another, about 2.0" in found[0]
        assert found[0].endswith("use n=128")


def test_what_half_of_the_points_have_is_no_event_and_a_constant_is_told_elsewhere():
    assert said(2, 4, 2, of_both=["S1"], of_one=["ST"]) == []
    assert said(3, 3, 3, of_one=["ST"]) == []
    base = np.repeat([[1.0], [1 + 1e-16 * 8]], [99, 1], axis=0)
    assert rare_events(["y"], base, np.array([True]), blocks=100, of_one=["ST"]) == ([], {})


def of_changes(counts, totals):
    blocks = np.zeros((64, 3, 1, 1))
    for row, count in enumerate(counts, 1):
        blocks[:count, row] = 1.0
    return rare_changes(["y"], ["a", "b"], blocks, np.array([totals]), NONE, corrected=False, few={})


@pytest.mark.parametrize(
    ("counts", "told"), [([7, 0], "b in 0"), ([7, 2], "b in 2"), ([2, 1], "a in 2, b in 1")]
)
def test_factors_that_change_an_output_in_fewer_than_three_blocks_are_said(counts, told):
    found, few = of_changes(counts, [0.9, 0.1])
    assert f"'y' is changed by {told} of 64 blocks" in found[0]
    assert few == {"y": ["ST"]}


@pytest.mark.parametrize("counts", [[64, 0], [40, 0], [7, 3], [31, 0], [0, 0]])
def test_a_factor_that_never_changes_what_mostly_changes_is_inert(counts):
    assert of_changes(counts, [0.9, 0.1]) == ([], {})


@pytest.mark.parametrize(
    ("analyse", "sample"), [(doe.analyze.sobol, doe.sobol), (doe.analyze.jansen, doe.radial)]
)
def test_a_total_index_of_zero_that_pairs_of_replications_did_not_see_is_said(analyse, sample):
    design = sample(unit_space(2), 64, rng=1)
    seeds = np.random.default_rng(5).random((64, 2, 2))[design.blocks]
    a, b = (design.unit[:, k, None] > 0.5 for k in range(2))
    # What b does, one seed in fifty shows, and both of a block hardly ever.
    y = 1.0 * (a & (seeds[:, 0] < 0.6)) + 3.0 * (b & (seeds[:, 1] < 0.02))
    result = quiet(analyse, design, y[:, :, None], seed_policy="block")
    assert result.table().loc["x1", ["ST", "ST_low", "ST_high"]].tolist() == pytest.approx([0, 0, 0])
    assert "changed by x1 in 0 of 64 blocks, in two replications" in " ".join(result.warnings)
    assert not converged(result, width=9.0).loc[("y", "ST"), "indices"]


@pytest.mark.parametrize(
    ("analysis", "sampler", "measure"),
    [(doe.analyze.jansen, doe.radial, "ST"), (doe.analyze.shapley, doe.shapley, "Sh")],
)
def test_analyses_of_blocks_say_it(analysis, sampler, measure):
    design = sampler(unit_space(2), 64, rng=1)
    y = np.zeros((len(design), 2))
    y[0] = 1
    y[: len(design) // 4, 1] = design.unit[: len(design) // 4, 0]
    found = quiet(analysis, design, y, outputs=["rare", "often"], resamples=100).warnings
    said = [text for text in found if f"{measure} is made of blocks that have another" in text]
    assert [text.startswith("output 'rare' has one value") for text in said] == [True]


def narrow(points, width):
    return ((points["a"] > 1 - width) & (points["b"] > 0.5)).to_numpy()


def space(**axes):
    return doe.ParameterSpace(b=doe.Real(0, 1), c=doe.Real(0, 1), **axes)


@pytest.mark.parametrize(
    ("analysis", "design", "parts"),
    [
        (doe.analyze.rbd_fast, doe.latin_hypercube(space(a=doe.Real(0, 1)), 512, rng=1), 10),
        (doe.analyze.delta, doe.latin_hypercube(space(a=doe.Real(0, 1)), 512, rng=1), 22),
        (doe.analyze.fast, doe.fast(space(a=doe.Real(0, 1)), 257, rng=1), 4),
    ],
)
def test_an_event_that_may_be_too_narrow_for_s1_is_said(analysis, design, parts):
    rare, often = (narrow(design.points, width) for width in (1.2 / parts, 2.5 / parts))
    found = quiet(analysis, design, np.column_stack([rare, often]), outputs=["rare", "often"])
    said = [text for text in found.warnings if f"narrower than the {parts} parts of a factor" in text]
    assert [text.startswith("output 'rare' has one value at all but 0.") for text in said] == [True]
    # Of a region of a quarter of a part, a third of S1 is lost, and more; the truth is 0.49.
    assert quiet(analysis, design, narrow(design.points, 0.25 / parts)).table()["S1"]["a"] < 0.33


def test_factors_of_few_levels_have_no_part_that_is_too_narrow():
    levels = {name: doe.Boolean() for name in "abcdef"}
    design = doe.latin_hypercube(doe.ParameterSpace(levels), 512, rng=1)
    y = design.points.all(axis=1).to_numpy()
    assert 0 < y.mean() < 0.05
    for analysis in (doe.analyze.rbd_fast, doe.analyze.delta):
        assert "narrower" not in " ".join(quiet(analysis, design, y).warnings)


def event(design):
    return design.unit[:, 0] > 0.98


def test_narrow_intervals_of_few_events_are_no_convergence():
    # One block of 16 has the event: all resamples that have it give about the same.
    design = doe.sobol(unit_space(2), 16, rng=1)
    found = quiet(doe.analyze.sobol, design, event(design))
    rows = found.to_frame()
    assert (rows["high"] - rows["low"]).max() < 0.3
    assert found.settings["few_events"] == {"y": ["S1", "ST"]}
    assert not converged(found, width=0.3)["indices"].any()
    grow = partial(convergence, analysis=doe.analyze.sobol, sizes=[16], halves=0)
    grown = quiet(grow, design, event(design))
    assert grown.criteria["indices"].isna().all()
    assert not converged(grown, width=0.3).any(axis=None)


def test_few_events_are_of_the_output_and_the_steps_that_have_them():
    design = doe.sobol(unit_space(2), 16, rng=1)
    smooth = design.unit.sum(axis=1)
    y = np.column_stack([event(design), smooth, smooth])
    found = quiet(doe.analyze.sobol, design, y, outputs=[("y", 0), ("y", 5), "z"])
    assert found.settings["few_events"] == {("y", 0): ["S1", "ST"]}
    rows = pd.DataFrame({"output": ["y", "y", "z"], "step": [0, 5, 0], "measure": ["S1"] * 3})
    assert told_by_few(rows, found.settings).tolist() == [True, False, False]
    assert told_by_few(rows, {"few_events": {"y": ["S1"]}}).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("analysis", "sampler", "measure"),
    [(doe.analyze.jansen, doe.radial, "ST"), (doe.analyze.shapley, doe.shapley, "Sh")],
)
def test_few_events_are_in_the_settings_of_every_analysis_of_blocks(analysis, sampler, measure):
    design = sampler(unit_space(2), 64, rng=1)
    y = np.column_stack([event(design), design.unit.sum(axis=1)])
    assert quiet(analysis, design, y).settings["few_events"] == {"y0": [measure]}
