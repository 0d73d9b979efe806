import itertools
import re
import sys
import types

import numpy as np
import pyDOE3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesa_doe._optional import pydoe
from mesa_doe.errors import DesignError
from mesa_doe.samplers import fractional_factorial, plackett_burman, two_level_factorial
from mesa_doe.samplers.pydoe.aliasing import aliases, defining_words, resolution_of, word_lengths
from mesa_doe.space import Boolean, Categorical, Integer, ParameterSpace, Real
from tests.samplers.samples import coded, codes_of


def letters(text):
    return ParameterSpace({letter: Real(-1, 1) for letter in text})


def contrast(codes, word, names):
    return np.prod([codes[:, names.index(name)] for name in word.lstrip("-").split("*")], axis=0)


def words_by_hand(codes):
    """Find every product of columns that is constant, by trying them all."""
    found = {}
    for size in range(1, codes.shape[1] + 1):
        for chosen in itertools.combinations(range(codes.shape[1]), size):
            if len(set(codes[:, chosen].prod(axis=1))) == 1:
                found[size] = found.get(size, 0) + 1
    return found


# Fractional factorials: the textbook designs


def test_the_textbook_quarter_of_seven_factors_in_eight_points():
    design = fractional_factorial(letters("ABCDEFG"), generators="a b c ab ac bc abc")
    assert len(design) == 8
    assert design.options["resolution"] == 3
    assert design.options["word_lengths"] == {3: 7, 4: 7, 7: 1}
    # Box, Hunter & Hunter's table of 2^(7-4): A = BD = CE = FG, ...
    assert design.options["aliases"] == {
        "A": ["B*D", "C*E", "F*G"],
        "B": ["A*D", "C*F", "E*G"],
        "C": ["A*E", "B*F", "D*G"],
        "D": ["A*B", "C*G", "E*F"],
        "E": ["A*C", "B*G", "D*F"],
        "F": ["A*G", "B*C", "D*E"],
        "G": ["A*F", "B*E", "C*D"],
    }
    assert design.options["defining_relation"] == ["A*B*D", "A*C*E", "B*C*F", "A*B*C*G"]


def test_the_textbook_half_of_five_factors_of_resolution_five():
    space = letters("ABCDE")
    design = fractional_factorial(space, generators={"E": "A*B*C*D"}, alias_order=3)
    assert len(design) == 16
    assert design.options["resolution"] == 5
    assert design.options["defining_relation"] == ["A*B*C*D*E"]
    assert design.options["generators"] == ["a", "b", "c", "d", "abcd"]
    told = design.options["aliases"]
    assert len(told) == 10  # main effects stand alone
    assert told["A*B"] == ["C*D*E"]
    assert told["D*E"] == ["A*B*C"]
    assert fractional_factorial(space, generators={"E": "A*B*C*D"}).options["aliases"] == {}
    four = fractional_factorial(space, generators={"E": "A*B*C*D"}, alias_order=4).options["aliases"]
    assert four["A"] == ["B*C*D*E"]


def test_a_minus_reverses_a_factor_and_the_signs_of_what_it_is_confounded_with():
    design = fractional_factorial(letters("ABC"), generators={"C": "-A*B"})
    codes = codes_of(design)
    np.testing.assert_array_equal(codes[:, 2], -codes[:, 0] * codes[:, 1])
    assert design.options["defining_relation"] == ["-A*B*C"]
    assert design.options["aliases"] == {"A": ["-B*C"], "B": ["-A*C"], "C": ["-A*B"]}


@pytest.mark.parametrize("generators", ["a b c ab -ac", ["a", "b", "c", "+ab", "-AC"], "A B C AB -AC"])
def test_generators_are_those_of_the_library(generators):
    design = fractional_factorial(coded(5), generators=generators)
    np.testing.assert_array_equal(codes_of(design), pyDOE3.fracfact("a b c ab -ac"))


