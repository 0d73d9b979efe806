import sys

import pytest

import mesa_doe as doe
from tests.explore import studies


def test_what_is_no_results_is_refused_with_the_remedy():
    with pytest.raises(doe.ConfigurationError, match=r"got 'schelling': doe\.load\(folder\)"):
        doe.explorer("schelling")


def test_without_solara_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "solara", None)
    with pytest.raises(doe.MissingDependencyError, match="explore"):
        doe.explorer(studies.noisy())
