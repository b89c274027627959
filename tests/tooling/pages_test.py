#!/usr/bin/env python3
"""Every option of every command is in its manual page and in each shell's completion.
The options come from --help, not from the model.

usage: pages_test.py BINARY_DIR
"""

import gzip
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

# Completes the last argument as readline calls the function: one completion a line.
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
"_${1//-/_}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
# Prints the arguments that a function passes to zsh's own _arguments.
ZSH = """
compdef() { }
_arguments() { print -rl -- "$@" }
source $1
$2
"""


def output(*command, **options):
    return subprocess.run(command, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True,
                          **options).stdout


def commands_of(words, above=frozenset()):
    """For a command and all its subcommands: the words, the options with inherited ones, and the subcommands."""
    text = output(BINARIES / words[0], *words[1:], "--help")
    own = set()
    for names in re.findall(r"^  (-\S+)", text, re.M):
        own.update(names.split(","))
    below = re.findall(r"^  (\S+)", text.partition("\nSubcommands:\n")[2].partition("\n\n")[0], re.M)
    yield words, own | above, below
    for name in below:
        yield from commands_of([*words, name], (own | above) - {"-h", "--help", "--version"})


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = [one for program in ("gelombang", "gelombang-sandbox") for one in commands_of([program])]

    def bash(self, *words, **options):
        file = SHARE / "bash-completion/completions" / words[0]
        return set(output("bash", "--norc", "-c", BASH, "bash", file, *words, **options).splitlines()) - {""}

    def test_there_is_something_to_look_at(self):
        words = [" ".join(words) for words, _, _ in self.commands]
        self.assertIn("gelombang history export", words)
        self.assertIn("--log-level", dict(zip(words, (options for _, options, _ in self.commands)))["gelombang run"])

    def test_each_option_is_in_its_manual_page(self):
        for words, options, below in self.commands:
            page = gzip.open(SHARE / "man/man1" / ("-".join(words[:2]) + ".1.gz"), "rt").read()
            plain = re.sub(r"\\f[BIR]", "", page).replace("\\-", "-")
            for name in [*options, *below]:
                with self.subTest(words=words, name=name):
                    self.assertRegex(plain, rf"(?m)(?<![\w-]){re.escape(name)}(?![\w-])")

    def test_manual_pages_are_good_roff(self):
        if not shutil.which("man"):
            self.skipTest("man is not installed")
        for page in sorted((SHARE / "man/man1").iterdir()):
            shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True,
                                   env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "80"}, timeout=60)
            self.assertEqual((0, b""), (shown.returncode, shown.stderr), page)

    def test_bash_completes_options_and_commands(self):
        for words, options, below in self.commands:
            with self.subTest(words=words):
                self.assertEqual(options, self.bash(*words, "-"))
                if below:
                    self.assertEqual(set(below), self.bash(*words, ""))
        self.assertEqual({"--metrics-listen", "--metrics-name"}, self.bash("gelombang", "run", "x.lua", "--metr"))
        self.assertEqual({"history"}, self.bash("gelombang", "--log-level", "debug", "his"))

    def test_bash_completes_values_and_file_names(self):
        export = ["gelombang", "history", "export", "last", "--format"]
        self.assertEqual({"csv", "openmetrics"}, self.bash(*export, ""))
        self.assertEqual({"openmetrics"}, self.bash(*export, "=", "o"))
        self.assertEqual({"low", "default", "high"}, self.bash("gelombang-sandbox", "--hash-cost", "="))
        with tempfile.TemporaryDirectory() as folder:
            for name in ("of mine.lua", "of_hers.lua", "other.lua"):
                (Path(folder) / name).touch()
            for before in (["run"], ["run", "--no-color"], ["run", "x.lua", "--json"], ["check", "--target", "http", ":", "//x"]):
                self.assertEqual({"of mine.lua", "of_hers.lua"}, self.bash("gelombang", *before, "of", cwd=folder), before)
            self.assertEqual(set(), self.bash("gelombang", "selftest", "of", cwd=folder))

    def test_zsh_is_told_every_option(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not installed")
        for words, options, _ in self.commands:
            file = SHARE / "zsh/vendor-completions" / f"_{words[0]}"
            output("zsh", "-n", file)
            function = "_" + "_".join(words).replace("-", "_")
            told = output("zsh", "-f", "-c", ZSH, "zsh", file, function)
            self.assertEqual(options, set(re.findall(r"^\*?(--?[\w-]+?)[=+]?\[", told, re.M)), words)

    def test_fish_completes_options_and_commands(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        for words, options, below in self.commands:
            file = SHARE / "fish/vendor_completions.d" / f"{words[0]}.fish"
            output("fish", "--no-execute", file)
            line = " ".join(words)
            script = f"source {file}; complete -C '{line} -'; complete -C '{line} --'; complete -C '{line} '"
            with tempfile.TemporaryDirectory() as home:
                found = output("fish", "--no-config", "-c", script, env={"HOME": home, "PATH": "/usr/bin:/bin"}, cwd=home)
            names = {row.split("\t")[0] for row in found.splitlines()}
            self.assertEqual(set(), {*options, *below} - names, words)


if __name__ == "__main__":
    BINARIES = Path(sys.argv.pop(1)).resolve()
    SHARE = BINARIES / "share"
    unittest.main()
