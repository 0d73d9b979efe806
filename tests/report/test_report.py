import ast
import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.errors import AnalysisError, StudyError
from mesa_doe.report import distribution, tables, write_report
from mesa_doe.report.figures import Figures
from mesa_doe.report.markup import paragraph
from tests import models
from tests.report.pages import HOSTILE, NAME, forty, hostile, noisy_space, read, run

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


def block(**settings):
    return {"seed_policy": "block", **settings}


@pytest.fixture(scope="module")
def study(reported):
    return reported("noisy")[0]


@pytest.fixture(scope="module")
def page(reported):
    return read(reported("noisy")[1])


@pytest.fixture(scope="module")
def walkers(reported):
    return reported("failing")[0]


@pytest.fixture(scope="module")
def failing(reported):
    return read(reported("failing")[1])


@pytest.fixture(scope="module")
def attacked(reported):
    return read(reported("attacked")[1])


@pytest.fixture(scope="module")
def wide(reported):
    return read(reported("wide")[1])


@pytest.fixture
def undrawn(monkeypatch):
    """Leave figures out of pages that are not about them: they take most of the time."""
    monkeypatch.setattr(Figures, "draw", lambda self, make, label, *_, **__: paragraph(label))


# ---- the page as such -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page", "failing", "attacked", "wide"])
def test_a_page_is_well_formed_and_needs_nothing_else(name, request):
    page = request.getfixturevalue(name)
    assert page.problems == []
    ids = [one["id"] for one in page.elements if "id" in one]
    assert len(ids) == len(set(ids))
    for one in page.elements:
        for key in ("src", "href", "xlink:href", "action", "data"):
            if (value := one.get(key)) is not None:
                assert value.startswith(("data:image/png;base64,", "#")), one
                # What is pointed at is there.
                assert not value.startswith("#") or value[1:] in ids
        assert not [key for key in one if key.startswith("on")], one
    assert {"link", "iframe", "object", "embed", "base"}.isdisjoint(one["tag"] for one in page.elements)
    # Styles and scripts of ours, and the style attributes of figures.
    assert "@import" not in page.source
    assert set(re.findall(r"url\(([^)]*)\)", page.source)) <= {f"#{key}" for key in ids}
    assert "http://" not in page.source
    assert "https://" not in page.source


@pytest.mark.parametrize("name", ["page", "failing", "wide"])
def test_every_figure_says_what_it_shows(name, request):
    page = request.getfixturevalue(name)
    figures = page.all("svg") + page.all("img")
    assert len(figures) == len(page.all("figure")) == len(page.all("figcaption")) > 1
    assert all(one.get("aria-label") or one.get("alt") for one in figures)
    assert all(one["text"] for one in page.all("figcaption"))
    assert not [one for one in page.elements if "could not be drawn" in one["text"]]


def test_headings_and_contents_are_those_of_the_parts(page):
    parts = ["What was run", "Design", "Failures", "Outputs", "Indices", "Tables"]
    assert [one["text"] for one in page.all("h1")] == ["noisy"]
    assert [one["text"] for one in page.all("h2")] == parts
    assert [one["text"] for one in page.all("a")][1:] == parts
    levels = [int(one["tag"][1]) for one in page.elements if re.fullmatch("h[1-6]", one["tag"])]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))


def test_scripts_are_those_of_the_page(page):
    kinds = [one.get("type") for one in page.all("script")]
    assert kinds == ["application/json", None]
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'; img-src data:;")


def test_the_same_results_give_the_same_bytes(study, folder):
    settings = {"outputs": "exact", "analyses": study.sensitivity("exact")}
    one = write_report(study, folder / "one.html", **settings)
    # Loaded in a fresh process, where no figure was drawn before, and sets and hashes come in another order.
    code = (
        "import sys, mesa_doe as doe; study = doe.load(sys.argv[1]); "
        "doe.write_report(study, sys.argv[2], outputs='exact', analyses=study.sensitivity('exact'))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONWARNINGS": "ignore"}
    other = folder / "other.html"
    subprocess.run([sys.executable, "-c", code, folder / "noisy", other], check=True, env=environment)
    assert other.read_bytes() == one.read_bytes()


def test_figures_leave_no_trace(study, folder):
    import matplotlib.pyplot as plt

    before = dict(plt.rcParams)
    mine = plt.figure().number
    open_figures = plt.get_fignums()  # other tests may have left some
    write_report(study, folder / "trace.html", outputs="exact", analyses=[])
    assert plt.get_fignums() == open_figures
    assert dict(plt.rcParams) == before
    plt.close(mine)


