from scipy import stats

from mesa_doe.space import Boolean, Categorical, Derived, Discrete, Integer, Law, ParameterSpace, Real


def twice(low):
    return 2 * low


def test_a_table_has_a_row_for_each_parameter_with_its_kind_values_and_number_of_levels():
    space = ParameterSpace(
        rate=Real(0.01, 1, log=True),
        low=Integer(1, 4),
        size=Discrete([1, 2.5]),
        rule=Categorical([twice, None], weights=[0.75, 0.25]),
        torus=Boolean(),
        share=stats.beta(2, 5),
        count=Law(stats.poisson(3), quantiles=(0.01, 0.99)),
        width=20,
        area=Derived("low * width"),
        more=Derived(twice),
    )
    table = space.table()
    assert table.index.name == "parameter"
    assert table.to_records().tolist() == [
        ("rate", "Real", "0.01 to 1, logarithmic", "continuous"),
        ("low", "Integer", "1 to 4", "4"),
        ("size", "Discrete", "1.0, 2.5", "2"),
        ("rule", "Categorical", "twice (weight 0.75), None (weight 0.25)", "2"),
        ("torus", "Boolean", "False, True", "2"),
        ("share", "Law", "Law(beta(2, 5))", "continuous"),
        ("count", "Law", "Law(poisson(3), quantiles=(0.01, 0.99))", "without end"),
        ("width", "constant", "20", ""),
        ("area", "derived", "low * width", ""),
        ("more", "derived", "twice", ""),
    ]


def test_a_space_of_constants_alone_has_a_table():
    assert ParameterSpace(width=20).table()["kind"].tolist() == ["constant"]
