"""Visits: all that is said of one place, whoever's lead says it, each yuan once; and the months of visits planned."""
