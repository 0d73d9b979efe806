import csv

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.bridges import read_behaviorspace, to_behaviorspace
from tests import models

HEADER = """\
"BehaviorSpace results (NetLogo 6.4.0)","Table version 2.0"
"Wolf Sheep Predation.nlogo"
"experiment"
"01/05/2026 06:37:48:683 -0300"
"min-pxcor","max-pxcor","min-pycor","max-pycor"
"-17","17","-17","17"
"""
# Runs 1 and 2 are one setting, 3 and 4 another; two threads wrote.
TABLE = (
    HEADER
    + """\
"[run number]","number-of-sheep","cost","grass?","mode","world-size","[step]","count sheep","sorted?","sizes"
"2","100","0.5","true","slow, sure","33","0","100","false","[1 2]"
"1","100","0.5","true","slow, sure","33","0","100","false","[1 2]"
"3","200","1","false","quick","33","0","200","true","[]"
"2","100","0.5","true","slow, sure","33","1","90.5","false","[3]"
"1","100","0.5","true","slow, sure","33","1","80","true","[""a"" 2]"
"4","200","1","false","quick","33","0","200","true","[]"
"4","200","1","false","quick","33","1","150","true","[]"
"3","200","1","false","quick","33","1","160","true","[]"
"""
)


NAMES = '"[run number]","n","[step]"\n'


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_settings_are_points_and_their_runs_replications(table):
    design, runs = read_behaviorspace(table)
    assert design.points.to_dict("list") == {
        "number_of_sheep": [100, 200],
        "cost": [0.5, 1.0],
        "grass": [True, False],
        "mode": ["slow, sure", "quick"],
    }
    assert dict(design.space.constants) == {"world_size": 33}
    assert isinstance(design.space.axes["number_of_sheep"], doe.Integer)
    assert isinstance(design.space.axes["grass"], doe.Boolean)
    assert runs.columns.tolist() == [
        "run_id",
        "point",
        "iteration",
        "step",
        "count sheep",
        "sorted?",
        "sizes",
    ]
    assert runs["run_id"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert runs["step"].tolist() == [0, 1] * 4
    assert runs["point"].tolist() == [0] * 4 + [1] * 4
    assert runs["iteration"].tolist() == [0, 0, 1, 1] * 2
    assert runs["count sheep"].tolist() == [100, 80, 100, 90.5, 200, 160, 200, 150]
    assert runs["sorted?"].dtype == bool
    assert runs["sizes"].tolist()[:4] == ["[1 2]", '["a" 2]', "[1 2]", "[3]"]


def test_the_runs_are_analysed(tmp_path):
    rng = np.random.default_rng(1)
    points = rng.random((60, 2)).round(3)
    path = tmp_path / "table.csv"
    with path.open("w", newline="") as file:
        file.write(HEADER)
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["[run number]", "birth-rate", "death-rate", "[step]", "count turtles"])
        for run, (a, b) in enumerate(points, start=1):
            writer.writerow([run, a, b, 10, 3 * a])
    design, runs = read_behaviorspace(path)
    y = runs.drop_duplicates("run_id", keep="last").groupby("point")["count turtles"].mean()
    found = doe.analyze.regression(design, y, resamples=100).table()
    assert found["SRC"].idxmax() == "birth_rate"
    assert found.loc["birth_rate", "SRC"] == pytest.approx(1)


def test_a_seed_that_was_varied_is_no_factor(tmp_path):
    path = tmp_path / "table.csv"
    rows = '"[run number]","n","random-seed","[step]"\n"1","5","1","9"\n"2","5","2","8"\n"3","6","1","7"\n'
    path.write_text(HEADER + rows)
    design, runs = read_behaviorspace(path)
    assert design.space.names == ("n",)
    assert runs.columns.tolist() == ["run_id", "point", "iteration", "step", "seed"]
    assert runs[["point", "iteration", "seed", "step"]].to_numpy().tolist() == [
        [0, 0, 1, 9], [0, 1, 2, 8], [1, 0, 1, 7],
    ]  # fmt: skip


