import contextlib
import inspect
import json
import subprocess
import sys

import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.cli.study_file import read_study
from mesa_doe.samplers import SAMPLERS
from tests import models
from tests.cli.studies import NOISY, changed, command, written
from tests.runner.test_store import same

WHOLE = """\
[model]
class = "tests.models:Walkers"

[space]
n = {integer = [2, 6]}
pace = {law = "gamma", args = [2], kwargs = {scale = 0.5}}
torus = {boolean = true}
fail_at = -1

[space.options]
constraints = ["n > 2 or pace < 1"]

[design]
method = "latin_hypercube"
n = 12
rng = 7

[runs]
replications = 2
rng = 8
seed_policy = "common"
max_steps = 5
data_collection_period = 2
outputs = {alive = 1, mean = true, agents = -1, deaths = true}

[batch]
n_jobs = 1
retries = 1
store = "kept/here"

[[analysis]]
output = "alive"
at = "mean"
method = "regression"
resamples = 100
"""


def in_python():
    space = doe.ParameterSpace(
        n=doe.Integer(2, 6), pace=stats.gamma(2, scale=0.5), torus=doe.Boolean(), fail_at=-1,
        constraints=["n > 2 or pace < 1"],
    )  # fmt: skip
    return doe.latin_hypercube(space, 12, rng=7).configurations(
        models.Walkers, replications=2, rng=8, seed_policy="common", max_steps=5, data_collection_period=2,
        outputs={"alive": 1, "mean": None, "agents": -1, "deaths": None},
    )  # fmt: skip


def alike(design, other):
    assert (design.method, design.options, design.groups) == (other.method, other.options, other.groups)
    assert design.space == other.space
    assert (design.unit == other.unit).all()


def plan_of(folder):
    plan = json.loads((folder / "study.json").read_text())["plan"]
    return {name: value for name, value in plan.items() if name != "id"}


def test_a_study_of_a_file_is_that_of_python_to_the_byte(tmp_path):
    told = command("run", written(tmp_path, WHOLE))
    python = doe.BatchRunner(in_python(), store=tmp_path / "python", retries=1).run_all()
    of_file = doe.load(tmp_path / "kept" / "here")
    same(of_file, python)
    assert of_file.model.to_csv() == python.model.to_csv()
    assert plan_of(tmp_path / "kept" / "here") == plan_of(tmp_path / "python")
    assert str(python.sensitivity("alive", at="mean", method="regression", resamples=100)) in told


def test_a_sobol_design_with_groups_is_that_of_python(tmp_path):
    text = changed("rng = 1\n", "rng = 1\ngroups = {pair = ['a', 'b'], rest = ['inert']}\n")
    study = read_study(written(tmp_path, text))
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Boolean())
    design = doe.sobol(space, 16, rng=1, groups={"pair": ["a", "b"], "rest": ["inert"]})
    alike(study.configurations.design, design)
    assert study.store == tmp_path / "study"
    assert study.batch == {}


def test_options_that_clash_with_the_method_have_a_table_of_their_own(tmp_path):
    text = changed('"sobol"\nn = 16\nrng = 1', '"d_optimal"\nn = 6\noptions = {method = "fedorov"}')
    text = text.replace('seed_policy = "block"', 'seed_policy = "independent"')
    text = text[: text.index("[[analysis]]")].replace("inert = {boolean = true}", "inert = {real = [0, 1]}")
    space = doe.ParameterSpace({name: doe.Real(0, 1) for name in ("a", "b", "inert")})
    design = read_study(written(tmp_path, text)).configurations.design
    alike(design, doe.d_optimal(space, 6, method="fedorov"))


def test_no_option_of_a_sampler_is_called_as_a_key_of_the_file():
    for info in SAMPLERS.values():
        assert not {"extend", "options"} & {*inspect.signature(info.function).parameters}


def test_points_of_a_csv_file_need_no_space(tmp_path):
    (tmp_path / "points.csv").write_text("a,b,inert\n0.1,0.2,1\n0.3,0.4,1\n")
    text = f"[model]{NOISY.split('[model]')[1].split('[space]')[0]}"
    text += '[design]\nmethod = "explicit"\npoints = "points.csv"\n[runs]\nrng = 1\nseed_policy = "common"'
    design = read_study(written(tmp_path, text)).configurations.design
    assert design.points["a"].tolist() == [0.1, 0.3]


@pytest.fixture
def _own_path(monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])


