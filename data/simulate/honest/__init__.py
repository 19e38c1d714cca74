"""The honest year: ordinary practices, each a small world that no rule or detector may accuse."""

from data.simulate.honest.delivery import World, lay, number_of, write
from data.simulate.honest.practice import Practice, PracticeError, charge, library, read

__all__ = ["Practice", "PracticeError", "World", "charge", "lay", "library", "number_of", "read", "write"]
