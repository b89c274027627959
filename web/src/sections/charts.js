// The charts: created once, updated whenever the chosen step or the run changes.
import { h } from "../dom.js";
import { TimeChart } from "../chart.js";
import { duration, fullName, number, rate } from "../format.js";
import { HeatMap } from "../heatmap.js";
import { Scatter } from "../scatter.js";
import { Timeline } from "../timeline.js";
import { latencyLimits, plainClass } from "../words.js";

const kPhases = ["dns", "connect", "tls", "send", "wait", "receive"];
const kMostKinds = 7; // error classes with a series of their own
const color = (name) => (colors) => colors[name];
const kind = (i) => (colors) => colors.kinds[i % colors.kinds.length];

export class Charts {
  constructor(run) {
    this.run = run;
    this.step = 0;
    this.timeline = new Timeline(() => this.showZoom());
    const t = this.timeline;
    const clocks = new Set();
    this.rates = new TimeChart(t, { title: "Arrivals", help: "Visits per second: what the load asked for, and what became of it.", format: rate });
    this.users = new TimeChart(t, { title: "Virtual users", help: "People on the site at one time, by what they were doing.", format: number });
    this.response = new TimeChart(t, {
      title: "Response time", help: "As a person meets it: counted from when the step should have begun. Successes; \u2265 where some never ended.",
      format: duration, peers: clocks, scalable: true,
    });
    this.service = new TimeChart(t, {
      title: "Service time", help: "As the server meets it: counted from when the request was sent. The scale is that of the response time.",
      format: duration, peers: clocks, scalable: true,
    });
    this.errors = new TimeChart(t, { title: "Failures by class", help: "Failed steps per second, stacked. Classes named after the generator or the mailbox are not the target's.", format: rate, stack: true });
    this.phases = new TimeChart(t, { title: "Phases", help: "Where the time of a successful request goes: means, which add up.", format: duration, stack: true });
    this.heat = new HeatMap(t, { title: "Heat map of response times", help: "Every successful answer, by when it came and how long it took.", height: 260 });
    this.scatter = new Scatter(t, { title: "Response time against rate", help: "A dot for each moment. Where the dots turn upwards, the target is full." });
    this.lag = new TimeChart(t, { title: "Schedule lag", help: "How late the generator itself began visits: its own health, not the target's.", format: duration });
    this.all = [this.rates, this.users, this.response, this.service, this.errors, this.phases, this.heat, this.scatter, this.lag];
    this.toolbar = this.makeToolbar();
    this.element = h(
      "section",
      { id: "charts", "aria-labelledby": "charts-title" },
      h("h2", { id: "charts-title" }, "Over time"),
      this.toolbar,
      h("div", { class: "charts" }, this.all.map((c) => c.element)),
    );
  }

  makeToolbar() {
    this.select = h(
      "select",
      { id: "step", onchange: () => ((this.step = Number(this.select.value)), this.update()) },
      this.run.choices.map((s, i) => h("option", { value: String(i) }, fullName(s))),
    );
    this.logButton = h("button", {
      type: "button", "aria-pressed": "false",
      onclick: () => {
        this.timeline.log = !this.timeline.log;
        this.logButton.setAttribute("aria-pressed", String(this.timeline.log));
        for (const chart of [this.response, this.service, this.scatter]) chart.build();
      },
    }, "logarithmic");
    this.resetButton = h("button", { type: "button", disabled: true, onclick: () => this.timeline.reset() }, "whole run");
    return h(
      "div",
      { class: "toolbar", role: "group", "aria-label": "What the charts show" },
      h("label", { for: "step" }, "Step"),
      this.select,
      this.logButton,
      this.resetButton,
      h("span", { class: "hint" }, "drag to zoom, double-click to see everything"),
    );
  }

  showZoom() {
    this.resetButton.disabled = this.timeline.range === null;
  }