@pytest.mark.usefixtures("_own_path")
def test_a_model_may_be_in_a_file_beside_the_study_and_run_in_workers(tmp_path):
    (tmp_path / "model_beside.py").write_text(
        "import math\n\ndef simulate(a, b, inert):\n    return {'exact': math.exp(a) + b}\n"
        "\ndef doubled(model):\n    return 2\n"
    )
    text = changed('class = "tests.models:noisy"', 'file = "model_beside.py"\nclass = "simulate"')
    text = text.replace("replications = 2\n", "") + "\n[batch]\nn_jobs = 2\ntimeout = 60"
    # In a process of its own, as in a shell: workers that other tests started do not look in this folder.
    line = [sys.executable, "-m", "mesa_doe", "run", str(written(tmp_path, text))]
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "<Results: 80 runs (80 ok); outputs exact>" in told
    told = command("replay", tmp_path / "study", 3, "--model", f"{tmp_path / 'model_beside.py'}:simulate")
    assert told.split()[:3] == ["run_id", "step", "exact"]


def test_functions_of_the_model_are_outputs_by_name(tmp_path):
    text = changed(
        "outputs = {alive = 1,", 'outputs = {twice = "tests.models:sobol_g_indices", alive = 1,', WHOLE
    )
    configurations = read_study(written(tmp_path, text)).configurations
    assert configurations.outputs["twice"] is models.sobol_g_indices
    text = changed("outputs = {alive = 1,", 'outputs = {twice = "ishigami", alive = 1,', WHOLE)
    assert read_study(written(tmp_path, text)).configurations.outputs["twice"] is models.ishigami


def test_functions_of_a_file_beside_the_study_are_outputs(tmp_path, monkeypatch):
    (tmp_path / "outputs_beside.py").write_text("def walked(model):\n    return float(model.steps)\n")
    text = changed("{alive = 1,", '{walked = "outputs_beside.py:walked", alive = 1,', WHOLE)
    written(tmp_path, changed("n_jobs = 1", "n_jobs = 2\ntimeout = 60", text))
    # In a process of its own, and from another folder.
    line = [sys.executable, "-m", "mesa_doe", "run", str(tmp_path / "study.toml")]
    subprocess.run(line, capture_output=True, check=True)
    results = doe.load(tmp_path / "kept" / "here")
    last = results.model.groupby("run_id")["walked"].last()
    assert last.tolist() == results.runs["steps"].tolist()
    assert last.max() > 0
    monkeypatch.chdir(tmp_path)
    told = command("replay", "kept/here", 3)
    assert "walked" in told.splitlines()[0].split()


# ---- mistakes -------------------------------------------------------------------------------------------


def mistakes(folder, text):
    with pytest.raises(doe.ConfigurationError) as caught:
        read_study(written(folder, text)).runner()
    return str(caught.value).removeprefix(str(folder / "study.toml"))


LATIN = changed('"sobol"\nn = 16', '"latin_hypercube"\nn = 40', NOISY.partition("[[")[0])
LATIN = changed('replications = 2\nseed_policy = "block"\n', "", LATIN)

