import json
import pickle

import numpy as np
import pytest

from mesa_doe.errors import SpaceError
from mesa_doe.space import Boolean, Categorical, Derived, Integer, ParameterSpace, Real


def doubled(n):
    return 2 * n


def space_of(**derived):
    return ParameterSpace(n=Integer(1, 4), x=Real(0, 1), kind=Categorical(["a", "b"]), width=20, **derived)


def test_derived_parameters_are_no_factors_and_come_as_columns_of_their_type():
    space = space_of(
        area=Derived("n * width"),
        share=Derived("x / 2"),
        big=Derived("area > 50 and kind == 'b'"),
        twice=Derived(doubled),
        pair=Derived(lambda n, kind: list(zip(n.tolist(), kind, strict=True))),
    )
    assert space.names == ("n", "x", "kind")
    assert dict(space.constants) == {"width": 20}
    assert list(space.derived) == ["area", "share", "big", "twice", "pair"]
    assert space.derived["area"] == Derived("n * width")
    frame = space.from_unit([[0.0] * 3, [1.0] * 3])
    assert list(frame.columns) == ["n", "x", "kind"]
    columns = space.derived_columns(frame)
    assert list(columns) == list(space.derived)
    assert {name: column.dtype.kind for name, column in columns.items()} == {
        "area": "i",
        "share": "f",
        "big": "b",
        "twice": "i",
        "pair": "O",
    }
    assert {name: column.tolist() for name, column in columns.items()} == {
        "area": [20, 80],
        "share": [0.0, 0.5],
        "big": [False, True],
        "twice": [2, 8],
        "pair": [(1, "a"), (4, "b")],
    }
    again = space.derived_columns(space.columns_from_unit([[0.0] * 3, [1.0] * 3]))
    assert again["area"].tolist() == [20, 80]


def test_they_need_each_other_in_any_order():
    space = space_of(c=Derived("b + 1"), b=Derived(lambda a: a * 2), a=Derived("n + 1"))
    columns = space.derived_columns({"n": [1, 2], "x": [0, 0], "kind": ["a", "a"]})
    assert {name: column.tolist() for name, column in columns.items()} == {
        "c": [5, 7],
        "b": [4, 6],
        "a": [2, 3],
    }


def test_types_do_not_depend_on_the_number_of_points():
    space = space_of(a=Derived("n * 2"), b=Derived("n / 2"), c=Derived("n < 2"))
    for rows in (0, 1, 5):
        columns = space.derived_columns(space.from_unit(np.full((rows, 3), 0.3)))
        assert [column.dtype.kind for column in columns.values()] == ["i", "f", "b"]
        assert [len(column) for column in columns.values()] == [rows] * 3


def test_columns_are_new_ones_even_where_a_function_gives_back_its_own():
    space = ParameterSpace(flag=Boolean(), copy=Derived(lambda flag: flag))
    given = np.array([True, False])
    made = space.derived_columns({"flag": given})["copy"]
    made[:] = False
    assert given.tolist() == [True, False]


def test_without_derived_parameters_there_are_no_columns():
    assert space_of().derived_columns(space_of().from_unit(np.zeros((2, 3)))) == {}


def test_a_constant_alone_is_a_column_too():
    assert space_of(w=Derived("width")).derived_columns(space_of().from_unit(np.zeros((2, 3))))[
        "w"
    ].tolist() == [20, 20]


def test_a_space_of_constants_computes_what_it_can():
    import pandas as pd

    space = ParameterSpace(width=20, area=Derived("width ** 2"))
    assert space.derived_columns(pd.DataFrame(index=range(3)))["area"].tolist() == [400] * 3