@pytest.mark.parametrize(
    ("words", "products"),
    [
        ("b a c ac", {"x4": "x2*x3"}),  # the library would take the first column for a
        ("p q r pr", {"x4": "x1*x3"}),
        ("ab a b c", {"x1": "x2*x3"}),
        ("-a b c ab", None),
    ],
)
def test_letters_mean_their_own_column_in_any_order(words, products):
    space = coded(4)
    design = fractional_factorial(space, generators=words)
    codes = codes_of(design)
    if products is None:
        np.testing.assert_array_equal(codes[:, 3], -codes[:, 0] * codes[:, 1])
        return
    ((name, product),) = products.items()
    np.testing.assert_array_equal(codes[:, space.names.index(name)], contrast(codes, product, space.names))
    assert len(np.unique(codes, axis=0)) == 8


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_resolution_words_and_aliases_are_those_found_by_trying_every_product(data):
    bases = data.draw(st.integers(2, 4))
    products = ["".join(c) for r in range(2, bases + 1) for c in itertools.combinations("abcd"[:bases], r)]
    chosen = data.draw(st.lists(st.sampled_from(products), max_size=4, unique=True))
    words = [*"abcd"[:bases], *(data.draw(st.sampled_from(["", "-"])) + word for word in chosen)]
    words = data.draw(st.permutations(words))
    design = fractional_factorial(coded(len(words)), generators=words, alias_order=3)
    codes, names = codes_of(design), design.space.names
    assert len(design) == 2**bases
    assert (codes.sum(axis=0) == 0).all()
    np.testing.assert_array_equal(codes.T @ codes, len(codes) * np.eye(len(words)))
    counted = words_by_hand(codes)
    assert design.options["word_lengths"] == counted
    assert design.options["resolution"] == min(counted, default=None)
    for word in design.options["defining_relation"]:
        assert (contrast(codes, word, names) == (-1 if word.startswith("-") else 1)).all()
    assert len(design.options["defining_relation"]) == len(words) - bases
    listed = 0
    for effect, others in design.options["aliases"].items():
        listed += len(others)
        for other in others:
            sign = -1 if other.startswith("-") else 1
            np.testing.assert_array_equal(
                contrast(codes, effect, names), sign * contrast(codes, other, names)
            )
    effects = [c for r in (1, 2, 3) for c in itertools.combinations(range(len(words)), r)]
    columns = {tuple(column * column[0]) for column in (codes[:, c].prod(axis=1) for c in effects)}
    constant = sum(len(set(codes[:, c].prod(axis=1))) == 1 for c in effects)
    assert constant == counted.get(3, 0)
    groups = len(columns) - (constant > 0)
    assert listed == len(effects) - constant - groups + max(0, constant - 1)


def test_a_full_factorial_confounds_nothing():
    codes = pyDOE3.ff2n(4)
    assert resolution_of(codes) is None
    assert word_lengths(codes) == {}
    assert defining_words(codes, ("a", "b", "c", "d")) == []
    assert aliases(codes, ("a", "b", "c", "d"), 4) == {}
    assert fractional_factorial(coded(3), generators="a b c").options["resolution"] is None


def test_the_saturated_fraction_of_31_factors_is_counted_without_listing_its_words():
    words = ["".join(c) for r in range(1, 6) for c in itertools.combinations("abcde", r)]
    design = fractional_factorial(coded(31), generators=words)
    assert len(design) == 32
    assert design.options["resolution"] == 3
    assert design.options["word_lengths"][3] == 155
    assert sum(design.options["word_lengths"].values()) == 2**26 - 1


@pytest.mark.parametrize(("factors", "resolution"), [(6, 3), (7, 4), (8, 4), (6, 4), (9, 4), (10, 3)])
def test_the_resolution_asked_for_is_reached(factors, resolution):
    design = fractional_factorial(coded(factors), resolution=resolution)
    np.testing.assert_array_equal(codes_of(design), pydoe().fracfact_by_res(factors, resolution))
    assert design.options["resolution"] >= resolution
    assert min(words_by_hand(codes_of(design))) == design.options["resolution"]


@pytest.fixture
def old_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoe", None)


@pytest.mark.parametrize(("factors", "resolution", "found"), [(7, 5, 4), (8, 5, 4), (16, 4, 3)])
def test_a_resolution_that_pydoe3_gets_wrong_is_refused_and_pydoe_is_named(
    old_library, factors, resolution, found
):
    assert min(word_lengths(pyDOE3.fracfact_by_res(factors, resolution))) == found
    with pytest.raises(
        DesignError,
        match=re.escape(
            f"that pyDOE3 gives for resolution {resolution} has only {found}, and is refused; "
            'pip install "mesa-doe[pydoe]", whose search is mended, or give generators='
        ),
    ):
        fractional_factorial(coded(factors), resolution=resolution)


@pytest.mark.parametrize("factors", [3, 4, 5, 6])
def test_a_design_that_pydoe3_calls_impossible_is_refused_and_pydoe_is_named(old_library, factors):
    with pytest.raises(DesignError, match=r"pyDOE3 finds no design of . factors.*mesa-doe\[pydoe\]"):
        fractional_factorial(coded(factors), resolution=factors)


def test_the_successor_is_not_told_to_install_itself(monkeypatch):
    def impossible(n, res):
        raise ValueError("design not possible")

    fake = types.ModuleType("pydoe")
    fake.fracfact_by_res = impossible
    monkeypatch.setitem(sys.modules, "pydoe", fake)
    with pytest.raises(DesignError, match=r"pydoe finds no design of 6 factors.*; give generators=$"):
        fractional_factorial(coded(6), resolution=5)