MISTAKES = [
    ("[model]", "[modell]", "line 1: modell: there is no such key: did you mean 'model'? there are model,"),
    ("class =", "clas =", "line 2: model.clas: there is no such key: did you mean 'class'?"),
    (":noisy", ":nosy", "line 2: model.class: 'nosy' is not there in tests.models: did you mean 'noisy'?"),
    ("tests.models:noisy", "noisy", 'line 2: model.class takes "package.module:Class", or "Class" beside'),
    (
        ".models",
        ".modles",
        "line 2: model.class: tests.modles cannot be imported: ModuleNotFoundError: No mo",
    ),
    ('"tests.models:noisy"', "5", ", line 2: model.class takes a text, got 5"),
    ("[space]", "file = 5\n[space]", ", line 4: model.file takes a text, got 5"),
    ("[space]", "scenario = [1]\n[space]", ", line 4: model.scenario takes a text, got [1]"),
    ("a = {real", "aa = {real", "line 5: space.aa: noisy takes no parameter 'aa': did you mean 'a'?"),
    ("inert = {boolean = true}\n", "", "line 4: space: noisy needs 'inert', which no axis and no constant"),
    ('"sobol"', '"sobl"', "line 10: design.method: there is no design 'sobl': did you mean 'sobol'? mesa-"),
    ('"sobol"', "3", "line 10: design.method: there is no design 3: mesa-doe designs lists all"),
    ("n = 16", "n = 0", "line 11: design.n: sobol: n takes an int from 1, got 0"),
    ("n = 16", 'n = "16"', "line 11: design.n: sobol: n takes an int from 1, got '16'"),
    ("n = 16", "m = 16", "line 11: design.m: there is no such key: there are method, n, rng, second_order, "),
    ("n = 16\n", "", "line 9: design.n: it is missing: sobol needs it"),
    ("n = 16\nrng = 1", "n = 16", "line 9: design.rng: it is missing: write rng = 1, say; the points follow"),
    ("n = 16", 'n = 16\nseed_factor = "no"', 'line 12: design.seed_factor takes true or false, got "no"'),
    ("n = 16", "n = 16\ngroups = {p = ['a']}", "line 12: design.groups: factor 'b' is in no group"),
    ("n = 16", "n = 16\ngroups = {p = ['x']}", "line 12: design.groups.p: group 'p': 'x' is no factor"),
    (
        'method = "sobol"\nn = 16\nrng = 1',
        'method = "explicit"\npoints = "nope.csv"',
        "line 11: design.points: explicit: there is no file ",
    ),
    (
        'method = "sobol"\nn = 16',
        'method = "monte_carlo"\nn = 100_000_000_000_000',
        "line 11: design.n: monte_carlo: n=100000000000000 makes 100,000,000,000,000 points; the most is ",
    ),
    ("n = 16", "n = 16\nextend = 8", "line 12: design.extend: extend takes the new size, an int larger t"),
    ("n = 16", "n = 16\nextend = [32, true]", "line 12: design.extend[1]: extend takes the new size, an in"),
    (
        'method = "sobol"',
        'method = "korobov"\nextend = 32',
        "line 11: design.extend: a korobov design cannot be exte",
    ),
    ("n = 16", "n = 16\ngroups = 3", "line 12: design.groups: "),
    ("rng = 2\n", "", "line 14: runs.rng: it is missing: write rng = 1, say"),
    ("rng = 2", 'rng = "x"', "line 15: runs.rng: rng takes a non-negative int"),
    ("rng = 2", "rng = 2\nmax_step = 3", "line 16: runs.max_step: there is no such key: did you mean 'max_s"),
    ("rng = 2", "rng = 2\nmax_steps = 1.5", "line 16: runs.max_steps: max_steps takes an int from 0, got"),
    ('"block"', '"blok"', "line 17: runs.seed_policy: seed_policy takes block, common"),
    ('"block"', '"fixed"', "line 17: runs.seed_policy: seed_policy='fixed' gives every run the same seed"),
    ("rng = 2", "rng = 2\noutputs = {y = 1.5}", "line 16: runs.outputs.y takes true, a period"),
    (
        "rng = 2",
        "rng = 2\noutputs = {y = 'ys'}",
        "line 16: runs.outputs.y: 'ys' is not there in tests.models",
    ),
    (
        "rng = 2",
        "rng = 2\noutputs = {y = 'no_such_file.py:ys'}",
        "line 16: runs.outputs.y: there is no file '",
    ),
    ("rng = 2", "rng = 2\noutputs = 3", "line 16: runs.outputs: outputs takes a name, a list of names"),
    ("[[", "[batch]\nn_jobs = 0\n[[", "line 20: batch.n_jobs takes a whole number other than 0"),
    ("[[", "[batch]\nretries = 1.5\n[[", "line 20: batch.retries takes a whole number from 0, got 1.5"),
    ("{boolean = true}", '"boolean"', 'line 7: space.inert: "boolean" alone is a text'),
    ("[[", "[batch]\nn_job = 0\n[[", "line 20: batch.n_job: there is no such key: did you mean 'n_jobs'?"),
    ("[[", "[batch]\nstore = 3\n[[", "line 20: batch.store takes the name of a folder, got 3"),
    ("[[", "[batch]\ntimeout = -1\n[[", "line 20: batch.timeout takes seconds above 0 and below 1e9, got -1"),
    ("[[analysis]]", "[analysis]", "line 19: analysis: there may be several, so write [[analysis]]"),
    ('"exact"', "3.5", "line 20: analysis[0].output takes a name, or a list of names, got 3.5"),
    ("output =", "outptu =", "line 19: analysis[0].output: it is missing, and there is 'outptu': write the "),
    ("method =", "metod =", "line 9: design.method: it is missing, and there is 'metod': write method = "),
    (
        "resamples",
        "resample",
        "line 21: analysis[0].resample: there is no such key: did you mean 'resamples'",
    ),
    ("= 100", "= 10", "line 21: analysis[0].resamples: sobol: resamples takes an int from 100, got 10"),
    (
        "= 100",
        "= 100\nconfidence = 'high'",
        "line 22: analysis[0].confidence: sobol: confidence takes a numb",
    ),
    ("= 100", "= 100\nrng = 'x'", 'line 22: analysis[0].rng takes a whole number from 0, got "x"'),
    ("= 100", "= 100\ndummy = 1", "line 22: analysis[0].dummy takes true or false, got 1"),
    ("resamples", "at = 1001\nresamples", "line 21: analysis[0].at takes a step from 0 up to max_steps = 10"),
    (
        "resamples",
        "at = -1\nresamples",
        "line 21: analysis[0].at takes a step from 0 up to max_steps = 1000,",
    ),
    ('"exact"', '["y", "y"]', "line 20: analysis[0].output takes several different names in a list, got ["),
    (
        "resamples",
        'at = "end"\nresamples',
        'line 21: analysis[0].at takes "final", "mean", "first", "min", "max", "all" or a step',
    ),
    (
        "resamples",
        'method = "sobl"\nresamples',
        "line 21: analysis[0].method: there is no analysis 'sobl': d",
    ),
    ("resamples", 'method = "fast"\nresamples', "line 21: analysis[0].method: fast needs a design made by f"),
    ("resamples", 'reduce = "men"\nresamples', 'line 21: analysis[0].reduce takes "mean", "median", "std"'),
    (
        "resamples",
        'unequal = "last"\nresamples',
        "line 21: analysis[0].unequal: it says how whole series are",
    ),
    ("n = 16", "n = 1", "line 19: analysis[0]: sobol needs at least two complete blocks, got 1; make the"),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_key_and_line(tmp_path, old, new, told):
    found = mistakes(tmp_path, NOISY.replace(old, new, 1))
    assert told in found, found


@pytest.mark.parametrize(
    ("analysis", "told"),
    [
        ('method = "hdmr"', "hdmr needs 300 points or more, got 40"),
        (
            'method = "anova"',
            "anova takes each level as a category, at most 12 a factor, but there are more of",
        ),
        ('method = "rbd_fast"', "rbd_fast: M=10 harmonics need more than 40 points, got 40"),
        (
            'method = "pawn"\nslides = 30',
            "pawn: the 30 classes of factor 'a' with slides=30 need at least 60 ",
        ),
    ],
)
def test_an_analysis_that_the_design_does_not_allow_is_told_beforehand(tmp_path, analysis, told):
    text = f'{LATIN}[[analysis]]\noutput = "y"\n{analysis}\n'
    assert f": analysis[0]: {told}" in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    "analysis",
    [
        'method = "rsa"\nbehavioural = [3.0, 5.0]',  # in the unit of an output that nobody knows yet
        'method = "rsa"',
        'method = "rsa"\nbins = 3',
        'method = "pawn"\nslides = 30\nmissing = "drop"',  # which points are left, the runs tell
        'method = "tabulate"',
    ],
)
def test_an_analysis_that_only_the_runs_can_refuse_is_not_refused_beforehand(tmp_path, analysis):
    text = f'{LATIN}[[analysis]]\noutput = "y"\n{analysis}\n'
    read_study(written(tmp_path, text))


