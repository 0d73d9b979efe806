"""The page in a browser: what its script does, and that it needs no network."""

import csv
import io

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


@pytest.fixture
def opened(browser, reported):
    """Return what opens a report, and hold that nothing is loaded and no error is told."""
    contexts, wrong = [], []

    def open_report(name, **settings):
        context = browser.new_context(
            **{"viewport": {"width": 1200, "height": 900}, "offline": True, **settings}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)  # a busy machine is no fault of the page
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: wrong.append(request.url) if not _own(request.url) else None)
        page.goto(reported(name)[1].as_uri())
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert wrong == []


def _own(url):
    return url.startswith(("file://", "data:", "blob:"))


def column(page, table, name):
    place = f"[data-table={table}] thead th"
    names = page.locator(place).all_inner_texts()
    number = names.index(name) + 1
    return page.locator(f"[data-table={table}] tbody td:nth-child({number})").all_inner_texts()


@pytest.mark.parametrize("name", ["noisy", "failing", "attacked", "wide"])
def test_a_page_needs_no_network_and_fits_a_phone(opened, name):
    page = opened(name, viewport={"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator("[data-table=runs] tbody tr").count() > 0
    # What is wider than the page scrolls by itself, and can be reached with the keys.
    assert page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).overflowX === 'auto'"
        " && one.scrollWidth > one.clientWidth && one.tabIndex !== 0).map((one) => one.outerHTML)"
    ) == []  # fmt: skip


def test_a_click_sorts_numbers_as_numbers(opened, reported):
    page = opened("noisy")
    header = page.locator("[data-table=runs] th", has_text="run_id")
    button = header.get_by_role("button")
    button.click()
    assert header.get_attribute("aria-sort") == "ascending"
    assert column(page, "runs", "run_id") == [str(place) for place in range(20)]
    button.focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    assert column(page, "runs", "run_id") == [str(place) for place in range(79, 59, -1)]
    by_a = (
        page.locator("[data-table=runs] th").filter(has_text="a").get_by_role("button", name="a", exact=True)
    )
    by_a.click()
    assert header.get_attribute("aria-sort") is None
    shown = list(map(float, column(page, "runs", "a")))
    expected = sorted(reported("noisy")[0].runs["a"])[:20]
    assert shown == pytest.approx(expected, rel=1e-5)


def test_more_rows_are_shown_when_asked_for(opened):
    page = opened("noisy")
    rows = page.locator("[data-table=runs] tbody tr")
    assert rows.count() == 20
    page.locator("[data-table=runs]").get_by_role("button", name="Show more").click()
    assert rows.count() == 80
    assert page.get_by_text("80 of 80 rows shown").count() == 1


def test_tables_of_indices_are_sorted_too_and_gaps_come_last(opened, reported):
    page = opened("noisy")
    table = page.locator("table.sortable", has_text="Estimates for y")
    header = table.locator("th", has_text="ST")
    header.get_by_role("button").click()
    header.get_by_role("button").click()
    shown = table.locator("tbody th").all_inner_texts()
    wide = reported("noisy")[0].sensitivity(["y", "exact"]).table("y")
    assert shown == wide["ST"].sort_values(ascending=False, kind="stable").index.tolist()


@pytest.mark.parametrize("name", ["noisy", "attacked"])
def test_the_saved_file_is_the_table(opened, reported, name):
    page = opened(name)
    page.locator("[data-table=runs]").get_by_role("button").get_by_text("status").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save runs.csv").click()
    assert waiting.value.suggested_filename == "runs.csv"
    text = waiting.value.path().read_bytes().decode()
    expected = reported(name)[0].runs.reset_index().to_csv(index=False, lineterminator="\r\n")
    assert text == expected
    # And it is read on the page as any program reads it.
    rows = list(csv.reader(io.StringIO(expected.replace("\x00", ""), newline="")))
    assert page.locator("[data-table=runs] th").all_text_contents() == rows[0]


def test_colours_follow_the_system_and_the_button(opened):
    background = "getComputedStyle(document.body).backgroundColor"
    light = opened("noisy").evaluate(background)
    page = opened("noisy", color_scheme="dark")
    dark = page.evaluate(background)
    assert dark != light
    # The figures' ink is that of the page.
    ink = "getComputedStyle(document.querySelector('svg text')).fill"
    assert page.evaluate(ink) == page.evaluate("getComputedStyle(document.body).color")
    page.get_by_role("button", name="Light colours").click()
    assert page.evaluate(background) == light
    assert page.evaluate(ink) == page.evaluate("getComputedStyle(document.body).color")
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(background) == dark


def test_tracebacks_unfold(opened):
    page = opened("failing")
    details = page.locator("#failures td details").first
    traceback = details.locator("pre")
    assert not traceback.is_visible()
    details.locator("summary").click()
    assert traceback.is_visible()
    assert "ZeroDivisionError: told to fail" in traceback.inner_text()


def test_without_scripts_the_page_says_what_is_missing(opened):
    page = opened("failing", java_script_enabled=False)
    assert page.get_by_text("This table is shown and saved by a script").count() == 2
    assert page.locator("#theme").is_hidden()
    assert page.locator("#failures summary").first.is_visible()


def test_it_prints_light_and_without_buttons(opened):
    page = opened("noisy", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert not page.locator("#theme").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("[data-table=runs] th button").first.is_visible()
