"""What alliance.toml looks at."""

from mesa import Model


def alliances(model: Model) -> int:
    """Return how many alliances there are."""
    return sum(agent.level > 0 for agent in model.agents)


def height(model: Model) -> int:
    """Return the highest level: 1 is an alliance of agents, 2 one of alliances, and so on."""
    return int(max(agent.level for agent in model.agents))


def strongest(model: Model) -> float:
    """Return the power of the strongest alliance, or of the strongest agent if there is none."""
    return float(max(agent.power for agent in model.agents))
