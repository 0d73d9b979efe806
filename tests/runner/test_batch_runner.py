import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import mock

import joblib
import mesa
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

import mesa_doe as doe
from mesa_doe.runner.chunks import Order, Task
from tests import models

SPACE = doe.ParameterSpace(
    n=doe.Integer(2, 6), pace=doe.Real(0.5, 2), torus=doe.Boolean(), fail_at=doe.Discrete([-1, 3])
)


def walkers(points=6, replications=2, **options):
    design = doe.latin_hypercube(SPACE, points, rng=1)
    return design.configurations(
        models.Walkers, rng=2, replications=replications, max_steps=8, data_collection_period=1, **options
    )


def run(configurations, **options):
    with pytest.warns(doe.MesaDoeWarning, match="runs failed"):
        return doe.BatchRunner(configurations, **options).run_all()


def same(a, b):
    """Whether two results are equal but for the time that they took."""
    pd.testing.assert_frame_equal(a.runs.drop(columns="wall_time"), b.runs.drop(columns="wall_time"))
    pd.testing.assert_frame_equal(a.model, b.model)
    assert a.agents.keys() == b.agents.keys() == {"Agent"}
    assert a.tables.keys() == b.tables.keys() == {"deaths"}
    for mine, theirs in [(a.agents, b.agents), (a.tables, b.tables)]:
        for name in mine:
            pd.testing.assert_frame_equal(mine[name], theirs[name])


@pytest.fixture(scope="module")
def reference():
    return run(walkers())


def test_results_are_whole(reference):
    assert len(reference.runs) == 12
    assert set(reference.runs["status"]) == {"ok", "failed"}
    assert reference.runs.index.tolist() == list(range(12))
    assert reference.model["run_id"].is_monotonic_increasing
    assert {"mean", "alive", "torus"} == set(reference.outputs)


@pytest.mark.parametrize(
    "options",
    [
        {"n_jobs": 2},
        {"n_jobs": 2, "backend": "loky"},
        {"n_jobs": 2, "backend": "loky", "chunk_size": 5},
        {"chunk_size": 1},
    ],
)
def test_results_are_the_same_at_any_n_jobs_and_chunk_size(reference, options):
    same(reference, run(walkers(), **options))


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12))
def test_results_are_the_same_for_a_shuffled_list(reference, order, chunk_size):
    configurations = walkers()
    same(reference, run([configurations[i] for i in order], chunk_size=chunk_size))


def test_a_hand_built_list_is_as_good_as_the_lazy_sequence(reference):
    same(reference, run(list(walkers())))


def test_a_part_of_the_runs_gives_its_part_of_the_results(reference):
    part = run(walkers()[3:9])
    expected = reference.model[reference.model["run_id"].between(3, 8)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.model, expected)


def test_a_failed_run_is_a_row_with_everything_that_is_known(reference):
    failures = reference.failures
    assert len(failures) == (reference.runs["status"] == "failed").sum() > 0
    first = failures.iloc[0]
    assert (first["origin"], first["error_type"], first["error"]) == (
        "stepping", "ZeroDivisionError", "told to fail",
    )  # fmt: skip
    assert "raise ZeroDivisionError" in first["traceback"]
    assert first["fail_at"] == 3
    assert not set(failures.index) & set(reference.model["run_id"])


def test_replaying_one_run_from_its_row_gives_the_same_series(reference):
    ok = reference.runs.query("status == 'ok'").index[0]
    again = doe.run(walkers()[ok])
    expected = reference.model[reference.model["run_id"] == ok].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.model, expected, check_dtype=False)


def test_a_lambda_runs_in_worker_processes():
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    runs = design.configurations(lambda x: {"y": 2 * x}, rng=1)
    results = doe.BatchRunner(runs, n_jobs=2, backend="loky").run_all()
    np.testing.assert_array_equal(results.output("y"), 2 * design.points["x"])


