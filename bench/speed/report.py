"""Judges measurements and writes them down. Nothing here starts or waits for anything."""

import json
import statistics

SCHEMA = "gelombang.bench/1"


class Measure:
    """A figure with its bar. `at_most` None: for information. `value` None: it could not be measured, `why` says so."""

    def __init__(self, name, value, unit, at_most=None, why="", holds=None):
        self.name = name
        self.value = value
        self.unit = unit
        self.at_most = at_most
        self.why = why
        self.holds = holds
        if holds is None and value is not None and at_most is not None:
            self.holds = value <= at_most

    def as_json(self):
        return {"name": self.name, "value": self.value, "unit": self.unit, "bar": self.at_most, "holds": self.holds,
                "why": self.why}


def ratios(pairs):
    """Of pairs (ours, theirs), each measured one right after the other: median, lowest and highest ratio."""
    each = sorted(ours / theirs for ours, theirs in pairs)
    return statistics.median(each), each[0], each[-1]


def ratio_measure(name, pairs, at_most=None, what=""):
    middle, least, most = ratios(pairs)
    why = f"median of {len(pairs)} pairs, {least:.2f} to {most:.2f}"
    return Measure(name, round(middle, 3), "times", at_most, f"{what}; {why}" if what else why)


def turns_measure(name, ours, theirs, at_most=None, what=""):
    """For two clients that took turns: [[figure of each turn], for each start]. A start counts once, with the median of
    its turns: two windows of the same processes say less than two starts."""
    starts = [ratios(list(zip(*start)))[0] for start in zip(ours, theirs)]
    each = ", ".join(f"{start:.2f}" for start in starts)
    return Measure(name, round(statistics.median(starts), 3), "times", at_most, f"{what}; median of {len(starts)} starts: {each}")


def judged_at(measure, there, wanted):
    """A bar is for a number of users: with fewer the figure is shown and not judged."""
    if there < 0.98 * wanted:
        measure.holds = None
        measure.why += f"; not judged: the bar is for {wanted} users"
    return measure


def odd_answers(counted, expected):
    """What is wrong with a client's answers, or None. `counted`: {"200 GET /page": 7, ...}. All of `expected` must come
    about equally often, and nothing else may come."""
    others = {what: n for what, n in counted.items() if what not in expected}
    if others:
        return "its answers were others than those of the rest: " + ", ".join(f"{n} x {what}" for what, n in others.items())
    share = [counted.get(what, 0) / max(1, sum(counted.values())) for what in expected]
    if min(share) < 0.8 / len(expected):
        return "it did not ask for the same: " + ", ".join(f"{counted.get(what, 0)} x {what}" for what in expected)
    return None


def unless_odd(measure, problems):
    """A refused client has less to do, so its figure does not count. `problems`: {client: None or what is wrong}."""
    found = [f"{client}: {problem}" for client, problem in problems.items() if problem]
    if found:
        measure.value, measure.holds, measure.why = None, None, "; ".join(found)
    return measure


def absent(name, unit, at_most, why):
    return Measure(name, None, unit, at_most, why)


def number(value):
    if value is None:
        return "-"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


WORDS = {True: "holds", False: "DOES NOT HOLD", None: ""}


def table(measures):
    rows = [("measure", "value", "unit", "bar", "", "")]
    for m in measures:
        bar = "" if m.at_most is None else f"<= {number(m.at_most)}"
        rows.append((m.name, number(m.value), m.unit, bar, WORDS[m.holds], m.why))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)) + "  " + row[5]
                     for row in rows).replace("  \n", "\n")


def as_json(measures, libcurl):
    return json.dumps({"schema": SCHEMA, "libcurl": libcurl, "measures": [m.as_json() for m in measures]}, indent=2) + "\n"
