import pytest

import mesa_doe as doe

pytest.importorskip("duckdb")


def double(x):
    return {"y": 2 * x}


@pytest.fixture(scope="module")
def results():
    configurations = doe.explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
    return doe.BatchRunner(configurations).run_all()


def test_tables_answer_questions_in_sql(results):
    assert results.query("select sum(y) as s from model")["s"].tolist() == [6]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select z from model", "z"),
        ("select * from nothing", "nothing"),
        ("selec", "syntax error"),
        ("", "DuckDB cannot answer ''"),
        (3, "DuckDB cannot answer 3"),
    ],
)
def test_a_question_that_has_no_answer_is_told_with_the_tables_and_their_columns(results, sql, told):
    with pytest.raises(doe.AnalysisError) as caught:
        results.query(sql)
    assert told in str(caught.value)
    assert "- model: run_id, step, y\n" in str(caught.value)
    assert "- runs: run_id, point, iteration, seed, x, status" in str(caught.value)