def test_progress_is_silent_where_nobody_looks(capfd):
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    runs = design.configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    doe.BatchRunner(runs).run_all()
    assert capfd.readouterr() == ("", "")
    doe.BatchRunner(runs, display_progress=True).run_all()
    printed = capfd.readouterr()
    assert "4/4" in printed.err
    assert "4 runs in" in printed.out + printed.err
    assert "4 ok; 4 of 4 are done" in printed.out + printed.err


@pytest.mark.parametrize("with_widgets", [False, True])
def test_a_bar_is_shown_in_a_notebook_that_has_widgets_or_not(tmp_path, with_widgets):
    if with_widgets:
        pytest.importorskip("ipywidgets")
    cells = [
        "" if with_widgets else "import sys; sys.modules['ipywidgets'] = None",
        "import mesa_doe as doe\n"
        "design = doe.monte_carlo(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)\n"
        "doe.BatchRunner(design.configurations(lambda x: {'y': x}, rng=1)).run_all()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = notebook.cells[1].outputs
    said = "".join(output["text"] for output in outputs if output.get("name") == "stderr")
    assert "4 ok; 4 of 4 are done" in said
    widgets = [one for one in outputs if "application/vnd.jupyter.widget-view+json" in one.get("data", {})]
    assert ("4/4" in said, len(widgets)) == (not with_widgets, int(with_widgets))


def test_a_runner_tells_what_it_would_do(tmp_path):
    two = [one(), one(run_id=1)]
    assert repr(doe.BatchRunner(two)) == "<BatchRunner: 2 runs, n_jobs=1>"
    store = tmp_path / "study"
    stored = doe.BatchRunner(two, n_jobs=None, store=store, backend="loky")
    assert repr(stored) == f"<BatchRunner: 2 runs, store={str(store)!r}, backend='loky'>"


def test_workers_get_no_design_and_only_their_points():
    import pickle

    design = doe.sobol(doe.ParameterSpace(x=doe.Real(0, 1)), 2**14, rng=1)
    runner = doe.BatchRunner(design.configurations(models.ishigami_of_x, rng=1))
    task = Task.of(runner.configurations, np.arange(8), runner._recipes, Order())
    assert len(pickle.dumps(task)) < 10_000
    assert runner.run_all().design is design


# ---- bad input fails before the first run -------------------------------------------------------------


class Counting(models.Walkers):
    built = 0

    def __init__(self, n=1, rng=None):
        type(self).built += 1
        super().__init__(n=n, rng=rng)


def one(model=Counting, run_id=0, **options):
    return doe.RunConfiguration(model, run_id=run_id, seed=1, **options)


@pytest.mark.parametrize(
    ("configurations", "words"),
    [
        ([], "there are no configurations"),
        ("runs", "takes design.configurations"),
        ([1], "configuration 0 is no RunConfiguration"),
        ([one(), one()], "run_id must be unique, but 0 occurs more than once"),
        ([one(parameters={"nn": 1})], "takes no parameter 'nn': did you mean 'n'"),
        ([one(max_steps=-1)], "max_steps takes an int from 0"),
        ([one(data_collection_period=0)], "data_collection_period takes -1"),
        ([doe.RunConfiguration(Counting, run_id=0, seed=-1)], "seed takes an int"),
        ([one(model="Counting")], "model_cls takes"),
        ([one(outputs=3)], "outputs takes"),
    ],
)
def test_wrong_configurations_are_refused_before_any_model_is_built(configurations, words):
    Counting.built = 0
    with pytest.raises(doe.ConfigurationError, match=words):
        doe.BatchRunner(configurations)
    assert Counting.built == 0


def test_all_problems_of_a_list_are_told_at_once():
    with pytest.raises(doe.ConfigurationError) as error:
        doe.BatchRunner([one(max_steps=-1), one(run_id=1, data_collection_period=0)])
    assert "(2)" in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_jobs": 0}, "n_jobs takes an int"),
        ({"n_jobs": 1.5}, "n_jobs takes an int"),
        ({"n_jobs": True}, "n_jobs takes an int"),
        ({"chunk_size": 0}, "chunk_size takes an int"),
        ({"resume": "some"}, "resume takes 'missing', 'failed' or 'all', got 'some'"),
        ({"resume": "failed"}, "resume='failed' needs store="),
        ({"allow_changed_model": True}, "allow_changed_model=True needs store="),
        ({"on_error": "ignore"}, "on_error takes 'record' or 'raise', got 'ignore'"),
        ({"retries": -1}, "retries takes an int from 0, got -1"),
        ({"store": 3}, "store takes the path of a folder, a str or a Path, got 3"),
        ({"timeout": 0}, r"timeout takes seconds above 0 or None \(no limit\), got 0"),
        ({"timeout": "1 s"}, r"timeout takes seconds above 0 or None \(no limit\), got '1 s'"),
        (
            {"executor": mock.Mock()},
            r"executor takes what client\.get_executor\(\) gives, got the client itself",
        ),
        ({"executor": 2}, r"executor takes a concurrent\.futures\.Executor, got 2"),
        ({"display_progress": "yes"}, "display_progress takes True, False, None or a function"),
    ],
)
def test_wrong_options_are_refused(options, words):
    with pytest.raises(doe.ConfigurationError, match=words):
        doe.BatchRunner([one()], **options)


