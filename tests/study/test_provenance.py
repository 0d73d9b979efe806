import copy
import functools
import importlib
import json
import linecache
import shutil
import subprocess
import sys
import textwrap
from unittest import mock

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mesa.examples.basic.schelling import model as schelling

import mesa_doe as doe
from mesa_doe.errors import StudyError
from mesa_doe.study.provenance import git_state, reference_of, resolve, versions
from mesa_doe.study.source import changes, source_of
from tests import models

BASE = """
import functools
import mesa
from helpers import nearest
import settings

SPEED = 3
UNUSED = 4

def timed(method):
    @functools.wraps(method)
    def wrapper(self):
        return method(self)
    return wrapper

class Walker(mesa.Agent):
    def step(self):
        return nearest(self) * SPEED * settings.PACE * settings.scaled(1)

class Base(mesa.Model):
    def count(self):
        return len(self.agents)

class Town(Base):
    def __init__(self, n=3, rng=None):
        super().__init__(rng=rng)
        Walker.create_agents(self, n)

    @timed
    def step(self):
        self.agents.do("step")

    def plot(self):
        import late
        return late.draw(self)

def study():
    return UNUSED
"""
HELPERS = """
def nearest(agent):
    return far(agent)

def far(agent):
    return 1

def other():
    return 2
"""
FILES = {
    "town.py": BASE,
    "helpers.py": HELPERS,
    "settings.py": "PACE = 2\nCOLOUR = 'red'\ndef scaled(x): return x\n",
    "late.py": "def draw(model): pass\n",
}


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Write modules into a new folder and import the first, as a new process would."""
    count = iter(range(100))

    def load(files, package=""):
        root = tmp_path / str(next(count))
        folder = root.joinpath(*package.split("."))
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        monkeypatch.setattr(sys, "path", [str(root), *sys.path])
        name = next(iter(files)).removesuffix(".py").replace("/", ".")
        before = set(sys.modules)
        module = importlib.import_module(f"{package}.{name}".lstrip("."))
        ours = [name for name in set(sys.modules) - before if str(root) in str(sys.modules[name].__file__)]
        kept = {name: sys.modules.pop(name) for name in ours}
        for name, one in kept.items():
            monkeypatch.setitem(sys.modules, name, one)
        importlib.invalidate_caches()
        loaded.update(kept)
        return module

    loaded = {}
    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def edited(imported, target="Town", **edits):
    """What is said to change when texts of the files are replaced."""
    files = dict(FILES)
    old = source_of(getattr(imported(files), target))
    for name in [name for name in sys.modules if f"{name}.py" in files]:
        del sys.modules[name]
    for name, (text, other) in edits.items():
        assert text in files[f"{name}.py"]
        files[f"{name}.py"] = files[f"{name}.py"].replace(text, other)
    return changes(old, source_of(getattr(imported(files), target)))


def test_a_model_consists_of_all_of_the_users_code_that_it_refers_to(imported):
    source = source_of(imported(FILES).Town)
    assert [*source] == [
        "helpers:far",
        "helpers:nearest",
        "late.py",
        "settings:PACE",
        "settings:scaled",
        "town:Base",
        "town:Base.count",
        "town:SPEED",
        "town:Town",
        "town:Town.__init__",
        "town:Town.plot",
        "town:Town.step",
        "town:Walker",
        "town:Walker.step",
        "town:timed",
        "town:timed.<locals>.wrapper",
        "town:timed.<locals>.wrapper.method",
    ]
    kinds = {entry.partition(":")[0] for entry in source.values()}
    assert kinds == {"source", "value"}
    assert json.loads(json.dumps(source)) == source


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"town": ("SPEED = 3", "SPEED = 4")}, ["town:SPEED has changed"]),
        ({"town": ("SPEED = 3", "SPEED = 3.0")}, ["town:SPEED has changed"]),
        ({"town": ("* SPEED", "+ SPEED")}, ["town:Walker.step has changed"]),
        ({"town": ("len(self.agents)", "0")}, ["town:Base.count has changed"]),
        ({"town": ("n=3", "n=4")}, ["town:Town.__init__ has changed"]),
        ({"town": ("return method(self)", "method(self)")}, None),
        ({"town": ("class Town(Base):", "class Town(Base):\n    size = 3")}, ["town:Town has changed"]),
        ({"helpers": ("return 1", "return 2")}, ["helpers:far has changed"]),
        ({"helpers": ("far(agent)\n", "2\n")}, None),
        ({"settings": ("PACE = 2", "PACE = 1")}, ["settings:PACE has changed"]),
        ({"late": ("pass", "return 1")}, ["late.py has changed"]),
    ],
)
def test_a_change_of_the_model_is_told(imported, edits, told):
    found = edited(imported, **edits)
    assert found
    assert told is None or found == told


@pytest.mark.parametrize(
    "edits",
    [
        {"town": ("UNUSED = 4", "UNUSED = 5")},
        {"town": ("return UNUSED", "return 1")},
        {"town": ("def study():", "def another():\n    pass\n\ndef study():")},
        {"town": ("class Walker(mesa.Agent):", "# Walks.\nclass Walker(  mesa.Agent ):\n    'Docs.'\n")},
        {"town": ("return len(self.agents)", '"""Docs."""\n        return (len(\n  self.agents))  # all')},
        {
            "town": (
                "from helpers import nearest\nimport settings",
                "import settings\nfrom helpers import nearest",
            )
        },
        {"helpers": ("return 2", "return 3")},
        {"settings": ("red", "blue")},
    ],
)
def test_comments_layout_docstrings_and_code_that_the_model_does_not_use_do_not_count(imported, edits):
    assert edited(imported, **edits) == []


def test_attributes_and_local_names_are_not_taken_for_global_ones(imported):
    text = """
        width = 30
        height = 20
        def model(width):
            height = width.height
            return {"y": height}
        """
    assert [*source_of(imported({"shadow.py": text}).model)] == ["shadow:model"]


def test_a_package_counts_as_a_whole_and_what_lies_beside_it_does_not(imported):
    files = {
        "models/wolf.py": """
            from pack.agents.sheep import eat
            import beside
            def model(x): return eat(x) + beside.f()
            """,
        "models/__init__.py": "",
        "agents/sheep.py": "def eat(x):\n    from . import grass\n    from ..common import one\n    return x",
        "agents/__init__.py": "here = True",
        "agents/grass.py": "height = 1",
        "common.py": "one = 1",
        "__init__.py": "",
        "../beside.py": "def f(): return 1",
    }
    module = imported(files, "pack")
    expected = [
        "agents/__init__.py",
        "agents/grass.py",
        "common.py",
        "pack.agents.sheep:eat",
        "pack.models.wolf:model",
    ]
    assert [*source_of(module.model)] == expected


def test_installed_packages_below_the_folder_are_not_the_users(imported):
    files = {
        "solo.py": """
            import sys, pathlib
            sys.path.append(str(pathlib.Path(__file__).parent / "site-packages"))
            from vendored import f
            def model(x): return f(x)
            """,
        "site-packages/vendored.py": "def f(x): return x",
    }
    assert [*source_of(imported(files).model)] == ["solo:model"]


def test_a_model_of_mesa_has_its_own_folder_counted_and_mesa_itself_not():
    names = [*source_of(schelling.Schelling)]
    assert "mesa.examples.basic.schelling.agents:SchellingAgent.step" in names
    assert "mesa.examples.basic.schelling.model:Schelling.__init__" in names
    assert all(name.startswith("mesa.examples.basic.schelling.") for name in names)


def test_closures_defaults_aliases_partials_and_instances_count(imported):
    text = """
        import functools
        FIRST = 1
        def low(x): return 1
        def high(x): return 2
        RULE = low
        def make(level, rule):
            def run(x): return rule(x) + level
            return run
        run = make(3, high)
        def alias(x): return RULE(x)
        def default(x, n=FIRST, *, rule=high): return n
        part = functools.partial(default, n=5)
        class Factory:
            kind = "a"
            def __init__(self, size): self.size = size
            def __call__(self, x): return self.size
            def build(self, x): return low(x)
        """
    module = imported({"odd.py": text})
    run = source_of(module.run)
    assert [*run] == [
        "odd:high",
        "odd:make.<locals>.run",
        "odd:make.<locals>.run.level",
        "odd:make.<locals>.run.rule",
    ]
    other = source_of(module.make(4, module.high))
    assert changes(run, other) == ["odd:make.<locals>.run.level has changed"]
    assert [*source_of(module.alias)] == ["odd:RULE", "odd:alias", "odd:low"]
    assert [*source_of(module.default)] == ["odd:default", "odd:default.n", "odd:default.rule", "odd:high"]
    partial = source_of(module.part)
    assert {"odd:<partial of default>", "odd:default"} < {*partial}
    assert changes(partial, source_of(functools.partial(module.default, n=6))) == [
        "odd:<partial of default> has changed"
    ]
    factory = source_of(module.Factory(1))
    assert {"odd:<instance of Factory>", "odd:Factory", "odd:Factory.__call__"} < {*factory}
    assert changes(factory, source_of(module.Factory(2))) == ["odd:<instance of Factory> has changed"]
    assert "odd:low" in source_of(module.Factory(1).build)


def test_what_is_hung_into_a_class_and_what_other_libraries_wrap_counts(imported):
    text = """
        import functools
        class Model:
            def step(self): return 1
            @functools.cached_property
            def cached(self): return helper()
            @staticmethod
            def fixed(): return 2
        def helper(): return 3
        def other(self): return 4
        @functools.lru_cache
        def wrapped(x): return helper()
        """
    module = imported({"hung.py": text})
    whole = ["hung:Model", "hung:Model.cached", "hung:Model.fixed", "hung:Model.step", "hung:helper"]
    assert [*source_of(module.Model)] == whole
    module.Model.step = module.other
    assert [*source_of(module.Model)] == [*whole, "hung:other"]
    assert {"hung:helper", "hung:wrapped"} <= {*source_of(module.wrapped)}


def test_code_that_libraries_make_up_does_not_count(imported):
    text = """
        import collections, dataclasses, enum
        @dataclasses.dataclass
        class Setting:
            size: int = 1
        Pair = collections.namedtuple("Pair", "a b")
        class Colour(enum.Enum):
            RED = 1
        SETTING = Setting(3)
        def model(x): return Pair(SETTING, Colour.RED)
        """
    names = [*source_of(imported({"made.py": text}).model)]
    assert names == ["made:Colour", "made:Pair", "made:SETTING", "made:Setting", "made:model"]


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=6,
)


def source_with(value):
    """What a function consists of that refers to a value."""
    namespace = {"__name__": "__main__", "DATA": value}
    exec("def model(x): return DATA", namespace)
    return source_of(namespace["model"])


@settings(deadline=None)
@given(DATA, DATA)
def test_data_counts_by_its_value(one, other):
    assert source_with(one) == source_with(one)
    assert (source_with(one) == source_with(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(3), np.arange(1, 4)),
        (np.ones((2, 3)), np.ones((3, 2))),
        (np.float32(1), np.float64(1)),
        ({"a": np.ones(2)}, {"a": np.zeros(2)}),
        (np.array([1, "a"], dtype=object), {1}),
    ],
)
def test_arrays_count_by_their_values(one, other):
    assert source_with(one) == source_with(copy.deepcopy(one))
    assert changes(source_with(one), source_with(other)) == ["__main__:DATA has changed"]


class Odd:
    def __getattr__(self, name):
        raise RuntimeError

    def __call__(self, x):
        return {"y": x}


class Hollow:
    @property
    def __class__(self):
        raise RuntimeError


def test_odd_objects_stop_nothing():
    ring = []
    ring.append(ring)
    deep = []
    for _ in range(100_000):
        deep = [deep]

    for value in (ring, deep, Odd(), Hollow(), mock.Mock(), mock.MagicMock(), sys, object(), iter("ab")):
        assert source_with(value) == source_with(value)
    for target in (Odd(), mock.Mock(), len, dict, np.mean, functools.partial(len), [].append, print):
        assert isinstance(source_of(target), dict)
        assert isinstance(reference_of(target)["qualname"], str)


def test_code_without_source_is_known_by_its_bytecode():
    def made(body):
        namespace = {"__name__": "__main__"}
        exec(body, namespace)
        return namespace["model"]

    text = "SPEED = 3\nclass Helper:\n    size = 1\n    def f(self): return SPEED\n"
    text += "def model(x): return Helper().f()"
    old = source_of(made(text))
    assert [*old] == ["__main__:Helper", "__main__:Helper.f", "__main__:SPEED", "__main__:model"]
    version = ".".join(map(str, sys.version_info[:2]))
    assert {entry.partition(":")[0] for entry in old.values()} == {f"bytecode-{version}", "value"}
    assert changes(old, source_of(made("\n\n" + text))) == []
    assert changes(old, source_of(made(text.replace("size = 1", "size = 2")))) == [
        "__main__:Helper has changed"
    ]
    assert changes(old, source_of(made(text.replace("().f()", "()")))) == ["__main__:model has changed"]


def test_bytecode_is_the_same_after_it_ran_often():
    namespace = {"__name__": "__main__"}
    exec("def model(x): return {'y': sum(i * x for i in range(100)) if x in {1, 2, 3} else -x}", namespace)
    old = source_of(namespace["model"])
    for x in range(1000):
        namespace["model"](x)
    assert source_of(namespace["model"]) == old


def test_source_that_was_edited_after_it_was_imported_is_not_taken_for_the_code(imported):
    module = imported({"edit.py": "def model(x): return 1\nclass Model:\n    def step(self): return 1\n"})
    assert {*source_of(module.model).values()} == {source_of(module.model)["edit:model"]}
    before = {**source_of(module.model), **source_of(module.Model)}
    with open(module.__file__, "a") as file:  # noqa: PTH123
        file.write("# a comment does not matter\n")
    assert {**source_of(module.model), **source_of(module.Model)} == before
    with open(module.__file__, "w") as file:  # noqa: PTH123
        file.write("def model(x): return 22\nclass Model:\n    def step(self): return 22\n")
    after = {**source_of(module.model), **source_of(module.Model)}
    assert after["edit:model"].startswith("bytecode-")
    assert after["edit:Model.step"].startswith("bytecode-")
    assert any(
        "cannot be compared: known by source, now by bytecode-" in one for one in changes(before, after)
    )


def test_a_script_counts_what_its_model_refers_to_only(tmp_path):
    script = tmp_path / "script.py"
    text = """
        from mesa_doe.study.provenance import reference_of
        from mesa_doe.study.source import source_of
        SPEED = 3
        def helper(): return SPEED
        def model(x): return {"y": helper()}
        def plot(): return results
        results = {"a": 1}
        if __name__ == "__main__":
            print(*source_of(model), *reference_of(model).values(), sep="|")
        """
    script.write_text(textwrap.dedent(text))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    expected = ["__main__:SPEED", "__main__:helper", "__main__:model", "__main__", "model", str(script)]
    assert done.stdout.strip().split("|") == expected


def test_a_cell_of_a_notebook_has_its_source(monkeypatch):
    source = "class Model:\n    def step(self): return 1\ndef model(x): return Model()\n"
    name = "/tmp/ipykernel_1/12345.py"
    monkeypatch.setitem(linecache.cache, name, (len(source), None, source.splitlines(keepends=True), name))
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    namespace = {"__name__": "__main__"}
    exec(compile(source, name, "exec", dont_inherit=True), namespace)
    source = source_of(namespace["model"])
    assert [*source] == ["__main__:Model", "__main__:Model.step", "__main__:model"]
    assert all(entry.startswith("source:") for entry in source.values())
    assert reference_of(namespace["model"])["file"] is None


def test_files_that_warn_when_compiled_warn_nobody(imported):
    module = imported({"quiet.py": "def model(x): return x\n"})
    with open(module.__file__, "a") as file:  # noqa: PTH123
        file.write('PATTERN = "\\d"\n')
    assert [*source_of(module.model)] == ["quiet:model"]


def test_changes_are_sentences_in_the_order_of_the_names():
    old = {"m:a": "source:1", "m:b": "source:1", "m:c": "source:1", "m:d": "bytecode-3.11:1"}
    new = {"m:a": "source:1", "m:b": "source:2", "m:d": "bytecode-3.12:1", "m:e": "value:1"}
    assert changes(old, new) == [
        "m:b has changed",
        "m:c is no longer part of the model",
        "m:d cannot be compared: known by bytecode-3.11, now by bytecode-3.12",
        "m:e is new in the model",
    ]
    assert changes(old, old) == []


class Outer:
    class Inner:
        @classmethod
        def make(cls):
            return cls()

        def method(self):
            return 1


class Heir(Outer.Inner):
    pass


class Factory:
    def __call__(self, x):
        return {"y": x}


@pytest.mark.parametrize(
    "target", [models.ishigami, mesa.Model, Outer.Inner, Outer.Inner.method, Heir.make, dict, len, np.mean]
)
def test_what_has_a_name_is_found_by_it_again(target):
    reference = reference_of(target)
    assert json.loads(json.dumps(reference)) == reference
    assert resolve(reference) == target


def test_a_reference_names_the_file(tmp_path):
    assert reference_of(models.ishigami) == {
        "module": "tests.models", "qualname": "ishigami", "file": models.__file__
    }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "qualname"),
    [
        (functools.partial(models.ishigami, x1=1), "<partial of ishigami>"),
        (Factory(), "<instance of Factory>"),
        (Heir().method, "<method method of an instance of Heir>"),
        (lambda x: x, "<lambda>"),
    ],
)
def test_what_has_no_name_is_described_and_not_found(target, qualname):
    reference = reference_of(target)
    assert reference["qualname"] == qualname
    with pytest.raises(StudyError, match=r"it has no name in its module\. Give the model .*model=\.\.\."):
        resolve(reference)


@pytest.mark.parametrize(
    ("module", "qualname", "why"),
    [
        ("__main__", "Model", "it was defined in a script, a notebook or at the prompt"),
        ("tests.models", "f.<locals>.g", "it has no name"),
        ("no_such_module", "Model", "ModuleNotFoundError"),
        ("tests.models", "NoSuchModel", "AttributeError"),
        ("tests.models", "NOISE", "in its place"),
        ("tests.models", "np.mean", "in its place"),
        ("", "", "cannot be imported"),
        (None, 3, "cannot be imported"),
        (".x", "y", "cannot be imported"),
    ],
)
def test_what_cannot_be_found_is_a_clear_error(module, qualname, why):
    with pytest.raises(StudyError, match=why) as caught:
        resolve({"module": module, "qualname": qualname, "file": "/where/it/was.py"})
    assert "'/where/it/was.py'" in str(caught.value)
    assert "replay(run_id, model=...)" in str(caught.value)


def test_a_module_that_fails_is_a_clear_error(imported, tmp_path):
    imported({"sound.py": "", "failing.py": "1 / 0"})
    with pytest.raises(StudyError, match="failing:Model cannot be imported: ZeroDivisionError"):
        resolve({"module": "failing", "qualname": "Model", "file": None})


@pytest.mark.parametrize("kind", ["SystemExit", "BaseException", "GeneratorExit"])
def test_a_module_that_raises_what_is_no_exception_is_a_clear_error(imported, kind):
    imported({"sound.py": "", "leaving.py": f"raise {kind}(0)"})
    with pytest.raises(StudyError, match=f"leaving:Model cannot be imported: {kind}: 0"):
        resolve({"module": "leaving", "qualname": "Model", "file": None})


def test_ctrl_c_while_a_module_is_imported_goes_through(imported):
    imported({"sound.py": "", "slow.py": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        resolve({"module": "slow", "qualname": "Model", "file": None})


def test_versions_are_told_without_importing_the_libraries():
    code = """if True:
        import sys
        from mesa_doe.study.provenance import versions
        before = {*sys.modules}
        versions()
        assert not {"SALib", "pyDOE3", "pyarrow", "mesa"} & ({*sys.modules} - before)
        """
    subprocess.run([sys.executable, "-c", code], check=True)
    found = versions()
    assert {"python", "platform", "mesa", "numpy", "pandas", "scipy", "SALib", "joblib"} <= {*found}
    assert found["mesa"] == mesa.__version__
    assert all(isinstance(value, str) for value in found.values())


@pytest.fixture
def repository(tmp_path):
    def git(*words):
        settings = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "init.defaultBranch=main"]
        command = ["git", "-C", tmp_path, *settings, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        git("init")
    except FileNotFoundError:
        pytest.skip("needs git")
    return git


def test_the_commit_is_told_and_whether_tracked_files_differ_from_it(tmp_path, repository):
    assert git_state(tmp_path) is None
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a file").write_text("a")
    repository("add", ".")
    repository("commit", "-m", "x")
    commit = repository("rev-parse", "HEAD")
    (tmp_path / "untracked").write_text("b")
    assert git_state(tmp_path) == git_state(tmp_path / "sub") == {"commit": commit, "changed": False}
    (tmp_path / "sub" / "a file").write_text("b")
    assert git_state(str(tmp_path)) == {"commit": commit, "changed": True}
    repository("commit", "-am", "y")
    repository("checkout", "--detach", commit)
    assert git_state(tmp_path) == {"commit": commit, "changed": False}


def test_only_a_repository_that_tracks_a_file_tells_its_commit(tmp_path, repository):
    (tmp_path / ".gitignore").write_text(".venv")
    (tmp_path / ".venv").mkdir()
    tracked, installed, new = (tmp_path / name for name in ("a.py", ".venv/model.py", "[ab].py"))
    for file in (tracked, installed):
        file.write_text("a")
    repository("add", ".")
    repository("commit", "-m", "x")
    new.write_text("a")  # its name is a pattern that the tracked file fits
    assert git_state(tracked) == {"commit": repository("rev-parse", "HEAD"), "changed": False}
    assert git_state(installed) is None
    assert git_state(new) is None


def test_a_study_has_the_commit_that_has_its_model(tmp_path, repository, imported):
    model = imported({"committed.py": "def model(a):\n    return {'y': a}\n"}).model
    design = doe.halton(doe.ParameterSpace(a=doe.Real(0, 1)), 2, rng=1)

    def git_of_a_study(name):
        doe.BatchRunner(design.configurations(model, rng=1), store=tmp_path / name).run_all()
        return json.loads((tmp_path / name / "study.json").read_text())["made_with"][0]["git"]

    repository("commit", "--allow-empty", "-m", "x")
    assert git_of_a_study("before") is None
    repository("add", "*.py")
    repository("commit", "-m", "y")
    assert git_of_a_study("after") == {"commit": repository("rev-parse", "HEAD"), "changed": False}


SCRIPT = """
import mesa_doe as doe
from mesa.examples import BoltzmannWealth

