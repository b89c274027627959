// The top of the page: the result, whether to believe it, and the thresholds.
import { h, right, section, table } from "../dom.js";
import { count, duration, figure, moment, percent, plural, rate } from "../format.js";
import { errorShare, kFewest, peopleParts, plainThreshold, slowestStep, story, thresholdValue, validity, verdict } from "../words.js";

const badge = ({ tone, word, text, more = [] }, title) =>
  h(
    "div",
    { class: `badge ${tone}` },
    h("p", { class: "badge-title" }, title),
    h("p", { class: "badge-word" }, word),
    h("p", {}, text),
    more.length > 0 ? h("ul", {}, more.map((line) => h("li", {}, line))) : null,
  );

function tile(label, value, note) {
  return h("div", { class: "tile" }, h("dt", {}, label), h("dd", {}, h("b", {}, value), note ? h("span", {}, note) : null));
}

function tiles(run) {
  const { arrivals, steps, schedule_lag_seconds: lag } = run.summary;
  const { came, through } = peopleParts(run.summary);
  const slowest = through > 0 ? slowestStep(steps) : undefined;
  const failures = steps.reduce((sum, s) => sum + s.failures, 0);
  return h(
    "dl",
    { class: "tiles" },
    tile("visits begun", count(arrivals.started), arrivals.requested_rate === null || run.state !== "finished" ? "" : `of ${count(arrivals.planned)} planned`),
    run.state === "finished"
      ? tile("got through", percent(came > 0 ? through / came : null), `${count(through)} of the ${count(came)} who came`)
      : tile("got through", count(through), run.state === "cut_off" ? "people, as far as recorded" : "people so far"),
    tile("rate achieved", rate(arrivals.achieved_rate), arrivals.requested_rate === null ? "" : `asked ${rate(arrivals.requested_rate)}`),
    run.recent ? tile("failing now", percent(run.recent.error_rate), `of steps, last ${duration(run.recent.seconds)}`) : null,
    tile("failed steps", percent(errorShare(steps)), run.recent ? `${count(failures)} so far` : count(failures)),
    slowest ? tile("slowest step, p95", figure(slowest.response_time_seconds, "p95"), slowest.name) : null,
    arrivals.requested_rate === null ? null : tile("schedule lag, p99", figure(lag, "p99"), "of the generator itself"),
  );
}

export function header(run) {
  const { run: facts } = run.summary;
  const says = verdict(run);
  const reasons = run.state === "finished" ? run.summary.exit_reasons.map((r) => r.text) : [];
  const believe = validity(run);
  return h(
    "header",
    {},
    h(
      "div",
      { class: "title" },
      h("h1", {}, facts.scenario || "A run"),
      h("p", {}, `load ${facts.load}, against `, h("span", { class: "target" }, facts.target || "no target")),
      h("p", { class: "when" }, `${moment(facts.started_at)}, ${duration(facts.took_seconds)}. Run ${facts.id}`),
    ),
    h("div", { class: "badges" }, badge({ ...says, more: reasons }, "Verdict"), badge({ ...believe, more: believe.reasons }, "Validity")),
    h("p", { class: "story" }, story(run).join(" ")),
    tiles(run),
  );
}

const kStates = { pass: ["good", "\u2713 met"], fail: ["bad", "\u2717 missed"], no_data: ["unknown", "? no data"] };

export function thresholds(run) {
  const rows = run.summary.thresholds.map((t) => {
    let [tone, word] = kStates[t.state] ?? ["unknown", t.state];
    // A latency limit that only a few samples kept says little about the others.
    if (t.state === "pass" && t.unit === "seconds" && t.samples < kFewest) [tone, word] = ["few", `kept, of ${plural(t.samples, "sample")}`];
    const plain = plainThreshold(t);
    const at = t.failed_at_seconds === null ? "" : ` (first after ${duration(t.failed_at_seconds)})`;
    const near = t.within_error ? ", within the error of measurement" : "";
    const expression = { text: h("span", {}, h("code", {}, t.expression), plain ? h("span", { class: "plain" }, plain) : null) };
    return [expression, right(thresholdValue(t)), { text: word + at + near, class: `state ${tone}` }, right(count(t.samples))];
  });
  return section(
    "thresholds",
    "Thresholds",
    rows.length === 0
      ? h("p", { class: "empty" }, "The run had no thresholds, so it could not fail by one.")
      : table("Thresholds", ["threshold", right("measured"), "state", right("samples")], rows),
  );
}
