#!/usr/bin/env python3
"""Every panel after the end of two runs that one instance played directly one after the other.

usage: ended_runs_test.py SOURCE_DIR BINARY_DIR
"""

import json
import sys
import time
import unittest
from pathlib import Path

import dashboard_rules
from loopback import Loopback, wait_until

# Longer than a step of the panels' subqueries, so that the subqueries see every scrape.
INTERVAL = 3


class TwoRuns(Loopback):
    """The first run fails. The second begins as soon as the first has ended. After play() both are over and gone."""

    def play(self, source):
        self.set_up()
        wait_until("Prometheus scrapes", lambda: self.instant("up"))  # the first scrape comes late
        self.began = time.time()
        self.exit_codes, self.summaries = {}, {}
        for part, seed in (("first", "1"), ("second", "2")):
            run = self.load(part, source / "tests/grafana/ended.lua", "--set", f"part={part}", "--load", part, "--seed", seed)
            self.exit_codes[part] = run.wait(120)
            self.summaries[part] = self.summary_of(part)
        wait_until("both runs are gone", lambda: not self.instant("gelombang_run_info"))
        self.gone = time.time()

    def instant(self, expression, at=None):
        return self.api("query", query=expression, time=at or time.time())["result"]

    def seen(self, part):
        """The first and the last moment, to half a second, at which Prometheus knew the run."""
        run_id = self.summaries[part]["run"]["id"]
        series = self.api("query_range", query=f'gelombang_run_info{{run_id="{run_id}"}}', start=int(self.began),
                          end=self.gone, step="500ms")["result"]
        times = [at for one in series for at, _ in one["values"]]
        return min(times), max(times)


def finished(summary):
    return sum(step["count"] for step in summary["steps"])


def by_labels(result, *labels):
    """The values by their label values. Two values for the same label values are an error of the query."""
    found = {}
    for series in result:
        key = tuple(series["metric"][label] for label in labels)
        if key in found:
            raise AssertionError(f"twice: {key}")
        found[key] = float(series["value"][1])
    return found


