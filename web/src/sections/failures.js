// The first failure of each kind: what was requested, what came back, and where the time went.
import { h, section } from "../dom.js";
import { duration, moment, plural, stopwatch } from "../format.js";
import { plainClass } from "../words.js";

function request({ method, url, status }) {
  if (!method) return null;
  return h("p", {}, h("code", {}, `${method} ${url}`), status > 0 ? ` status ${status}` : " no answer");
}

// "in 5 s: wait 4.9 s, receive 100 ms"
function phases({ service_seconds: whole, phases_seconds: parts }) {
  if (whole === 0) return "";
  const named = Object.entries(parts).filter(([, seconds]) => seconds > 0).map(([name, seconds]) => `${name} ${duration(seconds)}`);
  return `in ${duration(whole)}${named.length > 0 ? `: ${named.join(", ")}` : ""}`;
}

function failure(run, one) {
  const when = [`${stopwatch(one.offset_seconds, true)} after the start`, moment(one.at), one.tries > 1 ? `try ${one.tries}` : "", phases(one)];
  return h(
    "li",
    {},
    h("h3", {}, `${one.journey} / ${one.step}: ${plainClass(run, one.class)}`),
    request(one),
    one.says ? h("p", {}, one.says) : null,
    h("p", { class: "note" }, when.filter(Boolean).join(", ")),
    one.body ? h("pre", {}, one.body) : null,
  );
}

export function firstFailures(run) {
  const { shown, further } = run.first_failures ?? { shown: [], further: 0 };
  if (shown.length === 0) return null;
  return section(
    "evidence",
    "The first failure of each kind",
    h("p", { class: "help" }, "What was asked for, what came, and where the time went. Secrets and people's data have been taken out."),
    h("ol", { class: "evidence" }, shown.map((one) => failure(run, one))),
    further > 0 ? h("p", { class: "help" }, `${plural(further, "further kind")} of failure ${further === 1 ? "is" : "are"} not shown.`) : null,
  );
}