def test_a_backend_that_joblib_does_not_know_is_refused():
    with pytest.raises(doe.ConfigurationError, match="joblib knows no backend 'cluster'"):
        doe.BatchRunner([one()], n_jobs=2, backend="cluster").run_all()


def test_unknown_parameter_of_a_design_is_refused_with_the_close_match():
    design = doe.latin_hypercube(doe.ParameterSpace(nn=doe.Integer(1, 3)), 4, rng=1)
    with pytest.raises(doe.ConfigurationError, match="'nn': did you mean 'n'"):
        doe.BatchRunner(design.configurations(Counting, rng=1))


@pytest.mark.parametrize("replications", [0, -1, 1.5, True])
def test_wrong_replications_are_refused(replications):
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(1, 3)), 4, rng=1)
    with pytest.raises(doe.ConfigurationError, match="replications takes an int from 1"):
        design.configurations(Counting, rng=1, replications=replications)


def test_a_model_that_records_nothing_is_refused_before_the_sweep():
    class Mute(mesa.Model):
        def __init__(self, n, rng=None):
            super().__init__(rng=rng)

    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(3, 5)), 4, rng=1)
    runner = doe.BatchRunner(design.configurations(Mute, rng=1))
    with pytest.raises(doe.ConfigurationError, match="Mute has no DataCollector"):
        runner.run_all()


def test_an_unpicklable_model_is_refused_for_worker_processes_only():
    lock = threading.Lock()

    def model(x):
        with lock:
            return {"y": x}

    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 2, rng=1)
    runs = design.configurations(model, rng=1)
    with pytest.raises(doe.ConfigurationError, match="cannot be sent to worker processes"):
        doe.BatchRunner(runs, n_jobs=2)
    assert len(doe.BatchRunner(runs, n_jobs=1).run_all()) == 2


# ---- interruption -------------------------------------------------------------------------------------


def test_what_was_finished_before_an_interrupt_is_kept():
    def model(x):
        if x > 0.5:
            raise KeyboardInterrupt
        return {"y": x}

    design = doe.explicit([{"x": 0.1}, {"x": 0.2}, {"x": 0.9}])
    runner = doe.BatchRunner(design.configurations(model, rng=1), chunk_size=1)
    with pytest.raises(doe.StudyError, match="nothing was run yet"):
        _ = runner.results
    with pytest.raises(KeyboardInterrupt):
        runner.run_all()
    assert runner.results.output("y").tolist() == [0.1, 0.2]


def test_where_nothing_was_finished_before_an_interrupt_results_have_no_run():
    def model(x):
        raise KeyboardInterrupt

    runner = doe.BatchRunner(doe.explicit({"x": [1, 2]}).configurations(model, rng=1))
    with pytest.raises(KeyboardInterrupt):
        runner.run_all()
    assert (len(runner.results), runner.results.pending) == (0, 2)
    assert len(runner.results.runs) == len(runner.results.model) == 0


def deadly(x):
    import os

    if x > 0.5:
        os._exit(1)
    return {"y": x}


