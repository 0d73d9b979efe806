import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

import mesa_doe as doe
from tests import models

matplotlib.use("Agg")


class Grower(models.mesa.Model):
    """Grows by ``rate`` a step, with noise; fails where ``kind`` is "bad"."""

    def __init__(self, rate=1.0, size=1, kind="good", seed=None):
        super().__init__(rng=seed)
        if kind == "bad" and rate > 0.8:
            raise ValueError("told to fail")
        self.rate, self.y = rate, float(size)
        self.datacollector = models.mesa.DataCollector({"y": "y"})
        self.datacollector.collect(self)

    def step(self):
        self.y += self.rate + 0.1 * self.random.gauss(0, 1)
        self.datacollector.collect(self)


SPACE = doe.ParameterSpace(
    rate=doe.Real(0, 1), size=doe.Integer(1, 3), kind=doe.Categorical(["good", "fair", "bad"])
)


def run(design, **options):
    configurations = design.configurations(
        Grower, rng=1, seed_policy="independent", max_steps=4, data_collection_period=1, **options
    )
    return doe.BatchRunner(configurations).run_all()


@pytest.fixture(scope="module")
def sample():
    with pytest.warns(doe.MesaDoeWarning, match="runs failed"):
        return run(doe.latin_hypercube(SPACE, 60, rng=1), replications=3)


@pytest.fixture(scope="module")
def factorial():
    return run(doe.full_factorial(SPACE, {"rate": [0.1, 0.5]}), replications=2)


DRAWN = {
    "scatter": lambda plot, ax: plot.scatter("y", "rate", ax=ax),
    "series": lambda plot, ax: plot.series("y", ax=ax),
    "noise_fan": lambda plot, ax: plot.noise_fan("y", ax=ax),
    "partial_dependence": lambda plot, ax: plot.partial_dependence("y", "kind", ax=ax),
    "cusunoro": lambda plot, ax: plot.cusunoro("y", ax=ax),
    "parallel": lambda plot, ax: plot.parallel("y", ax=ax, highlight=(3, np.inf)),
    "replications": lambda plot, ax: plot.replications("y", ax=ax, target=0.5),
    "failures": lambda plot, ax: plot.failures(ax=ax),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_drawn_on_the_axes_given(sample, name):
    ax = Figure().subplots()
    assert DRAWN[name](sample.plot, ax) is ax
    assert ax.has_data()


def test_failed_runs_are_left_out_of_all_but_their_own_figure(sample):
    assert sample.failures["kind"].unique().tolist() == ["bad"]
    ax = sample.plot.failures(ax=Figure().subplots())
    assert "failed" in ax.get_title()
    assert {ax.get_xlabel(), ax.get_ylabel()} == {"rate", "kind"}


def test_main_effects_are_the_means_of_the_points_at_each_level(factorial):
    ax = factorial.plot.main_effects("y", ax=Figure().subplots())
    means = factorial.points("y").groupby("size")["mean"].mean()
    drawn = np.concatenate([line.get_ydata() for line in ax.lines])
    for mean in means:
        assert np.isclose(drawn, mean).any()
    assert ax.get_ylabel() == "mean of y"


def test_intervals_of_a_level_are_those_of_as_many_points(factorial):
    points = factorial.points("y")
    ax = factorial.plot.main_effects("y", ax=Figure().subplots())
    of_size = points.groupby("size")["mean"]
    half = stats.t.ppf(0.975, of_size.count() - 1) * of_size.sem()
    drawn = np.concatenate([line.get_ydata() for line in ax.lines])
    for mean, error in zip(of_size.mean(), half, strict=True):
        assert np.isclose(drawn, mean - error).any()
        assert np.isclose(drawn, mean + error).any()


def test_interaction_has_a_line_a_level_of_the_partner(factorial):
    ax = factorial.plot.interaction("y", "size", "rate", ax=Figure().subplots())
    assert ax.get_xlabel() == "size"
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"0.1", "0.5"}


def test_factors_of_many_values_are_sent_to_another_figure(sample):
    with pytest.raises(doe.AnalysisError, match=r"at most 12 levels, but 'rate' has 60.*partial_dependence"):
        sample.plot.main_effects("y")
    with pytest.raises(
        doe.AnalysisError, match=r"no factor 'rat'; did you mean 'rate'\? there are rate, size, kind"
    ):
        sample.plot.partial_dependence("y", "rat")


def test_spider_goes_over_the_range_of_each_factor():
    space = doe.ParameterSpace(rate=doe.Real(0, 0.8), size=doe.Integer(1, 3))
    results = run(doe.base_case(space, 3))
    ax = results.plot.spider("y", ax=Figure().subplots())
    curves = {tuple(line.get_xdata()) for line in ax.lines}
    assert (0.0, 0.5, 1.0) in curves


def test_a_factor_named_like_a_column_is_drawn_by_its_own_name():
    space = doe.ParameterSpace(mean=doe.Real(0, 1), status=doe.Real(0, 1))
    results = doe.BatchRunner(
        doe.halton(space, 30, rng=1).configurations(product, rng=1, seed_policy="common")
    ).run_all()
    ax = results.plot.scatter("y", "mean", ax=Figure().subplots())
    x = np.asarray(ax.collections[0].get_offsets())[:, 0]
    np.testing.assert_allclose(np.sort(x), np.sort(results.design.points["mean"]))
    ax = results.plot.parallel("y", ax=Figure().subplots())
    assert {"mean", "status", "y"} <= {text.get_text() for text in ax.get_xticklabels()}


def product(mean, status):
    return {"y": mean * status}


def test_convergence_is_drawn_as_the_study_of_it_is():
    space = doe.ParameterSpace(rate=doe.Real(0, 1), size=doe.Integer(1, 3))
    results = run(doe.sobol(space, 16, rng=1), replications=2)
    mine, theirs = (Figure().subplots() for _ in range(2))
    assert results.plot.convergence("y", ax=mine, measure="S1", halves=0) is mine
    results.convergence("y", halves=0).plot(theirs, measure="S1")
    for one, other in zip(mine.lines, theirs.lines, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
