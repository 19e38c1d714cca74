"""Which tests a hospital, or one of its departments, does to nearly everybody and its peers do not."""

from models.sources.work import Work


def find(work: Work) -> None:
    """One hit a fee line of such a test. Units: lines that hit, tests of places that are clear or not judged."""
    work.run("frequent")
    work.run("beside_peers")
    work.run("judged")