def stops(x):
    raise StopIteration


def ends_its_sentence(x):
    raise ValueError("No such town.")


@pytest.mark.parametrize(
    ("model", "told"), [(stops, r"stepping: StopIteration\. "), (ends_its_sentence, r"No such town\. ")]
)
def test_an_error_is_told_with_one_full_stop_and_by_its_name_alone_where_it_has_no_text(model, told):
    runs = doe.explicit([{"x": 0.1}]).configurations(model, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match=rf"{told}See results\.failures"):
        doe.BatchRunner(runs).run_all()
    with pytest.raises(doe.MesaDoeError, match=f"{told}The finished runs are kept"):
        doe.BatchRunner(runs, on_error="raise").run_all()


@pytest.mark.parametrize("chunk_size", [1, 20])
def test_a_run_that_kills_its_worker_is_found_and_recorded_and_the_others_are_made(chunk_size):
    runs = doe.explicit([{"x": x} for x in (*[0.1] * 9, 0.9, *[0.2] * 9, 0.8)]).configurations(deadly, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match=r"2 of 20 runs failed. The first: run 9 \(crashed\)"):
        results = doe.BatchRunner(runs, n_jobs=2, backend="loky", chunk_size=chunk_size).run_all()
    assert results.failures["status"].to_dict() == {9: "crashed", 19: "crashed"}
    assert results.output("y").tolist() == [0.1] * 9 + [0.2] * 9


def test_a_short_sweep_does_not_start_workers():
    runs = doe.explicit([{"x": x} for x in range(20)]).configurations(process_of, rng=1)
    assert set(doe.BatchRunner(runs, n_jobs=2).run_all().output("pid")) == {os.getpid()}
    assert os.getpid() not in set(doe.BatchRunner(runs, n_jobs=2, backend="loky").run_all().output("pid"))


def test_a_sweep_that_ended_here_does_not_go_to_joblib(monkeypatch):
    def refused(tasks, **_):
        raise AssertionError

    monkeypatch.setattr("mesa_doe.runner.batch_runner.through_joblib", refused)
    runs = doe.explicit([{"x": x} for x in range(20)]).configurations(process_of, rng=1)
    assert len(doe.BatchRunner(runs, n_jobs=2).run_all()) == 20


def test_a_long_sweep_starts_workers_after_a_first_look():
    runs = doe.explicit([{"x": x, "wait": 0.2} for x in range(20)]).configurations(process_of, rng=1)
    pids = doe.BatchRunner(runs, n_jobs=2).run_all().output("pid")
    assert (pids == os.getpid()).sum() < 10
    assert pids.nunique() == 3


def process_of(x, wait=0.0):
    time.sleep(wait)
    return {"pid": os.getpid()}


def unseeded(a, b, inert):
    return {"y": a + 0.5 * b + models.NOISE * np.random.default_rng().normal()}


def from_global_generator(a, b, inert):
    return {"y": a + 0.5 * b + models.NOISE * np.random.normal()}  # noqa: NPY002


def noisy_design(**options):
    return doe.sobol(
        doe.ParameterSpace({n: doe.Real(0, 1) for n in ("a", "b", "inert")}), 256, rng=1, **options
    )


def half_noisy(a, b, inert, rng):
    """Noise from another source in each output, and none where a is small."""
    return {
        "exact": a,
        "seeded": a + max(0.0, a - 0.5) * rng.normal(),
        "clock": time.perf_counter(),
    }


def test_noise_is_judged_per_output_and_in_more_than_one_run():
    runs = doe.explicit([{"a": x, "b": 0.0, "inert": x} for x in (0.1, 0.6, 0.9)]).configurations(
        half_noisy, rng=1
    )
    with pytest.warns(doe.MesaDoeWarning, match="no seed reaches the randomness of 'clock':"):
        results = doe.BatchRunner(runs).run_all()
    assert results.noise == {"exact": "none", "seeded": "seeded", "clock": "unseeded"}