class EndedRuns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.runs = TwoRuns(BINARIES, f"{INTERVAL}s")
        cls.addClassCleanup(cls.runs.close)
        cls.runs.play(SOURCE)
        cls.dashboard = json.loads((SOURCE / "grafana/dashboards/load-run.json").read_text())

    def query(self, expression, part, length):
        values = {**dashboard_rules.all_values(self.dashboard), "$__range": f"{int(length)}s", "$__interval": f"{INTERVAL}s",
                  "$__rate_interval": f"{4 * INTERVAL}s"}
        if part:
            values["$run_id"] = self.runs.summaries[part]["run"]["id"]
        return dashboard_rules.substituted(expression, values)

    def ask(self, title, part, target=0, at=None, length=None):
        """The result of a panel's instant query: now over both runs, or at `at` over `length` seconds."""
        panel = next(p for p in dashboard_rules.panels(self.dashboard) if p["title"] == title)
        self.assertTrue(panel["targets"][target]["instant"])
        length = length or time.time() - self.runs.began + 1
        return self.runs.instant(self.query(panel["targets"][target]["expr"], part, length), at)

    def at_once(self):
        for panel in dashboard_rules.panels(self.dashboard):
            for number, target in enumerate(panel["targets"]):
                if target.get("instant"):
                    yield panel["title"], number

    def test_the_runs_went_as_meant(self):
        self.assertEqual({"first": 99, "second": 0}, self.runs.exit_codes, self.runs.log("first") + self.runs.log("second"))
        self.assertEqual("fail", self.runs.summaries["first"]["verdict"])
        self.assertGreater(self.runs.summaries["second"]["email"]["in_time"], 0)
        self.assertLess(self.runs.seen("first")[1], self.runs.seen("second")[0])

    def test_the_verdict_is_that_of_the_summary(self):
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                shown = [series["metric"] for series in self.ask("Runs", part)]
                run = summary["run"]
                self.assertEqual([{"run_id": run["id"], "scenario": run["scenario"], "load": run["load"],
                                   "verdict": summary["verdict"], "validity": summary["validity"]["state"]}], shown)

    def test_all_runs_have_their_verdicts_side_by_side(self):
        shown = by_labels(self.ask("Runs", None), "run_id", "verdict")
        self.assertEqual({(s["run"]["id"], s["verdict"]) for s in self.runs.summaries.values()}, set(shown))
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                scraped = shown[(summary["run"]["id"], summary["verdict"])] / 1000  # Grafana's unit of dates
                first, last = self.runs.seen(part)
                self.assertTrue(first <= scraped <= last, (first, scraped, last))

    def test_thresholds_are_those_of_the_summary(self):
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                states = [(t["expression"], t["state"]) for t in summary["thresholds"]]
                self.assertEqual(sorted(states), sorted(by_labels(self.ask("Thresholds", part), "threshold", "state")))
                for target, state in enumerate(("fail", "no_data")):
                    self.assertEqual({(): sum(s == state for _, s in states)},
                                     by_labels(self.ask("Thresholds not passed", part, target)))

    def test_shares_and_counts_are_those_of_the_summary(self):
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                failures = sum(step["failures"] for step in summary["steps"])
                arrivals = summary["arrivals"]
                dropped = sum(arrivals["dropped"].values())
                for title, figure in {
                    "Error rate": failures / finished(summary),
                    "Dropped arrivals": dropped / (dropped + arrivals["started"]),
                    "Requests": sum(step["requests"] for step in summary["steps"]),
                }.items():
                    self.assertEqual({(): figure}, by_labels(self.ask(title, part)), title)

    def test_the_funnel_is_that_of_the_summary(self):
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                for target, figure in enumerate(("reached", "succeeded")):
                    steps = {(row["journey"], row["step"]): row[figure] for row in summary["funnel"]}
                    self.assertEqual(steps, by_labels(self.ask("Funnel", part, target), "journey", "step"), figure)

    def test_people_and_mails_are_those_of_the_summary(self):
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                ended = {}
                for journey in summary["people"]:
                    for state, count in journey["ended"].items():
                        ended[(state,)] = ended.get((state,), 0) + count
                self.assertEqual(ended, by_labels(self.ask("People", part), "state"))
                mails = by_labels(self.ask("Mails", part), "result")
                self.assertEqual({result: summary["email"][result] for result, in mails}, {r: n for (r,), n in mails.items()})
                self.assertIn(("in_time",), mails)

    def test_all_runs_together_are_their_sum(self):
        together = by_labels(self.ask("People", None), "state")
        each = [by_labels(self.ask("People", part), "state") for part in self.runs.summaries]
        self.assertEqual({state: sum(one[state] for one in each) for state in together}, together)

    def test_whatever_is_asked_once_is_there_after_the_end(self):
        for part in self.runs.summaries:
            with self.subTest(part):
                for title, target in self.at_once():
                    with self.subTest(title, target=target):
                        result = self.ask(title, part, target)
                        self.assertTrue(result)
                        self.assertNotIn("NaN", [series["value"][1] for series in result])

    def test_a_range_without_a_run_shows_none(self):
        for title, target in self.at_once():
            with self.subTest(title, target=target):
                self.assertFalse(self.ask(title, None, target, at=self.runs.began - 1, length=60))
                # Prometheus also answers for future moments.
                self.assertFalse(self.ask(title, None, target, at=self.runs.gone + 100, length=60))

    def test_no_series_over_time_has_what_is_another_runs(self):
        end = time.time()
        first, second = self.runs.seen("first"), self.runs.seen("second")
        own = {"first": (first[0] - INTERVAL, second[0]), "second": (second[0] - INTERVAL, end)}
        for part, summary in self.runs.summaries.items():
            with self.subTest(part):
                journeys = {row["journey"] for row in summary["people"]}
                for panel in dashboard_rules.panels(self.dashboard):
                    for target in panel["targets"]:
                        if target.get("instant"):
                            continue
                        with self.subTest(panel["title"], query=target["refId"]):
                            query = self.query(target["expr"], part, end - self.runs.began)
                            result = self.runs.api("query_range", query=query, start=self.runs.began, end=end, step="500ms")["result"]
                            times = [at for series in result for at, value in series["values"]]
                            self.assertTrue(all(own[part][0] < at <= own[part][1] for at in times), (own[part], times))
                            self.assertLessEqual({s["metric"]["journey"] for s in result if "journey" in s["metric"]}, journeys)


if __name__ == "__main__":
    SOURCE, BINARIES = (Path(argument).resolve() for argument in sys.argv[1:3])
    del sys.argv[1:3]
    unittest.main()
