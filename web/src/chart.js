// A chart over time, built on uPlot: hover or arrow keys show values, dragging or + and - zooms all charts together.
import uPlot from "uplot";
import { stopwatch } from "./format.js";
import { Frame } from "./frame.js";
import { theme } from "./theme.js";
import { decades, timeIncrements } from "./timeline.js";

export const keysHelp = "Chart. Arrow keys read values, plus and minus zoom, 0 shows everything.";
export const kFont = "12px system-ui, sans-serif";

// A value between two gaps draws no line, so it is drawn as a dot.
const alone = (values) => {
  const none = (v) => v === null || v === undefined;
  const out = values.map((_, i) => i).filter((i) => !none(values[i]) && none(values[i - 1]) && none(values[i + 1]));
  return out.length > 0 ? out : null;
};

// A zero needs no unit.
const label = (format) => (value) => (value === null ? "" : value === 0 ? "0" : format(value));
export const labels = (format) => (_, splits) => splits.map(label(format));

export const axis = (colors, options) => ({
  stroke: colors.text,
  font: kFont,
  labelFont: kFont,
  grid: { stroke: colors.grid, width: 1 },
  ticks: { stroke: colors.grid, width: 1, size: 4 },
  ...options,
});

export const timeAxis = (colors) =>
  axis(colors, {
    label: "time since the start",
    labelSize: 18,
    size: 26,
    space: 64,
    incrs: timeIncrements,
    values: (_, splits, __, ___, step) => splits.map((s) => stopwatch(s, step < 1)),
  });

// Vertical lines with the numbers from the list of annotations.
export function drawMarks(u, marks, colors) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colors.mark;
  ctx.lineWidth = ratio;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  let last = -Infinity;
  for (const { at, label } of marks) {
    const x = u.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x - last > 12 * ratio) ctx.fillText(label, x, bbox.top - 3 * ratio);
    last = x;
  }
  ctx.restore();
}

export class TimeChart {
  // format: formats a value for legend and axis. peers: charts with the same scale of values.
  constructor(timeline, { title, help, format, height = 220, stack = false, peers, scalable = false, wide = false }) {
    Object.assign(this, { timeline, format, height, stack, scalable });
    this.frame = new Frame({ title, help, keys: keysHelp, wide });
    this.element = this.frame.element;
    this.hidden = new Map();
    this.series = [];
    this.x = [];
    this.marks = [];
    this.limits = [];
    this.peers = peers ?? new Set();
    this.peers.add(this);
    timeline.charts.add(this);
    this.frame.plot.addEventListener("keydown", (event) => this.onKey(event));
    this.frame.plot.addEventListener("blur", () => this.u?.setCursor({ left: -10, top: -10 }));
    new ResizeObserver(() => this.resize()).observe(this.frame.plot);
  }

  // series: {label, color(colors), values, fill, dash, width, off, lower: Set of indexes}; limits: {value, label}.
  set({ x, series, marks = [], limits = [], empty }) {
    for (const s of series) if (!this.hidden.has(s.label)) this.hidden.set(s.label, Boolean(s.off));
    const same =
      this.u && this.series.length === series.length && this.series.every((s, i) => s.label === series[i].label);
    Object.assign(this, { x, series, marks, limits });
    this.frame.setEmpty(empty);
    if (empty) return this.drop();
    if (!same) return this.build();
    this.u.setData(this.data(), false);
    this.showRange();
  }

  drop() {
    this.u?.destroy();
    this.u = null;
  }

  shownSeries() {
    return this.series.filter((s) => !this.hidden.get(s.label));
  }

  // A stack draws sums: the highest first, each over the previous one.
  columns() {
    const shown = this.shownSeries();
    if (!this.stack) return shown.map((s) => s.values);
    const sums = [];
    shown.forEach((s, i) => {
      sums.push(s.values.map((v, k) => (v === null ? null : v + (i > 0 ? sums[i - 1][k] ?? 0 : 0))));
    });
    return sums;
  }
  data() {
    const columns = this.columns();
    return [this.x, ...(this.stack ? columns.reverse() : columns)];
  }

  extent() {
    const [from, to] = this.timeline.shown;
    let [least, most] = [Infinity, 0];
    for (const values of this.columns()) {
      for (let i = 0; i < values.length; ++i) {
        const v = values[i];
        if (v === null || this.x[i] < from || this.x[i] > to) continue;
        if (v > most) most = v;
        if (v > 0 && v < least) least = v;
      }
    }
    // A limit is part of the picture unless it would flatten everything else.
    for (const limit of this.limits) if (limit.value < most * 2.5) most = Math.max(most, limit.value);
    return [least, most];
  }
  get log() {
    return this.scalable && this.timeline.log;
  }
  range() {
    let [least, most] = [Infinity, 0];
    for (const peer of this.peers) {
      const [a, b] = peer.extent();
      least = Math.min(least, a);
      most = Math.max(most, b);
    }
    if (most === 0) return this.log ? [0.001, 1] : [0, 1];
    return this.log ? [least * 0.8, most * 1.25] : [0, most * 1.08];
  }

