"""The schedule: how late arrivals start at half of what this machine can do, and whether all of them start."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import peers
from bench_requests import PAGE, cost_of
from report import Measure
from turns import SHORT, giving_way


def summary_of(command, seconds):
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "summary.json"
        subprocess.run([str(word) for word in command] + ["--json", str(path)], stdin=subprocess.DEVNULL, **SHORT,
                       timeout=seconds + 60, check=False)
        return json.loads(path.read_text(encoding="utf-8"))


def lag(clients, server, pace, threads):
    everybody = clients.gelombang(server.url, "journey", "--users", 64, "--duration", "600s", "--set", "rounds=1",
                                  threads=threads)
    with giving_way(server):
        capacity = cost_of(everybody, server, 64, pace.window, pace.settle)[0].per_second / 2  # iterations
    rate = int(capacity / 2)
    seconds = int(4 * pace.window)
    probe = [clients.programs / "bench/timer_probe", "--seconds", seconds]
    idle = json.loads(subprocess.run([str(word) for word in probe], capture_output=True, text=True, timeout=seconds + 30,
                                     check=True).stdout)
    command = clients.gelombang(server.url, "journey", "--rate", f"{rate}/s", "--duration", f"{seconds}s", "--set",
                                "rounds=1", threads=threads)
    # The median of several runs, as everywhere here: a run in a bad second of the machine says nothing about gelombang.
    runs = sorted((lag_of(command, probe, server, seconds) for _ in range(3)), key=lambda run: run["late"])
    run = runs[1]
    why = (f"at {rate} arrivals/s, half of {capacity:.0f}, {threads} threads; median of 3 runs, "
           f"{runs[0]['late']:.2f} to {runs[-1]['late']:.2f}; a bare timer thread was late by p99 {idle['p99_ms']:.2f} ms "
           f"(max {idle['max_ms']:.1f} ms) before it and {run['timer']['p99_ms']:.2f} ms "
           f"(max {run['timer']['max_ms']:.1f} ms) beside it")
    holds = run["late"] < 1.0
    if not holds and run["late"] - idle["p99_ms"] < 1.0:
        holds, why = True, why + ": what it was late before is the machine's"
    if any(one["dropped"] for one in runs):
        holds, why = False, why + "; arrivals were dropped, and have no lag"
    yield Measure("schedule_lag_p99_at_half_capacity", round(run["late"], 3), "ms", 1.0, why, holds)


def lag_of(command, probe, server, seconds):
    """One run, and the lateness of a timer thread beside it that does nothing else."""
    with giving_way(server), peers.running(probe, stdout=subprocess.PIPE, text=True) as timer:
        found = summary_of(command, seconds)
        machine = json.loads(timer.communicate(timeout=seconds + 30)[0])
    return {"late": found["schedule_lag_seconds"]["p99"] * 1e3, "timer": machine,
            "dropped": found["arrivals"]["started"] < found["arrivals"]["planned"]}


def arrivals(clients, pace):
    rate, seconds = 500, int(8 * pace.window)
    with peers.nginx(log=True) as server:
        command = clients.gelombang(server.url, "journey", "--load", "even", "--set", "rounds=1", "--set",
                                    f"rate={rate}/s", "--set", f"duration={seconds}s")
        found = summary_of(command, seconds)["arrivals"]
        times = [when for when, what in server.answers() if what == PAGE]
    served = len(times)
    seen = (served - 1) / (max(times) - min(times))
    off = abs(seen / rate - 1) * 100
    yield Measure("arrivals_not_started", found["planned"] - found["started"], "arrivals", 0,
                  f"planned {found['planned']}, started {found['started']}, the server saw {served}",
                  holds=found["planned"] == found["started"] == served)
    yield Measure("uniform_mean_rate_off_by", round(off, 4), "%", 0.1,
                  f"asked {rate}/s, {seen:.3f}/s between the first and the last that the server saw, {seconds} s apart")


def recording(programs):
    printed = subprocess.run([programs / "bench/recorder_bench"], capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r"Recorder: request and step +([0-9.]+) ns", printed.stdout)
    yield Measure("recording_one_sample", float(found.group(1)), "ns", 400, "a request and its step, all histograms and counters")
