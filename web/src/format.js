// Numbers in the form that people read. Durations are in seconds.

const digits = (value, most = 3) => {
  const size = Math.abs(value);
  const decimals = size === 0 ? 0 : Math.min(most, Math.max(0, most - 1 - Math.floor(Math.log10(size))));
  return value.toLocaleString("en", { maximumFractionDigits: decimals });
};

export const count = (value) => (value ?? 0).toLocaleString("en", { maximumFractionDigits: 0 });
export const rate = (value) => (value === null || value === undefined ? "-" : `${digits(value)}/s`);
export const number = (value) => (value === null || value === undefined ? "-" : digits(value));

export function percent(share) {
  if (share === null || share === undefined) return "-";
  const value = share * 100;
  // A share that is not quite all, or not quite nothing, must not be rounded to it.
  if (value > 99.99 && value < 100) return "> 99.99 %";
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${value.toLocaleString("en", { maximumFractionDigits: value > 10 && value < 99 ? 1 : 2 })} %`;
}

// How summaries record what never came.
export const isNever = (seconds) => seconds >= 86400 * 3650;

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "-";
  if (isNever(seconds)) return "never";
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} \u00b5s`;
  if (seconds < 1) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 60) return `${digits(seconds)} s`;
  return clock(seconds);
}

// "2 min 5 s", "1 h 3 min".
export function clock(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// Time since the start, as on a stopwatch.
export function stopwatch(seconds, tenths = false) {
  const rounded = tenths ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  const s = rounded % 60;
  const minutes = Math.floor(rounded / 60);
  const pad = (value, size) => String(value).padStart(size, "0");
  const tail = tenths && rounded % 1 !== 0 ? pad(s.toFixed(1), 4) : pad(Math.floor(s), 2);
  if (minutes < 60) return `${minutes}:${tail}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60, 2)}:${tail}`;
}

// A figure of the summary, such as p95 of a step's response times.
export function figure(figures, name) {
  const value = figures?.[name];
  if (value === null || value === undefined) return "-";
  return (figures.lower_bounds?.includes(name) && !isNever(value) ? "\u2265 " : "") + duration(value);
}

export function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let i = 0;
  let v = value ?? 0;
  for (; v >= 1000 && i + 1 < units.length; ++i) v /= 1000;
  return `${digits(v)} ${units[i]}`;
}

export function moment(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso ?? "";
  const pad = (v) => String(v).padStart(2, "0");
  return (
    `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())} ` +
    `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())} UTC`
  );
}

export const words = (name) => (name ?? "").replaceAll("_", " ");
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
export const fullName = (step) => (step.name ? `${step.journey} / ${step.name}` : "all steps");
