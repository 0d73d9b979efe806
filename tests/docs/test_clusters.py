"""The scripts on the page *Clusters* run as they stand there, with fewer points and workers."""

import importlib.util
import re
import sys

import pytest

import mesa_doe as doe
from tests.docs.blocks import blocks, replaced, shell, take

SETUP = blocks("clusters.md", "python")[0]
STUDY = take("clusters.md", "python", "SLURM_ARRAY_TASK_ID")
JOB = take("clusters.md", "sh", "#SBATCH")
DASK = take("clusters.md", "python", "SLURMCluster")
MPI = take("clusters.md", "python", "MPIPoolExecutor")
MPIEXEC = take("clusters.md", "sh", "mpiexec")
RAY = take("clusters.md", "python", "import ray")

MODEL = """
import mesa

class MyModel(mesa.Model):
    def __init__(self, density=0.5, radius=1, rng=None):
        super().__init__(rng=rng)
        self.happy = density * radius + self.random.random()
        self.running = False
        self.datacollector = mesa.DataCollector({"happy": "happy"})
        self.datacollector.collect(self)
"""

# What Slurm does with a job, on this machine.
SBATCH = """\
#!/bin/sh
# As Slurm does, it reads the script before it returns: dask-jobqueue then deletes it.
script=$(cat "$1")
sh -c "$script" >> job.log 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """\
#!/bin/sh
kill "$@"
"""


def on_this_machine(script):
    """Put a script below the page's first cell, and what starts workers below a guard, as the page says."""
    body = "".join(f"    {line}\n" for line in script.splitlines())
    return f'{SETUP}\nif __name__ == "__main__":\n{body}'


def assert_complete(folder):
    study = doe.load(folder)
    assert study.pending == 0
    assert (study.runs["status"] == "ok").all()
    assert len(study) == 40


# ---- array jobs ------------------------------------------------------------------------------------------


def test_jobs_of_the_array_run_their_parts_and_the_script_alone_the_rest(tmp_path):
    (tmp_path / "study.py").write_text(replaced(STUDY, {"doe.sobol(space, 256, ": "doe.sobol(space, 32, "}))
    (tmp_path / "my_model.py").write_text(MODEL)
    first, last = map(int, re.search(r"^#SBATCH --array=(\d+)-(\d+)$", JOB, re.MULTILINE).groups())
    parts = int(re.search(r"of=(\d+)", STUDY)[1])
    assert range(first, last + 1) == range(parts)
    for task in (first, last):
        shell(JOB, tmp_path, "sh", SLURM_ARRAY_TASK_ID=str(task))
    study = doe.load(tmp_path / "study")
    assert len(study) == pytest.approx(2 / parts * len(study.configurations), rel=0.1)
    told = shell("unset SLURM_ARRAY_TASK_ID; python study.py", tmp_path)
    assert doe.load(tmp_path / "study").pending == 0
    assert re.search(r"happy.*ST.*density", told)


# ---- Dask ------------------------------------------------------------------------------------------------


# Found, not imported: an import of it takes Ctrl-C away from the process that it is made in.
@pytest.mark.skipif(importlib.util.find_spec("dask_jobqueue") is None, reason="dask-jobqueue is not there")
def test_a_cluster_of_dask_jobqueue_gets_its_workers_from_slurm(tmp_path):
    script = replaced(DASK, {"jobs=50": "jobs=2", "configurations, 50": "configurations, 2", "/shared/": ""})
    (tmp_path / "study.py").write_text(on_this_machine(script))
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    shell(f'PATH="{tmp_path}:$PATH" python study.py', tmp_path)
    assert_complete(tmp_path / "study")


# ---- MPI -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("mpi4py") is None, reason="mpi4py is not installed")
def test_the_script_for_mpi_runs_under_mpiexec(tmp_path):
    (tmp_path / "study.py").write_text(f"{SETUP}\n{MPI}")
    shell(replaced(MPIEXEC, {"-n 51": "-n 3"}), tmp_path, "sh")
    assert_complete(tmp_path / "study")


# ---- Ray -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_the_script_for_ray_runs(tmp_path):
    here = "num_cpus=2, include_dashboard=False"
    script = replaced(RAY, {'address="auto"': here, "n_jobs=50": "n_jobs=2", "/shared/": ""})
    (tmp_path / "study.py").write_text(on_this_machine(script))
    shell(f"{sys.executable} study.py", tmp_path)
    assert_complete(tmp_path / "study")
