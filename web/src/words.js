// The verdict and the thresholds in words that need no manual.
import { count, duration, percent, plural, rate, stopwatch, words } from "./format.js";

const kVerdicts = {
  pass: ["good", "Passed", ""],
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
    const text = "The recording has no end: the program was killed, or could no longer write. The page shows what was recorded; there is no verdict.";
    return { tone: "unknown", word: "Cut off", text };
  }
  const { thresholds, conformance } = run.summary;
  if (run.summary.verdict === "pass" && thresholds.length === 0 && conformance.length === 0) {
    return { tone: "unknown", word: "Passed", text: "The run had no thresholds and no rules, so it could not fail." };
  }
  const [tone, word, text] = kVerdicts[run.summary.verdict] ?? ["unknown", "No verdict", ""];
  const { shortfall } = run.summary;
  // Runs of earlier versions have no shortfall.
  if (shortfall && run.summary.verdict === "no_data") return { tone, word, text: `People did not get through: ${shortfall.text}.` };
  const passed = run.summary.verdict === "pass";
  const what = text || (passed ? success(run.summary) : failure(run.summary));
  return { tone, word, text: what + (shortfall ? ` ${passed ? `But ${shortfall.text}` : sentence(shortfall.text)}.` : "") };
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

function success({ thresholds, conformance_reported: rules }) {
  const parts = [];
  if (thresholds.length > 0) parts.push(thresholds.length === 1 ? "the only threshold was met" : `all ${count(thresholds.length)} thresholds were met`);
  if (rules > 0) parts.push(`${plural(rules, "rule")} held`);
  return `${sentence(parts.join(", and "))}.`;
}

function failure(summary) {
  const judged = summary.thresholds.length;
  const missed = summary.thresholds.filter((t) => t.state === "fail").length;
  const parts = [];
  if (missed > 0) parts.push(`${count(missed)} of ${plural(judged, "threshold")} ${missed === 1 ? "was" : "were"} missed`);
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
  // Beside a bad verdict, nothing may look like good news.
  const good = run.state !== "finished" || run.summary.verdict === "pass";
  return { tone: good || tone !== "good" ? tone : "calm", word, text, reasons };
}

// The people of a journey whose visit has ended, in any way.
export const overOf = ({ ended }) => Object.values(ended).reduce((a, b) => a + b, 0);

// Who came and what became of them, in parts that add up (reports/people_parts.hpp has the same words). Summaries of
// earlier versions have no total, only the people of each journey.
export function peopleParts({ people }) {
  const sum = (of) => people.reduce((total, p) => total + of(p), 0);
  const ended = (name) => sum((p) => p.ended[name]);
  const parts = [
    [ended("succeeded"), "got through", "got through"],
    [ended("left"), "left by choice", "left by choice"],
    [ended("lost"), "gave up", "gave up"],
    [ended("away"), "would come back", "would come back"],
    [ended("interrupted"), "was cut off", "were cut off"],
    [ended("own_fault"), "failed by our own fault", "failed by our own fault"],
  ];
  // A snapshot during the run may contain the end of a visit without its arrival.
  const open = sum((p) => Math.max(0, p.arrived - overOf(p)));
  parts.push([open, "has no end known yet", "have no end known yet"]);
  return { came: parts.reduce((total, [n]) => total + n, 0), through: parts[0][0], parts };
}

export function peopleSentence(summary) {
  const { came, parts } = peopleParts(summary);
  const shown = parts.filter(([n], i) => i === 0 || n > 0).map(([n, one, many]) => `${count(n)} ${n === 1 ? one : many}`);
  return `${count(came)} came: ${shown.join(", ")}`;
}

// "service unavailable (http 503)": an error class in plain words.
export function plainClass(run, name) {
  const text = run.classes?.[name]?.text;
  return text ? `${text} (${words(name)})` : words(name);
}

// What failed most, why, and when: "“log in” never succeeded: 1,171 × service unavailable (http 503), from 0:32 to 0:51."
function failureSentence(run) {
  const worst = run.summary.steps.reduce((a, b) => (a && a.failures >= b.failures ? a : b), undefined);
  if (!worst || worst.failures === 0) return "";
  const how = worst.failures >= worst.count ? "never succeeded" : `failed in ${percent(worst.failures / worst.count)} of ${plural(worst.count, "try", "tries")}`;
  const ours = (name) => ["generator", "mailbox"].includes(run.classes?.[name]?.side);
  const classes = Object.entries(worst.errors).filter(([name]) => !ours(name)).sort((a, b) => b[1] - a[1]);
  const others = classes.slice(2).reduce((sum, [, n]) => sum + n, 0);
  const why = classes.slice(0, 2).map(([name, n]) => `${count(n)} \u00d7 ${plainClass(run, name)}`).join(", ") + (others > 0 ? ` and ${plural(others, "other")}` : "");
  const times = worstTimes(run, worst);
  // Lost mail is noticed only after people have waited long enough for it.
  const when = classes[0]?.[0].startsWith("mail_") ? "most of them given up" : "most of it";
  return `\u201c${worst.name}\u201d ${how}${why ? `: ${why}` : ""}${times ? `, ${when} ${times}` : ""}.`;
}

