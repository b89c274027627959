#!/usr/bin/env python3
"""The panels in the moments between runs. promtool evaluates them on series as Prometheus keeps them, without waiting.

usage: between_runs_test.py SOURCE_DIR [BINARY_DIR]

One scrape every 5 s. When a run vanishes, the first scrape that misses it leaves a mark ("stale"). `_` is a moment
without any information, as while Prometheus was down: the last sample then stays visible for 5 minutes.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import dashboard_rules

SCOPE = 'job="gelombang",instance="one"'


def info(run_id, values):
    return {"series": f'gelombang_run_info{{{SCOPE},run_id="{run_id}",scenario="login.lua",load="smoke"}}', "values": values}


def verdict(state, values):
    return {"series": f'gelombang_run_verdict{{{SCOPE},verdict="{state}"}}', "values": values}


def valid(values):
    return {"series": f'gelombang_run_validity{{{SCOPE},state="valid"}}', "values": values}


def mails(values):
    return {"series": f'gelombang_emails_total{{{SCOPE},result="in_time"}}', "values": values}


class BetweenRuns(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads((SOURCE / "grafana/dashboards/load-run.json").read_text())

    def query(self, title, run_id):
        panel = next(p for p in dashboard_rules.panels(self.dashboard) if p["title"] == title)
        values = {**dashboard_rules.all_values(self.dashboard), "$__range": "10m", "$__rate_interval": "20s"}
        if run_id:
            values["$run_id"] = run_id
        return dashboard_rules.substituted(panel["targets"][0]["expr"], values)

    def expect(self, series, *shown):
        """Each of `shown` is a panel, a run (None: all), a moment and {labels: value}."""
        tests = [{"expr": self.query(title, run_id), "eval_time": at,
                  "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()]}
                 for title, run_id, at, samples in shown]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"evaluation_interval": "1s",
                       "tests": [{"interval": "5s", "input_series": series, "promql_expr_test": tests}]}, file)
            file.flush()
            result = subprocess.run(["promtool", "test", "rules", file.name], capture_output=True, text=True, timeout=60)
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def test_a_run_right_behind_another_keeps_its_own(self):
        # The second run appears in the very next scrape: only the series with the first run's name is missing from it.
        self.expect(
            [info("A", "1+0x5 stale"), info("B", "_x6 1+0x5 stale"), mails("10 20 30 40 50 60 1 2 3 4 5 6 stale")],
            ("Mails", "A", "28s", {'{result="in_time"}': 60}),
            ("Mails", "A", "2m", {'{result="in_time"}': 60}),
            ("Mails", "B", "2m", {'{result="in_time"}': 6}),
            ("Mails", None, "2m", {'{result="in_time"}': 66}),
            ("Mails", "C", "2m", {}),
            ("Mails by result", "A", "25s", {'{result="in_time"}': 2}),
            # From 30 s on, a window of 20 s holds scrapes of both runs, until the first run's last scrape leaves the
            # window.
            ("Mails by result", "B", "30s", {}),
            ("Mails by result", "B", "40s", {}),
            ("Mails by result", None, "40s", {}),
            ("Mails by result", "B", "50s", {'{result="in_time"}': 0.2}),
        )

    def test_rates_of_a_run_alone_begin_with_its_second_scrape(self):
        self.expect([info("A", "1+0x9"), mails("0+10x9")], ("Mails by result", "A", "10s", {'{result="in_time"}': 1}))

    def test_an_end_that_was_scraped_is_a_verdict(self):
        series = [info("A", "1+0x5 stale"), valid("1+0x5 stale"), verdict("under_way", "1+0x4 0 stale"), verdict("fail", "0+0x4 1 stale")]
        labels = '{{run_id="A",scenario="login.lua",load="smoke",validity="valid",verdict="{}"}}'
        self.expect(series, ("Runs", "A", "20s", {labels.format("under_way"): 20_000}),
                    ("Runs", "A", "5m", {labels.format("fail"): 25_000}))

    def test_an_end_that_nobody_scraped_is_no_verdict(self):
        series = [info("A", "1+0x5 stale"), valid("1+0x5 stale"), verdict("under_way", "1+0x5 stale"), verdict("pass", "0+0x5 stale")]
        labels = '{{run_id="A",scenario="login.lua",load="smoke",validity="valid",verdict="{}"}}'
        self.expect(series, ("Runs", "A", "26s", {labels.format("under_way"): 25_000}),
                    ("Runs", "A", "5m", {labels.format("end not seen"): 25_000}),
                    ("Runs", "A", "11m", {}))

    def test_a_missed_scrape_is_no_end(self):
        series = [info("A", "1+0x5 stale 1+0x20"), valid("1+0x5 stale 1+0x20"), verdict("under_way", "1+0x5 stale 1+0x20")]
        labels = '{run_id="A",scenario="login.lua",load="smoke",validity="valid",verdict="under_way"}'
        self.expect(series, ("Runs", "A", "31s", {labels: 25_000}), ("Runs", "A", "36s", {labels: 35_000}))
        starts = next(a["expr"] for a in self.dashboard["annotations"]["list"] if a.get("name") == "Runs")
        self.assertIn("unless last_over_time(", starts)

    def test_where_prometheus_was_down_nothing_is_credited_to_the_wrong_run(self):
        # Prometheus is down from 30 s to 1 min. The first run is visible until 5 min 25 s, the second is scraped from 1
        # min on.
        self.expect(
            [info("A", "1+0x5"), info("B", "_x12 1+0x100"), mails("10+0x5 _x6 1+0x100")],
            ("Mails", "A", "6m", {'{result="in_time"}': 10}),
            ("Mails", "B", "2m", {}),
            ("Mails", "B", "6m", {'{result="in_time"}': 1}),
            ("Mails by result", "A", "2m", {}),
            ("Mails by result", None, "2m", {'{result="in_time"}': 0}),
        )


if __name__ == "__main__":
    SOURCE = Path(sys.argv[1]).resolve()
    del sys.argv[1:3]
    unittest.main()
