import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import qmc

from mesa_doe.errors import DesignError
from mesa_doe.samplers import poisson_disk
from mesa_doe.seeding import root_entropy
from tests.samplers.samples import cube


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 40])
def test_it_gives_as_many_points_as_were_asked_for_and_none_nearer_than_its_radius(d, n):
    for rng in range(3):
        design = poisson_disk(cube(d), n, rng=rng)
        assert len(design) == n
        assert design.options["radius"] > 0
        assert n == 1 or pdist(design.unit).min() >= design.options["radius"]


@pytest.mark.parametrize(("d", "radius", "n"), [(1, 0.05, 5), (2, 0.1, 30), (3, 0.2, 20), (4, 0.4, 10)])
def test_a_radius_of_ones_own_is_kept(d, radius, n):
    design = poisson_disk(cube(d), n, rng=1, radius=radius)
    assert design.options["radius"] == radius
    assert pdist(design.unit).min() >= radius


def test_its_points_are_scipys_own_of_the_filled_cube():
    design = poisson_disk(cube(2), 20, rng=11, radius=0.1)
    engine = qmc.PoissonDisk(d=2, radius=0.1, rng=np.random.default_rng(root_entropy(11)))
    filled = {tuple(point) for point in engine.fill_space().tolist()}
    assert len(filled) > 20
    assert {tuple(point) for point in design.unit.tolist()} <= filled


def test_the_radius_found_gives_the_same_design_again():
    design = poisson_disk(cube(2), 25, rng=1)
    again = poisson_disk(cube(2), 25, rng=1, radius=design.options["radius"])
    np.testing.assert_array_equal(again.unit, design.unit)
    assert dict(again.options) == dict(design.options)


def test_the_radius_found_is_near_the_largest_there_is():
    # The densest packing of equal discs, hexagonal, has n r² near 2/sqrt(3) = 1.155 for many points; a
    # random one that has no room left has 0.6 to 0.8. A grid of n cells has 1.
    radius = poisson_disk(cube(2), 100, rng=1).options["radius"]
    assert 0.5 < 100 * radius**2 < 1.155


def test_points_spread_over_the_whole_cube_where_scipys_first_n_lie_in_a_corner():
    engine = qmc.PoissonDisk(d=2, radius=0.02, rng=np.random.default_rng(root_entropy(1)))
    assert np.ptp(engine.random(20), axis=0).max() < 0.25
    for radius in (0.02, None):
        # That 20 random points all lie in one half of the range has probability below 20 * 0.5^19.
        assert np.ptp(poisson_disk(cube(2), 20, rng=1, radius=radius).unit, axis=0).min() > 0.5


def test_scipy_gives_fewer_points_without_a_word_and_we_say_how_many_there_are():
    assert len(qmc.PoissonDisk(d=2, radius=0.3, rng=1).random(30)) < 30
    with pytest.raises(DesignError, match=r"leaves room for \d+ points here, not for n=30; use n=") as caught:
        poisson_disk(cube(2), 30, rng=1, radius=0.3)
    words = str(caught.value).replace(",", "").split()
    most, radius = int(words[words.index("room") + 2]), float(words[words.index("to") + 1])
    assert len(poisson_disk(cube(2), most, rng=1, radius=0.3)) == most
    with pytest.raises(DesignError, match="leaves room"):
        poisson_disk(cube(2), most + 1, rng=1, radius=0.3)
    assert radius == pytest.approx(poisson_disk(cube(2), 30, rng=1).options["radius"], rel=1e-3)


@pytest.mark.parametrize("radius", [0, -0.1, "0.1", True, float("nan"), float("inf"), [0.1]], ids=repr)
def test_a_radius_that_is_no_positive_number_is_refused(radius):
    with pytest.raises(DesignError, match="poisson_disk: radius takes a positive number, got"):
        poisson_disk(cube(2), 3, rng=1, radius=radius)


@pytest.mark.parametrize(("d", "radius"), [(1, 1e-6), (2, 1e-3), (4, 0.01), (2, 5e-324)])
def test_a_radius_that_would_fill_the_cube_for_hours_is_refused(d, radius):
    with pytest.raises(DesignError, match=r"so small that far more than 100,000 points have room"):
        poisson_disk(cube(d), 10, rng=1, radius=radius)


def test_more_than_four_factors_are_refused_with_what_to_use():
    with pytest.raises(DesignError, match=r"at most 4 factors, got 5.*use sobol_sequence, or latin_hyper"):
        poisson_disk(cube(5), 10, rng=1)


def test_in_six_factors_scipys_growth_dies_at_once_which_is_why():
    counts = [
        len(qmc.PoissonDisk(d=6, radius=0.6, rng=np.random.default_rng(k)).fill_space()) for k in range(5)
    ]
    # Two opposite corners of the 64 are nearer than 0.6 nowhere: there is room for 64 points at least.
    assert min(counts) < 64