def test_outputs_that_the_model_lacks_are_told(tmp_path):
    text = changed("outputs = {alive = 1,", "outputs = {alvie = 1,", WHOLE)
    found = mistakes(tmp_path, text)
    assert found.startswith(
        ", line 24: runs.outputs.alvie: Walkers has no output 'alvie': did you mean 'alive'?"
    )

    text = changed(
        "outputs = {alive = 1, mean = true, agents = -1, deaths = true}", 'outputs = ["mean", "alvie"]', WHOLE
    )
    found = mistakes(tmp_path, text)
    assert found.startswith(
        ", line 24: runs.outputs[1]: Walkers has no output 'alvie': did you mean 'alive'?"
    )


def test_outputs_of_analyses_that_the_model_lacks_are_told(tmp_path):
    more = '[[analysis]]\noutput = {}\nmethod = "tabulate"\n'
    text = f"{WHOLE}\n{more.format(repr('alvie'))}{more.format(['steps', 'x', 'Agent.x', 'torsu'])}"
    found = mistakes(tmp_path, text)
    assert ": analysis[1].output: Walkers has no output 'alvie': did you mean 'alive'? there are " in found
    assert ": analysis[2].output: Walkers has no output 'torsu': did you mean 'torus'? there are " in found
    assert "has mistakes (2)" in found
    # Where a point may lack what another has, the runs tell.
    read_study(written(tmp_path, f"{WHOLE}\n{more.format(repr('alvie'))}missing = 'drop'")).runner()