// The periods in which more than half of a step's tries failed, the two with most failures: "from 0:32 to 0:51".
function worstTimes(run, step) {
  const series = run.series?.steps?.find((s) => s.journey === step.journey && s.name === step.name);
  if (!series) return "";
  const { begin_seconds: begin, end_seconds: end } = run.series.points;
  const of = (names, i) => names.reduce((sum, name) => sum + (series.counts[name]?.[i] ?? 0), 0);
  const stretches = [];
  for (let i = 0; i < begin.length; ++i) {
    const failed = of(["failure", "abandoned"], i);
    if (failed === 0 || failed <= of(["success"], i)) continue;
    const last = stretches.at(-1);
    if (last && begin[i] - last.to <= 2) Object.assign(last, { to: end[i], n: last.n + failed });
    else stretches.push({ from: begin[i], to: end[i], n: failed });
  }
  const longest = stretches.sort((a, b) => b.n - a.n).slice(0, 2).sort((a, b) => a.from - b.from);
  // If failures are spread over the run, a bad period does not tell when the step failed.
  if (longest.reduce((sum, { n }) => sum + n, 0) <= step.failures / 2) return "";
  return longest.map(({ from, to }) => `from ${stopwatch(from)} to ${stopwatch(to)}`).join(" and ");
}

// The result of the run, in a few sentences.
export function story(run) {
  const { arrivals, steps, run: facts } = run.summary;
  const out = [];
  const dropped = Object.values(arrivals.dropped).reduce((a, b) => a + b, 0);
  // Only the run itself cuts off visits.
  const people = peopleSentence(run.summary).replace(/cut off$/, "cut off by the end of the run");
  out.push(`In ${duration(facts.took_seconds)}, ${people}.`);
  if (arrivals.requested_rate !== null && arrivals.achieved_rate > 0) {
    const within = duration(arrivals.started / arrivals.achieved_rate);
    out.push(`Visits began within ${within}, at ${rate(arrivals.achieved_rate)}; ${rate(arrivals.requested_rate)} were asked for.`);
  }
  if (dropped > 0) out.push(`${plural(dropped, "visit")} could not begin.`);
  const failed = failureSentence(run);
  if (failed) out.unshift(failed);
  // If nobody got through, the speed of the rest does not matter.
  const slowest = peopleParts(run.summary).through > 0 ? slowestStep(steps) : undefined;
  if (slowest) {
    const p = slowest.response_time_seconds;
    const bound = (name) => (p.lower_bounds.includes(name) ? "at least " : "");
    out.push(
      `${failed ? "Failures apart, " : ""}\u201c${slowest.name}\u201d was slowest: half within ${bound("p50")}${duration(p.p50)}, ` +
        `95 of 100 within ${bound("p95")}${duration(p.p95)}.`,
    );
  }
  return out;
}

// With fewer samples, nobody knows how long 95 of 100 take.
export const kFewest = 20;

// Only among steps that succeeded: a step that hardly ever succeeded is not slow, and neither is a step with an unknown
// duration for most of its tries.
export function slowestStep(steps) {
  const times = (step) => step.response_time_seconds;
  const unknown = (step) => times(step).lower_bounds.includes("p50");
  const known = steps.filter((s) => times(s).p95 !== null && s.count - s.failures >= kFewest && !unknown(s));
  const slowest = known.reduce((a, b) => (a && times(a).p95 >= times(b).p95 ? a : b), undefined);
  // If most tries of another step were still waiting for longer, no step is named as the slowest.
  return slowest && steps.some((s) => unknown(s) && times(s).p95 > times(slowest).p95) ? undefined : slowest;
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

// "95 of 100", "999 of 1000"; empty if that is no whole number.
function shareOf(quantile) {
  if (quantile === 0.5) return "half of";
  const base = [100, 1000, 10000].find((n) => Math.abs(quantile * n - Math.round(quantile * n)) < 1e-6);
  return base ? `${Math.round(quantile * base)} of ${base}` : "";
}

// ", in any 30 s, from 1 min on": the times at which the threshold is judged.
function when(t) {
  const windows = t.window_seconds ? `, in any ${duration(t.window_seconds)}` : "";
  return windows + (t.after_seconds ? `, from ${duration(t.after_seconds)} on` : "");
}

// "95 of 100 answers of \u201clog in\u201d within 800 ms"; empty for another kind of threshold.
export function plainThreshold(t) {
  const what = wanted(t);
  return what && what + when(t);
}

function wanted(t) {
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
  if (t.metric === "served_rate" && t.comparison?.startsWith(">")) return `more than ${hundredths(t.limit)} of 100 planned visits are completed`;
  return "";
}
