#!/usr/bin/env python3
"""The dashboards, their provisioning and docs/prometheus.md, without a Grafana server or a run.

usage: dashboard_test.py SOURCE_DIR [BINARY_DIR]
"""

import copy
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import dashboard_rules
import yaml


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60)


class Dashboards(unittest.TestCase):
    def setUp(self):
        self.dashboards = {path.name: json.loads(path.read_text()) for path in SOURCE.glob("grafana/dashboards/*.json")}

    def test_every_rule_holds(self):
        self.assertTrue(self.dashboards)
        for name, dashboard in self.dashboards.items():
            self.assertEqual([], dashboard_rules.findings(dashboard), name)

    def test_uids_and_titles_are_unique(self):
        for key in ("uid", "title"):
            self.assertEqual(len(self.dashboards), len({dashboard[key] for dashboard in self.dashboards.values()}), key)

    def test_every_query_is_promql(self):
        rules = [{"record": f"query:{number}", "expr": dashboard_rules.substituted(expression)}
                 for number, (_, expression) in enumerate(
                     pair for dashboard in self.dashboards.values() for pair in dashboard_rules.expressions(dashboard))]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "queries", "rules": rules}]}, file)
            file.flush()
            result = promtool("check", "rules", "--lint=none", file.name)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn(f"{len(rules)} rules found", result.stdout)

    def test_every_metric_shown_is_documented(self):
        documented = set(re.findall(r"`((?:gelombang|process)_\w+)", (SOURCE / "docs/prometheus.md").read_text()))
        for dashboard in self.dashboards.values():
            for where, expression in dashboard_rules.expressions(dashboard):
                for metric, _ in dashboard_rules.METRIC.findall(expression):
                    self.assertIn(re.sub(r"_(bucket|sum|count)$", "", metric), documented, where)

    def test_every_input_of_validity_is_shown(self):
        inputs = set(re.findall(r"`(gelombang_generator_\w+)", (SOURCE / "docs/prometheus.md").read_text()))
        shown = {metric for dashboard in self.dashboards.values()
                 for _, expression in dashboard_rules.expressions(dashboard)
                 for metric, _ in dashboard_rules.METRIC.findall(expression)}
        self.assertTrue(inputs)
        self.assertEqual(set(), inputs - shown)


class Rules(unittest.TestCase):
    """Each rule finds its violation: one change of the real dashboard gives at least one finding."""

    def changed(self, change):
        dashboard = copy.deepcopy(json.loads((SOURCE / "grafana/dashboards/load-run.json").read_text()))
        change(dashboard, next(p for p in dashboard["panels"] if p["title"] == "Rate asked and achieved"))
        return dashboard_rules.findings(dashboard)

    def test_each_violation_is_found(self):
        def query(before, after):
            def change(_, panel):
                self.assertIn(before, panel["targets"][1]["expr"])
                panel["targets"][1]["expr"] = panel["targets"][1]["expr"].replace(before, after, 1)
            return change

        def once(before, after):
            def change(dashboard, _):
                target = next(p for p in dashboard["panels"] if p["title"] == "Mails")["targets"][0]
                self.assertIn(before, target["expr"])
                target["expr"] = target["expr"].replace(before, after)
            return change

        def variable(variable_name, **values):
            return lambda d, _: next(v for v in d["templating"]["list"] if v["name"] == variable_name).update(values)

        for name, change in {
            "editable": lambda d, _: d.update(editable=True),
            "uid": lambda d, _: d.update(uid=""),
            "id": lambda d, _: d.update(id=7),
            "second data source": variable("job", type="datasource"),
            "data source name": variable("datasource", name="ds"),
            "no job": lambda d, _: d["templating"]["list"].pop(1),
            "one job": variable("job", multi=False),
            "all of job": variable("instance", allValue=None),
            "refresh": variable("run_id", refresh=1),
            "panel data source": lambda _, p: p.update(datasource={"type": "prometheus", "uid": "mine"}),
            "no description": lambda _, p: p.pop("description"),
            "no unit": lambda _, p: p["fieldConfig"]["defaults"].pop("unit"),
            "unknown unit": lambda _, p: p["fieldConfig"]["defaults"].update(unit="ms"),
            "no target": lambda _, p: p.update(targets=[]),
            "no legend": lambda _, p: p["targets"][0].pop("legendFormat"),
            "same id": lambda d, _: d["panels"][1].update(id=d["panels"][0]["id"]),
            "outside": lambda _, p: p["gridPos"].update(x=20),
            "overlap": lambda _, p: p["gridPos"].update(y=p["gridPos"]["y"] + 1),
            "fixed window": query("$__rate_interval", "1m"),
            "no job matcher": query('job=~"$job",', ""),
            "no instance matcher": query('instance=~"$instance",', ""),
            "bare counter": query("rate(", "sum("),
            "unknown variable": query('"$journey"', '"$jurney"'),
            "no run": query("group_left (run_id)", "group_left ()"),
            "a window that spans two runs": query(dashboard_rules.WINDOW, dashboard_rules.NOW),
            "now, and not the end": once("last_over_time((", "max_over_time(("),
            "a step that misses the last scrape": once("$__range:2s", "$__range:15s"),
            "what the range holds of all runs": once("last_over_time((", "increase(("),
            "the last of whatever run": once(dashboard_rules.NOW, dashboard_rules.RUN),
            "0 without a run": lambda _, p: p["targets"][0].update(expr=p["targets"][0]["expr"] + " or vector(0)"),
            "silent about nothing": lambda _, p: p["fieldConfig"]["defaults"].pop("noValue"),
            "overlap in a row": lambda d, _: d["panels"][-1]["panels"][0]["gridPos"].update(w=12),
        }.items():
            with self.subTest(name):
                self.assertTrue(self.changed(change))
        self.assertEqual([], self.changed(lambda d, p: None))


