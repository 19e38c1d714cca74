"""The feature tables that a test's few rows make, in the order of the build."""

from features import build


def again(con, *names):
    """Make these anew from what stands."""
    for name in names:
        con.execute(f"create or replace table feature.{name} as {build.load()[name].query.text}")


def until(con, last=None):
    """Make the feature tables up to `last`, or all of them; gives the connection."""
    for name, feature in build.load().items():
        con.execute(f"create or replace table feature.{name} as {feature.query.text}")
        if name == last:
            break
    return con