def test_steps_that_are_not_kept_are_told(tmp_path):
    text = changed(
        "data_collection_period = 2\noutputs = {alive = 1, mean = true, agents = -1, d", "outputs = {d", WHOLE
    )
    text = changed("{deaths = true}", '["alive", "mean", "agents"]', text)
    found = mistakes(tmp_path, text)
    assert found.endswith(
        ": analysis[0].at: only the last step of 'alive' is kept, so \"mean\" has nothing to look at: write "
        "data_collection_period = 1 under [runs], or the period that you need"
    )
    # One with a period of its own is kept, and how long runs last too.
    kept = changed('"alive"\nat', '["alive", "steps"]\nat', changed("mean = true, ", "", WHOLE))
    read_study(written(tmp_path, kept.replace("data_collection_period = 2\n", ""))).runner()
    # A function that is a model has no steps, and one value a run.
    read_study(written(tmp_path, changed("resamples", 'at = "mean"\nresamples'))).runner()


def test_outputs_that_no_function_gives_are_told(tmp_path):
    (tmp_path / "outputs_told.py").write_text("def walked(model):\n    return float(model.steps)\n")
    outputs = "{alive = 1, mean = true, agents = -1, deaths = true}"
    text = changed(outputs, '{walked = "outputs_told.py:walked"}', WHOLE).partition("[[")[0]
    text += '[[analysis]]\noutput = ["walked", "steps"]\n[[analysis]]\noutput = "walkd"\n'
    found = mistakes(tmp_path, text)
    assert found.endswith(
        ": analysis[1].output: there is no output 'walkd'; did you mean 'walked'? there are walked, steps"
    )


def test_the_mistakes_of_all_sections_are_told_at_once(tmp_path):
    text = (
        NOISY.replace(":noisy", ":x").replace("n = 16", "n = 16\nk = 3").replace("rng = 2", "rng = 2\nx = 1")
    )
    text = text.replace("a = {real = [0, 1]}", "a = {real = [0]}").replace("output =", "out =")
    heading, *lines = mistakes(tmp_path, text).splitlines()
    assert heading == " has mistakes (5):"
    for line, start in zip(
        lines,
        ["2: model.class: ", "5: space.a.real takes ", "12: design.k: ", "17: runs.x: ", "21: analysis[0]."],
        strict=True,
    ):
        assert line.startswith(f"  - line {start}")


def lines_with_mistakes(folder, text):
    told = mistakes(folder, text)
    return [int(line.split(":")[0].removeprefix("  - line ")) for line in told.splitlines()[1:]]


def test_all_mistakes_of_the_batch_are_told_at_once(tmp_path):
    text = f'{NOISY}\n[batch]\nn_jobs = "2"\ntimeout = "5s"\nretries = 1.5\nstore = 3\n'
    assert lines_with_mistakes(tmp_path, text) == [24, 25, 26, 27]


def test_names_settings_and_steps_are_told_at_once(tmp_path):
    text = NOISY.replace("a = {real", "aa = {real").replace("replications = 2", "replications = 0")
    text = text.replace("resamples = 100", "at = 50\nresamples = 100")
    text = text.replace("rng = 2", 'rng = "x"\nmax_steps = 15').replace('"block"', '"blok"')
    # noisy lacks a, and takes no aa
    assert lines_with_mistakes(tmp_path, text) == [4, 5, 15, 17, 18, 22]
    text = text.replace("max_steps = 15", "max_steps = -1")
    assert lines_with_mistakes(tmp_path, text) == [4, 5, 15, 16, 17, 18]


def test_mistakes_of_the_space_hide_none_of_other_sections(tmp_path):
    text = NOISY.replace("a = {real = [0, 1]}", "a = {real = [3, 1.5]}").replace("n = 16", "n = 0")
    text = text.replace("rng = 2", "max_steps = -1").replace(
        "resamples", 'at = "last"\nmethod = "sobl"\nresamples'
    )
    # The rng that is missing is told at its section.
    assert lines_with_mistakes(tmp_path, text) == [5, 11, 14, 15, 21, 22]


