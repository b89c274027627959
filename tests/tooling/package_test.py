#!/usr/bin/env python3
"""The .deb holds what `cmake --install` installs. In its own root it works without the sources and can be removed.

usage: package_test.py BINARY_DIR [DEB]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77


def run(*command):
    return subprocess.run(command, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=240, check=False)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("dpkg-deb", "dpkg-shlibdeps"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is not installed")
        directory = tempfile.TemporaryDirectory(dir=BINARIES)
        cls.addClassCleanup(directory.cleanup)
        cls.folder = Path(directory.name)
        cls.deb = DEB
        if cls.deb is None:
            packed = run("cpack", "--config", BINARIES / "CPackConfig.cmake", "-B", cls.folder)
            assert packed.returncode == 0, packed.stdout + packed.stderr
            cls.deb = next(cls.folder.glob("*.deb"))

    def test_it_has_what_is_installed_readable_by_everybody(self):
        prefix = self.folder / "prefix"
        installed = run("cmake", "--install", BINARIES, "--prefix", prefix)
        self.assertEqual(0, installed.returncode, installed.stderr)
        listed = run("dpkg-deb", "--contents", self.deb).stdout.splitlines()
        rows = [row.split(maxsplit=5) for row in listed]
        self.assertEqual(sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*")),
                         sorted(row[5].removeprefix("./usr/").rstrip("/") for row in rows if row[5] not in ("./", "./usr/")))
        for mode, owner, name in [(row[0], row[1], row[5]) for row in rows]:
            runs = name.endswith("/") or "/bin/" in name
            self.assertEqual(("root/root", "rwxr-xr-x" if runs else "rw-r--r--"), (owner, mode[1:]), name)

    def test_it_works_in_a_root_of_its_own_and_leaves_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("a root of its own takes root")
        root = self.folder / "root"
        root.mkdir()
        result = run("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
                     "bash", Path(__file__).parent / "package_in_own_root.sh", self.deb, root)
        if result.returncode == SKIPPED or result.stderr.startswith("unshare: unshare failed"):
            self.skipTest(result.stderr.strip())
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        self.assertEqual([], list(root.iterdir()), "something was written outside of the root of its own")


if __name__ == "__main__":
    DEB = Path(sys.argv.pop(2)).resolve() if len(sys.argv) > 2 and sys.argv[2].endswith(".deb") else None
    BINARIES = Path(sys.argv.pop(1)).resolve()
    unittest.main()
