// The document that the program writes (docs/report.md), and the data that the charts need from it.

export class Run {
  constructor(document) {
    this.take(document);
  }

  // Takes a whole document or, during the run, only new points. The last known point may have grown.
  take(document) {
    const { series, ...rest } = document;
    Object.assign(this, rest);
    if (!series) return;
    const continues = this.series && series.first > 0 && series.generation === this.series.generation;
    this.series = continues ? joined(this.series, series) : series;
    this.length = this.series.points.begin_seconds.length;
  }

  get summarySteps() {
    return this.summary?.steps ?? [];
  }
  // What the charts can show: all steps, then each.
  get choices() {
    return [this.series.all, ...this.series.steps];
  }
  get middles() {
    const { begin_seconds: begin, end_seconds: end } = this.series.points;
    return begin.map((b, i) => (b + end[i]) / 2);
  }
  seconds(i) {
    return this.series.points.end_seconds[i] - this.series.points.begin_seconds[i];
  }
  // Converts counts to rates.
  perSecond(counts) {
    return Array.from({ length: this.length }, (_, i) => {
      const seconds = this.seconds(i);
      return seconds > 0 ? (counts?.[i] ?? 0) / seconds : 0;
    });
  }
}

const isLower = (key) => key === "lower_bounds";

// Replaces the old points from `first` on with the new ones, in every list of points.
function joined(old, fresh) {
  const first = fresh.first;
  const join = (a, b, size) => {
    if (Array.isArray(b) || Array.isArray(a)) {
      const head = Array.isArray(a) ? a.slice(0, first) : new Array(first).fill(0);
      return head.concat(Array.isArray(b) ? b : new Array(size).fill(0));
    }
    const out = {};
    for (const key of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
      if (isLower(key)) out[key] = joinedBounds(a?.[key] ?? {}, b?.[key] ?? {}, first);
      else if (typeof (b?.[key] ?? a?.[key]) === "string") out[key] = b?.[key] ?? a?.[key];
      else out[key] = join(a?.[key], b?.[key], size);
    }
    return out;
  };
  const size = fresh.points.begin_seconds.length;
  return {
    generation: fresh.generation,
    first: 0,
    points: join(old.points, fresh.points, size),
    rate: join(old.rate, fresh.rate, size),
    users: join(old.users, fresh.users, size),
    schedule_lag_seconds: join(old.schedule_lag_seconds, fresh.schedule_lag_seconds, size),
    all: join(old.all, fresh.all, size),
    steps: fresh.steps.map((step, i) => join(old.steps[i], step, size)),
  };
}

function joinedBounds(a, b, first) {
  const out = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    out[key] = (a[key] ?? []).filter((i) => i < first).concat((b[key] ?? []).map((i) => i + first));
  }
  return out;
}
