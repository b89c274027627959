#!/usr/bin/env python3
"""What ./dev bench reports about its figures: ratios, bars, the JSON. Nothing is measured here.

usage: bench_report_test.py SOURCE_DIR
"""

import json
import sys
import unittest


class Report(unittest.TestCase):
    def test_a_ratio_is_the_median_of_its_pairs(self):
        middle, least, most = report.ratios([(3.0, 2.0), (8.0, 4.0), (5.0, 5.0)])
        self.assertEqual((1.5, 1.0, 2.0), (middle, least, most))

    def test_of_clients_that_took_turns_each_start_counts_once(self):
        ours = [[1.2, 1.2, 9.0], [1.3, 1.3, 1.3], [4.0, 4.0, 4.0]]
        theirs = [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
        measure = report.turns_measure("a", ours, theirs, 1.3, "64 users")
        self.assertEqual((1.3, True), (measure.value, measure.holds))
        self.assertEqual("64 users; median of 3 starts: 1.20, 1.30, 2.00", measure.why)

    def test_pairs_are_divided_before_the_median_is_taken(self):
        # The medians of each side would give 2 / 2, because the machine slowed down between the pairs.
        self.assertEqual(1.5, report.ratios([(1.5, 1.0), (3.0, 2.0), (30.0, 20.0)])[0])

    def test_a_bar_holds_up_to_itself(self):
        self.assertIs(True, report.Measure("m", 1.3, "times", 1.3).holds)
        self.assertIs(False, report.Measure("m", 1.31, "times", 1.3).holds)

    def test_without_a_bar_nothing_is_judged(self):
        self.assertIsNone(report.Measure("m", 7, "times").holds)

    def test_a_peer_that_is_absent_neither_holds_nor_fails_and_says_why(self):
        measure = report.absent("m", "times", 0.2, "k6 is not on the PATH").as_json()
        self.assertEqual({"name": "m", "value": None, "unit": "times", "bar": 0.2, "holds": None,
                          "why": "k6 is not on the PATH"}, measure)

    def test_a_bar_for_many_users_is_not_judged_with_fewer(self):
        few = report.judged_at(report.Measure("m", 30.0, "KB", 40), 2000, 10_000)
        self.assertIsNone(few.holds)
        self.assertIn("not judged: the bar is for 10000 users", few.why)
        self.assertIs(True, report.judged_at(report.Measure("m", 30.0, "KB", 40), 9_900, 10_000).holds)

    def test_a_client_that_got_other_answers_has_no_figure(self):
        expected = ("200 GET /page", "200 POST /form")
        self.assertIsNone(report.odd_answers({"200 GET /page": 52, "200 POST /form": 48}, expected))
        refused = report.odd_answers({"200 GET /page": 50, "400 POST /form": 50}, expected)
        self.assertIn("50 x 400 POST /form", refused)
        self.assertIn("0 x 200 POST /form", report.odd_answers({"200 GET /page": 99}, expected))
        self.assertIn("0 x", report.odd_answers({}, expected))
        fast = report.unless_odd(report.Measure("m", 0.1, "times", 1.3), {"ours": None, "theirs": refused})
        self.assertIsNone(fast.value)
        self.assertIsNone(fast.holds)
        self.assertTrue(fast.why.startswith("theirs: "))
        self.assertIs(True, report.unless_odd(report.Measure("m", 0.1, "times", 1.3), {"ours": None}).holds)

    def test_the_json_has_its_schema_and_six_fields_for_each_measure(self):
        measures = [report.ratio_measure("a", [(2.0, 1.0)], 1.3, "64 users"), report.Measure("b", 41, "ns", 400)]
        written = json.loads(report.as_json(measures, "8.14.1"))
        self.assertEqual("gelombang.bench/1", written["schema"])
        self.assertEqual("8.14.1", written["libcurl"])
        for measure in written["measures"]:
            self.assertEqual(["name", "value", "unit", "bar", "holds", "why"], list(measure))
        self.assertEqual([False, True], [measure["holds"] for measure in written["measures"]])
        self.assertIn("64 users; median of 1 pairs", written["measures"][0]["why"])

    def test_the_table_says_what_does_not_hold(self):
        lines = report.table([report.Measure("slow", 2.0, "times", 1.3), report.Measure("fast", 1.0, "times", 1.3),
                              report.absent("gone", "times", 1.3, "no peer")]).splitlines()
        self.assertIn("DOES NOT HOLD", lines[1])
        self.assertRegex(lines[2], r"<= 1.3 +holds")
        self.assertRegex(lines[3], r"gone +- .*no peer")


if __name__ == "__main__":
    source = sys.argv.pop(1)
    sys.path.insert(0, f"{source}/bench/speed")
    import report
    unittest.main()
