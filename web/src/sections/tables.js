// The parts below the charts: steps, people, mail, rules, what happened, and how to run it again.
import { h, right, section, table } from "../dom.js";
import { overOf, plainClass } from "../words.js";
import { bytes, count, duration, figure, isNever, moment, number, percent, plural, stopwatch, words } from "../format.js";

export function steps(run) {
  const rows = run.summary.steps.map((s) => [
    `${s.journey} / ${s.name}`,
    right(count(s.count)),
    { text: percent(s.error_rate), class: s.failures > 0 ? "number bad" : "number" },
    ...["p50", "p95", "p99", "max"].map((p) => right(figure(s.response_time_seconds, p))),
    ...["p50", "p95", "p99"].map((p) => right(figure(s.service_time_seconds, p))),
    right(bytes(s.bytes_sent)),
    right(bytes(s.bytes_received)),
  ]);
  const head = [
    "step", right("count"), right("failed"), right("response p50"), right("p95"), right("p99"), right("longest"),
    right("service p50"), right("p95"), right("p99"), right("sent"), right("received"),
  ];
  return section("steps", "Steps", h("p", { class: "help" }, "Times are of successes; failures are beside them."), table("Steps", head, rows));
}

export function errors(run) {
  const sums = new Map();
  for (const s of run.summary.steps) {
    for (const [name, n] of Object.entries(s.errors)) {
      const entry = sums.get(name) ?? { n: 0, where: [] };
      entry.n += n;
      entry.where.push(`${s.name} (${count(n)})`);
      sums.set(name, entry);
    }
  }
  if (sums.size === 0) return null;
  const rows = [...sums].sort((a, b) => b[1].n - a[1].n).map(([name, e]) => [plainClass(run, name), right(count(e.n)), e.where.join(", ")]);
  return section("failures", "Failures", table("Failures by class", ["class", right("steps"), "where"], rows));
}

const kFates = [
  ["succeeded", "got through", "good"],
  ["left", "left by choice", "neutral"],
  ["lost", "gave up", "bad"],
  ["away", "would come back", "waiting"],
  ["interrupted", "cut off", "neutral"],
  ["own_fault", "failed by our own fault", "unknown"],
];

function fates(journey) {
  const shown = kFates.map(([name, label, tone]) => [journey.ended[name], label, tone]);
  shown.push([Math.max(0, journey.arrived - overOf(journey)), "without a known end", "neutral"]);
  return h("ul", { class: "fates" }, shown.filter(([n]) => n > 0).map(([n, label, tone]) => h("li", { class: tone }, h("b", {}, count(n)), ` ${label}`)));
}

// One bar per step: how many of the people who reached it got through.
function funnelRow(run, step, widest) {
  const over = run.state === "finished";
  const got = h("span", { class: "got" });
  const missed = h("span", { class: "missed" });
  got.style.setProperty("--share", String(step.succeeded / widest));
  missed.style.setProperty("--share", String((step.reached - step.succeeded) / widest));
  const why = Object.entries(step.lost_reasons).sort((a, b) => b[1] - a[1]).map(([name, n]) => `${plainClass(run, name)} ${count(n)}`);
  const notes = [
    step.lost > 0 ? `${count(step.lost)} gave up (${why.join(", ")})` : "",
    step.away > 0 ? `${count(step.away)} would come back later` : "",
    step.interrupted > 0 ? `${count(step.interrupted)} cut off` : "",
    // Before the end, nobody knows whether they go on without it.
    over && step.went_on > 0 ? `${count(step.went_on)} went on without it` : "",
    step.after.left > 0 ? `${count(step.after.left)} left after it` : "",
    step.after.interrupted > 0 ? `${count(step.after.interrupted)} cut off before the next step` : "",
    step.attempts_per_success > 1.005 ? `${number(step.attempts_per_success)} tries for each success` : "",
  ].filter(Boolean);
  return h(
    "li",
    {},
    h("div", { class: "funnel-head" }, h("span", {}, step.step), h("span", {}, `${count(step.succeeded)} of ${count(step.reached)}`)),
    h("div", { class: "bar", "aria-hidden": "true" }, got, missed),
    notes.length > 0 ? h("p", { class: "note" }, notes.join("; ")) : null,
  );
}

function againstCalm({ requests, retry_amplification: times }) {
  const sent = `${plural(requests, "request")}, `;
  return sent + (times < 1.005 ? "as many as a calm crowd would have sent." : `${number(times)} times what a calm crowd would have sent.`);
}

// "12". "fewer than 1" and "more than 99" where rounding would show none or all.
function inHundred(part, all) {
  const share = (100 * part) / all;
  if (share < 1) return "fewer than 1";
  return share > 99 && part < all ? "more than 99" : String(Math.round(share));
}

// "From first intent to success: half within 11.2 s, 95 of 100 within 18 s." or "...; 12 in 100 never got there." The
// last part is only for a finished run: before, they may still get there.
function intentToSuccess({ ended, person_time_seconds: times }, over) {
  const within = (who, name) => (times[name] === null || isNever(times[name]) ? [] : [`${who} within ${figure(times, name)}`]);
  const said = [...within("half", "p50"), ...within("95 of 100", "p95")].join(", ");
  const nowhere = ended.lost + ended.away;
  const tried = nowhere + ended.succeeded + ended.interrupted;
  const never = over && nowhere > 0 ? `${inHundred(nowhere, tried)} in 100 never got there` : "";
  const text = [said, never].filter(Boolean).join("; ");
  return text === "" ? null : h("p", { class: "note" }, `From first intent to success: ${text}.`);
}

