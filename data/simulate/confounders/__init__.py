"""Honest groups and slips that naive rules take for schemes, one module each, found by its file.

`add(town, rng)` adds visits before ordinary care; `after(town, rng)`, if present, touches the fee lines.
"""
