"""The page as a reader has it: the command in a process of its own, and a browser."""

import re
import select
import signal
import subprocess
import sys

import pytest

pytest.importorskip("solara", reason="solara is not installed")
pytest.importorskip("mesa.visualization", reason="mesa[viz] is not installed")

from mesa_doe.explore import clouds, pictures
from mesa_doe.explore.opened import Opened
from mesa_doe.runner import load

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


@pytest.fixture(scope="module")
def server(folders):
    """Start the command, and return its process, its address and the folder of the study."""
    folder = folders("schelling")
    command = [sys.executable, "-m", "mesa_doe", "explore", folder, "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        ready, _, _ = select.select([process.stdout], [], [], 180)
        line = process.stdout.readline() if ready else ""
        found = re.match(r"(http://localhost:\d+)  \(Ctrl-C ends it\)", line)
        assert found, line or process.stderr.read()
        yield process, found[1], folder
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def page(browser, server):
    """Return a page, and hold that nothing goes wrong on it and that it asks no one else."""
    wrong = []
    with browser.new_page(viewport={"width": 1400, "height": 1000}) as page:
        page.set_default_timeout(120_000)  # a busy machine is no fault of the page
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda request: None if _own(request.url, server[1]) else wrong.append(request.url)
        )
        page.goto(server[1])
        page.get_by_text("Design points, by happy").wait_for()
        yield page
    assert wrong == []


def _own(url, address):
    return url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))


def test_a_study_is_looked_at_and_a_run_is_stepped(page, server):
    # Another output, another step.
    page.locator(".v-select", has_text="Output").first.click()
    page.get_by_role("option", name="pct_happy", exact=True).click()
    page.get_by_text("Design points, by pct_happy").wait_for()
    page.get_by_text(re.compile("^At (step|the end)")).wait_for()
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("Home")
    page.get_by_text("At step 0", exact=True).wait_for()
    page.get_by_text("Indices of pct_happy at step 0").wait_for()
    page.get_by_alt_text("Sobol of pct_happy").first.wait_for()

    # A point is clicked, and its run is shown.
    figure = page.get_by_role("group", name="of each run over density")
    figure.locator("img").evaluate("(image) => image.decode()")
    box = figure.bounding_box()
    study = Opened(load(server[2]))
    cloud = clouds.of_runs(study, "pct_happy", 0.0)
    place = pictures.scatter_of(cloud, "pct_happy", "density", "homophily").places[5]
    figure.click(position={"x": place[0] * box["width"], "y": place[1] * box["height"]})
    heading = page.get_by_text(re.compile(r"^point \d+, replication \d+: ok$"))
    heading.wait_for()
    point = int(re.search(r"point (\d+)", heading.inner_text())[1])
    found = study.results.runs.index[(study.results.runs["point"] == point).to_numpy()]
    run = int(found[0])
    row = study.results.runs.loc[run]
    # Runs at one place may lie on each other: it is one of this place.
    assert row["density"] == pytest.approx(study.results.runs["density"].loc[place[2]])
    page.get_by_text(row["seed"]).wait_for()
    page.locator(".mesa-doe-ring").nth(1).wait_for()

    # It is made again, and stepped.
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("The same. All outputs are the same").wait_for()
    page.get_by_role("button", name="Step it").click()
    page.get_by_text("At step 0 of").wait_for()
    step = page.get_by_role("button", name="Step", exact=True)
    for done in range(1, int(row["steps"]) + 1):
        step.click()
        end = done == row["steps"]
        page.get_by_text("The run ends here" if end else f"At step {done} of").wait_for()
    page.wait_for_function("document.images.length > 1")
    page.get_by_role("button", name="Back to the study").click()
    page.get_by_text("Design points, by").wait_for()


def test_runs_are_chosen_with_the_keys(page):
    figure = page.get_by_role("group", name="Design points over density and homophily")
    figure.focus()
    page.keyboard.press("ArrowRight")
    page.locator(".mesa-doe-tip").wait_for()
    told = page.locator(".mesa-doe-tip").inner_text()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(f"^{told.partition(':')[0]}, replication")).wait_for()
    page.get_by_role("button", name="Choose run 3", exact=True).press("Enter")
    page.locator("tr.chosen").get_by_role("button", name="Choose run 3").wait_for()
    page.locator(".mesa-doe-runs").get_by_role("button", name="density").press("Enter")
    page.locator("th[aria-sort=ascending]", has_text="density").wait_for()


def test_it_fits_a_phone(page):
    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_text("Design points, by happy").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_ctrl_c_ends_it_quietly_though_a_page_is_open(browser, server):
    process, address, _ = server
    page = browser.new_page()
    page.goto(address)
    page.get_by_text("Design points, by happy").wait_for()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""