runs = doe.explicit("points.csv").configurations(BoltzmannWealth, rng=1, max_steps=1)
doe.BatchRunner(runs, store="study").run_all()
"""
STUDY_FILE = """
model = {class = "mesa.examples:BoltzmannWealth"}
design = {method = "explicit", points = "points.csv"}
runs = {rng = 1, max_steps = 1}
batch = {store = "study"}
"""


@pytest.mark.parametrize(
    ("text", "line"), [(SCRIPT, ["runs.py"]), (STUDY_FILE, ["-m", "mesa_doe", "run", "runs.toml"])]
)
def test_a_study_of_an_installed_model_has_the_commit_of_what_ran_it(tmp_path, repository, text, line):
    (tmp_path / line[-1]).write_text(text)
    (tmp_path / "points.csv").write_text("n\n3\n")

    def git_of_the_study():
        subprocess.run([sys.executable, *line], cwd=tmp_path, check=True, capture_output=True)
        made_with = json.loads((tmp_path / "study" / "study.json").read_text())["made_with"]
        shutil.rmtree(tmp_path / "study")
        return made_with[0]["git"]

    repository("commit", "--allow-empty", "-m", "x")
    assert git_of_the_study() is None
    repository("add", line[-1])
    repository("commit", "-m", "y")
    commit = repository("rev-parse", "HEAD")
    assert git_of_the_study() == {"commit": commit, "changed": False, "of": "script"}


def test_programs_that_a_repository_names_are_not_run(tmp_path, repository):
    (tmp_path / "file").write_text("a")
    repository("add", ".")
    repository("commit", "-m", "x")
    repository("config", "core.fsmonitor", f"touch '{tmp_path / 'ran'}'; false")
    assert git_state(tmp_path) is not None
    assert not (tmp_path / "ran").exists()


def test_no_repository_no_folder_and_no_git_are_none(tmp_path, monkeypatch):
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "missing") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(".") is None


SEEN: dict[int, int] = {}


def remembers(x):
    SEEN[x] = SEEN.get(x, 0) + 1
    return {"y": x}


def test_a_cache_that_the_model_fills_is_no_change_of_it():
    before = source_of(remembers)
    remembers(1)
    assert source_of(remembers) == before
