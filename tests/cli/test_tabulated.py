"""Outcomes in words, counted by the commands."""

import csv
import io
import json

import pandas as pd
import pytest

import mesa_doe as doe
from tests.cli.studies import changed, command, written

MODEL = """\
def simulate(a, n):
    if n == 3 and a > 0.9:
        raise ValueError("told to fail")
    return {"fate": "rich" if a > 0.5 else "poor", "flag": n == 2, "y": a}
"""
WORDS = """\
[model]
file = "model_words.py"
class = "simulate"

[space]
a = {real = [0, 1]}
n = {integer = [1, 3]}

[design]
method = "halton"
n = 60
rng = 1

[runs]
rng = 2

[[analysis]]
output = ["fate", "flag"]
method = "tabulate"
bins = 2
missing = "drop"
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Return the folder of a study whose outcomes are words, and what its run printed."""
    folder = tmp_path_factory.mktemp("words")
    written(folder, MODEL, "model_words.py")
    return folder / "study", command("run", written(folder, WORDS))


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def expected(study, *outputs, **options):
    results = doe.load(study)
    return {one: results.tabulate(one, missing="drop", **options) for one in outputs}


ARGUMENTS = ["--method", "tabulate", "--missing", "drop", "-o", "bins=2"]


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_outcomes_are_counted_by_factor(words):
    study, ran = words
    told = command("analyze", study, "fate", "flag", *ARGUMENTS)
    tables = expected(study, "fate", "flag", bins=2)
    assert told == "\n\n".join(f"tabulate: {one!r}\n{table}" for one, table in tables.items()) + "\n"
    assert ran.endswith(f"\n\n{told}")  # of the study file


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_programs_get_the_shares_with_what_is_said_of_the_factor(words):
    study, _ = words
    [table] = expected(study, "fate", bins=2).values()
    rows = json.loads(command("analyze", study, "fate", *ARGUMENTS, "-f", "json"))
    assert [*rows[0]] == ["output", *table.shares, "cramers_v", "chi2", "dof", "p"]
    assert [row["share"] for row in rows] == table.shares["share"].tolist()
    assert {row["factor"]: row["p"] for row in rows} == dict(table.association[["factor", "p"]].to_numpy())
    text = command("analyze", study, "fate", "flag", *ARGUMENTS, "-f", "csv")
    found = list(csv.DictReader(io.StringIO(text)))
    assert pd.unique(pd.Series([row["output"] for row in found])).tolist() == ["fate", "flag"]
    assert [row["level"] for row in found[: len(rows)]] == [str(row["level"]) for row in rows]


@pytest.mark.parametrize("method", [[], ["--method", "pawn"]])
def test_who_asks_for_words_without_a_method_that_counts_is_told_of_it(words, method):
    study, _ = words
    told = command("analyze", study, "fate", *method, expected=1)
    assert f"holds text, not numbers: mesa-doe analyze {study} fate --method tabulate counts it" in told


def test_a_study_file_that_asks_for_words_is_told_of_the_method(words):
    study, _ = words
    text = changed('method = "tabulate"\nbins = 2\n', 'method = "pawn"\n', WORDS)
    file = written(study.parent, text, "other.toml")
    for name in ("run", "plan"):
        told = command(name, file, "--store", study, expected=1)
        assert "output 'fate' holds text, not numbers: method = \"tabulate\" counts it" in told


def test_what_tabulate_does_not_take_is_told(words):
    study, _ = words
    told = command("analyze", study, "fate", "--method", "tabulate", "--at", "mean", expected=1)
    assert told.endswith("counts the last value of each run, which --at final is, got --at mean\n")
    told = command("analyze", study, "fate", "--method", "tabulate", "-o", "resamples=200", expected=1)
    assert told == "mesa-doe: --option resamples: there is no such option; there are bins, confidence\n"
    told = command("analyze", study, "fate", "--method", "tabulate", expected=1)
    failed = f"have no outcome: 23. Look at mesa-doe failures {study} and run what failed again (mesa-doe run"
    assert failed in told
    assert told.endswith("; or leave them out with --missing drop\n")
    told = command("analyze", study, "fate", "--method", "tabulat", expected=1)
    assert "there is no analysis 'tabulat'; did you mean 'tabulate'?" in told
    assert "there is no output 'z'" in command("analyze", study, "z", "--method", "tabulate", expected=1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'at = "mean"',
            "analysis[0].at: there is no such key: there are output, method, missing, bins, conf",
        ),
        ("confidence = 2", "analysis[0].confidence: tabulate: confidence takes a number between 0 and 1"),
        ('output = "z"', "analysis[0].output: there is no output 'z'"),
    ],
)
def test_mistakes_of_a_study_file_are_told_before_it_is_run(words, line, told):
    study, _ = words
    key = line.partition(" ")[0]
    text = WORDS if key != "output" else changed('output = ["fate", "flag"]\n', "", WORDS)
    file = written(study.parent, f"{text}{line}\n", "wrong.toml")
    assert told in command("plan", file, "--store", study, expected=1)


def test_a_plan_sees_that_outcomes_can_be_counted(words):
    study, _ = words
    assert "analyses 1, of outputs that the pilot has" in command("plan", study.parent / "study.toml")


def test_a_report_says_that_its_counts_are_its_own_and_keeps_its_own_analysis(words, tmp_path):
    study, _ = words
    told = command("run", study.parent / "study.toml", "--report", tmp_path / "page.html")
    assert told.splitlines()[-2:] == [
        f"report   {tmp_path / 'page.html'}",
        "         it counts outputs in words by itself; what the file asks of tabulate stands above",
    ]
    assert "No analysis was given" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_method_that_is_missing_is_told_in_words_of_the_shell(words, tmp_path):
    study, _ = words
    text = changed("n = 60\nrng = 1\n", 'points = "points.csv"\n', changed("halton", "explicit", WORDS))
    text = text.replace('"model_words.py"', f'"{study.parent / "model_words.py"}"')
    written(tmp_path, "a,n\n0.1,1\n0.7,2\n0.8,3\n", "points.csv")
    command("run", written(tmp_path, text))
    told = command("analyze", tmp_path / "study", "y", expected=1)
    assert "no analysis is made for designs of explicit; name one with --method: " in told
    assert "results." not in told
    text = f'{text[: text.index("[[analysis]]")]}[[analysis]]\noutput = "y"\n'
    told = command("run", written(tmp_path, text), expected=1)
    assert 'no analysis is made for designs of explicit; name one as method = "…": ' in told
    assert "results." not in told
    # What is said of words is said first.
    assert "--method tabulate counts it" in command("analyze", tmp_path / "study", "fate", expected=1)


def test_it_stands_in_the_list_of_analyses():
    lines = command("analyses").splitlines()
    assert lines[-1].split()[0] == "tabulate"
    assert command("analyses", "tabulate").startswith("tabulate(categories")
    assert json.loads(command("analyses", "tabulate", "-f", "json"))[0]["library"] == "mesa-doe"
    assert "tabulate" in command("completion", "bash")
