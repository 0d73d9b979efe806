import warnings

import pytest

from mesa_doe.errors import MesaDoeWarning
from mesa_doe.explore.opened import Opened
from mesa_doe.runner import load
from tests.explore import studies


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Return what gives the folder of a study by its name."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("explore") / name
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MesaDoeWarning)
                getattr(studies, name)(made[name])
        return made[name]

    return of


@pytest.fixture(scope="session")
def opened(folders):
    """Return what opens a study by its name, from its folder."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = Opened(load(folders(name)))
        return known[name]

    return of
