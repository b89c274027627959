#!/usr/bin/env python3
"""Where the processor time of a request goes, in gelombang and in the bare libcurl loop: by a sampling profile.

Needs Linux's perf, and the right to use it. Sampling costs something by itself: read the parts beside each other.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_requests
import meter
import peers
from clients import Clients
from turns import SHORT, one_processor

USERS = 64
PARTS = {"kernel": ("[kernel",), "libcurl": ("libcurl",), "C library and clock": ("libc.so", "libm.so", "libmimalloc", "[vdso]"),
         "LuaJIT": ("libluajit", "[JIT]"), "our C++": ("gelombang", "bare_client", "libstdc++", "libfmt", "libgcc"),
         "the run's history": ("libsqlite3", "libSQLiteCpp", "libz.so")}


def part_of(module):
    return next((part for part, names in PARTS.items() if any(module.startswith(name) for name in names)), "the rest")


def profile(command, server, seconds, processors):
    """{part: microseconds for a request}"""

    before = server.answered()
    with tempfile.NamedTemporaryFile() as data, \
            peers.running(command, processors=processors, **SHORT) as process:
        bench_requests.all_at_it(server, USERS, before)
        time.sleep(1)
        record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "5000", "-o", data.name, "-p", str(process.pid), "--",
                  "sleep", str(seconds)]
        requests, cpu = server.answered(), meter.cpu_seconds(process.pid)
        subprocess.run(record, check=True, stderr=subprocess.DEVNULL)
        each = (meter.cpu_seconds(process.pid) - cpu) / (server.answered() - requests) * 1e6
        process.kill()
        lines = subprocess.run(["perf", "report", "-i", data.name, "--no-children", "--sort", "dso", "--stdio"], check=True,
                               capture_output=True, text=True).stdout.splitlines()
    spent = dict.fromkeys((*PARTS, "the rest"), 0.0)
    for words in (line.split() for line in lines):
        if len(words) > 1 and words[0].endswith("%"):
            spent[part_of(words[1])] += float(words[0][:-1]) / 100 * each
    return spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, help="a build directory, such as build/release")
    parser.add_argument("--seconds", type=float, default=6, help="how long each client is looked at")
    options = parser.parse_args()
    if not peers.available("perf"):
        sys.exit("perf is not on the PATH: apt-get install linux-perf")
    peers.raise_priority()
    clients = Clients(options.programs.resolve())
    with peers.nginx() as server, one_processor(server) as processors:
        bare, ours = (profile(client(server.url, USERS), server, options.seconds, processors)
                      for client in (clients.bare, clients.gelombang_users))
    print(f"with libcurl {clients.libcurl}")
    print(f"{'microseconds for a request':28}{'bare libcurl':>14}{'gelombang':>12}")
    for part in bare:
        print(f"{part:28}{bare[part]:14.2f}{ours[part]:12.2f}")
    print(f"{'all':28}{sum(bare.values()):14.2f}{sum(ours.values()):12.2f}")


if __name__ == "__main__":
    main()
