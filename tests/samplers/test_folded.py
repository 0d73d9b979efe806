import numpy as np
import pytest
from SALib.analyze import ff as analyze_ff
from SALib.sample import ff as sample_ff

import mesa_doe as doe
from tests.samplers.samples import cube


@pytest.mark.parametrize("d", [1, 2, 3, 5, 8, 12])
def test_sample_is_salibs_without_its_dummies(d):
    problem = {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0, 1]] * d}
    theirs = sample_ff.sample(problem)
    design = doe.folded_hadamard(cube(d))
    np.testing.assert_array_equal(design.unit, theirs[:, :d])
    assert len(design) == 2 * 2 ** int(np.ceil(np.log2(d)))


@pytest.mark.parametrize("d", [3, 5, 8])
def test_main_effects_are_clear_of_all_two_factor_interactions(d):
    codes = 2 * doe.folded_hadamard(cube(d)).unit - 1
    products = np.array([codes[:, i] * codes[:, j] for i in range(d) for j in range(i)])
    assert not (products @ codes).any()
    assert np.array_equal(codes.T @ codes, len(codes) * np.eye(d))


def test_salibs_analysis_finds_the_effects_of_a_linear_model_with_interactions():
    design = doe.folded_hadamard(cube(3))
    u = design.unit
    y = 4 * u[:, 0] + 2 * u[:, 1] + 3 * u[:, 0] * u[:, 1]
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    sample_ff.sample(problem)  # adds its dummies
    effects = analyze_ff.analyze(problem, u, y)["ME"]
    # Averaged over the other factor: 4 + 3/2 and 2 + 3/2; half of that in SALib's scale of -1 to 1.
    np.testing.assert_allclose(effects[:3], np.array([5.5, 3.5, 0.0]) / 2)
