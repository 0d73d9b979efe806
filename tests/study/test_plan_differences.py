import subprocess
import sys

import pytest

from mesa_doe.study.plan_differences import model_differences
from mesa_doe.study.provenance import reference_of
from mesa_doe.study.source import source_of
from tests import models

WALK = """
import sys

import mesa_doe as doe

SPEED = 2

def far(x):
    return SPEED * x

def walk(x):
    return {"y": far(x)}

def double(found):
    return {"z": 2 * found["y"]}

def run(store):
    design = doe.explicit([{"x": 1.0}, {"x": 2.0}])
    runs = design.configurations(walk, rng=1, seed_policy="independent", outputs=double)
    return doe.BatchRunner(runs, store=store).run_all()

if __name__ == "__main__":
    print(run("study").output("z").tolist())
"""
OTHER = """
import walk
from walk import run

print(run("study").output("z").tolist())
"""


def ran(folder, script, *, fails=False):
    done = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True)
    assert bool(done.returncode) == fails, done.stderr
    return done.stderr if fails else done.stdout


@pytest.mark.parametrize(("first", "then"), [("walk.py", "other.py"), ("other.py", "walk.py")])
def test_a_script_and_the_module_that_another_imports_are_one_model(tmp_path, first, then):
    (tmp_path / "walk.py").write_text(WALK)
    (tmp_path / "other.py").write_text(OTHER)
    told = ran(tmp_path, first)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "study").rglob("*.parquet")}
    assert ran(tmp_path, then) == told == "[4.0, 8.0]\n"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "study").rglob("*.parquet")} == written

    (tmp_path / "walk.py").write_text(WALK.replace("SPEED = 2", "SPEED = 3"))
    assert ":SPEED has changed" in ran(tmp_path, then, fails=True)


def described(module, file, qualname="noisy"):
    reference = {**reference_of(models.noisy), "module": module, "file": file, "qualname": qualname}
    source = {
        name.replace("tests.models:", f"{module}:"): one for name, one in source_of(models.noisy).items()
    }
    return {"model": reference, "scenario": None, "outputs": None, "source": source}


def test_a_script_is_a_module_only_by_its_file():
    script, module = described("__main__", "/a/walk.py"), described("walk", "/a/walk.py")
    assert model_differences(script, module, False) == model_differences(module, script, False) == []
    for other in (described("walk", "/b/walk.py"), described("walk", None)):
        assert model_differences(script, other, False) == ["the model was __main__:noisy, is walk:noisy"]
    assert model_differences(described("jog", "/a/walk.py"), module, False)
    assert model_differences(script, described("walk", "/a/walk.py", "loud"), False)
