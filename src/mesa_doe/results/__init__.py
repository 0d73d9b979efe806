"""Results: what a batch of runs gave, and the way from there to numbers, analyses and plots."""

from mesa_doe.results.noise import Noise
from mesa_doe.results.numbers import At, Unequal
from mesa_doe.results.results import Results

__all__ = ["At", "Noise", "Results", "Unequal"]
