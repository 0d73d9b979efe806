import base64
import io
import re

import pytest

from mesa_doe.report.figures import Figures


def drawn(**how):
    plt = pytest.importorskip("matplotlib.pyplot")

    def make():
        _, axes = plt.subplots()
        axes.plot([0, 1], [0, 1])
        return axes

    return Figures().draw(make, "a line", **how)


def pixels(markup):
    from matplotlib.image import imread

    [data] = re.findall(r"base64,([^\"]+)", markup)
    return imread(io.BytesIO(base64.b64decode(data)))


def test_an_image_has_no_ground_of_its_own_and_is_turned_round_where_the_page_is_dark():
    found = drawn(heavy=True)
    assert pixels(found)[0, 0, 3] == 0
    assert 'class="ink"' in found
    assert "card" not in found


def test_an_image_in_which_colours_mean_numbers_stays_on_white():
    found = drawn(heavy=True, light=True)
    assert 'class="ink"' not in found
    assert 'class="canvas card"' in found


def test_a_light_drawing_has_the_colours_of_the_page():
    found = drawn()
    assert "<svg" in found
    assert "currentColor" in found
