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


def test_the_bars_of_a_level_are_the_noise_of_its_mean_and_the_figure_says_so(factorial):
    points = factorial.points("y")
    ax = factorial.plot.main_effects("y", ax=Figure().subplots())
    # Pooled over all points, which have two replications each.
    noise = np.sqrt((points["std"] ** 2).mean() / 2)
    drawn = np.concatenate([line.get_ydata() for line in ax.lines])
    for _, of_size in points.groupby("size"):
        half = stats.t.ppf(0.975, len(points)) * noise / np.sqrt(len(of_size))
        assert np.isclose(drawn, of_size["mean"].mean() - half).any()
        assert np.isclose(drawn, of_size["mean"].mean() + half).any()
    assert "by the noise of replications" in ax.get_title().replace("\n", "")
    pairs = factorial.plot.interaction("y", "size", "rate", ax=Figure().subplots())
    assert pairs.get_title() == ax.get_title()


def test_without_noise_an_additive_model_has_no_bars():
    space = doe.ParameterSpace(mean=doe.Real(0, 1), status=doe.Real(0, 10))
    design = doe.full_factorial(space, 2)
    once = doe.BatchRunner(design.configurations(product, rng=1, seed_policy="common")).run_all()
    for ax in (
        once.plot.main_effects("y", ax=Figure().subplots()),
        once.plot.interaction("y", "mean", "status", ax=Figure().subplots()),
    ):
        assert not [line for line in ax.lines if line.get_marker() == "_"]
        assert ax.get_title() == ""


@pytest.fixture(scope="module")
def ordered():
    space = doe.ParameterSpace(
        level=doe.Categorical(["low", "medium", "high"]),
        beta=doe.Real(1e-4, 1, log=True),
        network=doe.Categorical([["ring", 2], ["grid", 4]]),
    )
    return doe.BatchRunner(
        doe.latin_hypercube(space, 60, rng=1).configurations(graded, rng=1, seed_policy="common")
    ).run_all()


def graded(level, beta, network):
    return {"y": {"low": 1, "medium": 2, "high": 3}[level] + beta, "word": level}


def x_labels(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


def test_levels_stand_in_the_order_in_which_they_were_declared(ordered):
    declared = ["low", "medium", "high"]
    for draw in (ordered.plot.scatter, ordered.plot.partial_dependence):
        assert x_labels(draw("y", "level", ax=Figure().subplots())) == declared
        assert x_labels(draw("y", "network", ax=Figure().subplots())) == ["['ring', 2]", "['grid', 4]"]
    ax = ordered.plot.parallel("y", ax=Figure().subplots())
    heights = {text.get_text(): text.xy[1] for text in ax.texts}
    assert heights["low"] < heights["medium"] < heights["high"]
    ax = ordered.plot.failures(x="level", y="network", ax=Figure().subplots())
    assert x_labels(ax) == declared
    ax = ordered.plot.cusunoro("y", ax=Figure().subplots())
    (line,) = (line for line in ax.lines if line.get_label() == "level")
    assert (np.diff(line.get_ydata(), 2) > 0).all()  # the higher the level, the steeper


def test_levels_of_factorial_figures_stand_in_their_declared_order():
    space = doe.ParameterSpace(
        level=doe.Categorical(["low", "medium", "high"]), beta=doe.Real(0, 1), network=doe.Boolean()
    )
    results = doe.BatchRunner(
        doe.full_factorial(space, 2).configurations(graded, rng=1, seed_policy="common")
    ).run_all()
    ax = results.plot.main_effects("y", ax=Figure().subplots())
    assert x_labels(ax)[:3] == ["low", "medium", "high"]
    assert (np.diff(ax.lines[0].get_ydata()) > 0).all()
    ax = results.plot.interaction("y", "beta", "level", ax=Figure().subplots())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["low", "medium", "high"]


def test_tables_of_words_have_the_declared_order(ordered):
    assert ordered.tabulate("word", bins=2).table("level").index.tolist() == ["low", "medium", "high"]


def test_logarithmic_axes_are_drawn_as_such(ordered):
    for draw in (ordered.plot.scatter, ordered.plot.partial_dependence):
        assert draw("y", "beta", ax=Figure().subplots()).get_xscale() == "log"
        assert draw("y", "level", ax=Figure().subplots()).get_xscale() == "linear"
    ax = ordered.plot.failures(x="level", y="beta", ax=Figure().subplots())
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert "beta (log)" in x_labels(ordered.plot.parallel("y", ax=Figure().subplots()))


def test_the_spider_of_a_logarithmic_axis_is_even_in_its_logarithm():
    space = doe.ParameterSpace(mean=doe.Real(1e-4, 1, log=True), status=doe.Real(1, 3))
    results = doe.BatchRunner(
        doe.base_case(space, 5).configurations(product, rng=1, seed_policy="common")
    ).run_all()
    ax = results.plot.spider("y", ax=Figure().subplots())
    lines = {line.get_label(): line.get_xdata() for line in ax.lines}
    assert set(lines) == {"mean (log)", "status"}
    for places in lines.values():
        np.testing.assert_allclose(places, np.arange(5) / 4)


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


def test_figures_of_a_design_with_blocks_count_its_points_by_the_block():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    design = doe.sobol(space, 16, rng=1)
    results = doe.BatchRunner(design.configurations(lambda a, b, seed: {"y": a + seed % 7}, rng=2)).run_all()
    assert results.design.blocks is not None
    frame, y = results.factors(), results.points("y")["mean"]

    def top(ax):
        return ax.patches[0].get_extents().y1

    drawn = top(results.plot.cusunoro("y", ax=Figure().subplots()))
    blocked, plain = (
        top(doe.plots.cusunoro(frame, y, Figure().subplots(), blocks=blocks))
        for blocks in (design.blocks, None)
    )
    assert drawn == blocked != plain


def test_the_figures_that_there_are_are_named():
    results = doe.BatchRunner(doe.explicit({"a": [1, 2]}).configurations(lambda a: {"y": a}, rng=1)).run_all()
    told = repr(results.plot)
    assert told.startswith(
        "<figures of <Results: 2 runs (2 ok); outputs y>: plot.convergence, plot.cusunoro, "
    )
    assert all(hasattr(results.plot, name.strip(">, ")) for name in told.split("plot.")[1:])
