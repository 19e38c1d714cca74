"""Honest groups and slips that naive rules take for schemes, one module each, found by its file.

`add(town, rng)` adds visits before ordinary care; `after(town, rng)` touches the honest record once it stands. Each
module has one of them or both.
"""
