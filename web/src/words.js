// The verdict and the thresholds in words that need no manual.
import { count, duration, percent, plural, rate } from "./format.js";

const kVerdicts = {
  pass: ["good", "Passed", "The target kept everything that this run asked of it."],
  fail: ["bad", "Failed", ""],
  no_data: ["unknown", "No verdict", "Too little was measured to judge."],
  invalid: ["unknown", "No verdict", "The load generator itself did not keep up, so the figures say nothing about the target."],
  stopped: ["unknown", "Stopped early", "The run was stopped before its end, so there is no verdict."],
  script_error: ["unknown", "No verdict", "The scenario has an error, or one of its own guards stopped it."],
  refused: ["unknown", "Refused", "The target's owner has not consented, or has withdrawn the consent."],
};

export function verdict(run) {
  if (run.state === "running") return { tone: "running", word: "Running", text: "This page follows the run; there is no verdict yet." };
  if (run.state === "under_way") {
    return { tone: "running", word: "Under way", text: "The run had not ended when this page was made: what it had recorded is shown." };
  }
  if (run.state === "cut_off") {
    const text = "The recording has no end: the program was killed, or could not write on. What there is is shown; there is no verdict.";
    return { tone: "unknown", word: "Cut off", text };
  }
  const { thresholds, conformance } = run.summary;
  if (run.summary.verdict === "pass" && thresholds.length === 0 && conformance.length === 0) {
    return { tone: "unknown", word: "Passed", text: "Nothing was asked of the target: without thresholds and rules a run cannot fail." };
  }
  const [tone, word, text] = kVerdicts[run.summary.verdict] ?? ["unknown", "No verdict", ""];
  const { shortfall } = run.summary;
  // Of an earlier version's run there is none.
  if (shortfall && run.summary.verdict === "no_data") return { tone, word, text: `People did not get through: ${shortfall.text}.` };
  const but = shortfall ? ` But ${shortfall.text}.` : "";
  return { tone, word, text: (text || failure(run.summary)) + but };
}

function failure(summary) {
  const judged = summary.thresholds.length;
  const missed = summary.thresholds.filter((t) => t.state === "fail").length;
  const parts = [];
  if (missed > 0) parts.push(`${count(missed)} of ${plural(judged, "threshold was", "thresholds were")} not kept`);
  if (summary.conformance_violated > 0) parts.push(`${plural(summary.conformance_violated, "rule")} did not hold`);
  return parts.length > 0 ? `${parts.join(", and ")}.` : "";
}

export function validity(run) {
  const { state, reasons } = run.summary.validity;
  const texts = {
    valid: ["good", "The figures can be believed", "The load generator kept up with its own plan."],
    degraded: ["unknown", "Read the figures with care", "The load generator, or the run, was not quite as planned."],
    invalid: ["bad", "The figures cannot be believed", "The load generator was the bottleneck, not the target."],
  };
  const [tone, word, text] = texts[state];
  return { tone, word, text, reasons };
}

// What the run came to, in a few sentences.
export function story(run) {
  const { arrivals, people, steps, run: facts } = run.summary;
  const out = [];
  const open = arrivals.requested_rate !== null;
  const dropped = Object.values(arrivals.dropped).reduce((a, b) => a + b, 0);
  const minutes = duration(facts.took_seconds);
  if (open) {
    out.push(
      `In ${minutes}, ${plural(arrivals.started, "visit")} began (${rate(arrivals.achieved_rate)} of the ` +
        `${rate(arrivals.requested_rate)} asked for), and ${count(arrivals.completed)} got through.`,
    );
  } else {
    out.push(`In ${minutes}, ${plural(arrivals.started, "visit")} began, and ${count(arrivals.completed)} got through.`);
  }
  if (dropped > 0) out.push(`${plural(dropped, "visit")} could not begin.`);
  const lost = people.reduce((sum, p) => sum + p.ended.lost, 0);
  const arrived = people.reduce((sum, p) => sum + p.arrived, 0);
  if (lost > 0) out.push(`${plural(lost, "person", "people")} of ${count(arrived)} gave up.`);
  const slowest = slowestStep(steps);
  if (slowest) {
    const p = slowest.response_time_seconds;
    const bound = (name) => (p.lower_bounds.includes(name) ? "at least " : "");
    out.push(
      `The slowest step was \u201c${slowest.name}\u201d: half of its answers came within ${bound("p50")}${duration(p.p50)}, ` +
        `95 of 100 within ${bound("p95")}${duration(p.p95)}.`,
    );
  }
  return out;
}

export function slowestStep(steps) {
  return steps
    .filter((s) => s.response_time_seconds.p95 !== null)
    .reduce((a, b) => (a && a.response_time_seconds.p95 >= b.response_time_seconds.p95 ? a : b), undefined);
}

export function errorShare(steps) {
  const failures = steps.reduce((sum, s) => sum + s.failures, 0);
  const finished = steps.reduce((sum, s) => sum + s.count, 0);
  return finished > 0 ? failures / finished : null;
}

export function thresholdValue(t) {
  if (t.value === null || t.value === undefined) return "-";
  const forms = { seconds: duration, ratio: percent, per_second: rate, count };
  return (t.lower_bound ? "\u2265 " : "") + (forms[t.unit] ?? count)(t.value);
}

const isBelow = (t) => t.comparison === "<" || t.comparison === "<=";

// The latency limits among the thresholds, for the lines in the charts: {selector, clock, figure, seconds}.
export function latencyLimits(thresholds) {
  return thresholds
    .filter((t) => isBelow(t) && (t.metric === "response_time" || t.metric === "service_time"))
    .map((t) => ({ selector: t.selector, clock: t.metric, figure: figureName(t), seconds: t.limit }));
}

// "p95", "p99.9", "mean".
function figureName(t) {
  return t.quantile === null ? t.aggregate : `p${hundredths(t.quantile)}`;
}

const hundredths = (share) => Number((share * 100).toFixed(6));

// "95 of 100", "999 of 1000"; nothing where that would be no whole number.
function shareOf(quantile) {
  if (quantile === 0.5) return "half of";
  const base = [100, 1000, 10000].find((n) => Math.abs(quantile * n - Math.round(quantile * n)) < 1e-6);
  return base ? `${Math.round(quantile * base)} of ${base}` : "";
}

// "95 of 100 answers of \u201clog in\u201d within 800 ms"; nothing where the threshold is of another kind.
export function plainThreshold(t) {
  const who = t.selector === "all" ? "all steps" : `\u201c${t.selector}\u201d`;
  const share = t.quantile ? shareOf(t.quantile) : "";
  if (share && isBelow(t)) {
    const within = `within ${duration(t.limit)}`;
    if (t.metric === "response_time") return `${share} answers of ${who} ${within}`;
    if (t.metric === "service_time") return `${share} answers of ${who} ${within}, counted from when the request was sent`;
    if (t.metric === "mail_delivery") return `${share} mails there ${within}`;
    if (t.metric === "person_time") {
      return `${share} people through ${t.selector === "all" ? "their journeys" : who} ${within}, further tries included`;
    }
  }
  if (t.metric === "error_rate" && isBelow(t)) return `fewer than ${hundredths(t.limit)} of 100 tries at ${who} fail`;
  if (t.metric === "served_rate" && t.comparison?.startsWith(">")) return `more than ${hundredths(t.limit)} of 100 planned visits get through`;
  return "";
}
