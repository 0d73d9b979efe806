import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import palette


def test_thirty_factors_the_seed_and_the_dummy_can_be_told_apart():
    names = [*range(30), "seed", "dummy"]
    styles = palette.line_styles(names, caller="spider")
    assert list(styles) == names
    assert len({(style["color"], style["linestyle"]) for style in styles.values()}) == 32
    assert {styles[name]["linestyle"] for name in ("seed", "dummy")} == {"--"}
    assert "--" not in {styles[name]["linestyle"] for name in range(30)}
    with pytest.raises(AnalysisError, match=r"spider: draws at most 30 lines .*, given 31; select those"):
        palette.line_styles(range(31), caller="spider")


def test_the_seed_takes_no_style_from_the_others():
    with_seed = palette.line_styles(["seed", "a", "b"], caller="spider")
    without = palette.line_styles(["a", "b"], caller="spider")
    assert {name: with_seed[name] for name in "ab"} == without
