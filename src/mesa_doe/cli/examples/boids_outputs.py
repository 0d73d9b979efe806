"""What boids.toml looks at."""

import numpy as np
from mesa import Model


def polarisation(model: Model) -> float:
    """Return the length of the mean heading: 1 where all fly one way, near 0 where each its own."""
    directions = np.array([boid.direction for boid in model.agents])
    headings = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return float(np.linalg.norm(headings.mean(axis=0)))