def test_every_mistake_is_told_at_once():
    with pytest.raises(SpaceError) as caught:
        space_of(
            a=Derived("b + 1"),
            b=Derived("c"),
            c=Derived(lambda a: a),
            d=Derived("d + 1"),
            e=Derived("n + widht"),
            f=Derived("n."),
            g=Derived(3),
            h=Derived(lambda m: m),
            i=Derived,
        )
    assert [line[4:] for line in str(caught.value).splitlines()[1:]] == [
        "axis 'i': Derived is a class: write Derived(...) with its expression",
        "derived 'd': it needs itself",
        "derived 'e': it names 'widht', which is no parameter of the space; close: 'width'",
        "derived 'f': this is no expression: invalid syntax at its end; allowed are names of parameters,"
        " numbers, + - * / % **, comparisons, 'in [...]', and, or, not, parentheses, min(), max() and abs()",
        "derived 'g': it must be an expression as text or a function of columns, got 3",
        "derived 'h': it names 'm', which is no parameter of the space",
        "derived 'a', 'b', 'c': each needs the other: a -> b -> c -> a",
    ]


def test_mistakes_of_types_are_told_before_any_sample():
    with pytest.raises(SpaceError) as caught:
        space_of(
            a=Derived("kind + 1"),
            b=Derived("kind == 'c'"),
            c=Derived("a + 1"),
            d=Derived(doubled),
            e=Derived("d and n"),
            f=Derived("not n"),
        )
    assert [line[4:].split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "derived 'a'",
        "derived 'f'",
        "derived 'b'",
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda n: n[:1], "derived 'a': the function returned 1 values for 2 rows"),
        (lambda n: 3, "derived 'a': the function returned no column"),
        (lambda n: n.nothing, "derived 'a': the function raised AttributeError"),
        ("1 / (n - 1)", r"derived 'a': '1 / \(n - 1\)' divides by zero .* in row 0"),
    ],
)
def test_what_cannot_be_computed_names_the_parameter(rule, message):
    space = space_of(a=Derived(rule))
    with pytest.raises(SpaceError, match=message):
        space.derived_columns(space.from_unit([[0.0] * 3, [1.0] * 3]))


def test_derived_parameters_have_no_axis():
    space = space_of(a=Derived("n"))
    assert "a" not in space
    with pytest.raises(KeyError, match=r"'a' has no axis, since it is derived: see space.derived"):
        space["a"]
    with pytest.raises(TypeError):
        space.derived["b"] = Derived("n")


def test_names_are_checked_and_given_once():
    with pytest.raises(SpaceError, match="axis 'a b': a name must be a Python identifier"):
        ParameterSpace({"n": 1, "a b": Derived("n")})
    with pytest.raises(SpaceError, match="axis 'n': given twice"):
        ParameterSpace({"n": Real(0, 1)}, n=Derived("1"))


def test_a_table_is_not_checked_for_them():
    space = space_of(a=Derived("n"))
    frame = space.from_unit([[0.3] * 3])
    assert space.problems_of(frame.assign(a="?")) == []


def test_they_go_through_json_pickle_and_equality():
    space = space_of(b=Derived("a + 1"), a=Derived("2 * n"))
    document = json.loads(json.dumps(space.to_dict()))
    assert document["derived"] == {"b": "a + 1", "a": "2 * n"}
    again = ParameterSpace.from_dict(document)
    assert again == space
    assert list(again.derived) == ["b", "a"]
    assert repr(again) == repr(space)
    assert "    b=Derived(expression='a + 1')," in repr(space).splitlines()
    assert space != space_of()
    with_function = space_of(a=Derived(doubled))
    assert pickle.loads(pickle.dumps(with_function)) == with_function
    with pytest.raises(SpaceError, match="derived 'a': a function cannot be written to JSON"):
        with_function.to_dict()


@pytest.mark.parametrize("given", [3, ["a"], {"a": 3}, {"n": "1"}, {"a": "n.real"}])
def test_a_document_with_other_derived_parameters_is_refused(given):
    document = {**ParameterSpace(n=Real(0, 1)).to_dict(), "derived": given}
    with pytest.raises(SpaceError, match="derived"):
        ParameterSpace.from_dict(document)