# ---- what was run ---------------------------------------------------------------------------------------


def test_the_page_tells_what_was_run(page, study):
    told = page.section("run")
    assert "tests.models:noisy in models.py" in told
    assert str(study.configurations.seeds.root) in told
    assert str(study.design.options["entropy"]) in told
    assert "40 points" in told
    for part in ("policy block", "2 replications", "at most 1,000", "Python", "numpy"):
        assert part.lower() in told.lower()
    assert str(np.__version__) in told
    assert "source:" in told  # the model's fingerprint
    rows = [one["text"] for one in page.all("tr") if "section" in one["within"]]
    assert "aReal0 to 1continuous" in rows
    assert "inertBooleanFalse, True2" in rows


@pytest.mark.usefixtures("undrawn")
def test_every_kind_of_axis_is_told(folder):
    from scipy import stats

    space = doe.ParameterSpace(
        law=stats.beta(2, 5),
        level=doe.Categorical(["x", "y"], weights=[0.25, 0.75]),
        few=doe.Discrete([1, 5]),
        wide=doe.Real(1, 100, log=True),
        twice=doe.Derived("2 * few"),
        fixed=7,
        constraints=["wide > few"],
    )
    results = run(doe.monte_carlo(space, 6, rng=1), forty_of_words, seed_policy="independent")
    told = read(write_report(results, folder / "axes.html")).section("run")
    for part in (
        "beta", "x (weight 0.25), y (weight 0.75)", "1, 5", "1 to 100, logarithmic", "twice = 2 * few",
        "fixed7", "wide > few",
    ):  # fmt: skip
        assert part in told


def forty_of_words(law, level, few, wide, twice, fixed, ends=None):
    return {"y": law * few * wide, "kind": level}


def snippet(page):
    (first, *_) = [one["text"] for one in page.all("pre") if "BatchRunner" in one["text"]]
    return first


def made_again(page):
    """Run the code of a page, and return the names that it has then."""
    names = {}
    exec(snippet(page).replace("n_jobs=-1", "n_jobs=1"), names)
    return names