@pytest.mark.parametrize(
    ("options", "words"), [({"seed_factor": True}, "does nothing"), ({"replications": 3}, "the same run")]
)
def test_runs_that_a_deterministic_model_does_not_need_are_said(options, words):
    design = noisy_design(seed_factor=options.pop("seed_factor", False))
    runner = doe.BatchRunner(design.configurations(lambda a, b, inert: {"y": a}, rng=1, **options))
    with pytest.warns(doe.MesaDoeWarning, match=words):
        runner.run_all()


class Plan:
    """A level that is an object of a module, with state that a run may change."""

    def __init__(self, name):
        self.name = name
        self.used = 0

    def __repr__(self):
        return f"Plan({self.name})"


def spend(plan, table, x):
    plan.used += 1
    table[0, 0] += 1.0
    return {"used": plan.used, "table": float(table[0, 0]), "y": x}


def test_what_a_run_changes_in_its_parameters_is_gone_in_the_next_at_any_n_jobs():
    space = doe.ParameterSpace(
        plan=doe.Categorical([Plan("a"), Plan("b")]),
        table=doe.Constant(np.zeros((400, 400))),  # more than joblib sends as an array
        x=doe.Discrete([1, 2, 3]),
    )
    runs = doe.full_factorial(space).configurations(spend, rng=1)
    loky = {"n_jobs": 2, "backend": "loky"}
    for options in ({"n_jobs": 1}, loky, loky | {"chunk_size": 2}):
        results = doe.BatchRunner(runs, **options).run_all()
        assert results.output("used").tolist() == [1.0] * 6
        assert results.output("table").tolist() == [1.0] * 6


def test_levels_that_a_script_defines_reach_worker_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        """
import enum
import mesa_doe as doe

class Mode(enum.Enum):
    CALM = 1
    WILD = 2

class Rule:
    def __init__(self, gain): self.gain = gain

def double(x): return 2 * x

def model(mode, rule, f):
    return {"y": f(rule.gain) * mode.value}

space = doe.ParameterSpace(mode=doe.Categorical(list(Mode)), rule=doe.Categorical([Rule(1), Rule(3)]),
                           f=doe.Categorical([abs, double]))
runs = doe.full_factorial(space).configurations(model, rng=1)
print(doe.BatchRunner(runs, n_jobs=2, backend="loky").run_all().output("y").tolist())
"""
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == str([1.0, 2.0, 3.0, 6.0, 2.0, 4.0, 6.0, 12.0]), done.stderr


def test_threads_are_refused_since_runs_would_disturb_each_other():
    runs = noisy_design().configurations(from_global_generator, rng=1)
    with (
        joblib.parallel_config(backend="threading"),
        pytest.raises(doe.ConfigurationError, match="threads would disturb each other"),
    ):
        doe.BatchRunner(runs, n_jobs=2).run_all()


def test_columns_are_in_the_order_of_the_runs_whatever_the_order_of_the_list():
    def model(kind):
        return {"p": 1, "q": 2} if kind == "pq" else {"q": 3, "r": 4, "p": 5}

    runs = [
        doe.RunConfiguration(model, run_id=k, parameters={"kind": kind})
        for k, kind in enumerate(["pq", "qrp"])
    ]
    for order in (runs, runs[::-1]):
        assert doe.BatchRunner(order).run_all().outputs == ["p", "q", "r"]


def test_a_factory_whose_models_record_nothing_stops_the_batch():
    def factory(n, seed):
        return mesa.Model(seed=seed) if hasattr(mesa.Model, "steps") else mesa.Model(rng=seed)

    runs = doe.explicit([{"n": k} for k in range(50)]).configurations(factory, rng=1)
    with pytest.raises(doe.ConfigurationError, match="has no DataCollector with reporters"):
        doe.BatchRunner(runs, chunk_size=1).run_all()


