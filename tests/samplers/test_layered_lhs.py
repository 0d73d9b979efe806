import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesa_doe.errors import DesignError
from mesa_doe.samplers import nested_lhs, sliced_lhs
from tests.samplers.samples import cube, is_latin


@settings(deadline=None, max_examples=40)
@given(size=st.integers(1, 12), parts=st.integers(1, 6), factors=st.integers(1, 5), seed=st.integers(0, 999))
def test_the_whole_and_each_slice_are_latin_hypercubes(size, parts, factors, seed):
    unit = sliced_lhs(cube(factors), size * parts, slices=parts, rng=seed).unit
    assert is_latin(unit)
    for part in unit.reshape(parts, size, factors):
        assert is_latin(part)


@settings(deadline=None, max_examples=40)
@given(size=st.integers(1, 12), parts=st.integers(1, 6), factors=st.integers(1, 5), seed=st.integers(0, 999))
def test_the_whole_and_its_first_part_are_latin_hypercubes(size, parts, factors, seed):
    unit = nested_lhs(cube(factors), size * parts, ratio=parts, rng=seed).unit
    assert is_latin(unit)
    assert is_latin(unit[:size])


@pytest.mark.parametrize(("sampler", "name"), [(sliced_lhs, "slices"), (nested_lhs, "ratio")])
@pytest.mark.parametrize("parts", [0, 5, 2.0, "2", True], ids=repr)
def test_parts_that_do_not_divide_are_refused(sampler, name, parts):
    with pytest.raises(DesignError, match=f"{name} takes an int that divides n=12, got"):
        sampler(cube(2), 12, **{name: parts})


def test_the_slices_of_pydoe_lie_in_one_corner_and_its_nested_designs_are_not_nested():
    library = pytest.importorskip("pydoe", reason="pydoe is not installed")
    unit, labels = library.sliced_lhs(3, 10, 2, seed=1)
    assert unit[labels == 0].max() < 0.5 < unit[labels == 1].min()
    small, large = library.nested_lhs(3, 5, 2, seed=1)
    assert not any((np.abs(large - point).max(axis=1) < 1e-9).any() for point in small)
    assert (np.floor(large[0::2] * 5) == np.floor(large[1::2] * 5)).all()
