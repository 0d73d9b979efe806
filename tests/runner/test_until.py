import contextlib
import enum
import functools
import importlib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from tests import models

SPACE = doe.ParameterSpace({f"x{i}": doe.Real(-np.pi, np.pi) for i in (1, 2, 3)})


def ishigami(x1, x2, x3):
    with Path(COUNT).open("a") as file:
        file.write(".")
    return models.ishigami(x1, x2, x3)


COUNT = ""


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Counts the runs that are made."""
    path = tmp_path / "calls"
    path.touch()
    monkeypatch.setattr(f"{__name__}.COUNT", str(path))
    return lambda: path.stat().st_size


def configurations(n, design=doe.sobol, **options):
    return design(SPACE, n, rng=1).configurations(ishigami, rng=2, **options)


def test_a_design_grows_until_its_intervals_are_narrow_and_only_new_points_are_run(tmp_path, calls):
    until = doe.run_until(configurations(64), "y", ci_width=0.25, max_runs=20_000, store=tmp_path / "study")
    widths = until.history["width"].to_numpy()
    assert until.reached
    assert (widths[:-1] > 0.25).all()
    assert widths[-1] <= 0.25
    assert until.history["n"].tolist() == [64 * 2**k for k in range(len(widths))]
    assert len(widths) > 1
    assert len(until.results) == until.history["runs"].iloc[-1] == 5 * until.history["n"].iloc[-1]
    # The runner repeats a few short runs of each batch, to learn of noise.
    assert calls() <= len(until.results) + 10 * len(widths)
    whole = doe.BatchRunner(configurations(int(until.history["n"].iloc[-1]))).run_all()
    np.testing.assert_array_equal(until.results.output("y"), whole.output("y"))
    np.testing.assert_allclose(until.sensitivity.table(), whole.sensitivity("y").table())
    assert "reached with" in repr(until)


def rare(x1, x2, x3):
    return {"y": float(x1 > 0.8 * np.pi and x2 > 0.6 * np.pi)}


def test_intervals_of_a_rare_event_that_few_points_have_are_not_taken_for_narrow(tmp_path):
    runs = doe.sobol(SPACE, 64, rng=1).configurations(rare, rng=2)
    options = {"measures": ["S1"], "ci_width": 0.2, "max_runs": 320, "store": tmp_path / "study"}
    with pytest.warns(doe.MesaDoeWarning) as told:
        until = doe.run_until(runs, "y", **options)
    assert any("intervals may be far too narrow" in str(one.message) for one in told)
    # Truth is 0.18 and 0.08; the intervals look narrow, and hold neither.
    table = until.sensitivity.table()
    assert (table["S1_high"] - table["S1_low"]).max() < 0.2
    assert not until.reached
    assert until.history["width"].tolist() == [np.inf]


def test_the_same_call_goes_on_where_the_study_is(tmp_path, calls):
    options = {"ci_width": 0.3, "store": tmp_path / "study"}
    first = doe.run_until(configurations(64), "y", max_runs=20_000, **options)
    before = calls()
    again = doe.run_until(configurations(64), "y", max_runs=20_000, **options)
    assert calls() <= before + 10
    assert again.reached
    assert again.history["runs"].tolist() == [first.history["runs"].iloc[-1]]
    np.testing.assert_allclose(again.sensitivity.table(), first.sensitivity.table())


@pytest.mark.parametrize("resume", ["all", "failed"])
def test_what_is_to_be_made_again_is_made_again_once(tmp_path, calls, resume):
    store = tmp_path / "study"
    doe.BatchRunner(configurations(64), store=store).run_all(learn_noise=False)
    before = calls()
    with pytest.warns(doe.MesaDoeWarning, match="was wanted"):
        until = doe.run_until(
            configurations(64), "y", ci_width=0.01, max_runs=1300, store=store, resume=resume
        )
    assert until.history["n"].tolist() == [64, 128, 256]
    made = 1280 if resume == "all" else 1280 - 320
    assert made <= calls() - before <= made + 10 * 3


def test_what_max_runs_does_not_suffice_for_is_said(tmp_path, calls):
    with pytest.warns(doe.MesaDoeWarning, match=r"ci_width=0.01 was wanted.*needs 640 runs.*max_runs=400"):
        until = doe.run_until(configurations(64), "y", ci_width=0.01, max_runs=400, store=tmp_path / "s")
    assert not until.reached
    assert len(until.results) == 320
    assert "not reached with 320 runs" in repr(until)


def test_only_the_measures_asked_for_must_be_narrow(tmp_path, calls):
    until = doe.run_until(
        configurations(64), ["y"], ci_width=1.0, max_runs=400, store=tmp_path / "s", measures=["S1"],
        analysis={"confidence": 0.5},
    )  # fmt: skip
    assert until.reached
    frame = until.sensitivity.to_frame().query("measure == 'S1'")
    assert until.history["width"].iloc[0] == pytest.approx((frame["high"] - frame["low"]).max())
    assert until.sensitivity.settings["confidence"] == 0.5


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (lambda: configurations(100, doe.fast), {}, "this fast design cannot be extended"),
        (lambda: configurations(64)[:50], {}, "cannot be extended"),
        (lambda: list(configurations(64)), {}, "configurations of a whole design"),
        (lambda: configurations(64), {"ci_width": 0}, "ci_width takes a number above 0, got 0"),
        (lambda: configurations(64), {"max_runs": 100}, "max_runs takes an int from 320"),
        (lambda: configurations(64), {"measures": "ST"}, r"measures takes a list of names, such as \['ST'\]"),
        (lambda: configurations(64), {"measures": []}, "measures takes a list of names"),
        (
            lambda: configurations(64),
            {"measures": ["XX"]},
            r"measures takes some of S1, ST, which sobol has here",
        ),
        (lambda: configurations(64), {"measures": ["S2", "ST"]}, r"some of S1, ST, .*got \['S2', 'ST'\]"),
        (lambda: configurations(64), {"analysis": {"confidnce": 0.9}}, "no option 'confidnce'.*confidence"),
        (
            lambda: configurations(64),
            {"analysis": {"confidence": 9}},
            "confidence takes a number between 0 and 1",
        ),
        (
            lambda: configurations(64),
            {"analysis": {"resamples": 7}},
            "resamples takes an int from 100, got 7",
        ),
        (lambda: configurations(64), {"analysis": {"missing": "omit"}}, "missing takes 'raise' or 'drop'"),
        (lambda: configurations(64), {"analysis": {"at": "mean"}}, "at is an argument of run_until itself"),
        (lambda: configurations(64), {"analysis": "S1"}, "analysis takes a mapping of options, .* got 'S1'"),
        (lambda: configurations(64), {"method": "rsa"}, "narrow intervals, and rsa has none; .* delta"),
        (lambda: configurations(64), {"method": "morris"}, "morris needs a design made by morris"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_run(tmp_path, calls, given, options, words):
    with pytest.raises(doe.MesaDoeError, match=words):
        doe.run_until(given(), "y", **{"max_runs": 1000, "store": tmp_path / "s", **options})
    assert calls() == 0


@pytest.mark.parametrize("resamples", [{}, {"resamples": 300}])
def test_a_rehearsal_warns_of_nothing_and_moves_no_generator(resamples):
    module = importlib.import_module("mesa_doe.runner.rehearsal")
    runs, generator = configurations(2, replications=3), np.random.default_rng(5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.rehearsed(runs, "sobol", {"rng": generator, **resamples})
    assert generator.random() == np.random.default_rng(5).random()


@pytest.mark.parametrize(("method", "resamples"), [("sobol", 100), ("hdmr", 2)])
def test_a_rehearsal_draws_as_few_resamples_as_the_analysis_takes(method, resamples):
    module = importlib.import_module("mesa_doe.runner.rehearsal")
    assert module.rehearsed(configurations(128), method, {}).settings["resamples"] == resamples


@pytest.mark.parametrize(
    ("method", "options", "tried"),
    [("delta", {}, [5000]), ("rbd_fast", {"M": 1300}, [5000, 6000]), ("anova", {}, [6000])],
)
def test_a_rehearsal_tries_some_points_of_a_large_design_and_all_where_these_are_refused(
    monkeypatch, method, options, tried
):
    module, seen = importlib.import_module("mesa_doe.runner.rehearsal"), []
    analyse = doe.analysis.ANALYSES[method].function

    @functools.wraps(analyse)
    def watched(design, y, **given):
        seen.append(len(design))
        return analyse(design, y, **given)

    monkeypatch.setattr(module, "choose", lambda *_: watched)
    runs = doe.latin_hypercube(SPACE, 6000, rng=1).configurations(models.ishigami, rng=2)
    with contextlib.suppress(doe.AnalysisError):  # of anova, for which these are too many levels
        module.rehearsed(runs, method, options)
    assert seen == tried


def test_what_a_rehearsal_refuses_is_told_of_all_points():
    module = importlib.import_module("mesa_doe.runner.rehearsal")
    runs = doe.latin_hypercube(SPACE, 6000, rng=1).configurations(models.ishigami, rng=2)
    with pytest.raises(doe.AnalysisError, match="M=1500 harmonics need more than 6000 points, got 6000"):
        module.rehearsed(runs, "rbd_fast", {"M": 1500})


@pytest.mark.parametrize("replications", [1, 3])
@pytest.mark.parametrize(
    ("design", "method", "options"),
    [
        (doe.sobol, "sobol", {}),
        (doe.sobol, "sobol", {"seed_factor": True}),
        (doe.sobol, "sobol", {"second_order": True}),
        (doe.morris, "morris", {}),
        (doe.radial, "jansen", {}),
        (doe.radial, "radial_effects", {}),
        *((doe.latin_hypercube, method, {}) for method in
          ("delta", "pawn", "rbd_fast", "regression", "response_surface", "hdmr", "enhanced_hdmr")),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::mesa_doe.MesaDoeWarning")
def test_a_rehearsal_has_the_measures_of_the_analysis(design, method, options, replications):
    module = importlib.import_module("mesa_doe.runner.rehearsal")
    made = design(SPACE, 300 if "hdmr" in method else 128, rng=1, **options)
    for model in (models.ishigami, lambda x1, x2, x3, seed: {"y": x1 + seed % 7}):
        replicated = {} if "seed_factor" in options else {"replications": replications}
        runs = made.configurations(model, rng=2, **replicated)
        real = doe.BatchRunner(runs).run_all().sensitivity("y", method=method)
        measures = module.rehearsed(runs, method, {}).to_frame()["measure"].unique()
        assert set(measures) == set(real.to_frame()["measure"])


@pytest.mark.filterwarnings("ignore:sobol. n=")
def test_runs_that_are_there_are_used_and_no_more_than_max_runs_are_made(tmp_path, calls):
    store = tmp_path / "s"
    doe.BatchRunner(configurations(128), store=store).run_all(learn_noise=False)
    with pytest.warns(doe.MesaDoeWarning, match="next size needs 960 runs, more than max_runs=700"):
        until = doe.run_until(configurations(48), "y", ci_width=0.01, max_runs=700, store=store)
    assert until.history["n"].tolist() == [96]
    with pytest.warns(doe.MesaDoeWarning, match="next size needs 1280 runs, more than max_runs=400"):
        until = doe.run_until(configurations(32), "y", ci_width=0.01, max_runs=400, store=store)
    assert until.history["n"].tolist() == [128]


def test_runs_of_a_longer_design_begin_with_those_of_the_shorter_one():
    short = doe.sobol(SPACE, 8, rng=1, seed_factor=True)
    runs = short.configurations(models.ishigami, rng=2, max_steps=7)
    longer = short.extend(16).configurations_like(runs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(longer)[: len(runs)] == list(runs)
    assert len(longer) == 2 * len(runs)


def test_an_interval_of_one_factor_that_is_not_known_is_not_narrow():
    module = importlib.import_module("mesa_doe.runner.until")
    result = doe.analyze.sobol(doe.sobol(SPACE, 64, rng=1), np.random.default_rng(1).random(5 * 64))
    frame = result.to_frame()
    frame.loc[frame.index[0], ["low", "high"]] = np.nan
    unknown = doe.SensitivityResult(result.method, frame, result.settings, plotted=result.plotted)
    assert np.isfinite(module._widths(result, None)["y"])
    assert module._widths(unknown, None) == {"y": np.inf}


@pytest.mark.parametrize(("dummy", "width"), [(True, 0.25), (False, 1.0)])
def test_nobody_waits_for_a_dummy_but_for_a_factor_of_that_name(dummy, width):
    module = importlib.import_module("mesa_doe.runner.until")
    frame = pd.DataFrame(
        {"output": "y", "measure": "S", "factor": ["a", "dummy"], "partner": "",
         "estimate": 0.5, "low": [0.5, 0.0], "high": [0.75, 1.0]}
    )  # fmt: skip
    assert module._widths(doe.SensitivityResult("fake", frame, {"dummy": dummy}), None) == {"y": width}


def test_an_option_of_the_analysis_among_those_of_the_runner_is_told_where_it_goes(tmp_path, calls):
    with pytest.raises(
        doe.ConfigurationError, match=r"takes no option 'reduce': .* go into analysis=\{\.\.\.\}"
    ):
        doe.run_until(configurations(8), "y", max_runs=99, store=tmp_path / "study", reduce="mean")
    assert not (tmp_path / "study").exists()


class Mode(enum.Enum):
    SLOW = 1
    FAST = 2


def test_a_study_whose_design_no_file_holds_goes_on_without_a_warning(tmp_path):
    space = doe.ParameterSpace(a=doe.Real(0, 1), mode=doe.Categorical(list(Mode)))
    runs = doe.sobol(space, 64, rng=1).configurations(lambda a, mode: {"y": a * mode.value}, rng=2)
    settings = {"ci_width": 1, "max_runs": 512, "store": tmp_path / "study"}
    first, again = (doe.run_until(runs, "y", **settings) for _ in range(2))
    assert first.reached
    pd.testing.assert_frame_equal(again.results.model, first.results.model)