@pytest.mark.parametrize("gives", [None, 1.5, pd.Series({"y": 1.0})], ids=["None", "scalar", "Series"])
@pytest.mark.parametrize("stored", [False, True])
def test_what_is_no_mapping_stops_the_batch_at_its_first_runs(tmp_path, gives, stored):
    made = []

    def wrong(x):
        made.append(x)
        return gives

    design = doe.explicit({"x": list(range(200))})
    store = tmp_path / "study" if stored else None
    for model, options, words in (
        (wrong, {}, "what wrong returns must be a mapping"),
        (lambda x: {"y": x}, {"outputs": wrong}, "outputs must be a mapping"),
    ):
        made.clear()
        runs = design.configurations(model, rng=1, seed_policy="common", **options)
        with pytest.raises(doe.ConfigurationError, match=f"{words} of names to values"):
            doe.BatchRunner(runs, chunk_size=5, store=store and store / words[:4]).run_all()
        assert len(made) == 5


def test_one_run_that_gives_no_mapping_is_a_run_that_failed():
    runs = doe.explicit({"x": list(range(20))}).configurations(
        lambda x: None if x == 3 else {"y": x}, rng=1, seed_policy="common"
    )
    with pytest.warns(doe.MesaDoeWarning, match="1 of 20 runs failed"):
        assert len(doe.BatchRunner(runs, chunk_size=4).run_all().failures) == 1


def test_a_study_that_has_runs_goes_on_past_one_that_gives_no_mapping(tmp_path):
    runs = doe.explicit({"x": list(range(20))}).configurations(
        lambda x: None if x == 3 else {"y": x}, rng=1, seed_policy="common"
    )
    doe.BatchRunner(runs[:3], store=tmp_path).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="1 of 17 runs failed"):
        assert len(doe.BatchRunner(runs, chunk_size=1, store=tmp_path).run_all().failures) == 1


def test_runs_that_report_nothing_are_said():
    runs = doe.explicit([{"x": 1}, {"x": 2}]).configurations(lambda x: {}, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match="no run reported any output"):
        doe.BatchRunner(runs).run_all()


@pytest.mark.parametrize("seed_factor", [False, True])
def test_noise_that_no_seed_reaches_is_said_and_counts_as_independent(seed_factor):
    runner = doe.BatchRunner(noisy_design(seed_factor=seed_factor).configurations(unseeded, rng=1))
    with pytest.warns(doe.MesaDoeWarning, match="no seed reaches the randomness of 'y'"):
        results = runner.run_all()
    assert results.noise == {"y": "unseeded"}
    with pytest.warns(doe.MesaDoeWarning, match="noise inflates every total index"):
        results.sensitivity("y")


def test_noise_of_the_global_generator_follows_the_seed_policy():
    results = doe.BatchRunner(noisy_design().configurations(from_global_generator, rng=1)).run_all()
    assert results.noise == {"y": "seeded"}
    assert results.sensitivity("y").table().loc["inert", "ST"] == pytest.approx(0, abs=1e-12)


def test_a_deterministic_model_has_no_noise():
    results = doe.BatchRunner(noisy_design().configurations(lambda a, b, inert: {"y": a}, rng=1)).run_all()
    assert results.noise == {"y": "none"}


def test_what_a_user_should_hear_is_said_once():
    class Unseeded(models.Walkers):
        def __init__(self):
            super().__init__(n=0)

    runs = [doe.RunConfiguration(Unseeded, run_id=k, seed=k, max_steps=1) for k in range(3)]
    with pytest.warns(doe.MesaDoeWarning, match="cannot be seeded") as said:
        doe.BatchRunner(runs).run_all()
    assert len(said) == 1


def test_runs_are_repeated_to_learn_of_noise_unless_told_not_to(tmp_path):
    made = tmp_path / "made"

    def counted(x):
        with made.open("a") as file:
            file.write(".")
        return {"y": x}

    runs = doe.explicit({"x": [1, 2, 3]}).configurations(counted, rng=1, seed_policy="independent")
    results = doe.BatchRunner(runs).run_all(learn_noise=False)
    assert made.stat().st_size == 3
    assert results.noise == {}
    assert doe.BatchRunner(runs).run_all().noise == {"y": "none"}
    assert made.stat().st_size == 6 + 3 * 3