@pytest.mark.parametrize(
    ("factors", "resolution", "size"),
    [(3, 3, 4), (4, 4, 8), (5, 5, 16), (6, 6, 32), (7, 5, 64), (8, 5, 64), (16, 4, 32), (7, 3, 8)],
)
def test_with_pydoe_those_designs_are_there(factors, resolution, size):
    pytest.importorskip("pydoe", reason="pydoe is not installed")
    design = fractional_factorial(coded(factors), resolution=resolution)
    assert (len(design), design.options["resolution"]) == (size, resolution)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "takes either generators= or resolution=, e.g. resolution=4, got neither"),
        ({"generators": "a b ab", "resolution": 3}, "e.g. resolution=4, got both"),
        ({"resolution": 2}, "resolution takes an int from 3, got 2"),
        ({"resolution": "III"}, "resolution takes an int from 3, got 'III'"),
        ({"resolution": True}, "resolution takes an int from 3, got True"),
        ({"resolution": 4}, "a fraction of 3 factors has at most resolution 3, got resolution=4"),
        ({"resolution": 3, "alias_order": 0}, "alias_order takes an int from 1, got 0"),
        ({"generators": "a b"}, "3 axes need as many words, got 2: 'a b'"),
        (
            {"generators": "a b ba2"},
            "a word is letters with a sign or none, such as 'ab' or '-ab', got 'ba2'",
        ),
        ({"generators": "a b aab"}, "a letter comes twice in 'aab', which cancels it"),
        ({"generators": "a b cd"}, "'cd' uses c, d, which is no factor of its own"),
        ({"generators": "a b a"}, "'a' comes more than once"),
        ({"generators": "ab bc ca"}, "at least one factor must be a single letter"),
        ({"generators": 5}, "generators takes a str, words or a mapping of names, got 5"),
        ({"generators": {"y": "x1*x2"}}, "'y' is no axis of the space (x1, x2, x3)"),
        ({"generators": {"x3": "x1*x3"}}, "'x3' takes a product of two or more different factors"),
        ({"generators": {"x3": "x1*x1"}}, "(x1, x2), such as 'x1*x2' or '-x1*x2', got 'x1*x1'"),
        ({"generators": {"x3": "x1"}}, "'x3' takes a product of two or more different factors"),
        ({"generators": {"x3": None}}, "got None"),
        (
            {"generators": "a b ab", "fold": "x1"},
            "fold takes True, False or a list of names of factors, got 'x1'",
        ),
        (
            {"generators": "a b ab", "fold": []},
            "fold takes True, False or a list of names of factors, got []",
        ),
        ({"generators": "a b ab", "fold": ["z"]}, "fold names z, no axis of the space (x1, x2, x3)"),
        ({"generators": "a b c", "fold": True}, "fold=True would only repeat every point"),
        ({"generators": "a b ab", "fold": ["x1", "x2"]}, "would only repeat every point"),
    ],
    ids=repr,
)
def test_what_is_no_fraction_is_refused_with_why(options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        fractional_factorial(coded(3), **options)


def test_generators_that_confound_main_effects_are_refused():
    # Both c and d are the product of a and b.
    with pytest.raises(DesignError, match=r"'ab' comes more than once"):
        fractional_factorial(coded(4), generators="a b ab -ab")
    with pytest.raises(DesignError, match=r"generators confound main effects: c = -d$"):
        fractional_factorial(letters("abcd"), generators={"c": "a*b", "d": "-b*a"})


def test_folding_all_factors_turns_resolution_three_into_four():
    space = coded(7)
    plain = fractional_factorial(space, generators="a b c ab ac bc abc")
    folded = fractional_factorial(space, generators="a b c ab ac bc abc", fold=True)
    assert len(folded) == 16
    assert folded.options["resolution"] == 4
    assert folded.options["fold"] is True
    np.testing.assert_array_equal(codes_of(folded)[:8], codes_of(plain))
    np.testing.assert_array_equal(codes_of(folded)[8:], -codes_of(plain))
    np.testing.assert_array_equal(codes_of(folded), pyDOE3.fold(codes_of(plain)))


def test_folding_one_factor_clears_it_of_interactions_of_two():
    design = fractional_factorial(coded(7), generators="a b c ab ac bc abc", fold=["x1"])
    codes = codes_of(design)
    np.testing.assert_array_equal(codes[8:, 1:], codes[:8, 1:])
    np.testing.assert_array_equal(codes[8:, 0], -codes[:8, 0])
    told = design.options["aliases"]
    assert "x1" not in told
    assert not any(
        "x1*" in alias for name in ("x2", "x3", "x4", "x5", "x6", "x7") for alias in told.get(name, [])
    )
    assert design.options["resolution"] == 3
    assert design.options["fold"] == ["x1"]


def test_a_fold_works_over_chosen_levels_and_categories():
    space = ParameterSpace(k=Categorical(["u", "v", "w"]), s=Boolean(), n=Integer(1, 9))
    design = fractional_factorial(space, generators="a b ab", fold=True, levels={"k": ("w", "u")})
    assert len(design) == 8
    assert set(design.points.itertuples(index=False, name=None)) == set(
        itertools.product("wu", (False, True), (1, 9))
    )


def test_names_of_more_than_two_levels_are_refused_in_every_two_level_design():
    space = ParameterSpace(x=Real(0, 1), y=Real(0, 1), k=Categorical(["a", "b", "c"]))
    for call in (
        two_level_factorial,
        plackett_burman,
        lambda space: fractional_factorial(space, generators="a b ab"),
    ):
        with pytest.raises(DesignError, match=r"axis 'k': .* asks 2 levels of it.*has 3; list 2 of them"):
            call(space)
