// Response time against the arrival rate, one dot per moment: where the dots turn upwards, the target is full.
import uPlot from "uplot";
import { axis, kFont, labels } from "./chart.js";
import { duration, rate, stopwatch } from "./format.js";
import { Frame } from "./frame.js";
import { theme } from "./theme.js";
import { decades } from "./timeline.js";

export class Scatter {
  constructor(timeline, { title, help, height = 220 }) {
    Object.assign(this, { timeline, height });
    this.frame = new Frame({ title, help, keys: "Chart. Arrow keys read the dots." });
    this.element = this.frame.element;
    this.dots = [];
    timeline.charts.add(this);
    this.frame.plot.addEventListener("keydown", (event) => this.onKey(event));
    this.frame.plot.addEventListener("blur", () => this.u?.setCursor({ left: -10, top: -10 }));
    new ResizeObserver(() => this.resize()).observe(this.frame.plot);
  }

  // dots: {at, rate, p50, p95, lower}, in seconds and per second.
  set({ dots, limits = [], empty }) {
    Object.assign(this, { all: dots, limits });
    this.frame.setEmpty(empty ?? (dots.length < 2 ? "Too few moments to compare." : undefined));
    this.build();
  }

  build() {
    this.u?.destroy();
    this.u = null;
    const colors = theme();
    const [from, to] = this.timeline.shown;
    this.dots = (this.all ?? []).filter((d) => d.at >= from && d.at <= to).sort((a, b) => a.rate - b.rate);
    this.frame.setLegend([
      { label: "half of the answers within (p50)", color: colors.low },
      { label: "95 % within (p95)", color: colors.middle },
    ]);
    const width = this.frame.plot.clientWidth;
    if (width === 0 || this.dots.length === 0) return;
    const log = this.timeline.log;
    const values = this.dots.flatMap((d) => [d.p50, d.p95]).filter((v) => v > 0);
    const most = Math.max(...values, 0.001);
    const least = Math.min(...values, most);
    const range = log ? [least * 0.8, most * 1.25] : [0, most * 1.08];
    const top = Math.max(...this.dots.map((d) => d.rate), 0.001) * 1.05;
    const series = (color) => ({
      stroke: color,
      paths: () => null,
      points: { show: true, size: 5, width: 0, fill: color, stroke: color },
    });
    this.u = new uPlot(
      {
        width,
        height: this.height,
        padding: [16, 22, 0, 0],
        legend: { show: false },
        scales: { x: { time: false, range: () => [0, top] }, y: { distr: log ? 3 : 1, range: () => range } },
        axes: [
          axis(colors, {
            label: "arrivals started per second",
            labelSize: 18,
            labelFont: kFont,
            size: 26,
            values: labels(rate),
          }),
          axis(colors, {
            size: 64,
            splits: log ? (_, __, min, max) => decades(min, max) : undefined,
            filter: log ? (_, splits) => splits : undefined,
            values: labels(duration),
          }),
        ],
        series: [{}, series(colors.low), series(colors.middle)],
        cursor: { drag: { x: false, y: false }, points: { size: 8 }, y: false },
        hooks: {
          setCursor: [(u) => this.onCursor(u)],
        },
      },
      [this.dots.map((d) => d.rate), this.dots.map((d) => d.p50), this.dots.map((d) => d.p95)],
      this.frame.plot,
    );
  }

  onCursor(u) {
    const dot = u.cursor.left >= 0 ? this.dots[u.cursor.idx] : undefined;
    if (!dot) return this.frame.setValues("", null);
    const text = (name) => (dot[name] === null ? "" : (dot.lower[name] ? "\u2265 " : "") + duration(dot[name]));
    this.frame.setValues(`${rate(dot.rate)} at ${stopwatch(dot.at)}`, [text("p50"), text("p95")], this.speaking);
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!this.u || !step) return;
    event.preventDefault();
    const now = this.u.cursor.left >= 0 ? this.u.cursor.idx : null;
    const next = now === null ? (step > 0 ? 0 : this.dots.length - 1) : now + step;
    const at = Math.min(this.dots.length - 1, Math.max(0, next));
    this.speaking = true;
    this.u.setCursor({ left: this.u.valToPos(this.dots[at].rate, "x"), top: 10 });
    this.speaking = false;
  }

  showRange() {
    this.build();
  }
  resize() {
    const width = this.frame.plot.clientWidth;
    if (width === 0 || this.frame.plot.hidden) return;
    if (!this.u) return this.build();
    if (this.u.width !== width) this.u.setSize({ width, height: this.height });
  }
}
