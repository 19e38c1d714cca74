"""The honest year: ordinary practices, each a small world that no rule or detector may accuse."""

from data.simulate.honest.delivery import lay, write
from data.simulate.honest.practice import Practice, PracticeError, charge, library, read
from data.simulate.honest.world import World, number_of

__all__ = ["Practice", "PracticeError", "World", "charge", "lay", "library", "number_of", "read", "write"]