def test_the_code_makes_the_runs_of_a_study_again(page, study, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = made_again(page)
    pd.testing.assert_frame_equal(names["again"].model, study.model)
    assert "mesa-doe replay noisy 0" in page.text


@pytest.mark.usefixtures("undrawn")
def test_the_code_makes_runs_in_memory_again_from_the_table(folder, tmp_path, monkeypatch):
    space = doe.ParameterSpace(
        law=doe.Real(0, 1),
        level=doe.Categorical(["1", "NA"]),
        few=doe.Integer(1, 3),
        wide=doe.Real(0, 1),
        twice=0.1,
        fixed=True,
        ends=doe.Constant([0, {"a": "NA"}]),
    )
    results = run(doe.latin_hypercube(space, 6, rng=1), forty_of_words, seed_policy="independent")
    page = read(write_report(results, tmp_path / "memory.html"))
    (tmp_path / "runs.csv").write_text(page.data["runs"]["csv"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = made_again(page)
    pd.testing.assert_frame_equal(names["again"].model, results.model)
    assert [dict(run.parameters) for run in names["runs"]] == [
        dict(run.parameters) for run in results.configurations
    ]
    assert [run.seed for run in names["runs"]] == [run.seed for run in results.configurations]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("value", [None, 2**70])
def test_runs_in_memory_are_not_made_again_with_what_csv_does_not_hold(value, folder):
    space = doe.ParameterSpace(x=doe.Real(0, 1), odd=value)
    results = run(doe.latin_hypercube(space, 3, rng=1), with_odd, seed_policy="common")
    page = read(write_report(results, folder / "odd.html"))
    assert "The values of 'odd' could not be written down exactly" in page.text
    assert "BatchRunner" not in page.text


def with_odd(x, odd):
    return {"y": x}


@pytest.mark.usefixtures("undrawn")
def test_what_the_page_of_an_archive_names_is_there(study, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tables, "MOST_CHARACTERS", 5_000)
    doe.archive(study.study, "my study.zip")
    page = read(write_report(doe.load("my study.zip"), "page.html", analyses=[]))
    assert "mesa-doe replay 'my study.zip' 0" in page.text
    assert "mesa-doe export 'my study.zip' FOLDER --format csv" in page.text
    assert doe.load("my study.zip").replay(0).model["y"].tolist() == study.output("y").tolist()[:1]
    names = made_again(page)
    pd.testing.assert_frame_equal(names["again"].model, study.model)


@pytest.mark.usefixtures("undrawn")
def test_the_run_that_is_made_again_is_one_of_the_study(tmp_path):
    def page_of(name, *values):
        runs = [
            doe.RunConfiguration(models.ishigami_of_x, run_id=run_id, parameters={"x": x}, seed=1)
            for run_id, x in zip((7, 9), values, strict=True)
        ]
        results = doe.BatchRunner(runs, store=tmp_path / name, display_progress=False).run_all()
        return read(write_report(results, tmp_path / f"{name}.html", analyses=[]))

    assert "mesa-doe replay hand 7" in page_of("hand", 0.5, 0.25).text
    # What was lost, replay refuses.
    assert "mesa-doe replay" not in page_of("lost", 0.5, 1).text


@pytest.mark.usefixtures("undrawn")
def test_outputs_and_scenarios_are_in_the_code(tmp_path, monkeypatch):
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(2, 4)), 3, rng=1)
    outputs = {"alive": None, "double": double}
    results = run(
        design,
        models.Walkers,
        store=tmp_path / "out",
        outputs=outputs,
        max_steps=2,
        seed_policy="independent",
    )
    page = read(write_report(results, tmp_path / "out.html"))
    monkeypatch.chdir(tmp_path)
    names = made_again(page)
    pd.testing.assert_frame_equal(names["again"].model, results.model)


def double(model):
    return 2 * len(model.agents)


@pytest.mark.usefixtures("undrawn")
def test_a_model_that_cannot_be_imported_is_asked_for(folder):
    results = run(doe.explicit({"x": [1, 2]}), lambda x: {"y": x}, seed_policy="common")
    told = snippet(read(write_report(results, folder / "lambda.html")))
    assert "# Define or import here: model, the model (tests.report.test_report:" in told
    compile(told, "snippet", "exec")


@pytest.mark.usefixtures("undrawn")
def test_the_model_of_a_script_is_given_to_what_makes_a_run_again(tmp_path, monkeypatch):
    def wealth(n):
        return {"y": n}

    wealth.__module__, wealth.__qualname__ = "__main__", "wealth"
    monkeypatch.setattr(sys.modules["__main__"], "wealth", wealth, raising=False)
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(2, 4)), 3, rng=1)
    results = run(design, wealth, store=tmp_path / "own", seed_policy="common")
    page = read(write_report(results, tmp_path / "own.html"))
    assert "doe.load('own').replay(0, model=wealth)" in page.text
    assert doe.load(tmp_path / "own").replay(0, model=wealth).status == "ok"


@pytest.mark.usefixtures("undrawn")
def test_what_cannot_be_imported_is_no_run_of_the_command_line(tmp_path):
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(2, 4)), 3, rng=1)
    outputs = {"alive": 1, "twice": lambda model: 2 * len(model.agents)}
    settings = {"outputs": outputs, "max_steps": 2, "seed_policy": "independent"}
    results = run(design, models.Walkers, store=tmp_path / "local", **settings)
    page = read(write_report(results, tmp_path / "local.html"))
    assert "mesa-doe replay" not in page.text
    assert "in the script or notebook that has output, the output (tests.report.test_report:" in page.text
    assert "doe.load('local').replay(0)" in page.text
    # What was kept is written as it was given.
    (kept,) = [one["text"] for one in page.all("dd") if one["text"].startswith("{'alive'")]
    assert kept == "{'alive': 1, 'twice': output}"


@pytest.mark.usefixtures("undrawn")
def test_names_of_a_study_that_is_not_to_be_trusted_are_no_code(tmp_path):
    run(doe.explicit({"x": [1, 2]}), models.ishigami_of_x, store=tmp_path / "evil", seed_policy="common")
    path = tmp_path / "evil" / "study.json"
    document = json.loads(path.read_text())
    document["plan"]["models"][0]["model"] |= {"module": "os\nimport os; os.abort()", "qualname": "x; evil()"}
    path.write_text(json.dumps(document))
    told = snippet(read(write_report(doe.load(tmp_path / "evil"), tmp_path / "evil.html")))
    names = {node.id for node in ast.walk(ast.parse(told)) if isinstance(node, ast.Name)}
    assert names == {"replace", "run", "runs", "model", "study", "doe", "again", "print"}
    assert [line for line in told.splitlines() if "abort" in line and not line.startswith("# ")] == []
    assert not [line for line in told.splitlines() if "evil()" in line and not line.startswith("# ")]


# ---- failures -------------------------------------------------------------------------------------------


