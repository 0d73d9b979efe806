import matplotlib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, DesignError
from mesa_doe.plots.design import pair_grid
from mesa_doe.samplers import latin_hypercube
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.random_state import global_state

matplotlib.use("Agg")

SPACE = ParameterSpace(
    density=Real(0.1, 0.9),
    cost=Real(0.01, 100, log=True),
    radius=Integer(1, 4),
    size=Discrete([1, 10, 100]),
    kind=Categorical(["b", [1], len]),
    torus=Boolean(),
    count=stats.poisson(3),
    many=Integer(1, 50),
    width=20,
)
DESIGN = latin_hypercube(SPACE, 60, rng=1)


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_every_pair_lies_below_the_diagonal_of_histograms_and_nothing_is_clipped():
    axes = DESIGN.plot(title="points $")
    assert axes.shape == (8, 8)
    for i in range(8):
        for j in range(8):
            assert axes[i, j].get_visible() == (j <= i)
            assert len(axes[i, j].collections) == (1 if j < i else 0)
            assert bool(axes[i, j].patches) == (i == j)
    assert [ax.get_xlabel() for ax in axes[-1]] == list(SPACE.names)
    assert [ax.get_ylabel() for ax in axes[1:, 0]] == list(SPACE.names)[1:]
    figure = axes[0, 0].figure
    assert figure.get_suptitle() == "points $"
    figure.draw_without_rendering()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_points_are_drawn_where_they_are_and_levels_near_their_tick():
    axes = DESIGN.plot(["density", "kind", "many"])
    np.testing.assert_array_equal(axes[2, 0].collections[0].get_offsets()[:, 0], DESIGN.points["density"])
    np.testing.assert_array_equal(axes[2, 0].collections[0].get_offsets()[:, 1], DESIGN.points["many"])
    heights = np.asarray(axes[1, 0].collections[0].get_offsets()[:, 1])
    codes = [["b", [1], len].index(level) for level in DESIGN.points["kind"]]
    assert np.abs(heights - codes).max() <= 0.3
    assert len(np.unique(heights)) == len(DESIGN)
    assert texts(axes[1, 0].yaxis) == ["b", "[1]", "len"]
    counts = [patch.get_height() for patch in axes[1, 1].patches]
    assert counts == [codes.count(k) for k in range(3)]


@pytest.mark.parametrize(
    ("factor", "labels"),
    [
        ("radius", ["1", "2", "3", "4"]),
        ("size", ["1", "10", "100"]),
        ("torus", ["False", "True"]),
        ("count", [str(k) for k in sorted(set(DESIGN.points["count"]))]),
    ],
)
def test_a_few_values_stand_side_by_side(factor, labels):
    assert texts(DESIGN.plot([factor])[0, 0].xaxis) == labels


def test_a_logarithmic_axis_is_drawn_so():
    axes = DESIGN.plot(["cost", "density"])
    assert axes[0, 0].get_xscale() == axes[1, 0].get_xscale() == "log"
    assert axes[1, 0].get_yscale() == "linear"


def test_one_factor_is_one_histogram():
    axes = DESIGN.plot("density")
    assert axes.shape == (1, 1)
    assert sum(patch.get_height() for patch in axes[0, 0].patches) == 60


def test_a_design_of_one_point_and_one_value_is_drawn():
    design = Design(SPACE, [[0.5] * 8], method="mine", options={})
    axes = design.plot(["density", "cost", "kind", "count"])
    axes[0, 0].figure.draw_without_rendering()


def test_more_than_eight_factors_are_refused_with_the_remedy():
    space = ParameterSpace({f"x{k}": Real(0, 1) for k in range(9)})
    design = latin_hypercube(space, 4, rng=1)
    with pytest.raises(
        DesignError, match=r"a grid of 9 factors cannot be read, at most 8.*factors=\['x0', 'x1'"
    ):
        design.plot()
    assert design.plot(["x8", "x0"]).shape == (2, 2)


def test_wrong_names_are_told_at_once():
    with pytest.raises(DesignError) as caught:
        DESIGN.plot(["densty", "cost", "cost"])
    assert "there is no factor 'densty'; close: 'density'" in str(caught.value)
    assert "factor 'cost' is named twice" in str(caught.value)
    with pytest.raises(DesignError, match="factors is empty"):
        DESIGN.plot([])


def test_the_design_does_not_change_and_the_picture_repeats():
    before = DESIGN.points
    state = global_state()
    first, second = DESIGN.plot(["kind", "density"]), DESIGN.plot(["kind", "density"])
    np.testing.assert_array_equal(
        first[1, 0].collections[0].get_offsets(), second[1, 0].collections[0].get_offsets()
    )
    assert DESIGN.points.equals(before)
    assert global_state() == state


def test_the_drawing_knows_frames_only():
    axes = pair_grid(pd.DataFrame({"price_$": [1.0, 2.0], "b$": [2, 3]}))
    axes[0, 0].figure.draw_without_rendering()
    with pytest.raises(AnalysisError, match=r"pair_grid: .*DataFrame"):
        pair_grid([1, 2])
    with pytest.raises(AnalysisError, match="at least one row"):
        pair_grid(pd.DataFrame({"x": []}))
    with pytest.raises(AnalysisError, match="pair_grid: x must be numbers"):
        pair_grid(pd.DataFrame({"x": ["a"]}))