  build() {
    this.drop();
    const colors = (this.colors = theme());
    const width = this.frame.plot.clientWidth;
    this.legend(colors);
    if (width === 0) return;
    const shown = this.shownSeries();
    const lines = this.stack ? [...shown].reverse() : shown;
    const [from, to] = this.timeline.shown;
    this.u = new uPlot(
      {
        width,
        height: this.height,
        padding: [16, 22, 0, 0],
        legend: { show: false },
        scales: {
          x: { time: false, min: from, max: to },
          y: { distr: this.log ? 3 : 1, range: () => this.range() },
        },
        axes: [
          timeAxis(colors),
          axis(colors, {
            size: 64,
            space: 30,
            splits: this.log ? (_, __, min, max) => decades(min, max) : undefined,
            filter: this.log ? (_, splits) => splits : undefined,
            values: labels(this.format),
          }),
        ],
        series: [{}, ...lines.map((s) => this.style(s, colors))],
        cursor: {
          sync: { key: "time", setSeries: false },
          drag: { x: true, y: false, setScale: false, dist: 4 },
          points: { size: 6 },
          bind: { dblclick: () => () => (this.timeline.reset(), null) },
        },
        hooks: {
          draw: [(u) => this.drawLimits(u, colors), (u) => drawMarks(u, this.marks, colors)],
          setCursor: [(u) => this.onCursor(u)],
          setSelect: [(u) => this.onSelect(u)],
        },
      },
      this.data(),
      this.frame.plot,
    );
  }

  style(s, colors) {
    const color = s.color(colors);
    const solid = this.stack || s.fill;
    return {
      label: s.label,
      stroke: this.stack ? undefined : color,
      fill: solid ? color : undefined,
      width: this.stack ? 0 : s.width ?? 1.5,
      dash: s.dash ? [5, 4] : undefined,
      paths: this.stack ? uPlot.paths.bars({ size: [1, Infinity, 1] }) : undefined,
      points: { show: false, size: 4, width: 0, fill: color, filter: (u, index) => alone(u.data[index]) },
      spanGaps: false,
    };
  }

  legend(colors) {
    this.frame.setLegend(
      this.series.map((s) => ({
        label: s.label,
        color: s.color(colors),
        dash: s.dash,
        hidden: this.hidden.get(s.label),
        toggle:
          this.series.length < 2
            ? undefined
            : () => {
                this.hidden.set(s.label, !this.hidden.get(s.label));
                const at = this.series.indexOf(s);
                for (const peer of this.peers) peer.build();
                this.frame.items[at]?.button.focus();
              },
      })),
    );
  }

  drawLimits(u, colors) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    for (const limit of this.limits) {
      const y = u.valToPos(limit.value, "y", true);
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colors.bad;
      ctx.lineWidth = ratio;
      ctx.setLineDash([6 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.font = `${11 * ratio}px system-ui, sans-serif`;
      ctx.textAlign = "right";
      ctx.fillText(limit.label, bbox.left + bbox.width - 4 * ratio, y - 4 * ratio);
      ctx.restore();
    }
  }

  onCursor(u, speak = this.speaking) {
    const i = u.cursor.idx;
    if (i === null || i === undefined || u.cursor.left < 0) return this.frame.setValues("", null);
    const texts = this.series.map((s) => {
      const v = s.values[i];
      if (this.hidden.get(s.label) || v === null || v === undefined) return "";
      return (s.lower?.has(i) ? "\u2265 " : "") + this.format(v);
    });
    this.frame.setValues(stopwatch(this.x[i]), texts, speak);
  }

  onSelect(u) {
    if (u.select.width < 4) return;
    const from = u.posToVal(u.select.left, "x");
    const to = u.posToVal(u.select.left + u.select.width, "x");
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.timeline.zoom(from, to);
  }

  onKey(event) {
    const u = this.u;
    if (!u || event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = this.timeline.shown;
    const first = this.x.findIndex((t) => t >= from);
    let last = this.x.length - 1;
    while (last > 0 && this.x[last] > to) --last;
    const now = u.cursor.left >= 0 ? u.cursor.idx : null;
    const step = event.shiftKey ? 10 : 1;
    const go = (i) => {
      const at = Math.min(last, Math.max(first, i));
      this.speaking = true;
      u.setCursor({ left: u.valToPos(this.x[at], "x"), top: 10 });
      this.speaking = false;
    };
    const actions = {
      ArrowRight: () => go(now === null ? first : now + step),
      ArrowLeft: () => go(now === null ? last : now - step),
      Home: () => go(first),
      End: () => go(last),
      "+": () => this.timeline.zoomBy(0.5, now === null ? undefined : this.x[now]),
      "=": () => this.timeline.zoomBy(0.5, now === null ? undefined : this.x[now]),
      "-": () => this.timeline.zoomBy(2, now === null ? undefined : this.x[now]),
      0: () => this.timeline.reset(),
      Escape: () => this.timeline.reset(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  showRange() {
    if (!this.u) return;
    const [min, max] = this.timeline.shown;
    this.u.setScale("x", { min, max });
  }

  resize() {
    const width = this.frame.plot.clientWidth;
    if (width === 0 || this.frame.plot.hidden) return;
    if (!this.u) return this.build();
    if (this.u.width !== width) this.u.setSize({ width, height: this.height });
  }
}