def test_failures_are_shown_with_their_tracebacks(failing, walkers):
    told = failing.section("failures")
    count = len(walkers.failures)
    assert f"failedsteppingZeroDivisionError{count}" in told
    details = [one for one in failing.all("details") if "told to fail" in one["text"]]
    assert len(details) == count
    assert re.search(
        r"told to failn = \d+, fail_at = 3, pace = [\d.]+, torus = (True|False)\n", details[0]["text"]
    )
    assert details[0]["text"].count("Traceback (most recent call last)") == 1
    assert [one["text"] for one in failing.all("summary") if "told" in one["text"]] == [
        "told to fail"
    ] * count
    assert failing.all("svg", **{"aria-label": "Where in the space runs failed"})


@pytest.mark.usefixtures("undrawn")
def test_failures_of_runs_that_were_built_by_hand_have_what_varies(folder):
    runs = [
        doe.RunConfiguration(hostile, run_id=place, parameters={"y": 1, "x": place / 3}, seed=place)
        for place in range(4)
    ]
    results = doe.BatchRunner(runs, display_progress=False).run_all(learn_noise=False)
    told = read(write_report(results, folder / "hand-failed.html")).section("failures")
    assert f"x = {2 / 3}" in told
    assert "y = 1" not in told


@pytest.mark.usefixtures("undrawn")
def test_many_failures_are_cut_and_the_page_says_so(folder):
    def fail(x):
        raise ValueError("x" * 5_000)

    results = run(
        doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 60, rng=1), fail, seed_policy="independent"
    )
    page = read(write_report(results, folder / "many.html"))
    assert "The first 50 of 60." in page.text
    assert "No run has reported an output." in page.text
    assert "no output that is a number" in page.text


def test_without_failures_the_page_says_so(page):
    assert "No recorded run failed." in page.section("failures")


@pytest.mark.usefixtures("undrawn")
def test_indices_that_lack_points_are_refused_with_the_reason_or_made_without(folder):
    def sometimes(a, b, inert, rng):
        if a > 0.9:
            raise ValueError("too much")
        return {"y": a + b}

    results = run(doe.sobol(noisy_space(), 8, rng=1), sometimes, **block())
    refused = read(write_report(results, folder / "refused.html")).section("indices")
    assert "y is not analysed: " in refused
    assert "missing='drop'" in refused
    dropped = read(write_report(results, folder / "dropped.html", missing="drop")).section("indices")
    assert "Estimates for y" in dropped


# ---- outputs and indices --------------------------------------------------------------------------------


def test_outputs_are_told_in_numbers(page, study):
    values = study.output("y")
    (row,) = [one["text"] for one in page.all("tr") if one["text"].startswith(f"y{len(values)}")]
    assert f"{values.mean():.4g}" in row
    assert "Parameters and noise in y" in page.text
    assert [one["text"] for one in page.all("h3") if one["text"] in ("y", "exact")] == ["y", "exact"]


def extreme(a):
    return {"tiny": a * 1e-300, "huge": a * 1e300, "open": np.inf if a > 0.5 else a}


def test_numbers_at_the_ends_of_floats_and_beyond_are_told_and_drawn(folder, monkeypatch):
    drawn = {}
    draw = distribution._draw_distribution
    monkeypatch.setattr(
        distribution,
        "_draw_distribution",
        lambda *given: drawn.setdefault(given[2], (given[1], draw(*given)))[1],
    )
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1)), 20, rng=1)
    results = run(design, extreme, replications=2, seed_policy="independent")
    rows = {row[0]: row for row in rows_of(read(write_report(results, folder / "ends.html")), "Outputs")[1:]}
    deviation = float(results.runs["a"].std())
    assert rows["tiny"][3] == f"{deviation * 1e-300:.4g}".replace("-", "−")
    assert rows["huge"][3] == f"{deviation * 1e300:.4g}"
    assert drawn["tiny"][1].get_xlabel() == "tiny (in units of 1e-300)"
    assert 0.1 < drawn["tiny"][1].get_xlim()[1] < 2
    # Half of the points are infinite: they are neither counted nor drawn.
    assert rows["open"][1] == "20"
    assert float(rows["open"][-1]) < 0.5
    assert len(drawn["open"][0]) == 10
    assert np.isfinite(drawn["open"][0]).all()


def test_time_courses_and_words_are_shown(failing):
    assert failing.all("svg", **{"aria-label": "alive over the steps"})
    assert "torus at the last step, in words" in failing.section("outputs")
    assert re.search(r"(line|ring)\d+\d\d\.\d%", failing.section("outputs"))


