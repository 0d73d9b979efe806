import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import SpaceError
from mesa_doe.space import Law
from mesa_doe.space.laws import law_called
from mesa_doe.space.scipy_laws import build

ENDS = np.array([0.0, 1.0])
U = np.linspace(0.001, 0.999, 777)
HISTOGRAM = stats.rv_histogram(np.histogram([1, 2, 2, 3], bins=3))()
UNEVEN = stats.rv_discrete(values=([0.5, 1, 3], [0.2, 0.3, 0.5]))()

NAMED = [
    stats.beta(2, 5),
    stats.beta(a=2, b=5, loc=1),
    stats.norm(),
    stats.norm(1, 2),
    stats.gamma(2.0),
    stats.poisson(3),
    stats.randint(1, 5),
    stats.binom(10, 0.3),
]
NEW = []
if hasattr(stats, "Normal"):
    NEW += [stats.Normal(mu=1.0, sigma=2.0), stats.Normal(), stats.Uniform(a=0.0, b=2.0)]
if hasattr(stats, "Binomial"):
    NEW += [stats.Binomial(n=5, p=0.3), stats.Logistic()]
DENSITY = stats.rv_histogram((np.array([0.5, 0.25]), np.array([0, 1, 3])), density=True)(loc=2)
OF_DATA = [HISTOGRAM, UNEVEN, DENSITY, stats.rv_discrete(values=([9, 1, 4], [0.5, 0.2, 0.3]))(loc=1)]
NAMELESS = []
if hasattr(stats, "make_distribution"):
    NAMELESS += [
        stats.make_distribution(stats.beta)(a=2.0, b=5.0),
        stats.truncate(stats.Normal(mu=5.0, sigma=2.0), lb=0.0, ub=6.0),
        stats.Mixture([stats.Normal(), stats.Uniform(a=0.0, b=1.0)], weights=[0.5, 0.5]),
    ]
ALL = NAMED + NEW + OF_DATA + NAMELESS


@pytest.mark.parametrize("law", ALL, ids=lambda law: type(law).__name__)
def test_every_law_is_finite_and_in_its_support_from_0_to_1(law):
    axis = Law(law)
    assert axis.problems() == []
    values = axis.from_unit(np.concatenate([ENDS, U]))
    assert np.isfinite(values).all()
    assert not axis.outside(values).any()
    low, high = law.support()
    assert values.min() >= low
    assert values.max() <= high