def test_an_analysis_that_cannot_be_read_moves_no_mistake_of_the_next(tmp_path):
    text = f'{NOISY}\nmethod = "sobl"\n[[analysis]]\noutput = "y"\nat = 2000\n'
    assert lines_with_mistakes(tmp_path, text) == [23, 26]


def test_a_constant_may_be_called_as_a_kind_of_axis(tmp_path):
    study = read_study(written(tmp_path, NOISY.replace("{boolean = true}", '{constant = "boolean"}')))
    assert study.configurations.constants == {"inert": "boolean"}


def test_what_is_no_toml_is_told_with_its_line(tmp_path):
    assert mistakes(tmp_path, "[model\n").startswith(" is no TOML: ")
    assert "line 2" in mistakes(tmp_path, "a = 1\nb = \n")
    assert mistakes(tmp_path, "[runs]\nrng = 1\nrng  =  2\n").endswith("): rng  =  2")


def test_sections_that_are_missing_are_told(tmp_path):
    lines = mistakes(tmp_path, "").splitlines()[1:]
    for line, start in zip(
        lines,
        [
            'design.method: it is missing: under [design] write method = "latin_hypercube", say; ',
            'model.class: it is missing: under [model] write class = "package.module:Class", or file = ',
            "runs.rng: it is missing: under [runs] write rng = 1, say; the seeds of all runs follow from it",
        ],
        strict=True,
    ):
        assert line.startswith(f"  - {start}")
    text = NOISY.replace("[space]", "[spaces]")
    assert "space: the section is missing: it says which parameters vary, and how" in mistakes(tmp_path, text)


def test_there_is_no_file_where_there_is_none(tmp_path):
    told = command("run", tmp_path / "none.toml", expected=1)
    assert told.startswith(f"mesa-doe: {tmp_path / 'none.toml'} cannot be read: ")
    assert told.count("\n") == 1


def test_what_is_no_text_is_no_study_file(tmp_path):
    (tmp_path / "study.zip").write_bytes(b"PK\x03\x04\xff")
    told = command("run", tmp_path / "study.zip", expected=1)
    assert told.startswith(f"mesa-doe: {tmp_path / 'study.zip'} is no study file, which is a text in UTF-8 (")


@pytest.mark.usefixtures("_own_path")
@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("model_absent.py", None, "model.file: there is no file "),
        ("my-model.py", "", "model.file: 'my-model.py' is no name of a module: name it like my_model.py"),
        ("json.py", "", "model.file: another module is called json ("),
        ("model_raises.py", "x = 1\nraise KeyError('here')", "KeyError: 'here' ("),
        ("model_broken.py", "def", "SyntaxError: "),
        ("model_exits.py", "raise SystemExit(3)", "model_exits cannot be imported: SystemExit: 3"),
        ("model_panics.py", "class Panic(BaseException): ...\nraise Panic", "cannot be imported: Panic"),
        ("model_empty.py", "x = 1", "model.class: 'Model' is not there in model_empty: it has none"),
        (
            "model_number.py",
            "Model = 1",
            "model.class: 'Model' is no class or function in model_number: it has no",
        ),
    ],
)
def test_a_file_that_has_no_model_is_told(tmp_path, name, code, told):
    if code is not None:
        (tmp_path / name).write_text(code)
    text = changed('class = "tests.models:noisy"', f'file = "{name}"\nclass = "Model"')
    assert told in mistakes(tmp_path, text)


JUNK = ["-1", "0", "3.5", "nan", '"x"', "true", "[]", "[1]", "{}", "{x = 1}", "1979-05-27", '[["x"]]']


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
@pytest.mark.parametrize("junk", JUNK)
def test_any_value_is_taken_or_told(tmp_path, junk):
    model = 'file = "model.py"\nclass = "Model"\nscenario = "Scenario"'
    for text in (NOISY, WHOLE, changed('class = "tests.models:noisy"', model)):
        lines = text.splitlines()
        for place, line in enumerate(lines):
            if " = " in line:
                wrong = [*lines[:place], f"{line.partition(' = ')[0]} = {junk}", *lines[place + 1 :]]
                with contextlib.suppress(doe.MesaDoeError):  # and nothing else
                    read_study(written(tmp_path, "\n".join(wrong))).runner()