def rows_of(page, caption):
    """Return the cells of the table whose caption begins so."""
    (place,) = [k for k, one in enumerate(page.elements) if one["text"].startswith(caption)
                and one["tag"] == "caption"]  # fmt: skip
    rows = []
    for one in page.elements[place + 1 :]:
        if one["tag"] == "caption":
            break
        if one["tag"] == "tr":
            rows.append([])
        elif one["tag"] in ("th", "td"):
            rows[-1].append(one["text"])
    return rows


def test_an_output_in_words_is_counted_by_factor(failing, walkers):
    counted = walkers.tabulate("torus", missing="drop")
    head, *rows = rows_of(failing, "torus by factor")
    assert head == ["Factor", "Level", "Runs", "line", "ring", "Cramér’s V", "p"]
    factors = counted.association["factor"].tolist()
    assert list(dict.fromkeys(row[0] for row in rows)) == factors == ["n", "fail_at", "pace", "torus"]
    levels = {factor: counted.table(factor) for factor in factors}
    told = [tables.number(level) for one in levels.values() for level in one.index]
    assert [row[1] for row in rows] == told
    shares = [row[3].split(" [")[0] for row in rows]
    assert shares == [f"{share:.3f}" for one in levels.values() for share in one["line"]]
    assert rows[-1][:2] == ["torus", "True"]
    low, high = counted.shares.iloc[-1][["low", "high"]]
    assert rows[-1][4] == f"1.000 [{low:.3f}, {high:.3f}]"
    # Runs that failed have no outcome, and that is said.
    assert f"left out, since they have no outcome: {len(walkers.failures)} runs" in failing.section("outputs")


def says(**parameters):
    return {"few": "odd" if parameters["x0"] > 0.5 else "even", "many": f"{parameters['x0']:.9f}"}


@pytest.mark.usefixtures("undrawn")
def test_texts_that_are_no_classes_and_factors_that_are_too_many_are_left_out(folder):
    space = doe.ParameterSpace({f"x{place}": doe.Real(0, 1) for place in range(25)})
    results = run(doe.latin_hypercube(space, 30, rng=1), says, seed_policy="common")
    page = read(write_report(results, folder / "words.html", outputs=["few", "many"]))
    assert "And 10 other values." in page.section("outputs")
    assert not [one for one in page.all("caption") if one["text"].startswith("many by factor")]
    assert "Only the 20 factors with the largest V, of 25." in page.section("outputs")
    rows = rows_of(page, "few by factor")[1:]
    assert len(rows) == 20 * 5
    assert rows[0][0] == "x0"


@pytest.mark.usefixtures("undrawn")
def test_words_of_runs_of_which_nothing_varies_are_counted_in_all(folder):
    runs = [doe.RunConfiguration(lambda seed: {"sign": "+"}, run_id=k, seed=k) for k in range(3)]
    results = doe.BatchRunner(runs, display_progress=False).run_all(learn_noise=False)
    told = read(write_report(results, folder / "alike.html")).section("outputs")
    assert "+3100.0%" in told
    assert "Not counted by factor: tabulate needs one outcome a run and at least one factor" in told


def test_warnings_and_notes_of_analyses_are_shown(page, study):
    result = study.sensitivity(["y", "exact"])
    assert result.warnings
    for text in result.warnings:
        assert text in page.section("indices")
    warned = [one["text"] for one in page.all("div", **{"class": "warning"})]
    assert warned == [f"Warning. {text}" for text in result.warnings]


@pytest.mark.usefixtures("undrawn")
def test_given_analyses_are_shown_as_they_are(study, folder):
    given = [study.sensitivity("exact", resamples=100), study.sensitivity("y", method="pawn", resamples=100)]
    page = read(write_report(study, folder / "given.html", analyses=given, outputs=["exact"]))
    assert [one["text"] for one in page.all("h4")] == ["exact", "y"]
    assert {"indices-1-sobol", "indices-2-pawn"} <= set(page.data)
    assert "resamples = 100" in page.text
    alone = read(write_report(study, folder / "alone.html", analyses=given[0]))
    pd.testing.assert_frame_equal(
        alone.frame("indices", gaps=["estimate", "low", "high"]), given[0].to_frame(), check_dtype=False
    )
    none = read(write_report(study, folder / "none.html", analyses=[]))
    assert "No analysis was given." in none.text
    asked = read(write_report(study, folder / "none-asked.html", outputs=[]))
    assert asked.section("outputs") == "OutputsNo output was asked for."
    assert "No analysis: no output was asked for." in asked.text


