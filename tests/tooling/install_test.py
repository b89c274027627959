#!/usr/bin/env python3
"""What `cmake --install` puts into a prefix works there, without the source tree.

usage: install_test.py BINARY_DIR
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path


class Install(unittest.TestCase):
    def test_an_installed_tree_works_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            prefix = Path(directory) / "prefix"
            subprocess.run(["cmake", "--install", BINARIES, "--prefix", prefix], check=True, capture_output=True)
            log = Path(directory) / "access.log"
            log.write_text('192.0.2.1 - - [04/Mar/2021:12:00:00 +0700] "GET / HTTP/1.1" 200 1 "-" "a"\n')
            # By name alone, from an empty directory: the program finds the scenario beside itself.
            for scenario in sorted(path.name for path in (prefix / "share/gelombang/scenarios").glob("*.lua")):
                with self.subTest(scenario):
                    result = subprocess.run([prefix / "bin/gelombang", "check", scenario, "--set", f"log={log}"],
                                            cwd=directory, text=True, stdin=subprocess.DEVNULL, capture_output=True,
                                            timeout=60)
                    self.assertEqual(0, result.returncode, result.stderr)
            # Relative to the program like ~/scenarios to ~/.local/bin: this folder was not shipped.
            (Path(directory) / "scenarios").mkdir()
            shutil.copy(prefix / "share/gelombang/scenarios/login.lua", Path(directory) / "scenarios/other.lua")
            result = subprocess.run([prefix / "bin/gelombang", "check", "other.lua"], cwd=prefix, text=True,
                                    capture_output=True, timeout=60)
            self.assertEqual(104, result.returncode, result.stdout)
            result = subprocess.run([prefix / "bin/gelombang-sandbox", "--help"], cwd=directory, text=True,
                                    capture_output=True, timeout=60)
            self.assertIn("--listen", result.stdout)
            for path in ("share/gelombang/grafana/dashboards/load-run.json", "share/gelombang/scenarios/portal_mix.lua",
                         "share/gelombang/scenarios/lib/portal.lua", "share/doc/gelombang/copyright",
                         "share/doc/gelombang/docs/numbers.md", "share/man/man1/gelombang-run.1.gz",
                         "share/bash-completion/completions/gelombang-sandbox"):
                self.assertTrue((prefix / path).is_file(), path)


if __name__ == "__main__":
    BINARIES = Path(sys.argv.pop(1)).resolve()
    unittest.main()