@pytest.mark.parametrize("law", ALL, ids=lambda law: type(law).__name__)
def test_every_law_goes_to_values_and_back(law):
    axis = Law(law)
    values = axis.from_unit(U)
    np.testing.assert_allclose(axis.from_unit(axis.to_unit(values)), values, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("law", [stats.poisson(3), stats.randint(-2, 5), stats.binom(100, 0.5), UNEVEN])
def test_discrete_laws_come_back_exactly_ends_included(law):
    axis = Law(law)
    values = axis.from_unit(np.concatenate([ENDS, U]))
    assert axis.from_unit(axis.to_unit(values)).tolist() == values.tolist()


@given(st.floats(0.01, 500), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_poisson_comes_back_exactly(mu, u):
    axis = Law(stats.poisson(mu))
    values = axis.from_unit(np.array(u))
    assert axis.from_unit(axis.to_unit(values)).tolist() == values.tolist()


def test_poisson_has_ints_at_both_ends():
    values = Law(stats.poisson(3)).from_unit(ENDS)
    assert values.dtype == np.int64
    assert values.tolist() == [0, int(stats.poisson(3).ppf(1 - 1e-9))]


def test_an_unbounded_law_is_cut_and_a_bounded_side_is_not():
    lowest, highest = Law(stats.norm(), quantiles=(0.1, 0.8)).from_unit(ENDS)
    assert lowest == stats.norm.ppf(0.1)
    assert highest == stats.norm.ppf(0.8)
    assert Law(stats.beta(2, 5), quantiles=(0.1, 0.8)).from_unit(ENDS).tolist() == [0, 1]
    assert Law(stats.expon(), quantiles=(0.1, 0.8)).from_unit(ENDS).tolist() == [0, stats.expon.ppf(0.8)]


def test_the_type_of_a_column_does_not_depend_on_the_points():
    assert Law(UNEVEN).from_unit(np.array([0.99])).dtype == np.float64  # 3.0, a whole number
    assert Law(stats.poisson(3, loc=0.5)).from_unit(ENDS).dtype == np.float64
    assert Law(stats.rv_discrete(values=([1, 5], [0.5, 0.5]))()).from_unit(ENDS).tolist() == [1, 5]


def test_values_between_the_steps_are_outside():
    assert Law(stats.poisson(3)).outside([0, 1.5, -1, np.inf, "a", 2]).tolist() == [0, 1, 1, 1, 1, 0]
    assert Law(UNEVEN).outside([0.5, 2, 3]).tolist() == [False, True, False]
    assert np.isnan(Law(stats.beta(2, 5)).to_unit([2.0]))[0]


def test_levels_are_counted_where_they_can_be():
    assert Law(stats.randint(1, 5)).n_levels == 4
    assert Law(UNEVEN).n_levels == 3
    assert Law(stats.poisson(3)).n_levels is None
    assert Law(stats.beta(2, 5)).n_levels is None


@pytest.mark.parametrize(
    ("axis", "problem"),
    [
        (Law(stats.beta), "the law 'beta' is not frozen: call it with its parameters, e.g. stats.beta(...)"),
        (Law(stats.poisson), "the law 'poisson' is not frozen"),
        (Law(stats.rv_histogram(np.histogram([1, 2]))), "is not frozen"),
        (Law(stats.multivariate_normal([0, 0])), "is no law of one number"),
        (Law(3), "a law needs a ppf or icdf, a cdf and a support, which 3 has not"),
        (Law(stats.norm([0, 1], 1)), "several laws: give one axis to each"),
        (Law(stats.norm([0], 1)), "several laws: give one axis to each"),
        (Law(stats.norm(0, -1)), "norm(0, -1) has no support"),
        (Law(stats.norm(), quantiles=(0, 1)), "0 < first < second < 1, got (0, 1)"),
        (Law(stats.norm(), quantiles=(0.9, 0.1)), "0 < first < second < 1, got (0.9, 0.1)"),
        (Law(stats.norm(), quantiles=0.1), "0 < first < second < 1, got 0.1"),
        (Law(stats.randint(0, 2**60)), "beyond 2**53: narrow its quantiles"),
    ],
)
def test_a_bad_law_is_held_and_says_what_is_wrong(axis, problem):
    (found,) = axis.problems()
    assert problem in found


@pytest.mark.skipif(not NEW, reason="this scipy has no new laws")
def test_a_bad_new_law_says_what_is_wrong():
    assert "Normal is a class" in Law(stats.Normal).problems()[0]
    assert "several laws" in Law(stats.Normal(mu=[0.0, 1.0], sigma=1.0)).problems()[0]
    assert Law(stats.Normal(mu=0.0, sigma=-1.0)).problems()


class Own:
    """A user's own law, which raises."""

    def ppf(self, q):
        raise ZeroDivisionError("no")

    cdf = ppf

    def support(self):
        return 0, 1


class Line(Own):
    def ppf(self, q):
        return q

    cdf = ppf


class Lost(Line):
    def ppf(self, q):
        return np.asarray(q) * np.nan


class Gap(Line):
    def ppf(self, q):
        return np.where(np.asarray(q) == 0.25, np.nan, q)


def test_a_quantile_that_is_not_finite_is_no_value():
    assert Law(Gap()).problems() == []
    with pytest.raises(SpaceError, match=r"has no finite quantile at 0\.25"):
        Law(Gap()).from_unit(np.array([0.1, 0.25]))


def test_a_users_own_law_works_and_its_exceptions_are_told():
    assert Law(Line()).problems() == []
    assert Law(Line()).from_unit(ENDS).tolist() == [0, 1]
    assert Law(Own()).problems() == ["the law cannot be evaluated: ZeroDivisionError: no"]
    assert "quantiles that are not finite" in Law(Lost()).problems()[0]


@pytest.mark.parametrize("law", NAMED + NEW + OF_DATA, ids=lambda law: type(law).__name__)
def test_named_laws_and_those_of_data_pickle_and_copy_into_equal_ones(law):
    axis = Law(law, (0.01, 0.99))
    for again in (pickle.loads(pickle.dumps(axis)), copy.deepcopy(axis)):
        assert again == axis
        assert hash(again) == hash(axis)
        assert again.from_unit(U).tolist() == axis.from_unit(U).tolist()


def test_nameless_laws_pickle_by_value_and_are_equal_by_identity():
    law = Line()
    axis = Law(law)
    again = pickle.loads(pickle.dumps(axis))
    assert again.from_unit(U).tolist() == axis.from_unit(U).tolist()
    assert again != axis
    assert Law(law) == axis
    assert copy.deepcopy(axis) == axis


class Changing(Line):
    """Stands for scipy's new Normal, which pickle turns into the standard one."""

    scale = 1.0

    def ppf(self, q):
        return np.asarray(q) * self.scale

    def __reduce__(self):
        return _changed, ()


def _changed():
    law = Changing()
    law.scale = 0.5
    return law


def test_a_law_that_pickle_changes_is_refused_not_used():
    data = pickle.dumps(Law(Changing()))
    with pytest.raises(SpaceError, match="changed by pickling, a fault of scipy"):
        pickle.loads(data)


def test_equality_is_by_name_parameters_and_quantiles():
    assert Law(stats.beta(2, 5)) == Law(stats.beta(2, 5))
    assert hash(Law(stats.beta(2, 5))) == hash(Law(stats.beta(2.0, 5.0)))
    assert Law(stats.beta(2, 5)) != Law(stats.beta(2, 6))
    assert Law(stats.norm()) != Law(stats.norm(), (0.1, 0.9))
    assert Law(stats.norm()) != 3


def test_repr_names_the_law():
    assert repr(Law(stats.beta(2, b=5))) == "Law(beta(2, b=5))"
    assert repr(Law(stats.norm(), (0.1, 0.9))) == "Law(norm(), quantiles=(0.1, 0.9))"


@pytest.mark.parametrize("law", [*NAMELESS, Line()], ids=lambda law: type(law).__name__)
def test_laws_without_a_name_say_that_json_cannot_hold_them(law):
    with pytest.raises(SpaceError, match=r"cannot be written to JSON: .* has no name"):
        Law(law).to_dict()


@pytest.mark.parametrize(
    "make",
    [
        lambda: stats.truncnorm(-np.inf, 1),
        lambda: stats.truncnorm(a=0.0, b=np.inf, loc=2),
        lambda: stats.rv_histogram(np.histogram([1, 2, 2, 3], bins=3))(),
        lambda: stats.rv_histogram((np.array([3, 1]), np.array([0, 1, 3])), density=False)(),
        lambda: stats.rv_discrete(values=([9, 1, 4], [0.5, 0.2, 0.3]))(loc=1),
    ],
    ids=["one end", "by name", "histogram", "counts", "weights"],
)
def test_laws_with_one_end_and_laws_of_data_come_back_from_json_text(make):
    axis = Law(make())
    described = json.loads(json.dumps(axis.to_dict(), allow_nan=False))
    assert described.pop("kind") == "law"
    again = law_called(**described)
    assert again == axis == Law(make())
    assert hash(again) == hash(axis)
    assert repr(again) == repr(axis)
    assert again.from_unit(U).tolist() == axis.from_unit(U).tolist()
    assert again.from_unit(U).dtype == axis.from_unit(U).dtype


def test_bins_of_several_widths_without_a_word_of_density_come_back_as_densities():
    with pytest.warns(RuntimeWarning, match="Assuming `density=True`"):
        axis = Law(stats.rv_histogram((np.array([3, 1]), np.array([0, 1, 3])))())
    described = axis.to_dict()
    assert described["kwds"]["density"] is True
    again = law_called(*(described[key] for key in ("distribution", "args", "kwds", "quantiles")))
    assert again.from_unit(U).tolist() == axis.from_unit(U).tolist()


def test_the_repr_of_a_histogram_of_many_bins_is_short():
    axis = Law(stats.rv_histogram(np.histogram(np.arange(1000), bins=200))())
    assert "histogram=[[5, 5, 5, 5, 5, 5, ...], [0.0, 4.995, " in repr(axis)
    assert len(repr(axis)) < 130


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("rv_discrete", {"values": [[1, 2], [0.5, 0.4]]}, "are no data of the law 'rv_discrete': The sum"),
        ("rv_discrete", {"values": [[1, 2]]}, "rv_discrete takes two lists of finite numbers"),
        ("rv_discrete", {"values": [[1, "a"], [0.5, 0.5]]}, "rv_discrete takes two lists of finite numbers"),
        ("rv_histogram", {"histogram": [[1, 2], [0, 1]]}, "are no data of the law 'rv_histogram'"),
        ("rv_histogram", {"histogram": [[1], [0, 1]], "density": 1}, "rv_histogram takes two lists"),
        ("rv_histogram", {"values": [[1], [1]]}, "are no data of the law 'rv_histogram'"),
    ],
)
def test_data_that_make_no_law_are_refused(name, data, message):
    with pytest.raises(SpaceError, match=message):
        build(name, [], data)


def test_a_density_of_kernels_is_told_what_else_the_data_can_be():
    law = stats.gaussian_kde(np.arange(5.0))
    assert (
        Law(law)
        .problems()[0]
        .endswith("; of data, stats.rv_histogram(np.histogram(data, bins='auto'))() is one")
    )
