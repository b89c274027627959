#!/usr/bin/env python3
"""Checks of our own on the source tree: what the compiler and clang-tidy 14 cannot say.

usage: source_checks.py arrows|coroutines|files|length|results|times|words|all [ROOT]

Each finding is one line, FILE:LINE: what is wrong. Exit 1 when there is one.
"""

import re
import sys
from pathlib import Path

# The rooms that a room's files may include from. A room is a folder, or a folder inside a folder. The includes of those
# rooms are allowed as well, so each arrow is listed once. HACKING.md draws the arrows.
DIRECT = {
    "base": [],
    "imaging": ["base"],
    "metrics": ["base"],
    "metrics/thresholds": ["metrics"],
    "metrics/exposition": ["metrics/thresholds"],
    "metrics/history": ["metrics/thresholds"],
    "probes": ["base"],
    "probes/consent": ["probes", "metrics"],
    "probes/http": ["probes/consent"],
    "probes/mail": ["probes", "metrics"],
    "engine/files": ["base"],
    "engine/privacy": ["probes/http"],
    "engine/load": ["engine/files", "engine/privacy"],
    "engine/people": ["engine/files", "imaging", "metrics"],
    "engine/scenario": ["engine/load", "engine/people"],
    "engine/lua": ["engine/scenario"],
    "engine": ["engine/lua", "probes/mail"],
    "reports": ["metrics/exposition", "metrics/history"],
    "compare": ["reports"],
    "runs": ["engine", "reports"],
    "capacity": ["runs"],
    "selftest": ["runs"],
    "uptime": ["runs"],
    "app": ["capacity", "selftest", "uptime", "compare"],
    "sandbox": ["base"],
}


def closure(direct):
    """All rooms that each room reaches. Raises if two rooms reach each other."""
    reached = {}

    def reach(room, above):
        if room in above:
            raise ValueError(f"a circle of arrows: {' -> '.join([*above, room])}")
        if room not in reached:
            reached[room] = {*direct[room]}.union(*(reach(below, [*above, room]) for below in direct[room]))
        return reached[room]

    for room in direct:
        reach(room, [])
    return reached


ARROWS = closure(DIRECT)
# These rooms may include everything above and each other. No room above may include them.
OUTSIDE = {"packaging", "tests", "bench", "fuzz"}
SKIPPED = {"build", ".git", "node_modules"}
MAX_LINES = 500
SOURCES = {".cpp", ".hpp", ".h", ".cc", ".c"}
COUNTED = SOURCES | {".lua", ".py", ".sh", ".js", ".ts"}
# Calls that open a file. In engine/ only scenario_folder opens a scenario's files. host_limits reads the kernel's
# files.
OPENING = re.compile(r"\b(?:i?fstream|fopen|freopen|openat2?|luaL_loadfilex?|luaL_dofile|filebuf)\b|(?<![\w:])::open\s*\(")
OPENERS = {"engine/files/scenario_folder.cpp", "engine/scenario/host_limits.cpp"}
# What writes or takes apart a time of day: base/local_time for people, these for programs, in UTC (a run's id, --start-at,
# what HTTP and the stand-in's JSON say).
TIMES = re.compile(r"\b(?:localtime|gmtime)(?:_r)?\b|\bstrftime\b|%H:%M")
TIME_WRITERS = {
    "base/local_time.cpp",
    "base/local_time.hpp",
    "runs/played_run.cpp",
    "runs/start_time.cpp",
    "sandbox/http_message.cpp",
    "sandbox/unix_time.cpp",
}
WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")


def files(root, suffixes):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if SKIPPED.isdisjoint(relative.parts) and path.is_file() and (not suffixes or path.suffix in suffixes):
            yield relative, path


def blank_comments(text, strings=True):
    """The text with comments blanked, and literals too if `strings`. Lines and columns stay."""
    token = re.compile(
        r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(?P<delimiter>[^()\\\s]*)\(.*?\)(?P=delimiter)"'
        r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])+\'',
        re.S,
    )

    def blank(match):
        found = match.group()
        if found.startswith("/") or strings:
            return re.sub(r"[^\n]", " ", found)
        return found

    return token.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def room_of(path):
    """The room whose folder directly holds the file. None if the table has no such room."""
    if path.parts[0] in OUTSIDE:
        return path.parts[0]
    return path.parent.as_posix() if path.parent.as_posix() in ARROWS else None


def owner(root, directory, target):
    """The file of ours that an include names, as a path from the root. None for a library's file."""
    inside = []
    for base in (root, root / directory):
        resolved = (base / target).resolve()
        if resolved.is_relative_to(root):
            path = resolved.relative_to(root)
            if resolved.is_file():
                return path
            inside.append(path)
    # The file is missing or is generated later: its name still shows the room.
    return next((path for path in inside if room_of(path) not in (None, room_of(Path(directory) / "x"))), None)


def check_arrows(root):
    root = root.resolve()
    include = re.compile(r'^[ \t]*#[ \t]*(?:include|include_next|import)[ \t]*(["<])([^">\n]+)[">]', re.M)
    for relative, path in files(root, SOURCES):
        room = room_of(relative)
        if room is None:
            yield f"{relative}:1: the folder '{relative.parent.as_posix()}' is missing in DIRECT"
            continue
        code = blank_comments(path.read_text(encoding="utf-8").replace("\\\n", "  "), strings=False)
        for match in include.finditer(code):
            quote, target = match.groups()
            resolved = owner(root, str(relative.parent), target)
            if resolved is None:
                continue
            here = f"{relative}:{line_of(code, match.start())}"
            to = room_of(resolved)
            if room not in OUTSIDE and to != room and to not in ARROWS[room]:
                yield f"{here}: {room} may not include from {to} ('{target}')"
            elif quote == "<" or target != str(resolved):
                yield f'{here}: \'{target}\' is ours: write "{resolved}", from the root and in quotes'


