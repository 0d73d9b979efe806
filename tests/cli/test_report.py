import pytest

from tests.cli.studies import NOISY, changed, command, written
from tests.cli.test_run import FAILING
from tests.report.pages import read


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Return the folder of a study whose run ended with a report, and what was printed."""
    folder = tmp_path_factory.mktemp("reported")
    return folder, command("run", written(folder, NOISY), "--report")


def test_a_run_ends_with_a_report_if_it_is_asked_to(reported, tmp_path):
    folder, told = reported
    assert told.splitlines()[-1] == f"report   {folder / 'study.html'}"
    page = read(folder / "study.html")
    # The analysis is that of the file.
    assert "resamples = 100" in page.section("indices")
    assert [one["text"] for one in page.all("h4")] == ["exact"]
    assert "mesa-doe run study.toml" in page.section("run")
    assert "\nreport " not in command("run", written(tmp_path, NOISY))
    assert not (tmp_path / "study.html").exists()


def test_the_report_may_lie_elsewhere(reported, tmp_path):
    folder, _ = reported
    told = command("run", folder / "study.toml", "--report", tmp_path / "mine.html")
    assert told.splitlines()[-1] == f"report   {tmp_path / 'mine.html'}"
    assert (tmp_path / "mine.html").read_bytes() == (folder / "study.html").read_bytes()


def test_what_is_no_report_stops_the_run_before_it_begins(tmp_path):
    (tmp_path / "study.html").write_text("mine", encoding="utf-8")
    told = command("run", written(tmp_path, NOISY), "--report", expected=1)
    assert "is no report of mesa-doe, and is not overwritten" in told
    assert not (tmp_path / "study").exists()


def test_a_place_that_is_not_there_stops_the_run_before_it_begins(tmp_path):
    file = written(tmp_path, NOISY)
    told = command("run", file, "--report", tmp_path / "nowhere" / "page.html", expected=1)
    assert "there is no folder" in told
    assert not (tmp_path / "study").exists()


def test_the_command_that_is_told_names_the_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Beside a study there is a folder once it has run.
    command("run", written(tmp_path, NOISY), "--store", "new/my study", "--report")
    page = read(tmp_path / "new" / "my study.html")
    assert "mesa-doe run study.toml --store 'new/my study'" in [one["text"] for one in page.all("pre")]


def test_analyses_of_the_file_that_fail_are_not_replaced(tmp_path):
    file = written(tmp_path, changed('output = "exact"', 'output = "nothing"'))
    told = command("run", file, "--report", expected=1)
    assert "there is no output 'nothing'" in told
    assert "No analysis was given." in read(tmp_path / "study.html").section("indices")


def test_a_study_is_reported(reported, tmp_path):
    folder, _ = reported
    target = tmp_path / "page.html"
    told = command(
        "report", folder / "study", "-o", target, "--output", "exact", "--title", "A study", "--at", "mean"
    )
    assert told == f"{target}\n"
    page = read(target)
    assert [one["text"] for one in page.all("h1")] == ["A study"]
    assert [one["text"] for one in page.all("h4")] == ["exact"]
    assert "as means over the steps" in page.section("outputs")


def test_by_default_the_report_lies_beside_the_study_and_is_renewed(reported, monkeypatch):
    folder, _ = reported
    monkeypatch.chdir(folder / "study")
    assert command("report", ".", "--output", "exact") == f"{folder / 'study.html'}\n"
    assert [one["text"] for one in read(folder / "study.html").all("h1")] == ["study"]
    assert not list((folder / "study").glob("*.html"))


def test_failures_are_in_the_report(tmp_path):
    command("run", written(tmp_path, FAILING), expected=1)
    command("report", tmp_path / "study")
    page = read(tmp_path / "study.html")
    assert "told to fail" in page.section("failures")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "there is no study in"),
        (["study", "--output", "z"], "'z' is no output of the model"),
        (["study", "-o", "study.toml"], "is no report of mesa-doe"),
    ],
)
def test_what_cannot_be_done_is_said(reported, arguments, told, monkeypatch):
    monkeypatch.chdir(reported[0])
    assert told in command("report", *arguments, expected=1)


def test_a_step_is_a_number(reported):
    with pytest.raises(SystemExit) as stop:
        command("report", reported[0] / "study", "--at", "soon")
    assert stop.value.code == 2
