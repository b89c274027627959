#!/usr/bin/env python3
"""Every query of every dashboard, on a real Prometheus that scraped a live run against the sandbox.

usage: panels_test.py SOURCE_DIR BINARY_DIR
"""

import json
import re
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

import dashboard_rules
from loopback import Loopback, answers, numbers, wait_until


class LiveRun(Loopback):
    """One run that is scraped and controlled. It is over after play()."""

    def play(self, source):
        self.set_up()
        self.began, self.ended = time.time(), None
        tester = self.load("panels", source / "tests/grafana/panels.lua", "--max-users", "40", "--seed", "1", "--linger",
                           "10s")
        self.metrics = ""
        token = Path(wait_until("the run can be steered", lambda: self.line_of("panels", tester, r"token in (\S+)")))
        wait_until("a first scrape", lambda: numbers(self.query_range("gelombang_annotations_total")["result"]))
        self.steer(token.read_text().strip(), {"action": "rate", "factor": 1})
        while tester.poll() is None:
            self.metrics = answers(f"http://127.0.0.1:{self.metrics_port}/metrics") or self.metrics
            time.sleep(0.5)
        self.ended = time.time()
        self.exit_code = tester.returncode
        self.summary = self.summary_of("panels")

    def steer(self, token, change):
        request = urllib.request.Request(f"http://127.0.0.1:{self.metrics_port}/api/control", json.dumps(change).encode(),
                                         {"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def query_range(self, expression):
        return self.api("query_range", query=expression, start=self.began, end=self.ended or time.time(), step="1s")


class Panels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.live = LiveRun(BINARIES, "1s")
        cls.addClassCleanup(cls.live.close)
        cls.live.play(SOURCE)
        cls.dashboards = [json.loads(path.read_text()) for path in sorted(SOURCE.glob("grafana/dashboards/*.json"))]

    def test_the_run_itself_went_as_meant(self):
        self.assertEqual(99, self.live.exit_code, self.live.log("panels"))  # one threshold fails by design
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
        # promtool's only finding, one for each series: the metric has the label "le" because it has the boundaries of a
        # histogram.
        known = 'gelombang_steps_under_way non-histogram metrics should not have "le" label'
        self.assertEqual([], [line for line in (result.stdout + result.stderr).splitlines() if line != known])


if __name__ == "__main__":
    SOURCE, BINARIES = (Path(argument).resolve() for argument in sys.argv[1:3])
    del sys.argv[1:3]
    unittest.main()