  update() {
    const { run } = this;
    const { series } = run;
    const x = run.middles;
    const step = run.choices[this.step];
    const marks = (run.annotations ?? []).map((a, i) => ({ at: a.offset_seconds, label: String(i + 1) }));
    const empty = run.length === 0 ? "Nothing was recorded." : undefined;
    this.timeline.length = series.points.end_seconds.at(-1) ?? 1;
    const line = (label, name, values, more = {}) => ({ label, color: color(name), values, ...more });

    const open = series.rate.asked.some((v) => v > 0);
    const rates = [
      line("started", "low", series.rate.started, { width: 2 }),
      line("completed", "good", series.rate.completed),
      line("failed", "bad", series.rate.failed),
    ];
    if (open) rates.push(line("asked", "asked", series.rate.asked, { dash: true }));
    if (series.rate.dropped.some((v) => v > 0)) rates.push(line("dropped", "top", series.rate.dropped));
    this.rates.set({ x, series: rates, marks, empty });

    const states = { requesting: "waiting for an answer", pausing: "reading or typing", retrying: "about to try again" };
    const busy = Object.entries(states).filter(([name]) => series.users[name]?.some((v) => v > 0) || name === "requesting");
    this.users.set({ x, marks, empty, series: busy.map(([name, label], i) => ({ label, color: kind(i), values: series.users[name] })) });

    this.response.set({ x, marks, empty, series: this.percentiles(step, "response_time"), limits: this.limits(step, "response_time") });
    this.service.set({ x, marks, empty, series: this.percentiles(step, "service_time"), limits: this.limits(step, "service_time") });
    this.updateErrors(x, step, marks, empty);
    const phases = kPhases.filter((p) => step.phase_mean_seconds[p].some((v) => v > 0));
    this.phases.set({
      x, marks, empty: empty ?? (phases.length === 0 ? "No request succeeded." : undefined),
      series: phases.map((p) => ({ label: p, color: kind(kPhases.indexOf(p)), values: step.phase_mean_seconds[p] })),
    });
    this.heat.set({ begin: series.points.begin_seconds, end: series.points.end_seconds, cells: step.heat, marks, empty });
    this.scatter.set({ dots: this.dots(x, step), empty });
    const lag = series.schedule_lag_seconds;
    this.lag.set({
      x, marks, empty: empty ?? (open ? undefined : "A closed load has no schedule to be late for."),
      series: [line("p50", "low", lag.p50), line("p99", "high", lag.p99), line("longest", "top", lag.max, { off: true })],
    });
    this.showZoom();
  }

  percentiles(step, clock) {
    const figures = step[`${clock}_seconds`];
    const lower = (name) => new Set(figures.lower_bounds[name] ?? []);
    const line = (name, label, tone, more) => ({ label, color: color(tone), values: figures[name], lower: lower(name), ...more });
    return [
      line("p50", "p50", "low"),
      line("p95", "p95", "middle", { width: 2 }),
      line("p99", "p99", "high"),
      line("max", "longest", "top", { off: true }),
    ];
  }

  limits(step, clock) {
    const mine = (selector) => (step.name ? selector === step.name || selector === `${step.journey}/${step.name}` : selector === "all");
    return latencyLimits(this.run.summary.thresholds)
      .filter((l) => l.clock === clock && mine(l.selector))
      .map((l) => ({ value: l.seconds, label: `threshold: ${l.figure} < ${duration(l.seconds)}` }));
  }

  updateErrors(x, step, marks, empty) {
    const sums = Object.entries(step.errors).map(([name, counts]) => [name, counts, counts.reduce((a, b) => a + b, 0)]);
    sums.sort((a, b) => b[2] - a[2]);
    const drawn = sums.slice(0, kMostKinds);
    const rest = sums.slice(kMostKinds);
    const series = drawn.map(([name, counts], i) => ({ label: plainClass(this.run, name), color: kind(i), values: this.run.perSecond(counts) }));
    if (rest.length > 0) {
      const sum = counts => x.map((_, i) => counts.reduce((total, [, c]) => total + c[i], 0));
      series.push({ label: `${rest.length} other classes`, color: kind(kMostKinds), values: this.run.perSecond(sum(rest)) });
    }
    this.errors.set({ x, marks, series, empty: empty ?? (series.length === 0 ? "No step failed." : undefined) });
  }

  dots(x, step) {
    const { started } = this.run.series.rate;
    const figures = step.response_time_seconds;
    const lower = (name) => new Set(figures.lower_bounds[name] ?? []);
    const [low50, low95] = [lower("p50"), lower("p95")];
    const dots = x.map((at, i) => ({
      at, rate: started[i], p50: figures.p50[i], p95: figures.p95[i], lower: { p50: low50.has(i), p95: low95.has(i) },
    }));
    return dots.filter((d) => d.p50 !== null && d.rate > 0);
  }

  redraw() {
    for (const chart of this.all) chart.build();
  }
}
