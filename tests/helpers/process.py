"""A second process: pauses a conversation of every kind, says so, and waits to be killed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tests.helpers.conversations import KINDS, MODES
from tests.helpers.databases import named
from tests.script.test_pause import conversation


def main() -> None:
    folder, database = Path(sys.argv[1]), named(sys.argv[2])
    paused = 0
    for kind in KINDS:
        for mode in MODES:
            talk = conversation(kind, mode, folder, database)
            talk.start()
            paused += talk.waits
    print(json.dumps({"paused": paused, "pid": os.getpid()}), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