LAMBDA = re.compile(r"(?<![\w\])\[])\s*\[(?!\[)(?P<capture>[^\[\]]+)\]\s*(?=[({<]|mutable\b|noexcept\b|->)")
BLOCK_BEFORE = re.compile(
    r"(\)|\belse|\bdo|\btry|\bmutable|\bnoexcept|\bconst|\boverride|\]|^)\s*$|"
    r"\b(namespace|class|struct|enum|union|concept|extern)\b[^()=]*$|->[^;{}()]*$"
)


def full_expressions(code):
    """Yields (start, end) of each statement. The statements of a lambda's body are separate."""
    stack = []  # of (kind, start of the current statement): '{' is a block, other brackets are expressions
    start = 0
    i = 0
    while i < len(code):
        c = code[i]
        if c in "([":
            stack.append((c, start))
        elif c == "{":
            block = bool(BLOCK_BEFORE.search(code[start:i]))
            stack.append(("{" if block else "i", start))
            if block:
                start = i + 1
        elif c in ")]}" and stack:
            kind, outer = stack.pop()
            if kind == "{":
                yield start, i
                start = outer
                # A block ends a statement unless it is the body of a lambda inside an expression.
                rest = code[i + 1 : i + 80].lstrip()
                if not (stack and stack[-1][0] != "{") and not rest.startswith((",", ")", ";", ".", "(")):
                    yield start, i + 1
                    start = i + 1
        elif c == ";" and not (stack and stack[-1][0] in "(["):
            yield start, i
            start = i + 1
        i += 1
    yield start, len(code)


def nested_bodies_blanked(code, start, end, spans):
    """The statement without the bodies of blocks inside it."""
    text = list(code[start:end])
    for a, b in spans:
        if start < a and b < end:
            for k in range(a - start, b - start):
                if text[k] != "\n":
                    text[k] = " "
    return "".join(text)


def check_coroutines(root):
    for relative, path in files(root, SOURCES):
        raw = path.read_text(encoding="utf-8")
        if "co_await" not in raw:
            continue
        code = blank_comments(raw)
        spans = list(full_expressions(code))
        for start, end in spans:
            statement = nested_bodies_blanked(code, start, end, spans)
            wait = re.search(r"\bco_await\b", statement)
            if not wait:
                continue
            for match in LAMBDA.finditer(statement):
                yield (
                    f"{relative}:{line_of(code, start + match.start('capture'))}: a lambda with captures in a co_await "
                    "expression: GCC 12 destroys its captures twice; call a named function"
                )


def check_files(root):
    for relative, path in files(root, SOURCES):
        if relative.parts[0] != "engine" or relative.as_posix() in OPENERS:
            continue
        code = blank_comments(path.read_text(encoding="utf-8"))
        for match in OPENING.finditer(code):
            yield (
                f"{relative}:{line_of(code, match.start())}: '{match.group()}' opens a file: what a scenario names is opened "
                "by engine/files/scenario_folder alone"
            )


def check_length(root):
    for relative, path in files(root, COUNTED):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > MAX_LINES:
            yield f"{relative}:{count}: {count} lines, at most {MAX_LINES} are allowed: split it by noun"


def check_results(root):
    for relative, path in files(root, SOURCES):
        if relative.parts[0] == "tests":  # in tests has_error() reads better than a negation
            continue
        code = blank_comments(path.read_text(encoding="utf-8"))
        for match in re.finditer(r"\bhas_error\s*\(", code):
            yield f"{relative}:{line_of(code, match.start())}: has_error(): a Result is asked as a bool (!x, *x), in one way everywhere"


def check_times(root):
    for relative, path in files(root, SOURCES):
        if relative.parts[0] in ("tests", "fuzz") or relative.as_posix() in TIME_WRITERS:
            continue
        code = blank_comments(path.read_text(encoding="utf-8"), strings=False)
        for match in TIMES.finditer(code):
            yield (
                f"{relative}:{line_of(code, match.start())}: '{match.group()}': a time of day is written by base/local_time, "
                "with its zone"
            )


def check_words(root):
    for relative, path in files(root, None):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for match in WORDS.finditer(text):
            yield f"{relative}:{line_of(text, match.start())}: '{match.group()}': do it, or write down the limit"


CHECKS = {
    "arrows": check_arrows,
    "coroutines": check_coroutines,
    "files": check_files,
    "length": check_length,
    "results": check_results,
    "times": check_times,
    "words": check_words,
}


def main(arguments):
    if not arguments or arguments[0] not in {*CHECKS, "all"} or len(arguments) > 2:
        sys.exit(__doc__)
    root = Path(arguments[1] if len(arguments) == 2 else Path(__file__).resolve().parents[2])
    chosen = CHECKS.values() if arguments[0] == "all" else [CHECKS[arguments[0]]]
    findings = [finding for check in chosen for finding in check(root)]
    print("\n".join(findings) if findings else f"{arguments[0]}: nothing found")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