def test_once_an_output_follows_the_seed_another_seed_is_not_tried_again(tmp_path):
    made = tmp_path / "made"

    def noisy(x, rng):
        with made.open("a") as file:
            file.write(".")
        return {"y": x + rng.normal()}

    runs = doe.explicit({"x": [1, 2, 3]}).configurations(noisy, rng=1, seed_policy="independent")
    assert doe.BatchRunner(runs).run_all().noise == {"y": "seeded"}
    assert made.stat().st_size == 3 + 3 + 2 + 2


def ends_its_process(x, where, seed):
    """Only under a seed that no run of the batch has."""
    if seed % 2:
        Path(where, str(os.getpid())).touch()
        os._exit(3)
    time.sleep(0.2)
    return {"y": x}


def test_a_run_repeated_for_noise_that_ends_its_process_does_not_end_this_one(tmp_path):
    runs = [
        doe.RunConfiguration(ends_its_process, k, parameters={"x": k, "where": str(tmp_path)}, seed=2 * k)
        for k in range(20)
    ]
    results = doe.BatchRunner(runs, 2).run_all()
    assert len(results) == 20
    assert results.noise == {}
    ended = {int(path.name) for path in tmp_path.iterdir()}
    assert ended
    assert os.getpid() not in ended


def interrupted_under_other_seeds(x, seed):
    if seed % 2:
        raise KeyboardInterrupt
    return {"y": x}


def test_ctrl_c_while_runs_are_repeated_for_noise_says_that_all_are_done():
    model = interrupted_under_other_seeds
    runs = [doe.RunConfiguration(model, k, parameters={"x": k}, seed=2 * k) for k in range(3)]
    runner = doe.BatchRunner(runs)
    with pytest.raises(KeyboardInterrupt) as caught:
        runner.run_all()
    assert "all runs are done and in runner.results" in caught.value.__notes__[0]
    assert runner.results.output("y").tolist() == [0, 1, 2]


def slow_under_other_seeds(x, seed):
    time.sleep(2 if seed % 2 else 0)
    return {"y": x}


def test_a_run_repeated_for_noise_has_no_more_time_than_others():
    runs = [
        doe.RunConfiguration(slow_under_other_seeds, k, parameters={"x": k}, seed=2 * k) for k in range(3)
    ]
    # Stopped, the one under another seed gave nothing; given its time, it would have given the same.
    assert doe.BatchRunner(runs, timeout=0.2).run_all().noise == {"y": "seeded"}
    assert doe.BatchRunner(runs).run_all().noise == {"y": "none"}


def half_a_character(x):
    if x > 1:
        raise ValueError("\ud800 is bad")
    return {"y": "\ud800", "z": ["\ud800", None]}


@pytest.mark.parametrize("stored", [True, False])
def test_text_that_is_no_unicode_is_spelt_in_every_table(tmp_path, stored):
    runs = doe.explicit({"x": [0, 1, 2]}).configurations(half_a_character, rng=1, seed_policy="common")
    with pytest.warns(doe.MesaDoeWarning):
        results = doe.BatchRunner(runs, store=tmp_path / "s" if stored else None).run_all()
    assert results.model["y"].tolist() == ["\\ud800"] * 2
    assert results.model["z"].tolist() == ['["\\ud800", null]'] * 2
    assert results.failures["error"].tolist() == ["\\ud800 is bad"]


def test_a_model_and_its_design_in_place_of_configurations_are_told_what_is_taken():
    design = doe.explicit({"a": [1, 2]})
    with pytest.raises(
        doe.ConfigurationError, match=r"^BatchRunner takes design\.configurations.* got type$"
    ):
        doe.BatchRunner(dict, design)


def test_what_became_text_is_told_once_for_all_columns():
    def model(a):
        return {"list": [a], "pair": (a, a), "number": a, "mixed": a, "set": {a}}

    configurations = doe.explicit({"a": [1, 2]}).configurations(model, rng=1, seed_policy="common")
    with pytest.warns(doe.MesaDoeWarning) as caught:
        doe.BatchRunner(configurations).run_all()
    told = [str(one.message) for one in caught if "became text" in str(one.message)]
    assert told == ["'list', 'pair', 'set' hold values that are no numbers or strings; they became text"]
