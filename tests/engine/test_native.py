"""Native libraries are kept off the terminal, and nobody else."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

from engine.native import hidden_stderr


def test_threads_that_hide_it_at_once_bring_it_back() -> None:
    before = os.fstat(2)
    first_in, second_in, first_out = Barrier(2), Barrier(2), Barrier(2)

    def first() -> None:
        with hidden_stderr():
            first_in.wait()
            second_in.wait()
        first_out.wait()

    thread = Thread(target=first)
    thread.start()
    first_in.wait()
    with hidden_stderr():
        second_in.wait()
        first_out.wait()
        assert (
            os.fstat(2).st_rdev == Path(os.devnull).stat().st_rdev
        )  # the first is out, this one still hides
    thread.join()
    after = os.fstat(2)
    assert (after.st_dev, after.st_ino) == (before.st_dev, before.st_ino)


def test_a_closed_descriptor_stays_closed() -> None:
    code = (
        "import os; os.close(2); from engine.native import hidden_stderr\n"
        "with hidden_stderr(): pass\n"
        "try: os.fstat(2)\n"
        "except OSError: print('closed')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "closed\n"