class Provisioning(unittest.TestCase):
    def test_the_data_source_agrees_with_the_documented_scrape(self):
        source = yaml.safe_load((SOURCE / "grafana/provisioning/datasources/gelombang.yml").read_text())["datasources"]
        self.assertEqual(1, len(source))
        self.assertEqual(("prometheus", False, "POST"),
                         (source[0]["type"], source[0]["editable"], source[0]["jsonData"]["httpMethod"]))
        self.assertEqual(scrape_configuration()["global"]["scrape_interval"], source[0]["jsonData"]["timeInterval"])

    def test_everything_is_named_after_gelombang(self):
        names = [path.name for path in SOURCE.glob("grafana/provisioning/*/*")]
        source, = yaml.safe_load((SOURCE / "grafana/provisioning/datasources/gelombang.yml").read_text())["datasources"]
        provider, = yaml.safe_load((SOURCE / "grafana/provisioning/dashboards/gelombang.yml").read_text())["providers"]
        self.assertEqual({"gelombang.yml"}, set(names))
        self.assertEqual({"gelombang"}, {source["name"], source["uid"], provider["name"], provider["folderUid"]})
        self.assertNotIn("isDefault", source)

    def test_the_documented_commands_overwrite_no_file(self):
        commands = re.findall(r"^    ((?:cp|mkdir) .+)$", (SOURCE / "docs/prometheus.md").read_text(), re.M)
        self.assertEqual(3, len(commands))
        with tempfile.TemporaryDirectory() as root:
            script = "\n".join(commands).replace("/etc/grafana", f"{root}/etc").replace("/var/lib/grafana", f"{root}/lib")
            theirs = [Path(root) / name for name in ("etc/provisioning/datasources/prometheus.yml",
                                                     "etc/provisioning/datasources/gelombang.yml",
                                                     "etc/provisioning/dashboards/gelombang.yml",
                                                     "lib/dashboards/gelombang/load-run.json")]
            for path in theirs[1:]:
                path.parent.mkdir(parents=True, exist_ok=True)
            (Path(root) / "etc/provisioning/datasources/prometheus.yml").write_text("the user's")
            subprocess.run(["bash", "-ec", script], cwd=SOURCE, check=True, timeout=60)
            self.assertTrue(all(path.exists() for path in theirs))
            for path in theirs:
                path.write_text("the user's")
            subprocess.run(["bash", "-c", script], cwd=SOURCE, timeout=60, stderr=subprocess.DEVNULL)
            self.assertEqual({"the user's"}, {path.read_text() for path in theirs})

    def test_dashboards_come_from_files_alone(self):
        provider, = yaml.safe_load((SOURCE / "grafana/provisioning/dashboards/gelombang.yml").read_text())["providers"]
        self.assertEqual(("file", False), (provider["type"], provider["allowUiUpdates"]))
        self.assertIn(provider["options"]["path"], (SOURCE / "docs/prometheus.md").read_text())


def scrape_configuration_text():
    blocks = re.findall(r"^```yaml\n(.*?)^```", (SOURCE / "docs/prometheus.md").read_text(), re.S | re.M)
    return next(block for block in blocks if "scrape_configs:" in block)


def scrape_configuration():
    return yaml.safe_load(scrape_configuration_text())


class Documentation(unittest.TestCase):
    def test_the_scrape_configuration_works_as_printed(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(scrape_configuration_text())
            file.flush()
            result = promtool("check", "config", file.name)
        self.assertEqual(0, result.returncode, result.stderr)


if __name__ == "__main__":
    SOURCE = Path(sys.argv[1]).resolve()
    del sys.argv[1:3]
    unittest.main()
