#!/usr/bin/env python3
"""Measures gelombang's speed and memory beside other clients, on loopback, in one run.

Processor time comes from the kernel's account of the client's threads, the number of requests from the server. Ratios
are of windows that lie seconds apart, and the median of several starts counts.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import bench_requests
import bench_schedule
import bench_uploads
import peers
import report
from clients import Clients


class Pace:
    def __init__(self, quick):
        self.starts = 2 if quick else 3  # of each client that takes turns: no two processes have the same memory layout
        self.turns = 2 if quick else 4  # windows of each start
        # Seconds of such a window. A client's occasional work must fall into each window: garbage collection, a run's
        # history once a second.
        self.turn = 1.0
        self.pairs = 1 if quick else 2  # of windows of one client after the other
        self.window = 0.6 if quick else 1.5  # seconds of such a window
        self.settle = 0.5 if quick else 1.0
        self.k6_settle = 4.0 if quick else 12.0  # at first it gets cheaper with each second


def measured(clients, pace, descriptors, quick):
    """Every group of measures, one after the other, as generators of measures."""
    users = min(10_000, descriptors - 500)
    if quick:
        users = min(users, 2000)
    threads = os.cpu_count()
    with peers.nginx(connections=users + 2500) as server:
        yield bench_requests.against_others(clients, server, pace)
        yield bench_requests.strangers(clients, server, pace)
        yield bench_requests.many_users(clients, server, pace, users)
        yield bench_requests.idle_memory(clients, server, users)
        yield bench_schedule.lag(clients, server, pace, threads)
        yield bench_schedule.arrivals(clients, pace)
    yield bench_requests.on_the_sandbox(clients, pace)
    yield bench_uploads.processor(clients, pace)
    yield bench_uploads.memory(clients, *(((bench_uploads.PHOTO,), 200) if quick else ()))
    yield bench_schedule.recording(clients.programs)


def beside(clients, other, pace):
    """This gelombang and another one by turns, and nothing else. They differ by a few per cent at most, so more starts."""
    pace.starts *= 3
    with peers.nginx(connections=2000) as server:
        yield bench_requests.beside_another(clients, server, other, pace)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, help="a build directory, such as build/release")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measures to this file")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter windows, fewer users: for a first look")
    parser.add_argument("--beside", type=Path, metavar="PROGRAM", help="only this: another gelombang, such as that of before "
                        "a change, and this one by turns; at most 3 %% more processor time")
    options = parser.parse_args()
    if options.beside and not os.access(options.beside, os.X_OK):
        parser.error(f"--beside: {options.beside} is no program")
    for end in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: also ends the servers and clients
        if signal.getsignal(end) is signal.SIG_DFL:
            signal.signal(end, lambda number, _: sys.exit(128 + number))
    descriptors = peers.raise_descriptor_limit()
    peers.raise_priority()
    start = time.monotonic()
    clients = Clients(options.programs.resolve())
    print(f"==> with libcurl {clients.libcurl}", flush=True)
    measures = []
    pace = Pace(options.quick)
    groups = beside(clients, options.beside.resolve(), pace) if options.beside else measured(clients, pace, descriptors, options.quick)
    for group in groups:
        for measure in group:
            print(f"    {measure.name}: {report.number(measure.value)} {measure.unit}", flush=True)
            measures.append(measure)
    print(report.table(measures))
    print(f"{time.monotonic() - start:.0f} s; load of this machine at the end: {os.getloadavg()[0]:.1f}, "
          f"{os.cpu_count()} processors; libcurl {clients.libcurl}")
    if options.json:
        options.json.write_text(report.as_json(measures, clients.libcurl), encoding="utf-8")
    return 1 if any(measure.holds is False for measure in measures) else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state  # the runs are kept like a user's runs, but not among them
        sys.exit(main())