def test_a_caption_tells_of_lines_where_there_are_some(folder):
    told = {}
    for levels in (2, 3):  # effects of two levels have intervals, shares of three have none
        design = doe.full_factorial(noisy_space(), levels={"a": levels, "b": 2, "inert": 2})
        results = run(design, models.noisy, seed_policy="independent", replications=2)
        page = read(write_report(results, folder / f"levels-{levels}.html", outputs="y"))
        told[levels] = page.section("indices")
    assert "Lines are 95 % intervals." in told[2]
    assert "Lines are" not in told[3]


@pytest.mark.usefixtures("undrawn")
def test_one_output_over_time_is_shown(walkers, folder):
    over_time = walkers.sensitivity("alive", "all", unequal="last", method="regression", missing="drop")
    page = read(write_report(walkers, folder / "time.html", outputs="alive", analyses=over_time))
    assert f"at step {over_time.steps[-1]}, the last of {len(over_time.steps)}" in page.text
    assert [one["text"] for one in page.all("h3") if one["text"] in walkers.outputs] == ["alive"]


@pytest.mark.usefixtures("undrawn")
def test_a_design_without_an_analysis_of_its_own_says_what_would_do(folder):
    results = run(doe.explicit({"x": [0.1, 0.2, 0.4]}), models.ishigami_of_x, seed_policy="common")
    told = read(write_report(results, folder / "explicit.html")).section("indices")
    able = "anova, delta, discrepancy"
    assert f"none is made for designs of explicit of itself. These can be asked for: {able}" in told
    assert "analyses=results.sensitivity(…, method=…)" in told


def test_of_many_factors_the_largest_are_drawn_and_all_are_in_the_table(wide):
    assert "The first 3 of 40 factors." in wide.text
    assert "Only the 20 factors with the largest estimates, of 40." in wide.text
    rows = {one["text"] for one in wide.all("th", scope="row")}
    assert {f"factor_{place:02}" for place in range(40)} <= rows


@pytest.mark.usefixtures("undrawn")
def test_runs_that_were_built_by_hand_are_shown(folder):
    runs = [
        doe.RunConfiguration(models.ishigami_of_x, run_id=place, parameters={"x": place / 4}, seed=place)
        for place in range(5)
    ]
    results = doe.BatchRunner(runs, display_progress=False).run_all(learn_noise=False)
    page = read(write_report(results, folder / "hand.html"))
    assert "none: the runs were built by hand" in page.section("run")
    assert "the runs carry no design" in page.section("indices")
    assert "points" not in page.data


@pytest.mark.usefixtures("undrawn")
def test_a_study_that_is_not_complete_says_how_far_it_is(folder, tmp_path):
    design = doe.sobol(noisy_space(), 4, rng=1)
    configurations = design.configurations(models.noisy, rng=2, **block())
    runner = doe.BatchRunner(configurations, store=tmp_path / "part", display_progress=False)
    runner.run_shard(0, of=2)
    page = read(write_report(doe.load(tmp_path / "part"), tmp_path / "part.html"))
    results = doe.load(tmp_path / "part")
    assert 0 < results.pending < 20
    assert f"{len(results):,} of 20 runs are recorded, and {results.pending:,} are pending" in page.source
    assert f"pending{results.pending}" in page.section("failures")
    assert "y is not analysed" in page.section("indices")
    # What is not there cannot be the same.
    assert "the same results" not in page.text
    assert "equals(study.model)" not in page.text


@pytest.mark.usefixtures("undrawn")
def test_a_study_without_a_single_run_is_shown(tmp_path):
    design = doe.sobol(noisy_space(), 2, rng=1)
    runner = doe.BatchRunner(design.configurations(models.noisy, rng=2, **block()), store=tmp_path / "begun")
    runner.run_shard(0, of=2)
    for file in (tmp_path / "begun").glob("*/*.*"):
        file.unlink()
    page = read(write_report(doe.load(tmp_path / "begun"), tmp_path / "begun.html"))
    assert "No run has reported an output." in page.text


# ---- tables ---------------------------------------------------------------------------------------------


def test_the_tables_are_the_frames(page, study):
    runs = study.runs.reset_index()
    found = page.frame("runs", dtype={"seed": str}, gaps=["wall_time"])
    assert found["seed"].tolist() == runs["seed"].tolist()
    for name in ("run_id", "point", "iteration", "a", "b", "inert", "status", "steps", "wall_time"):
        assert found[name].tolist() == runs[name].tolist()
    assert [*found] == [*runs]
    own = study.points("y")
    points = page.frame("points")
    assert points["y mean"].tolist() == own["mean"].tolist()
    assert points["y sem"].tolist() == own["sem"].tolist()
    assert points["a"].tolist() == own["a"].tolist()
    result = study.sensitivity(["y", "exact"])
    pd.testing.assert_frame_equal(page.frame("indices"), result.to_frame(), check_dtype=False)
    assert page.data["indices"]["numeric"] == [False, False, False, False, True, True, True]


