// The colours of the charts, read from the style sheet, so that one place defines light, dark and print.

export function theme() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color("text-soft"),
    grid: color("grid"),
    surface: color("surface"),
    low: color("low"),
    middle: color("middle"),
    high: color("high"),
    top: color("top"),
    asked: color("asked"),
    good: color("good"),
    bad: color("bad"),
    mark: color("mark"),
    kinds: Array.from({ length: 8 }, (_, i) => color(`kind-${i + 1}`)),
    heat: [color("heat-low"), color("heat-middle"), color("heat-high")],
  };
}

// Calls `changed` when the colours may have changed.
export function onThemeChange(changed) {
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", changed);
  }
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// Interpolates between three colours. share is 0 to 1.
export function mix(colors, share) {
  const place = Math.min(1, Math.max(0, share)) * 2;
  const from = Math.min(1, Math.floor(place));
  const a = channels(colors[from]);
  const b = channels(colors[from + 1]);
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * (place - from))).join(",")})`;
}
