"""Starts one command and tells what it took: ``launch.py ANSWER COMMAND...``.

A process is charged for the memory of whoever started it, up to the moment in which it becomes itself; so a small one
starts it.
"""

import os
import sys
import time


def main(answer: str, command: list[str]) -> int:
    """The command's exit code. To the file ``answer``: seconds, CPU seconds of it and of all that it waited for, and
    the most that one of them had in memory, in the unit of ``ru_maxrss``."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    with open(answer, "w", encoding="ascii") as file:
        file.write("%f %f %d" % (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
