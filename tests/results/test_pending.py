import pickle
import warnings

import pytest

import mesa_doe as doe


def half(store, model=lambda a, b: {"y": a}, **options):
    """Return a study of which two thirds are pending."""
    space = doe.ParameterSpace(a=doe.Integer(1, 6), b=doe.Real(0, 1))
    configurations = doe.sobol(space, 8, rng=1).configurations(model, rng=1, seed_policy="common")
    return doe.BatchRunner(configurations, store=store, **options).run_shard(0, of=3)


# What refuses runs that are not complete.
REFUSING = {
    "sensitivity": lambda results: results.sensitivity("y"),
    "convergence": lambda results: results.convergence("y"),
    "uncertainty": lambda results: results.uncertainty("y"),
    "to_xy": lambda results: results.to_xy("y"),
    "nothing left": lambda results: results.sensitivity("y", missing="drop"),
}


@pytest.mark.parametrize("name", REFUSING)
def test_runs_that_are_pending_are_told_as_such_and_not_as_failures(name, tmp_path):
    results = half(tmp_path / "study")
    with pytest.raises(doe.AnalysisError) as caught:
        REFUSING[name](results)
    told = str(caught.value)
    assert "21 of 32 runs are pending: run the study to its end" in told
    assert "fail" not in told
    assert ("missing='drop'" in told) == (name != "nothing left")
    assert str(pickle.loads(pickle.dumps(caught.value))) == told


@pytest.mark.parametrize("name", REFUSING)
@pytest.mark.filterwarnings("ignore:.*runs failed")
def test_runs_that_are_pending_and_runs_that_failed_are_both_told(name, tmp_path):
    def fails(a, b):
        return {"y": a if b > 0.3 else 1 / 0}

    results = half(tmp_path / "study", fails)
    failed = len(results.failures)
    assert failed
    with pytest.raises(doe.AnalysisError) as caught:
        REFUSING[name](results)
    words = (
        "21 of 32 runs are pending: run the study to its end. "
        f"{failed} failed: look at results.failures; resume='failed' runs all of these"
    )
    assert words in str(caught.value)


def test_a_study_of_which_no_run_is_made_yet_says_so(tmp_path):
    half(tmp_path)
    for shard in (tmp_path / "shards").iterdir():
        shard.unlink()
    results = doe.load(tmp_path)
    with pytest.raises(
        doe.AnalysisError, match=r"no output 'y', .*\. 32 of 32 runs are pending: run the study"
    ):
        results.output("y")


def test_pending_runs_are_told_beside_those_that_gave_nothing(tmp_path):
    results = half(tmp_path, lambda a, b: {"y": None})
    with pytest.raises(doe.AnalysisError, match="no run failed; 21 are pending"):
        results.sensitivity("y")


@pytest.mark.parametrize("name", ["split_variance", "recommend_replications", "tabulate"])
def test_what_reads_the_runs_that_are_recorded_says_that_others_are_pending(name, tmp_path):
    design = doe.monte_carlo(doe.ParameterSpace(a=doe.Integer(1, 2)), 12, rng=1)
    configurations = design.configurations(lambda a, seed: {"y": a + seed % 3}, rng=1, replications=3)
    runner = doe.BatchRunner(configurations, store=tmp_path)
    runner.run_shard(0, of=3)
    results = runner.run_shard(1, of=3)
    options = {"by": "cv"} if name == "recommend_replications" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(results, name)("y", **options)
    told = f"results.{name} reads the runs that are recorded. 12 of 36 runs are pending: run the study"
    assert any(told in str(one.message) for one in caught)


@pytest.mark.parametrize("name", sorted(REFUSING.keys() - {"nothing left"}))
def test_a_part_of_the_configurations_is_told_as_that_and_not_as_failures(name):
    space = doe.ParameterSpace(a=doe.Integer(1, 6), b=doe.Real(0, 1))
    configurations = doe.sobol(space, 8, rng=1).configurations(lambda a, b: {"y": a}, rng=1)
    with pytest.raises(doe.AnalysisError) as caught:
        REFUSING[name](doe.BatchRunner(configurations[:10]).run_all())
    told = str(caught.value)
    assert "A part of the configurations was run, without 22 of 32 points: run all of them" in told
    assert "fail" not in told
