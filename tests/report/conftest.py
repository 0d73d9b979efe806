from __future__ import annotations

import warnings

import pytest

import mesa_doe as doe
from mesa_doe.errors import MesaDoeWarning
from mesa_doe.report import runs, write_report
from tests import models
from tests.report.pages import HOSTILE, NAME, forty, hostile, noisy_space, run, stops, walkers_space


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


def noisy(folder):
    """Make a Sobol study with replications."""
    settings = {"replications": 2, "seed_policy": "block"}
    return run(doe.sobol(noisy_space(), 8, rng=1), models.noisy, store=folder / "noisy", **settings)


def failing(folder):
    """Make a study over time, of which half of the runs fail."""
    design = doe.latin_hypercube(walkers_space(), 12, rng=1)
    settings = {"replications": 2, "max_steps": 5, "data_collection_period": 1, "seed_policy": "independent"}
    return run(design, stops, store=folder / "failing", **settings)


def attacked(folder):
    """Run a model of which every name and message would be HTML."""
    space = doe.ParameterSpace(x=doe.Real(0, 1), y=doe.Categorical([NAME, "plain"]))
    return run(doe.latin_hypercube(space, 12, rng=1), hostile, seed_policy="independent")


def wide(folder):
    """Screen forty factors."""
    space = doe.ParameterSpace({f"factor_{place:02}": doe.Real(0, 1) for place in range(40)})
    return run(doe.morris(space, 4, rng=1), forty, seed_policy="block")


MADE = {"noisy": noisy, "failing": failing, "attacked": attacked, "wide": wide}


@pytest.fixture(scope="session")
def reported(folder):
    """Return what gives results by name and the file of their report, made when first asked for."""
    made = {}

    def of(name):
        if name not in made:
            title = HOSTILE if name == "attacked" else name
            with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
                warnings.simplefilter("ignore", MesaDoeWarning)
                # A grid of eight factors takes seconds.
                patch.setattr(runs, "_MOST_DRAWN", 3)
                results = MADE[name](folder)
                made[name] = results, write_report(results, folder / f"{name}.html", title=title)
        return made[name]

    return of
