"""Doors of results to noise, replications, uncertainty, tabulation and convergence."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe import analysis
from tests import models

MONTE_CARLO = {"method": "monte_carlo", "options": {}}
SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=stats.norm(2, 1), rule=doe.Categorical(["x", "y"]))


def noisy(a, b, rule, rng):
    return {
        "y": a + (b if rule == "x" else 0) + rng.normal(0, 0.5),
        "word": "high" if a > 0.5 else "low",
        "exact": b,
    }


@pytest.fixture(scope="module")
def results():
    design = doe.latin_hypercube(SPACE, 100, rng=1)
    return doe.BatchRunner(
        design.configurations(noisy, rng=2, replications=4, seed_policy="independent")
    ).run_all()


def matrix(results, output="y"):
    return results.output(output).to_numpy().reshape(100, 4)


def test_variance_is_split_by_point_and_replication(results):
    ours = results.split_variance("y")
    direct = analysis.split_variance(matrix(results)[:, :, None], seed_policy="independent")
    np.testing.assert_allclose(ours.to_frame()["share"], direct.to_frame()["share"])
    seed = ours.to_frame().set_index("source")["variance"]["seed"]
    assert seed == pytest.approx(0.25, rel=0.2)


def test_the_runs_are_the_pilot_of_replications(results):
    ours = results.recommend_replications("y", by="precision", absolute=0.2)
    assert ours.replications == analysis.recommend_replications(matrix(results), absolute=0.2).replications


def test_uncertainty_is_that_of_the_laws(results):
    found = results.uncertainty("exact", thresholds=[2.0], quantiles=[0.25, 0.5, 0.75])
    frame = found.to_frame()
    told = frame[frame["of"] == "means"].set_index("statistic")["estimate"]
    assert told["mean"] == pytest.approx(2, abs=0.02)
    assert told["std"] == pytest.approx(1, abs=0.05)
    assert "follow the laws of the axes" in found.notes[0]
    by_rule = results.uncertainty("y", by="rule", quantiles=[0.5]).to_frame()
    assert set(by_rule["group"]) >= {"x", "y"}
    with pytest.raises(doe.AnalysisError, match="there is no factor 'c'; there are a, b, rule"):
        results.uncertainty("y", by="c")


def test_uncertainty_of_chosen_levels_is_refused():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    runs = doe.full_factorial(space, 2).configurations(product, rng=1, seed_policy="common")
    with pytest.raises(doe.AnalysisError, match="no sample of the laws"):
        doe.BatchRunner(runs).run_all().uncertainty("y")


def product(a, b):
    return {"y": a * b}


def test_an_outcome_in_words_is_counted_not_averaged(results):
    found = results.tabulate("word", bins=2)
    assert found.association.set_index("factor")["p"]["a"] < 1e-10
    low, high = found.table("a")["high"]
    assert low < 0.05
    assert high > 0.95
    with pytest.raises(doe.AnalysisError, match=r"holds text, not numbers: results.tabulate"):
        results.sensitivity("word")
    there_are = r"there is no output 'words'; did you mean 'word'\? there are y, word, exact"
    with pytest.raises(doe.AnalysisError, match=there_are):
        results.tabulate("words")


def test_convergence_is_that_of_the_analysis_on_growing_beginnings():
    space = doe.ParameterSpace({f"x{i}": doe.Real(-np.pi, np.pi) for i in (1, 2, 3)})
    design = doe.sobol(space, 128, rng=1)
    results = doe.BatchRunner(design.configurations(models.ishigami, rng=1)).run_all()
    found = results.convergence("y", halves=0)
    frame = found.to_frame()
    last = frame[frame["size"] == 128]
    np.testing.assert_allclose(last["estimate"], results.sensitivity("y").to_frame()["estimate"])
    half = doe.BatchRunner(doe.sobol(space, 64, rng=1).configurations(models.ishigami, rng=1)).run_all()
    before = frame[frame["size"] == 64]
    np.testing.assert_allclose(before["estimate"], half.sensitivity("y").to_frame()["estimate"])


@pytest.mark.parametrize("name", ["uncertainty", "split_variance", "recommend_replications", "convergence"])
def test_a_whole_series_is_no_number_a_run(results, name):
    with pytest.raises(doe.AnalysisError, match=f"results.{name} takes one number a run"):
        getattr(results, name)("y", at="all")


def fails_above(a, b, rule):
    if a > 0.7:
        raise ValueError("told to fail")
    return {"word": "high" if a > 0.5 else "low", "y": a}


def test_runs_without_an_outcome_are_counted_as_such_or_left_out_and_said():
    design = doe.latin_hypercube(SPACE, 100, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match="30 of 100 runs failed"):
        results = doe.BatchRunner(design.configurations(fails_above, rng=1, seed_policy="common")).run_all()
    with pytest.raises(doe.AnalysisError, match="30 of 100 runs have no outcome"):
        results.tabulate("word")
    with pytest.warns(doe.MesaDoeWarning, match="left out, since they have no outcome: 30 runs"):
        results.tabulate("word", missing="drop", bins=2)


def test_numbers_are_no_classes(results):
    with pytest.raises(doe.AnalysisError, match="400 different numbers; use uncertainty"):
        results.tabulate("y")


@pytest.mark.parametrize("name", ["sensitivity", "uncertainty", "split_variance", "tabulate", "convergence"])
def test_options_that_nobody_takes_are_refused_with_those_that_are(results, name):
    output = "word" if name == "tabulate" else "y"
    with pytest.raises(doe.AnalysisError, match=f"results.{name} takes no option 'colour' here; it takes "):
        getattr(results, name)(output, colour=1)


def test_factors_that_go_along_with_others_are_told():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), correlation=[[1, 0.7], [0.7, 1]])
    design = doe.latin_hypercube(space, 200, rng=1)
    result = doe.analyze.rbd_fast(design, design.points["a"])
    assert "the factors are correlated or constrained" in result.notes[-1]
    assert doe.analyze.rbd_fast(doe.latin_hypercube(SPACE, 200, rng=1), np.arange(200.0)).notes == ()


def test_refusals_name_only_analyses_that_would_take_the_points():
    space = doe.ParameterSpace(a=doe.Real(0, 1), c=doe.Categorical(list("uvw")))
    design = doe.latin_hypercube(space, 35, rng=1)
    with pytest.raises(doe.AnalysisError, match=r"can be analysed by delta, pawn, rsa$"):
        doe.analyze.regression(design, np.arange(35.0))


def test_figures_of_replications_say_what_is_missing():
    design = doe.latin_hypercube(SPACE, 10, rng=1)
    once = doe.BatchRunner(design.configurations(noisy, rng=1, seed_policy="independent")).run_all()
    for name in ("replications", "noise_fan"):
        with pytest.raises(doe.AnalysisError, match=r"each point was run once: .*replications=2 or more"):
            getattr(once.plot, name)("y")


def test_a_part_of_the_runs_keeps_the_numbers_of_its_points():
    def half_noisy(x, rng):
        return {"y": rng.normal() if x < 3 else 3.0, "end": np.inf if x == 3 else rng.normal()}

    design = doe.explicit([{"x": x} for x in range(5)])
    part = design.configurations(half_noisy, rng=1, replications=4)[8:]
    results = doe.BatchRunner(part).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="the mean of points 2 cannot be told from zero"):
        found = results.recommend_replications("y")
    assert found.to_frame().index.tolist() == [2, 3, 4]
    assert found.figures["most_demanding_point"] == 2
    assert "most demanding is point 2," in found.reading
    for asked in (results.recommend_replications, results.split_variance):
        with pytest.raises(doe.AnalysisError, match="points 3 have infinite ones"):
            asked("end")


@pytest.mark.parametrize("policy", ["common", "independent"])
def test_the_variance_of_runs_built_by_hand_is_split_as_they_were_seeded(policy):
    design = doe.latin_hypercube(SPACE, 30, rng=1)
    planned = design.configurations(noisy, rng=2, replications=12, seed_policy=policy)
    expected = doe.BatchRunner(planned).run_all().split_variance("y", resamples=100)
    by_hand = doe.BatchRunner(list(planned)).run_all()
    assert by_hand.seed_policy is None
    found = by_hand.split_variance("y", resamples=100)
    assert found.settings["seed_policy"] == policy
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())


def test_uncertainty_of_points_that_share_their_seeds_says_so_of_outputs_with_noise():
    design = doe.latin_hypercube(SPACE, 100, rng=1)
    runs = design.configurations(noisy, rng=2, replications=2, seed_policy="common")
    shared = doe.BatchRunner(runs).run_all()
    with pytest.warns(doe.MesaDoeWarning, match=r"share their seeds \(seed_policy='common'\)") as said:
        found = shared.uncertainty("y", quantiles=[0.5])
    assert len(said) == 1
    assert found.warnings == (str(said[0].message),)
    assert shared.uncertainty("exact", quantiles=[0.5]).warnings == ()


def spoken(a, b, seed):
    return {"word": "rich" if a + np.random.default_rng(seed).normal(0, 0.2) > 0.5 else "poor"}


@pytest.mark.parametrize(
    ("sampler", "replications", "wider"),
    [("sobol", 1, True), ("latin_hypercube", 3, True), ("latin_hypercube", 1, False)],
)
def test_words_are_counted_by_block_and_by_point_of_a_sample(sampler, replications, wider):
    design = getattr(doe, sampler)(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 64, rng=1)
    configurations = design.configurations(spoken, rng=2, replications=replications)
    results = doe.BatchRunner(configurations).run_all()
    found = results.tabulate("word")
    factors = results.factors("runs")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = doe.analyze.tabulate(results.model.groupby("run_id")["word"].last(), factors)
    widths = [(one.shares["high"] - one.shares["low"]).mean() for one in (found, alone)]
    assert widths[0] > 1.05 * widths[1] if wider else widths[0] == pytest.approx(widths[1])
    assert found.shares["share"].tolist() == alone.shares["share"].tolist()
    assert not any("different points" in warning for warning in found.warnings)


def test_the_variance_is_split_by_block():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 32, rng=1)
    configurations = design.configurations(lasting, rng=2, replications=2)
    results = doe.BatchRunner(configurations).run_all()
    found = results.split_variance("y").to_frame()
    values = results.runs.assign(y=results.output("y")).pivot(index="point", columns="iteration", values="y")
    by_block = doe.analyze.split_variance(values, outputs=["y"], seed_policy="block", blocks=design.blocks)
    pd.testing.assert_frame_equal(found, by_block.to_frame())
    with pytest.raises(doe.AnalysisError, match=r"results\.split_variance knows blocks itself"):
        results.split_variance("y", blocks=design.blocks)


def lasting(a, b, seed):
    return {"y": a + np.random.default_rng(seed).normal(0, 0.2)}


@pytest.mark.parametrize("made", ["of the user's", "put together"])
def test_runs_of_a_point_that_was_drawn_count_as_one_unit_whoever_drew_it(made):
    drawn = doe.monte_carlo(SPACE, 60, rng=1)
    if made == "put together":
        halves = [doe.monte_carlo(SPACE, 30, rng=seed) for seed in (3, 4)]
        design, known = doe.concat(*halves), doe.Design(SPACE, doe.concat(*halves).unit, **MONTE_CARLO)
    else:
        design, known = doe.Design(SPACE, drawn.unit, method="golden", options={}), drawn
    ours, theirs = (
        doe.BatchRunner(one.configurations(noisy, rng=2, replications=4, seed_policy="independent"))
        .run_all()
        .tabulate("word")
        .table("rule")
        for one in (design, known)
    )
    pd.testing.assert_frame_equal(ours, theirs)
