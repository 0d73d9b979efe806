import math

import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_space import read_space
from tests.cli.studies import written


def space_of(folder, text):
    file = TomlFile(written(folder, text))
    space = read_space(file)
    file.check()
    return space


def mistakes(folder, text):
    file = TomlFile(written(folder, text))
    assert read_space(file) is None
    with pytest.raises(doe.ConfigurationError) as caught:
        file.check()
    return str(caught.value).removeprefix(str(folder / "study.toml"))


def test_every_kind_of_axis_is_that_of_python(tmp_path):
    space = space_of(
        tmp_path,
        """
        [space]
        density = {real = [0.1, 0.9]}
        rate = {real = [0.001, 1.0], log = true}
        radius = {integer = [1, 4]}
        dose = {discrete = [1, 2.5, 10]}
        order = {categorical = ["random", "fixed"], weights = [0.8, 0.2]}
        mixed = {categorical = [1, "one", true]}
        torus = {boolean = true}
        share = {law = "beta", args = [2, 5]}
        shift = {law = "norm", kwargs = {loc = 3, scale = 0.5}, quantiles = [0.01, 0.99]}
        count = {law = "poisson", args = [3]}
        delay = {law = "truncnorm", args = [-1, inf]}
        friends = {law = "rv_discrete", kwargs = {values = [[1, 4, 9], [0.2, 0.3, 0.5]]}}
        wide = {law = "Normal", kwargs = {mu = 1, sigma = 2}}
        width = 20
        name = "grid"
        empty = true
        corners = {constant = [[0, 1], [2]]}
        area = {derived = "width * radius"}
        options = 3

        [space.height]
        integer = [5, 6]
        """,
    )
    expected = doe.ParameterSpace(
        density=doe.Real(0.1, 0.9), rate=doe.Real(0.001, 1.0, log=True), radius=doe.Integer(1, 4),
        dose=doe.Discrete([1, 2.5, 10]), order=doe.Categorical(["random", "fixed"], weights=[0.8, 0.2]),
        mixed=doe.Categorical([1, "one", True]), torus=doe.Boolean(), share=stats.beta(2, 5),
        shift=doe.Law(stats.norm(loc=3, scale=0.5), quantiles=(0.01, 0.99)), count=stats.poisson(3),
        delay=stats.truncnorm(-1, math.inf), friends=stats.rv_discrete(values=([1, 4, 9], [0.2, 0.3, 0.5]))(),
        wide=stats.Normal(mu=1, sigma=2), width=20, name="grid", empty=True,
        corners=doe.Constant([[0, 1], [2]]), area=doe.Derived("width * radius"), options=3,
        height=doe.Integer(5, 6),
    )  # fmt: skip
    assert space == expected
    assert repr(space) == repr(expected)


def test_constraints_and_correlation_stand_under_options(tmp_path):
    axes = "[space]\na = {real = [0, 1]}\nb = {real = [0, 1]}\nc = {real = [0, 1]}\n"
    names = {name: doe.Real(0, 1) for name in "abc"}
    by_pair = space_of(
        tmp_path, axes + '[space.options]\nconstraints = ["a < b"]\ncorrelation = [["c", "a", 0.5]]'
    )
    by_matrix = [[1, 0, 0.5], [0, 1, 0], [0.5, 0, 1]]
    expected = doe.ParameterSpace(names, correlation=by_matrix, constraints=["a < b"])
    assert by_pair == expected
    whole = space_of(tmp_path, f"{axes}[space.options]\ncorrelation = {by_matrix}")
    assert whole == doe.ParameterSpace(names, correlation=by_matrix)


