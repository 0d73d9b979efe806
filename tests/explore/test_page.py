"""The components, without a browser."""

import time

import pytest

solara = pytest.importorskip("solara", reason="solara is not installed")
pytest.importorskip("mesa.visualization", reason="mesa[viz] is not installed")

import ipyvuetify as v  # noqa: E402

import mesa_doe.explore  # noqa: E402
from mesa_doe.errors import MesaDoeError  # noqa: E402
from mesa_doe.explore.opened import Opened  # noqa: E402
from mesa_doe.explore.page import explorer_page  # noqa: E402
from mesa_doe.explore.visualisation import visualisation  # noqa: E402
from mesa_doe.runner import load  # noqa: E402
from tests.explore import studies  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning"),
    # Of Solara, reacton and ipywidgets.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*:UserWarning:solara"),
]


def waited(found, seconds=20):
    """Return what is found once it is there: components work in threads."""
    end = time.monotonic() + seconds
    while not (there := found()) and time.monotonic() < end:
        time.sleep(0.05)
    assert there
    return there


@pytest.fixture
def rendered():
    contexts = []

    def render(element):
        _, context = solara.render(element, handle_error=False)
        contexts.append(context)
        return context

    yield render
    for context in contexts:
        context.close()


def children(widget):
    for child in getattr(widget, "children", ()):
        yield child
        yield from children(child)


def texts(context):
    return " ".join(child for child in children(context.container) if isinstance(child, str))


def images(context):
    return [
        child.attributes["alt"]
        for child in children(context.container)
        if getattr(child, "tag", None) == "img"
    ]


def clickables(context):
    return [one.widget for one in context.find(v.VuetifyTemplate) if hasattr(one.widget, "places")]


def button(context, label):
    (one,) = [one.widget for one in context.find(v.Btn) if label in map(str, one.widget.children)]
    return one


def test_results_in_memory_are_shown_without_a_reload(rendered):
    context = rendered(mesa_doe.explore.explorer(studies.noisy()))
    assert "Results" in texts(context)
    assert not [one for one in context.find(v.Btn) if "Reload" in one.widget.children]
    assert len(clickables(context)) == 2
    waited(lambda: "Numbers" in texts(context))


def test_a_click_shows_the_run_and_rings_it_in_both_figures(rendered, opened):
    study = opened("walking")
    context = rendered(explorer_page(study))
    assert "Click a point" in texts(context)
    design, runs = clickables(context)
    runs.vue_choose(7)
    assert f"point {study.results.runs['point'].loc[7]}, replication" in texts(context)
    design, runs = clickables(context)
    assert runs.chosen == 7
    assert design.chosen == study.results.runs["point"].loc[7]


def test_a_replay_is_compared(rendered, opened):
    context = rendered(explorer_page(opened("drawing")))
    clickables(context)[-1].vue_choose(3)
    button(context, "Replay").click()
    waited(lambda: "The same. All outputs are the same" in texts(context))


def test_a_study_that_was_removed_is_said_when_it_is_read_again(rendered, opened):
    def reopen():
        raise MesaDoeError("there is no study here")

    context = rendered(explorer_page(opened("noisy"), reopen))
    button(context, "Reload").click()
    assert "there is no study here" in texts(context)


def test_a_running_study_is_read_again(rendered, opened, folders):
    reopened = []

    def reopen():
        reopened.append(Opened(load(folders("noisy"))))
        return reopened[-1]

    context = rendered(explorer_page(opened("noisy"), reopen))
    button(context, "Reload").click()
    assert len(reopened) == 1
    assert "80 runs" in texts(context)


def test_a_run_that_is_gone_when_the_study_is_read_again_is_no_longer_chosen(rendered, opened):
    shorter = Opened(studies.drawing())
    context = rendered(explorer_page(opened("noisy"), lambda: shorter))
    clickables(context)[-1].vue_choose(70)
    assert "Runs of this point" in str([one.widget.label for one in context.find(v.Select)])
    button(context, "Reload").click()
    assert "Click a point" in texts(context)


def test_another_analysis_is_chosen(rendered, opened):
    context = rendered(explorer_page(opened("noisy")))
    (choice,) = [one.widget for one in context.find(v.Select) if one.widget.label == "Analysis"]
    choice.v_model = "pawn"
    waited(lambda: "Pawn of y" in images(context))


def test_a_study_without_numbers_says_so(rendered, monkeypatch):
    study = Opened(studies.noisy())
    study.__dict__["outputs"] = []
    context = rendered(explorer_page(study))
    assert "No run has reported an output that is a number." in texts(context)


@pytest.mark.parametrize(
    ("name", "told"), [("drawing", "At step 0 of"), ("noisy", "noisy is a function, which has no steps")]
)
def test_the_model_of_a_run_is_built_or_it_is_said_why_not(rendered, opened, name, told):
    context = rendered(visualisation(opened(name), 1, lambda: None))
    waited(lambda: told in texts(context))


def test_a_model_that_panics_when_it_is_built_says_why(rendered, opened, monkeypatch):
    def panics(_):
        raise studies.Panic("enough")

    monkeypatch.setattr("mesa_doe.explore.visualisation.stepped", panics)
    context = rendered(visualisation(opened("drawing"), 1, lambda: None))
    waited(lambda: "Panic: enough" in texts(context))


def test_it_is_stepped_and_reset_to_the_same_run(rendered, opened):
    study = opened("drawing")
    context = rendered(visualisation(study, 1, lambda: None))
    waited(lambda: "At step 0 of" in texts(context))
    button(context, "Step").click()
    button(context, "Step").click()
    waited(lambda: "At step 2 of" in texts(context))
    button(context, "Reset").click()
    waited(lambda: "At step 0 of" in texts(context))
    for _ in range(int(study.results.runs["steps"].loc[1])):
        button(context, "Step").click()
    waited(lambda: "The run ends here" in texts(context))


def test_a_failing_step_is_shown(rendered, opened):
    study = opened("walking")
    run = int(study.results.failures.index[0])
    context = rendered(visualisation(study, run, lambda: None))
    waited(lambda: "At step 0 of a run that failed after 2" in texts(context))
    for _ in range(3):
        button(context, "Step").click()
    waited(lambda: "The step after 2 failed: ZeroDivisionError: told to fail" in texts(context))
