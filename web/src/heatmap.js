// How the responses of each moment are distributed: time to the right, response time upwards, darker for more.
import uPlot from "uplot";
import { axis, drawMarks, keysHelp, labels, timeAxis, TimeChart } from "./chart.js";
import { count, duration, stopwatch } from "./format.js";
import { h } from "./dom.js";
import { mix, theme } from "./theme.js";
import { decades } from "./timeline.js";

// Row r holds the durations above 2^(r/4 - 20) s, up to 2^((r+1)/4 - 20) s.
const lower = (row) => 2 ** (row / 4 - 20);

export class HeatMap extends TimeChart {
  constructor(timeline, options) {
    super(timeline, { ...options, format: duration, scalable: false, wide: true });
    this.frame.plot.setAttribute("aria-label", `${options.title}. ${keysHelp}`);
    this.scale = h("span", { class: "heat-scale", "aria-hidden": "true" });
  }

  set({ begin, end, cells, marks, empty }) {
    Object.assign(this, { begin, end, cells, marks });
    this.x = begin.map((b, i) => (b + end[i]) / 2);
    this.most = 0;
    this.rows = [Infinity, 0];
    for (const [i, column] of cells.entries()) {
      if (column.length === 0) continue;
      this.rows = [Math.min(this.rows[0], column[0]), Math.max(this.rows[1], column[0] + column.length - 1)];
      const seconds = Math.max(end[i] - begin[i], 0.001);
      for (let r = 1; r < column.length; ++r) this.most = Math.max(this.most, column[r] / seconds);
    }
    this.frame.setEmpty(empty ?? (this.most === 0 ? "Nothing succeeded." : undefined));
    if (!this.frame.empty.hidden) return this.drop();
    this.build();
  }
  extent() {
    return [0, 0];
  }

  build() {
    this.drop();
    const colors = (this.colors = theme());
    const width = this.frame.plot.clientWidth;
    this.frame.legend.replaceChildren(
      h("li", {}, h("span", {}, "few")),
      h("li", {}, this.scale),
      h("li", {}, h("span", {}, "many answers a second")),
      h("li", {}, (this.value = h("span", { class: "value" }))),
    );
    if (width === 0 || !this.cells) return;
    const [from, to] = this.timeline.shown;
    const range = [lower(this.rows[0]), lower(this.rows[1] + 1)];
    this.u = new uPlot(
      {
        width,
        height: this.height,
        padding: [16, 22, 0, 0],
        legend: { show: false },
        scales: { x: { time: false, min: from, max: to }, y: { distr: 3, range: () => range } },
        axes: [
          timeAxis(colors),
          axis(colors, {
            size: 64,
            grid: { show: false },
            splits: (_, __, min, max) => decades(min, max),
            filter: (_, splits) => splits,
            values: labels(duration),
          }),
        ],
        series: [{}, { paths: () => null, points: { show: false } }],
        cursor: {
          sync: { key: "time", setSeries: false },
          drag: { x: true, y: false, setScale: false, dist: 4 },
          points: { show: false },
          bind: { dblclick: () => () => (this.timeline.reset(), null) },
        },
        hooks: {
          draw: [(u) => this.drawCells(u, colors), (u) => drawMarks(u, this.marks, colors)],
          setCursor: [(u) => this.onCursor(u)],
          setSelect: [(u) => this.onSelect(u)],
        },
      },
      [this.x, this.x.map(() => range[0])],
      this.frame.plot,
    );
  }

  drawCells(u, colors) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (let i = 0; i < this.cells.length; ++i) {
      const column = this.cells[i];
      if (column.length === 0) continue;
      const seconds = Math.max(this.end[i] - this.begin[i], 0.001);
      const left = Math.floor(u.valToPos(this.begin[i], "x", true));
      const right = Math.ceil(u.valToPos(this.end[i], "x", true));
      if (right < bbox.left || left > bbox.left + bbox.width) continue;
      for (let r = 1; r < column.length; ++r) {
        if (column[r] === 0) continue;
        const row = column[0] + r - 1;
        const top = Math.floor(u.valToPos(lower(row + 1), "y", true));
        const bottom = Math.ceil(u.valToPos(lower(row), "y", true));
        // The square root keeps few responses visible beside many.
        ctx.fillStyle = mix(colors.heat, Math.sqrt(column[r] / seconds / this.most));
        ctx.fillRect(left, top, right - left, bottom - top);
      }
    }
    ctx.restore();
  }

  onCursor(u, speak = this.speaking) {
    const i = u.cursor.idx;
    if (i === null || i === undefined || u.cursor.left < 0) {
      this.value.textContent = "";
      return this.frame.setValues("", null);
    }
    this.frame.setValues(`${stopwatch(this.begin[i])} to ${stopwatch(this.end[i])}`, null);
    const column = this.cells[i];
    const total = column.slice(1).reduce((a, b) => a + b, 0);
    const row = Math.floor((Math.log2(u.posToVal(u.cursor.top, "y")) + 20) * 4);
    const here = column[row - column[0] + 1];
    const spread = column.length === 0 ? "" : `, ${duration(lower(column[0]))} to ${duration(lower(column[0] + column.length - 1))}`;
    this.value.textContent =
      !speak && here > 0 && row >= column[0]
        ? `${count(here)} of ${count(total)} answers took ${duration(lower(row))} to ${duration(lower(row + 1))}`
        : `${count(total)} answers${spread}`;
    if (speak) this.frame.spoken.textContent = `${this.frame.moment.textContent}: ${this.value.textContent}`;
  }
}
