"""What conway.toml looks at."""

import numpy as np
from mesa import Model


def alive(model: Model) -> float:
    """Return the share of cells that are alive."""
    return float(np.mean([cell.state for cell in model.agents]))
