import re

import numpy as np
import pytest

from mesa_doe.analysis.options import (
    check_known,
    check_missing,
    check_one,
    check_policy,
    checked_bool,
    checked_bootstrap,
    checked_int,
    checked_positive,
    checked_share,
    one_of,
)
from mesa_doe.errors import AnalysisError


@pytest.mark.parametrize("value", [2, np.int64(2), np.uint8(2)])
def test_whole_numbers_of_all_kinds_are_plain_ints(value):
    found = checked_int("pawn", "slides", value, 2, 2)
    assert found == 2
    assert type(found) is int


@pytest.mark.parametrize("value", [1, 11, True, 2.0, "2", None])
def test_what_is_no_such_int_is_refused_with_what_is_allowed(value):
    with pytest.raises(AnalysisError, match=f"hdmr: intervals takes an int from 2 to 10, got {value!r}"):
        checked_int("hdmr", "intervals", value, 2, 10)
    if value != 11:
        with pytest.raises(AnalysisError, match=f"pawn: slides takes an int from 2, got {value!r}"):
            checked_int("pawn", "slides", value, 2)


@pytest.mark.parametrize("value", [0.95, np.float32(0.5), np.float64(0.1)])
def test_shares_are_plain_floats(value):
    assert checked_share("sobol", "confidence", value) == value
    assert type(checked_share("sobol", "confidence", value)) is float


@pytest.mark.parametrize("value", [0, 1, -0.1, np.nan, "0.9", True, None, [0.9]])
def test_what_is_no_share_is_refused(value):
    with pytest.raises(AnalysisError, match="sobol: confidence takes a number between 0 and 1, got "):
        checked_share("sobol", "confidence", value)


@pytest.mark.parametrize("value", [0, -1, np.inf, np.nan, "1", True, None])
def test_what_is_no_size_is_refused(value):
    with pytest.raises(AnalysisError, match="by_cv: epsilon takes a number above 0, got "):
        checked_positive("by_cv", "epsilon", value)
    assert checked_positive("by_cv", "epsilon", 3) == 3.0


def test_a_bootstrap_has_a_hundred_resamples_or_more():
    assert checked_bootstrap("dgsm", np.int64(100), 0.9) == (100, 0.9)
    with pytest.raises(AnalysisError, match="dgsm: resamples takes an int from 100, got 99"):
        checked_bootstrap("dgsm", 99, 0.9)


@pytest.mark.parametrize("value", [True, np.True_])
def test_a_truth_of_numpy_is_a_plain_one(value):
    assert checked_bool("delta", "dummy", value) is True


@pytest.mark.parametrize("value", [1, "yes", None, np.array([True])])
def test_only_true_and_false_say_yes_and_no(value):
    with pytest.raises(AnalysisError, match=re.escape(f"delta: dummy takes True or False, got {value!r}")):
        checked_bool("delta", "dummy", value)


def test_words_that_there_are_not_are_refused_with_those_that_there_are():
    check_missing("sobol", "drop")
    with pytest.raises(AnalysisError, match="sobol: missing takes 'raise' or 'drop', got 'zero'"):
        check_missing("sobol", "zero")
    for policy in (None, "factor", "independent", "common", "block", "fixed"):
        check_policy("sobol", policy)
    with pytest.raises(AnalysisError, match=r"sobol: seed_policy takes None, 'factor', .*, got 'own'"):
        check_policy("sobol", "own")


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        ("densty", ["density", "width"], "'densty'; did you mean 'density'? there are density, width"),
        ("z", {"density": 1}, "'z'; there are density"),
        (7, ["7"], "7; did you mean '7'? there are 7"),
        (None, [], "None; there are none"),
    ],
)
@pytest.mark.parametrize("check", [check_known, one_of])
def test_a_name_that_there_is_not_is_refused_with_a_close_one_and_all(check, name, known, told):
    with pytest.raises(AnalysisError, match=f"^{re.escape(f'there is no factor {told}')}$"):
        check("factor", name, known)


def test_the_only_one_need_not_be_named_and_of_several_one_must_be():
    assert one_of("output", None, iter(["y"])) == "y"
    assert one_of("output", "z", ["y", "z"]) == "z"
    with pytest.raises(AnalysisError, match=r"^there are several outputs \(y, z\); choose one with output=$"):
        one_of("output", None, ["y", "z"])


@pytest.mark.parametrize("several", [["a", "b"], ("a", "b"), {"a": 1}, np.array(["a", "b"])])
def test_several_names_in_the_place_of_one_are_not_said_to_be_missing(several):
    with pytest.raises(AnalysisError, match="name one output at a time, got"):
        check_known("output", several, ["a", "b"])


def test_a_tuple_may_be_one_name():
    check_one("output", ("y", 3))
    check_known("output", ("y", 3), [("y", 2), ("y", 3)])
    with pytest.raises(AnalysisError, match=r"there is no output \('y', 4\)"):
        check_known("output", ("y", 4), [("y", 2), ("y", 3)])
