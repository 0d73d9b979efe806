import pytest


@pytest.fixture
def library():
    return pytest.importorskip("pydoe", reason="pydoe is not installed")