@pytest.mark.usefixtures("undrawn")
def test_points_tell_the_replications_of_each_output_where_they_differ(page, folder):
    design = doe.explicit({"x": [1, 2]})
    results = run(design, sometimes_nan, replications=4, seed_policy="independent")
    points = read(write_report(results, folder / "gaps.html", analyses=[])).frame("points")
    assert "replications" not in points
    for name in ("y", "gap"):
        assert points[f"{name} replications"].tolist() == results.points(name)["replications"].tolist()
    assert [*page.frame("points")][:5] == ["point", "a", "b", "inert", "replications"]


def sometimes_nan(x, rng):
    y = float(rng.normal())
    return {"y": y, "gap": y if y > 0 else float("nan")}


def test_a_carriage_return_in_a_text_ends_no_row():
    texts = ["a\rb", "c\r\nd", "e\nf", 'g"', ""]
    written, rows = tables._csv(pd.DataFrame({"text": texts, "y": range(5)}))
    assert rows == 5
    assert [*csv.reader(io.StringIO(written, newline=""))][1:] == [[t, str(y)] for y, t in enumerate(texts)]


@pytest.mark.usefixtures("undrawn")
def test_a_large_study_is_cut_and_the_page_says_so(folder, monkeypatch):
    monkeypatch.setattr(tables, "MOST_CHARACTERS", 20_000)
    monkeypatch.setattr(tables, "_AT_ONCE", 64)
    design = doe.latin_hypercube(doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(8)}), 300, rng=1)
    results = run(design, forty, seed_policy="independent")
    page = read(write_report(results, folder / "large.html", analyses=[]))
    rows = page.data["runs"]["rows"]
    assert 50 < rows < 300
    assert 15_000 < len(page.data["runs"]["csv"]) < 22_000
    assert page.frame("runs")["x0"].tolist() == results.runs["x0"].tolist()[:rows]
    assert f"Only the first {rows:,} of 300 rows are in this file" in page.text
    assert "this page has not all that decides them" in page.text
    # The tables of the results have no points of the page.
    told = [one["text"] for one in page.all("p", **{"class": "missing"}) if "rows are in this" in one["text"]]
    assert [one.endswith("results.failures.") for one in told] == [True, False]


# ---- attacks and arguments ------------------------------------------------------------------------------


def test_nothing_of_a_study_breaks_out(attacked):
    page = attacked
    assert len(page.all("script")) == 2
    assert not [one for one in page.all("img") if not one["src"].startswith("data:image/png")]
    shown = re.sub("[\x00\x1b\ud800]", "\ufffd", HOSTILE)
    (title,) = page.all("h1")
    assert title["text"] == shown
    # The model, its output, a level and its error all say the same.
    shown = re.sub("[\x00\x1b]", "\ufffd", NAME)
    assert all(shown in page.section(part) for part in ("run", "failures", "outputs", "indices"))
    # The data are what they were, to the last character that CSV holds.
    assert NAME in page.data["runs"]["csv"].replace('""', '"')


@pytest.mark.usefixtures("undrawn")
def test_unknown_outputs_and_other_arguments_are_refused(study, folder):
    with pytest.raises(AnalysisError, match="'z' is no output of the model; there are y, exact"):
        write_report(study, folder / "no.html", outputs="z")
    with pytest.raises(AnalysisError, match=r"analyses takes what results.sensitivity gives, got str"):
        write_report(study, folder / "no.html", analyses=["sobol"])
    for at in ("all", "median", None, True):
        with pytest.raises(AnalysisError, match=f"one number a run, .* 'final', 'mean', .*, got {at!r}"):
            write_report(study, folder / "no.html", at=at)
    with pytest.raises(AnalysisError, match="write_report: missing takes 'raise' or 'drop', got 'foo'"):
        write_report(study, folder / "no.html", missing="foo")
    with pytest.raises(AnalysisError, match="leave it out with analyses="):
        write_report(study, folder / "no.html", missing="drop", analyses=[])
    assert not (folder / "no.html").exists()


