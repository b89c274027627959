#!/usr/bin/env python3
"""The source checks find their violations, and nothing else."""

import tempfile
import unittest
from pathlib import Path

import source_checks


class SourceChecks(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = Path(self.directory.name)
        for folder in [*source_checks.ARROWS, *source_checks.OUTSIDE]:
            self.write(f"{folder}/thing.hpp", "#pragma once\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def found(self, check, name, text):
        self.write(name, text)
        return [finding for finding in source_checks.CHECKS[check](self.root) if finding.startswith(name)]

    def arrows(self, name, line):
        return self.found("arrows", name, line + "\n")

    def test_arrows_that_stand_in_the_table_pass(self):
        for user, used in [("app", "engine"), ("app", "metrics"), ("engine", "imaging"), ("probes", "base"),
                           ("runs", "engine"), ("compare", "metrics"), ("sandbox", "base"), ("tests", "sandbox"),
                           ("bench", "tests"), ("base", "base")]:
            self.assertEqual([], self.arrows(f"{user}/a.cpp", f'#include "{used}/thing.hpp"'), f"{user} -> {used}")

    def test_every_other_arrow_is_found(self):
        for user, allowed in source_checks.ARROWS.items():
            for used in {*source_checks.ARROWS, *source_checks.OUTSIDE} - allowed - {user}:
                self.assertEqual(1, len(self.arrows(f"{user}/a.cpp", f'#include "{used}/thing.hpp"')), f"{user} -> {used}")

    def test_arrows_hold_between_the_rooms_inside_a_folder(self):
        for user, used in [("probes/http", "probes/mail"), ("probes/mail", "probes/consent"), ("metrics", "metrics/history"),
                           ("engine/load", "engine/lua"), ("metrics/history", "metrics/exposition")]:
            name = f"{user}/a.cpp"
            self.assertEqual([f"{name}:1: {user} may not include from {used} ('{used}/thing.hpp')"],
                             self.arrows(name, f'#include "{used}/thing.hpp"'))

    def test_a_circle_of_rooms_is_refused(self):
        with self.assertRaisesRegex(ValueError, "a -> b -> a"):
            source_checks.closure({"a": ["b"], "b": ["a"]})

    def test_an_arrow_cannot_hide(self):
        for line in ['#include <engine/thing.hpp>', '#include "../engine/thing.hpp"', '  #  include "engine/thing.hpp"',
                     '#include "base/../engine/thing.hpp"', '#include /* why */ "engine/thing.hpp"',
                     '#include \\\n "engine/thing.hpp"', '#include "engine/not_written_yet.hpp"']:
            self.assertTrue(any("may not include from engine" in f for f in self.arrows("base/a.cpp", line)), line)

    def test_what_is_no_include_of_ours_passes(self):
        for line in ['// #include "engine/thing.hpp"', '/*\n#include "engine/thing.hpp"\n*/', '#include <string>',
                     '#include <boost/asio/engine/thing.hpp>', '#include "thing_of_a_library.h"']:
            self.assertEqual([], self.arrows("base/a.cpp", line), line)

    def test_ours_is_included_from_the_root_and_in_quotes(self):
        self.assertEqual(1, len(self.arrows("base/a.cpp", '#include "thing.hpp"')))
        self.assertEqual(1, len(self.arrows("base/a.cpp", "#include <base/thing.hpp>")))

    def test_a_new_folder_needs_a_row(self):
        self.assertEqual(1, len(self.arrows("helpers/a.cpp", "int x;")))
        self.assertEqual(1, len(self.arrows("engine/helpers/a.cpp", "int x;")))

    def coroutine(self, text):
        return self.found("coroutines", "base/a.cpp", text)

    def test_a_capturing_lambda_in_a_co_await_expression_is_found(self):
        for text in ["void f() { co_await spawn(io, [p]() { use(p); }); }",
                     "void f() { auto x = both([&] { return 1; }, co_await g()); }",
                     "void f() {\n  if (a) {\n    b();\n  }\n  co_return co_await spawn(\n      io, [this, p = q]() mutable { use(p); });\n}",
                     "void f() { co_await spawn(io, Options{.hook = [=](int) -> int { return k; }}); }"]:
            self.assertEqual(1, len(self.coroutine(text)), text)

    def test_the_finding_names_the_line(self):
        self.assertTrue(self.coroutine("void f() {\n  co_await g(\n      [p] { use(p); });\n}\n")[0].startswith("base/a.cpp:3:"))

    def test_other_lambdas_and_brackets_pass(self):
        for text in ["void f() { auto named = [p] { use(p); }; co_await g(named); }",
                     "void f() { if (x) { auto l = [p] { use(p); }; l(); } co_await g(); }",
                     "void f() { co_await g([](int x) { return x; }); }",
                     "void f() { co_await g(list[i], (*list)[i]); }",
                     "void f() { spawn(io, [p]() -> awaitable<void> { co_await g(p); }); }",
                     "[[nodiscard]] int f() { co_await g(); }",
                     "// co_await g([p] {});\nint x;"]:
            self.assertEqual([], self.coroutine(text), text)

    def test_the_engine_opens_files_in_one_place(self):
        for text in ["std::ifstream file(path);", "int fd = ::open(path, O_RDONLY);", "std::fopen(p, \"rb\");",
                     "luaL_loadfilex(L, p, \"t\");"]:
            self.assertEqual(1, len(self.found("files", "engine/a.cpp", text)), text)
            self.assertEqual([], self.found("files", "engine/files/scenario_folder.cpp", text), text)
            self.assertEqual([], self.found("files", "app/a.cpp", text), text)
        for text in ["if (load.open()) {}", "LineReader::open(file);", "// fopen", "auto opened = file.open();"]:
            self.assertEqual([], self.found("files", "engine/a.cpp", text), text)

    def test_a_long_file_is_found(self):
        self.assertEqual([], self.found("length", "base/a.cpp", "\n" * 500))
        self.assertEqual(1, len(self.found("length", "base/a.cpp", "\n" * 501)))

    def test_a_result_is_asked_in_one_way(self):
        self.assertEqual(1, len(self.found("results", "base/a.cpp", "if (made.has_error()) return;\n")))
        self.assertEqual([], self.found("results", "base/a.cpp", "if (!made) return;  // not has_error()\n"))
        self.assertEqual([], self.found("results", "tests/a.cpp", "CHECK(made.has_error());\n"))

    def test_times_of_day_are_written_in_one_place(self):
        for text in ["fmt::localtime(seconds)", 'pattern("%H:%M:%S")', "gmtime_r(&at, &parts);"]:
            self.assertEqual(1, len(self.found("times", "app/a.cpp", text)), text)
            self.assertEqual([], self.found("times", "base/local_time.cpp", text), text)
            self.assertEqual([], self.found("times", "tests/a.cpp", text), text)
        self.assertEqual([], self.found("times", "app/a.cpp", "time_text(at); // localtime\n"))

    def test_a_forbidden_word_is_found_in_any_text(self):
        self.assertEqual(1, len(self.found("words", "docs/a.md", "later\nTO" "DO: this\n")))
        self.assertEqual([], self.found("words", "docs/a.md", "a FIX" "MENT of it\n"))

    def test_the_build_folder_is_not_ours(self):
        self.assertEqual([], self.found("words", "build/a.cpp", "FIX" "ME\n"))


if __name__ == "__main__":
    unittest.main()