def test_a_parameter_may_be_called_options(tmp_path):
    assert space_of(tmp_path, "[space.options]\nreal = [0, 1]") == doe.ParameterSpace(options=doe.Real(0, 1))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a = {real = 0.5}", "space.a.real takes [low, high], got 0.5"),
        ("a = {real = [0.9, 0.1]}", "space.a.real: low must be below high, got low=0.9, high=0.1"),
        ("a = {real = [0, 1], log = true}", "space.a.real: low must be above zero when log=True, got low=0"),
        ("a = {real = [1, 2], log = 1}", "space.a.log takes true or false, got 1"),
        (
            "a = {real = [1, 2], lgo = true}",
            "space.a.lgo: there is no such key: did you mean 'log'? there are",
        ),
        ("a = {integer = [1.5, 2]}", "space.a.integer: low must be an int, got 1.5"),
        ("a = {categorical = 'x'}", 'space.a.categorical takes a list of levels, got "x"'),
        ("a = {categorical = ['x', 'y'], weights = [1, 2]}", "space.a.categorical: weights must sum to 1"),
        ("a = {boolean = false}", "space.a.boolean takes true, got false"),
        ("a = {law = 'bta'}", "space.a.law: scipy.stats has no law called 'bta'; close: 'beta'"),
        ("a = {law = 'beta', args = [2]}", "space.a.law: [2], {} are no parameters of the law 'beta'"),
        ("a = {law = 'beta', args = 2}", "space.a.args takes a list, got 2"),
        ("a = {derived = 'c + 1'}", "space.a.derived: it names 'c', which is no parameter of the space"),
        ("a = [0, 1]", "space.a: a list may be many things: write {real = [low, high]}, {integer ="),
        ("constraints = ['a < b']", "constraints of the space are given under [space.options]"),
        (
            "a = {reel = [0, 1]}",
            "space.a: its kind is missing: did you mean 'real'? give it one of real, int",
        ),
        ("a = {}", "space.a: its kind is missing: give it one of real, integer, discrete, categorical"),
        ("a = {real = [0, 1], integer = [0, 1]}", "space.a: it has real and integer, of which one is meant"),
        ("'a b' = 1", "a name must be a Python identifier"),
        ("seed = {integer = [0, 1]}", "for the seed as a factor use sobol"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_line(tmp_path, line, told):
    found = mistakes(tmp_path, f"[space]\nb = {{real = [0, 1]}}\n\n{line}")
    assert found.startswith(", line 4: ")
    assert told in found


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "constraint = ['a < b']",
            "space.options.constraint: there is no such key: did you mean 'constraints'?",
        ),
        ("constraints = 'a < b'", "space.options.constraints: constraints must be a list of expressions"),
        ("constraints = ['a < bb']", "space.options.constraints: constraint 'a < bb': it names 'bb'"),
        ("correlation = 0.5", 'space.options.correlation takes pairs such as [["a", "b", 0.5]], or a matrix'),
        ("correlation = [['a', 'd', 0.5]]", "space.options.correlation: correlation names what is no factor"),
        (
            "correlation = [['a', 'b']]",
            "space.options.correlation: correlation[0] takes two names and a number, as ('a', ",
        ),
        ("correlation = [['a', 'b', 0.5], ['b', 'a', 0]]", "correlation[1]: 'b' and 'a' are given twice"),
        ("correlation = [[1, 0.5]]", "space.options.correlation: correlation must be a DataFrame"),
    ],
)
def test_a_mistake_in_options_is_told_too(tmp_path, line, told):
    file = TomlFile(
        written(tmp_path, f"[space]\na = {{real = [0, 1]}}\nb.real = [0, 1]\n[space.options]\n{line}")
    )
    read_space(file)
    with pytest.raises(doe.ConfigurationError) as caught:
        file.check()
    assert ", line 5: " in str(caught.value)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path):
    text = (
        "[space]\nc = {derived = 'a + b'}\na = {real = [1, 0]}\nb = {integer = 3}\nd = [1]\ne = {law = 'x'}"
    )
    heading, *lines = mistakes(tmp_path, text).splitlines()
    assert heading == " has mistakes (4):"
    assert [line[:19] for line in lines] == [
        "  - line 3: space.a",
        "  - line 4: space.b",
        "  - line 5: space.d",
        "  - line 6: space.e",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("space = 3", ", line 1: space takes a table with"),
        ("[space]", ", line 1: space: there are no parameters"),
    ],
)
def test_a_space_without_parameters_is_told(tmp_path, text, told):
    assert mistakes(tmp_path, text).startswith(told)
