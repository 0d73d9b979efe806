import sys

import pytest

import mesa_doe as doe
from mesa_doe.explore.chosen import replayed
from tests.explore import studies


def test_what_is_no_results_is_refused_with_the_remedy():
    with pytest.raises(doe.ConfigurationError, match=r"got 'schelling': doe\.load\(folder\)"):
        doe.explorer("schelling")


@pytest.mark.parametrize("allowed", [False, True])
def test_a_changed_model_is_run_where_that_is_allowed_also_when_the_study_is_read_again(
    folders, monkeypatch, allowed
):
    pytest.importorskip("solara", reason="solara is not installed")
    from mesa_doe.explore import page

    monkeypatch.setattr(page, "explorer_page", lambda *given: given)
    results = doe.load(folders("noisy"))
    shown, again = doe.explorer(results, allow_changed_model=allowed)
    for study in (shown, again()):
        source = study.results.configurations.model_cls.described["source"]
        source |= dict.fromkeys(source, "0" * 64)
        comparison = replayed(study, 0)
        assert comparison.kind == ("same" if allowed else "not made")
        assert allowed or "the code was changed" in comparison.lines[0]


def test_without_solara_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "solara", None)
    with pytest.raises(doe.MissingDependencyError, match="explore"):
        doe.explorer(studies.noisy())