export function people(run) {
  const { people: journeys, funnel } = run.summary;
  if (!journeys.some((j) => j.arrived > 0)) return null;
  const blocks = journeys.filter((j) => j.arrived > 0).map((journey) => {
    const own = funnel.filter((s) => s.journey === journey.journey && s.reached > 0);
    const widest = Math.max(...own.map((s) => s.reached), 1);
    const amplification = journey.retry_amplification === null ? null : h("p", { class: "note" }, againstCalm(journey));
    return h(
      "div",
      { class: "journey" },
      h("h3", {}, `${journey.journey}: ${plural(journey.arrived, "person", "people")}`),
      fates(journey),
      intentToSuccess(journey, run.state === "finished"),
      amplification,
      h("ol", { class: "funnel" }, own.map((s) => funnelRow(run, s, widest))),
    );
  });
  return section("people", "People", h("p", { class: "help" }, "Who reached each step, and who got through it."), h("div", { class: "journeys" }, blocks));
}

export function mail(run) {
  const { email } = run.summary;
  if (!email) return null;
  const hidden = email.hidden ?? 0;
  const rows = ["in_time", "late", "lost", "pending", "duplicate"].map((name) => [
    words(name),
    right(count(email[name])),
    right(email.sent > 0 && name !== "duplicate" ? percent(email[name] / email.sent) : ""),
  ]);
  if (hidden > 0) rows.push(["not known: the mailbox could not be read", right(count(hidden)), right(percent(hidden / email.sent))]);
  if (email.spam > 0) rows.push(["of these in the spam folder", right(count(email.spam)), right(percent(email.spam / email.sent))]);
  const d = email.delivery_seconds;
  return section(
    "mail",
    "Mail delivery",
    h("p", {}, d.p50 === null ? (hidden > 0 ? "No delivery time is known." : "No mail arrived.") : `${email.sent === 1 ? "1 mail was" : `${count(email.sent)} mails were`} expected. Half arrived within ${figure(d, "p50")}, 95 of 100 within ${figure(d, "p95")}` +
      (email.poll_interval_seconds === null ? "." : `; the mailbox was looked into every ${duration(email.poll_interval_seconds)}.`)),
    table("Mail delivery", ["mail", right("count"), right("share")], rows),
  );
}

export function conformance(run) {
  const rows = run.summary.conformance;
  if (rows.length === 0) return null;
  const ordered = [...rows].sort((a, b) => Number(a.holds) - Number(b.holds));
  const violated = run.summary.conformance_violated;
  return section(
    "rules",
    "Rules",
    h("p", {}, violated === 0 ? "Every rule held." : `${count(violated)} of ${count(run.summary.conformance_reported)} checks did not hold.`),
    table("Rules", ["rule", "expected", "got", "state", right("times")], ordered.map((r) => [
      r.rule, r.expected, r.got,
      { text: r.holds ? "\u2713 holds" : "\u2717 does not hold", class: `state ${r.holds ? "good" : "bad"}` }, right(count(r.count)),
    ])),
  );
}

export function scriptErrors(run) {
  const { script_errors: found } = run.summary;
  if (found.count === 0) return null;
  const where = found.first ? [found.first.journey, found.first.step].filter(Boolean).join(" / ") : "";
  return section("script", "Script errors", h("p", {}, `${count(found.count)}. The first${where ? `, in ${where}` : ""}:`), h("pre", {}, found.first?.text ?? ""));
}

export function annotations(run) {
  const list = run.annotations ?? [];
  if (list.length === 0) return null;
  return section(
    "annotations",
    "What happened",
    h("p", { class: "help" }, "The numbers are those of the dashed lines in the charts."),
    table("Annotations", [right("no."), right("after"), "kind", "what"], list.map((a, i) => [right(String(i + 1)), right(stopwatch(a.offset_seconds)), a.kind, a.text])),
  );
}

export function networks(run) {
  const list = (run.summary.networks ?? []).filter((n) => n.iterations > 0);
  if (list.length === 0) return null;
  const head = [
    "network", right("visits"), right("failed"), right("requests"), right("failed"), right("request p50"), right("p95"), right("p99"),
    right("sent"), right("received"),
  ];
  return section(
    "networks",
    "Networks",
    h("p", { class: "help" }, "How the same site looks from the networks that people have: the service time of their successful requests."),
    table("Networks", head, list.map((n) => [
      n.name, right(count(n.iterations)), right(count(n.failed_iterations)), right(count(n.requests)), right(count(n.failures)),
      ...["p50", "p95", "p99"].map((p) => right(figure(n.service_time_seconds, p))),
      right(bytes(n.bytes_sent)), right(bytes(n.bytes_received)),
    ])),
  );
}

export function again(run) {
  const { run: facts, generator } = run.summary;
  const rows = [
    ["run", facts.id], ["scenario", facts.scenario], ["load", facts.load], ["target", facts.target], ["seed", run.seed ?? String(facts.seed)],
    ["from", moment(facts.started_at)], ["to", moment(facts.ended_at)], ["took", duration(facts.took_seconds)], ["gelombang", facts.version],
    ["generator", `${plural(generator.threads, "thread")}, ${duration(generator.cpu_seconds)} of CPU, ${bytes(generator.max_rss_bytes)} of memory, at most ${plural(generator.users_max, "user")}`],
  ];
  return section(
    "again",
    "Plan, and how to run it again",
    run.command ? h("pre", { tabindex: "0", "aria-label": "Command to run it again" }, run.command) : null,
    h("p", { class: "help" }, "The same seed makes the same visits, people and files, at the same moments."),
    table("Plan", ["what", "value"], rows),
    run.plan ? h("details", {}, h("summary", {}, "the whole plan"), h("pre", { tabindex: "0", "aria-label": "Plan" }, JSON.stringify(run.plan, null, 2))) : null,
  );
}