def test_words_numbers_and_gaps_are_told_apart(tmp_path):
    path = tmp_path / "table.csv"
    lines = [
        '"[run number]","n","[step]","big","real","gap","word","point","quoted"',
        '"1","1","0","9223372036854775807","1.5E-7","","1_0","1","""up"""',
        '"2","2","0","9223372036854775808","Infinity","2","nan","2","""down"""',
    ]
    path.write_text(HEADER + "\n".join(lines) + "\n")
    _, runs = read_behaviorspace(path)
    assert runs["big"].dtype == float
    assert runs["real"].tolist() == [1.5e-7, np.inf]
    assert np.isnan(runs["gap"][0])
    assert runs["word"].tolist() == ["1_0", "nan"]
    assert runs["point_reporter"].tolist() == [1, 2]
    assert runs["quoted"].tolist() == ["up", "down"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run,x\n1,2\n", "first line must begin with 'BehaviorSpace results'"),
        ("", "first line must begin"),
        (HEADER, "not the table output"),
        (HEADER + '"[run number]","1","2"\n"n","5","6"\n', "choose 'Table output'"),
        (HEADER + '"[reporter]","[run number]","n","[step]","[0]"\n', "not the table output"),
        (HEADER + NAMES, "has no runs"),
        (HEADER + NAMES + '"1","5","3"\n"2","6"\n', "row 2 of 2 has 2 values for 3 columns"),
        (HEADER + NAMES + '"1","5","3"\n"2","5","3"\n', "no variable has more than one value"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(doe.DesignError, match=message):
        read_behaviorspace(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(doe.DesignError, match=r"none\.csv"):
        read_behaviorspace(tmp_path / "none.csv")


def results(fail_at=-1):
    design = doe.explicit(
        {"n": [3, 5, 4], "pace": [0.5, 1.0, 2.25], "torus": [True, False, True], "fail_at": [-1, -1, fail_at]}
    )
    runs = design.configurations(models.Walkers, replications=2, rng=1, max_steps=3, data_collection_period=1)
    return doe.BatchRunner(runs).run_all()


def test_there_and_back_is_the_same(tmp_path):
    found = results()
    path = tmp_path / "table.csv"
    to_behaviorspace(found, path)
    lines = path.read_text().splitlines()
    assert lines[0].startswith('"BehaviorSpace results (mesa-doe ')
    assert lines[1:3] == ['"Walkers"', '"explicit"']
    assert lines[6] == '"[run number]","n","pace","torus","fail_at","[step]","mean","alive","torus"'
    design, runs = read_behaviorspace(path)
    pd.testing.assert_frame_equal(design.points, found.design.points)
    assert dict(design.space.constants) == {"fail_at": -1}
    expected = found.model.assign(run_id=found.model["run_id"] + 1).reset_index(drop=True)
    own = runs.drop(columns=["point", "iteration"])
    pd.testing.assert_frame_equal(own, expected, check_dtype=False)
    assert runs["point"].tolist() == found.runs["point"][found.model["run_id"]].tolist()


def test_a_level_that_is_an_array_is_written_as_its_text(tmp_path):
    design = doe.explicit({"n": [1, 2], "walls": [np.array([1, 2]), np.array([3, 4])]})
    found = doe.BatchRunner(design.configurations(lambda n, walls: {"y": n}, rng=1)).run_all()
    to_behaviorspace(found, tmp_path / "table.csv")
    design, _ = read_behaviorspace(tmp_path / "table.csv")
    assert design.points["walls"].tolist() == ["[1 2]", "[3 4]"]


def test_failed_runs_have_no_rows_and_this_is_said(tmp_path):
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        found = results(fail_at=1)
    path = tmp_path / "table.csv"
    with pytest.warns(doe.MesaDoeWarning, match="2 runs failed and have no rows"):
        to_behaviorspace(found, path, "alive")
    design, runs = read_behaviorspace(path)
    assert len(design) == 2
    assert runs.columns.tolist()[4:] == ["alive"]


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(doe.AnalysisError, match=r"none/table\.csv' cannot be written: .*No such file"):
        to_behaviorspace(results(), tmp_path / "none" / "table.csv")
