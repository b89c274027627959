// Shared by the charts over time: the period that is shown, the cursor position, linear or logarithmic scale.

export class Timeline {
  constructor(changed) {
    this.charts = new Set();
    this.range = null; // seconds; null: everything
    this.length = 1;
    this.log = false;
    this.changed = changed;
  }
  get shown() {
    return this.range ?? [0, this.length];
  }
  zoom(from, to) {
    const least = this.length / 500;
    const begin = Math.max(0, Math.min(from, to));
    const end = Math.min(this.length, Math.max(from, to));
    if (end - begin < least) return;
    this.range = begin <= 0 && end >= this.length ? null : [begin, end];
    for (const chart of this.charts) chart.showRange();
    this.changed?.();
  }
  // factor < 1 zooms in.
  zoomBy(factor, around) {
    const [from, to] = this.shown;
    const centre = around ?? (from + to) / 2;
    this.zoom(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }
  reset() {
    this.zoom(0, this.length);
  }
}

const kSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
export const timeIncrements = [0.1, 0.2, 0.5, ...kSteps];

// 1, 2 and 5 times the powers of ten, for logarithmic axes. Fewer of them for a wide range.
export function decades(min, max) {
  const out = [];
  const wide = Math.log10(max / min);
  const heads = wide > 4 ? [1] : wide > 2.4 ? [1, 3] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); ++power) {
    for (const head of heads) {
      const value = head * 10 ** power;
      if (value >= min * 0.999 && value <= max * 1.001) out.push(value);
    }
  }
  return out;
}
