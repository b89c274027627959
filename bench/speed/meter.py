"""The cost of a running client, seen from outside: processor time from the kernel, requests from the server."""

import contextlib
import os
import time


def cpu_seconds(pid):
    """Processor time of all live threads, in nanoseconds' resolution."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total / 1e9


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class Cost:
    """The cost in a window of time."""

    def __init__(self, cpu, requests, seconds):
        self.cpu = cpu
        self.requests = requests
        self.seconds = seconds

    @property
    def microseconds(self):
        """Microseconds of processor time for a request."""
        return self.cpu / self.requests * 1e6

    @property
    def per_second(self):
        return self.requests / self.seconds


def measure(pid, answered, seconds):
    """`answered` returns how many requests the server has answered so far."""
    # In the same order at both ends, because asking the server takes a while.
    requests, cpu, start = answered(), cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    cost = Cost(requests=answered() - requests, cpu=cpu_seconds(pid) - cpu, seconds=time.monotonic() - start)
    if cost.requests <= 0:
        raise RuntimeError("the server answered nothing while a client was measured")
    return cost
