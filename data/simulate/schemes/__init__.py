"""Planted schemes, one module each, found by its file: `plant(town, rng, dose)` adds deeds.

`SUBJECTS` names the subject types it implicates, the one it is about first. Schemes about institutions take turns:
a town that names no schemes has only some of them (`drawn_schemes`). A scheme turns a fixed share of the town's places
(`deeds.quota`) and makes 5-30 % of their honest business at dose 1; persons and rings are counted by inhabitants.
"""
