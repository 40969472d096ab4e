"""Starts one command and tells its time and peak memory: ``launch.py ANSWER COMMAND...``.

A process is charged for the memory of whoever started it, up to the moment in which it becomes itself; so a small one
starts it.
"""

import os
import sys
import time


def main(answer, command):
    """The command's exit code; seconds and KiB go to the file ``answer``."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    with open(answer, "w", encoding="ascii") as file:
        file.write("%f %d" % (time.perf_counter() - start, usage.ru_maxrss))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