@pytest.mark.usefixtures("undrawn")
def test_only_reports_are_written_over(study, folder):
    path = folder / "mine.html"
    path.write_text("<html>mine</html>")
    with pytest.raises(StudyError, match="no report of mesa-doe, and is not overwritten"):
        write_report(study, path)
    assert path.read_text() == "<html>mine</html>"
    with pytest.raises(StudyError, match="cannot be written"):
        write_report(study, folder, analyses=[])
    with pytest.raises(StudyError, match="cannot be written"):
        write_report(study, folder / "nowhere" / "a.html", outputs=[], analyses=[])
    path = write_report(study, folder / "ours.html", outputs=[], analyses=[], title="first")
    assert "second" in write_report(study, path, outputs=[], analyses=[], title="second").read_text()


# ---- captions -------------------------------------------------------------------------------------------


class Fading(models.mesa.Model):
    """Runs for ``lasts`` steps; ``over`` says whether a coin has fallen."""

    def __init__(self, lasts=3, fails=False, rng=None):
        super().__init__(rng=rng)
        if fails:
            raise ValueError("told to fail")
        self.lasts, self.over = lasts, False
        self.datacollector = models.mesa.DataCollector({"over": "over", "size": "steps"})
        self.datacollector.collect(self)

    def step(self):
        self.over = self.over or self.random.random() < 0.3
        self.running = self.steps < self.lasts
        self.datacollector.collect(self)


def fading(design, **settings):
    return run(design, Fading, seed_policy="independent", max_steps=5, data_collection_period=1, **settings)


@pytest.fixture(scope="module")
def stopping():
    space = doe.ParameterSpace(lasts=doe.Integer(2, 4), fails=False)
    return fading(doe.full_factorial(space), replications=4)


def captions(results, tmp_path, **options):
    path = write_report(results, tmp_path / "captions.html", **options)
    return read(path), [one["text"] for one in read(path).all("figcaption")]


def test_captions_over_time_say_how_many_runs_are_left(stopping, tmp_path):
    _, told = captions(stopping, tmp_path, analyses=[])
    assert "size over the steps, of the runs still going: 12 at step 0, 4 at step 4." in told
    space = doe.ParameterSpace(lasts=doe.Integer(5, 6), fails=False)
    _, told = captions(fading(doe.full_factorial(space)), tmp_path, analyses=[])
    assert "size over the steps, of 2 runs." in told


def test_an_output_that_is_true_or_false_has_two_bars(stopping, tmp_path):
    page, told = captions(stopping, tmp_path, analyses=[])
    (caption,) = (text for text in told if text.startswith("Distribution of over "))
    assert "the share of points of which at most that share is True" in caption
    figures = page.section("outputs")
    assert "False" in figures
    assert "True" in figures


def test_analyses_of_one_method_say_of_which_step_they_are(tmp_path):
    space = doe.ParameterSpace(lasts=doe.Integer(5, 6), fails=False)
    results = fading(doe.full_factorial(space), replications=3)
    both = [results.sensitivity("size", method="anova", at=at) for at in (3, "all")]
    page, told = captions(results, tmp_path, analyses=[*both, results.sensitivity("size")])
    assert {"ANOVA at step 3", "ANOVA over the steps", "Effects"} <= {one["text"] for one in page.all("h3")}
    assert any(text.startswith("Effects of size at the last step, change of the output") for text in told)


def holes(a):
    return {"whole": a, "twice": 2 * a, "part": a if a < 0.5 else np.nan}


@pytest.mark.usefixtures("undrawn")
def test_analyses_of_one_output_each_are_called_after_it(folder):
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1)), 20, rng=1)
    results = run(design, holes, seed_policy="common")
    page = read(write_report(results, folder / "holes.html"))
    called = [f"Regression at the last step of {name}" for name in ("whole", "twice")]
    assert [one["text"] for one in page.all("h3") if one["text"].startswith("Regression")] == called
    assert [page.data[name]["title"] for name in ("indices-1-regression", "indices-2-regression")] == [
        f"Indices: {one}" for one in called
    ]
    assert "part is not analysed" in page.section("indices")


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_where_all_runs_failed_the_map_tells_of_no_difference(tmp_path):
    space = doe.ParameterSpace(lasts=doe.Integer(2, 4), fails=doe.Categorical([True, 1]))
    results = fading(doe.full_factorial(space))
    _, told = captions(results, tmp_path)
    assert "Where in the space runs failed, over two factors." in told


def test_what_is_no_results_is_told(tmp_path):
    with pytest.raises(doe.StudyError, match=r"takes results, got str; load\(path\) gives those of a study"):
        doe.write_report("study", tmp_path / "study.html")
