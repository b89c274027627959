#!/usr/bin/env python3
"""./dev with stubs for apt, sudo and cmake: what it installs, prints and leaves behind.

usage: dev_test.py SOURCE_DIR
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

STUBS = {
    # The status of one package. With fewer arguments (the comparison of before and after) no list at all.
    "dpkg-query": 'case " $MISSING " in *" $4 "*) exit 1;; esac; [ $# -lt 4 ] || printf installed',
    "apt-cache": 'case " $UNKNOWN " in *" $3 "*) exit 1;; esac',
    "apt-get": 'echo "apt-get $*" >>"$LOG"',
    "sudo": '[ "$SUDO" = yes ] || exit 1; [ "$1" = -n ] || echo "sudo $*" >>"$LOG"; case "$*" in *apt-get*) exit "$APT";; esac',
    "cmake": 'echo "cmake $*" >>"$LOG"',
    "id": "echo 1000",
    "npm": 'echo "npm $*" >>"$LOG"; mkdir -p web/node_modules; exit "$NPM"',
    "cpack": 'echo "cpack $*" >>"$LOG"; mkdir -p build/package; touch build/package/gelombang.deb',
    "lintian": 'echo "lintian $*" >>"$LOG"; exit "$LINTIAN"',
    "python3": 'echo "python3 $*" >>"$LOG"',
    "node": 'echo "node $*" >>"$LOG"; mkdir -p build/web; touch build/web/page.html',
}


class Dev(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        for name in ("dev", "packages.txt", "tests/tooling/portability.sh"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, self.root / name)
        self.log = self.root / "log"
        self.log.touch()
        for name, body in STUBS.items():
            stub = self.root / "bin" / name
            stub.parent.mkdir(exist_ok=True)
            stub.write_text(f"#!/bin/sh\n{body}\n")
            stub.chmod(0o755)
        (self.root / "web/src").mkdir(parents=True)
        for name in ("page.html", "build.mjs", "package-lock.json", "src/main.js"):
            (self.root / "web" / name).touch()

    def run_dev(self, *arguments, **environment):
        clean = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "LOG": str(self.log), "CI": "true", "HOME": str(self.root),
                 "MISSING": "", "UNKNOWN": "", "SUDO": "no", "APT": "0", "NPM": "0", "LINTIAN": "0"}
        result = subprocess.run([self.root / "dev", *arguments], env={**clean, **environment}, text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd="/")
        self.logged = self.log.read_text().splitlines()
        return result

    def test_with_everything_installed_nothing_is_asked_for(self):
        result = self.run_dev("build")
        self.assertEqual(0, result.returncode, result.stderr)
        page = ["npm --prefix web ci", "node web/build.mjs build/web/page.html"]
        self.assertEqual(page + ["cmake --preset release -DGELOMBANG_TESTS=OFF"], self.logged[:3])
        self.assertRegex(self.logged[3], r"cmake --build build/release --parallel \d+ --target all")
        self.assertEqual(4, len(self.logged))

    def test_the_page_is_made_again_only_when_its_sources_have_changed(self):
        self.run_dev("web")
        self.assertEqual(["npm --prefix web ci", "node web/build.mjs build/web/page.html"], self.logged)
        self.log.write_text("")
        result = self.run_dev("web")
        self.assertEqual((0, []), (result.returncode, self.logged))
        os.utime(self.root / "web/src/main.js", (2**31, 2**31))
        self.run_dev("web")
        self.assertEqual(["node web/build.mjs build/web/page.html"], self.logged)

    def test_without_npm_everything_else_is_built(self):
        result = self.run_dev("build", NPM="1")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("page: not made", result.stdout)
        self.assertTrue(self.logged[-1].startswith("cmake --build"), self.logged)
        self.assertEqual(1, self.run_dev("web", NPM="1").returncode)

    def test_a_missing_package_without_root_and_sudo_is_named(self):
        result = self.run_dev("build", MISSING="libsodium-dev ninja-build catch2")
        self.assertEqual(1, result.returncode)
        self.assertIn("neither root nor sudo is at hand to install them: libsodium-dev ninja-build", result.stderr)
        self.assertNotIn("catch2", result.stderr)  # a build needs no tests
        self.assertEqual([], self.logged)

    def test_only_what_is_missing_is_installed_and_no_service_may_start(self):
        result = self.run_dev("build", MISSING="libsodium-dev", SUDO="yes")
        self.assertEqual(0, result.returncode, result.stderr)
        text = "\n".join(self.logged)
        policy = text.index("sudo tee /usr/sbin/policy-rc.d")
        install = text.index("install --no-install-recommends libsodium-dev\n")
        removed = text.index("sudo rm -f /usr/sbin/policy-rc.d")
        self.assertTrue(policy < install < removed < text.index("cmake"), text)
        self.assertIn("DEBIAN_FRONTEND=noninteractive", text)
        self.assertNotIn("update", text)

    def test_lists_are_fetched_when_the_first_attempt_fails_and_the_policy_never_stays(self):
        result = self.run_dev("build", MISSING="libsodium-dev", SUDO="yes", APT="100")
        self.assertEqual(1, result.returncode)
        text = "\n".join(self.logged)
        self.assertIn("Lock::Timeout=300 update", text)
        self.assertIn("sudo rm -f /usr/sbin/policy-rc.d", text)
        self.assertNotIn("cmake", text)

    def test_of_alternatives_the_one_that_exists_is_installed(self):
        boost = "libboost1.81-dev libboost1.83-dev"
        self.run_dev("build", MISSING=boost, UNKNOWN="libboost1.81-dev", SUDO="yes")
        self.assertTrue(any(line.endswith("recommends libboost1.83-dev") for line in self.logged), self.logged)
        self.log.write_text("")
        self.run_dev("build", MISSING="libboost1.81-dev", SUDO="yes")
        self.assertFalse(any("install" in line for line in self.logged), self.logged)

    def test_a_package_says_who_hands_it_out_is_looked_at_and_then_tried_out(self):
        result = self.run_dev("package", DEBFULLNAME="A Name", DEBEMAIL="a@example.com")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn("cmake --preset release -DGELOMBANG_TESTS=OFF -DGELOMBANG_MAINTAINER=A Name <a@example.com>", self.logged)
        self.assertEqual(["cpack", "lintian", "python3"], [line.split()[0] for line in self.logged[-3:]])
        self.log.write_text("")
        result = self.run_dev("package", LINTIAN="2")
        self.assertEqual(1, result.returncode)
        self.assertTrue(self.logged[-1].startswith("lintian"), self.logged)
        self.assertIn("cmake --preset release -DGELOMBANG_TESTS=OFF -UGELOMBANG_MAINTAINER", self.logged)

    def test_a_package_is_not_made_without_the_page(self):
        result = self.run_dev("package", NPM="1")
        self.assertEqual(1, result.returncode)
        self.assertFalse(any(line.startswith("cmake") for line in self.logged), self.logged)

    def test_packages_alone_are_those_of_the_named_sections(self):
        result = self.run_dev("packages", "build", "test", MISSING="libsodium-dev catch2 hey", SUDO="yes")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertTrue(any(line.endswith("recommends libsodium-dev catch2") for line in self.logged), self.logged)
        self.assertFalse(any(line.startswith("cmake") for line in self.logged), self.logged)

    def test_another_debian_needs_root_and_leaves_nothing_without(self):
        result = self.run_dev("portability", SUDO="yes")
        self.assertEqual(1, result.returncode)
        self.assertIn("root is needed", result.stderr)
        self.assertEqual([], self.logged)
        self.assertFalse((self.root / "build").exists())

    def test_an_unknown_task_is_refused_with_the_list(self):
        result = self.run_dev("tset")
        self.assertEqual(1, result.returncode)
        self.assertIn("no task is called 'tset'", result.stderr)
        self.assertIn("usage: ./dev TASK", result.stderr)


if __name__ == "__main__":
    SOURCE = Path(sys.argv.pop(1)).resolve()
    os.environ.pop("PYTHONPATH", None)
    unittest.main()
