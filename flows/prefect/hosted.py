"""The Prefect server of one HOME, as a process of its own behind its door: `python -m flows.prefect.hosted PORT`.

It ends with the process that began it, however that one ends. Secret and parent come in the environment, which no
other user of the machine can read.
"""

from __future__ import annotations

import os
import sys

from flows.prefect import processes
from flows.prefect.door import Door

SECRET, PARENT = "FUNDWATCH_SERVER_SECRET", "FUNDWATCH_SERVER_PARENT"


def main() -> None:
    """Serve on loopback until told to stop."""
    port, secret = int(sys.argv[1]), os.environ.pop(SECRET)
    processes.follow(os.environ.pop(PARENT))
    import uvicorn  # not before: a parent that is gone needs no server
    from prefect.server.api.server import create_app

    uvicorn.run(
        Door(create_app(final=True), secret, port),
        host="127.0.0.1",
        port=port,
        log_level=os.environ.get("PREFECT_SERVER_LOGGING_LEVEL", "critical").lower(),
        server_header=False,
    )


if __name__ == "__main__":
    main()
