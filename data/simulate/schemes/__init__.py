"""Planted schemes, one module each, found by its file: `plant(town, rng, dose)` adds deeds."""
