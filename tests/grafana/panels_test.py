#!/usr/bin/env python3
"""Every query of every dashboard, on a real Prometheus that scraped a live run against the sandbox.

usage: panels_test.py SOURCE_DIR BINARY_DIR
"""

import contextlib
import ctypes
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import dashboard_rules


def free_ports(count):
    """Different ones: they are all held until the last is known."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(log, *command):
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
                            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)


def get(url, **parameters):
    query = "?" + urllib.parse.urlencode(parameters, doseq=True) if parameters else ""
    with urllib.request.urlopen(url + query, timeout=30) as answer:
        return answer.read().decode()


def wait_until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return result


def answers(url):
    try:
        return get(url)
    except (urllib.error.URLError, ConnectionError):
        return None


class LiveRun:
    """Sandbox, Prometheus and one run, all on loopback; stays open until close()."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = Path(self.directory.name)
        self.children = []
        self.metrics_port, self.prometheus_port = free_ports(2)
        self.prometheus = f"http://127.0.0.1:{self.prometheus_port}"
        self.logs = {name: self.root / f"{name}.log" for name in ("sandbox", "prometheus", "gelombang")}

    def play(self, source, binaries):
        root = self.root
        sandbox = self.run("sandbox", binaries / "gelombang-sandbox", "--listen", "127.0.0.1:0", "--data", root / "data",
                           "--mail", f"maildir:{root}/mail", "--hash-cost", "low")
        ready = wait_until("the sandbox is ready", lambda: self.line_of("sandbox", sandbox, r"^ready: (\S+)"))
        scrape = [{"job_name": "gelombang", "static_configs": [{"targets": [f"127.0.0.1:{self.metrics_port}"]}]}]
        # JSON is YAML.
        (root / "prometheus.yml").write_text(
            json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": scrape}))
        self.run("prometheus", "prometheus", f"--config.file={root}/prometheus.yml", f"--storage.tsdb.path={root}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.prometheus_port}", "--log.level=warn")
        wait_until("Prometheus is ready", lambda: answers(self.prometheus + "/-/ready"))
        self.began, self.ended = time.time(), None
        tester = self.run("gelombang", binaries / "gelombang", "run", source / "tests/grafana/panels.lua", "--target",
                          ready, "--mailbox", f"maildir:{root}/mail", "--metrics-listen",
                          f"127.0.0.1:{self.metrics_port}", "--max-users", "40", "--seed", "1", "--no-history", "--json",
                          root / "summary.json", "--linger", "10s")
        self.metrics = ""
        token = Path(wait_until("the run can be steered", lambda: self.line_of("gelombang", tester, r"token in (\S+)")))
        wait_until("a first scrape", lambda: numbers(self.query_range("gelombang_annotations_total")["result"]))
        self.steer(token.read_text().strip(), {"action": "rate", "factor": 1})
        while tester.poll() is None:
            self.metrics = answers(f"http://127.0.0.1:{self.metrics_port}/metrics") or self.metrics
            time.sleep(0.5)
        self.ended = time.time()
        self.exit_code = tester.returncode
        if not (root / "summary.json").exists():
            raise AssertionError(self.logs["gelombang"].read_text())
        self.summary = json.loads((root / "summary.json").read_text())

    def steer(self, token, change):
        request = urllib.request.Request(f"http://127.0.0.1:{self.metrics_port}/api/control", json.dumps(change).encode(),
                                         {"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def run(self, name, *command):
        with open(self.logs[name], "w") as log:
            child = start(log, *command)
        self.children.append(child)
        return child

    def line_of(self, name, child, pattern):
        text = self.logs[name].read_text()
        if child.poll() is not None:
            raise AssertionError(f"{name} ended: {text}")
        found = re.search(pattern, text, re.M)
        return found and found.group(1)

    def close(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.directory.cleanup()

    def query_range(self, expression):
        return self.api("query_range", query=expression, start=self.began, end=self.ended or time.time(), step="1s")

    def api(self, path, **parameters):
        try:
            answer = json.loads(get(f"{self.prometheus}/api/v1/{path}", **parameters))
        except urllib.error.HTTPError as problem:
            raise AssertionError(problem.read().decode()) from problem
        if answer["status"] != "success" or answer.get("warnings"):
            raise AssertionError(answer)
        return answer["data"]


def numbers(result):
    return [float(value) for series in result for _, value in series["values"] if value != "NaN"]


class Panels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.live = LiveRun()
        cls.addClassCleanup(cls.live.close)
        cls.live.play(SOURCE, BINARIES)
        cls.dashboards = [json.loads(path.read_text()) for path in sorted(SOURCE.glob("grafana/dashboards/*.json"))]

    def test_the_run_itself_went_as_meant(self):
        self.assertEqual(99, self.live.exit_code, self.live.logs["gelombang"].read_text())  # one threshold fails by design
        self.assertGreater(self.live.summary["arrivals"]["dropped"]["users_exhausted"], 0)

    def test_every_panel_and_annotation_shows_data(self):
        for dashboard in self.dashboards:
            values = dashboard_rules.all_values(dashboard)
            for where, expression in dashboard_rules.expressions(dashboard):
                with self.subTest(where):
                    query = dashboard_rules.substituted(expression, values)
                    self.assertTrue(numbers(self.live.query_range(query)["result"]), query)

    def test_every_variable_has_values(self):
        for dashboard in self.dashboards:
            for variable in dashboard["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                with self.subTest(variable["name"]):
                    series, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"]).groups()
                    found = self.live.api(f"label/{label}/values", **{"match[]": dashboard_rules.substituted(series)})
                    if variable.get("regex"):
                        pattern, flags = re.fullmatch(r"/(.*)/(i?)", variable["regex"]).groups()
                        found = [value for value in found if re.search(pattern, value, re.I if flags else 0)]
                    self.assertTrue(found)

    def test_choosing_another_run_empties_every_panel(self):
        for dashboard in self.dashboards:
            values = {**dashboard_rules.all_values(dashboard), "$run_id": "another"}
            for where, expression in dashboard_rules.expressions(dashboard):
                if where.startswith("panel") and "or vector(0)" not in expression:
                    with self.subTest(where):
                        query = dashboard_rules.substituted(expression, values)
                        self.assertFalse(numbers(self.live.query_range(query)["result"]), query)

    def test_the_last_scrape_holds_what_the_summary_says(self):
        result = self.live.query_range("sum(gelombang_iterations_started_total)")["result"]
        self.assertEqual(self.live.summary["arrivals"]["started"], max(numbers(result)))
        result = self.live.query_range('sum(gelombang_iterations_dropped_total{reason="users_exhausted"})')["result"]
        self.assertEqual(self.live.summary["arrivals"]["dropped"]["users_exhausted"], max(numbers(result)))

    def test_documented_and_exported_metrics_are_the_same(self):
        exported = dict(re.findall(r"^# TYPE (\w+) (\w+)$", self.live.metrics, re.M))
        documented = {}
        for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (\w+) \|", (SOURCE / "docs/prometheus.md").read_text(), re.M):
            documented.update({name: row[1] for name in re.findall(r"\w+", row[0])})
        self.assertEqual(documented, exported)

    def test_promtool_accepts_the_exposition(self):
        result = subprocess.run(["promtool", "check", "metrics"], input=self.live.metrics, capture_output=True, text=True, timeout=60)
        # Its one finding, of each series: the label is that of histograms because the boundaries are.
        known = 'gelombang_steps_under_way non-histogram metrics should not have "le" label'
        self.assertEqual([], [line for line in (result.stdout + result.stderr).splitlines() if line != known])


if __name__ == "__main__":
    SOURCE, BINARIES = (Path(argument).resolve() for argument in sys.argv[1:3])
    del sys.argv[1:3]
    unittest.main()
