// The frame of a chart: title, help text, the canvas that receives the keys, a legend that shows values.
import { h } from "./dom.js";

let frames = 0;

export class Frame {
  constructor({ title, help, keys, wide }) {
    const id = `chart-${++frames}`;
    this.moment = h("span", { class: "moment" });
    this.plot = h("div", {
      class: "plot",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "chart",
      "aria-label": `${title}. ${keys}`,
    });
    this.legend = h("ul", { class: "legend" });
    this.spoken = h("p", { class: "unseen", "aria-live": "polite" });
    this.empty = h("p", { class: "empty", hidden: true });
    this.element = h(
      "figure",
      { class: wide ? "chart wide" : "chart", "aria-labelledby": id },
      h("figcaption", {}, h("h3", { id }, title), this.moment),
      help ? h("p", { class: "help" }, help) : null,
      this.empty,
      this.plot,
      this.legend,
      this.spoken,
    );
    this.items = [];
  }

  // If there is nothing to draw, shows a text instead of an empty frame.
  setEmpty(text) {
    this.empty.textContent = text ?? "";
    this.empty.hidden = !text;
    this.plot.hidden = Boolean(text);
    this.legend.hidden = Boolean(text);
  }

  // entries: {label, color, dash, hidden, toggle}
  setLegend(entries) {
    this.items = entries.map((entry) => {
      const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.setProperty("--swatch", entry.color);
      if (entry.dash) swatch.classList.add("dashed");
      const value = h("span", { class: "value" });
      const inside = [swatch, h("span", {}, entry.label), value];
      const button = entry.toggle
        ? h("button", { type: "button", "aria-pressed": String(!entry.hidden), onclick: entry.toggle }, inside)
        : h("span", {}, inside);
      return { label: entry.label, value, button, item: h("li", {}, button) };
    });
    this.legend.replaceChildren(...this.items.map((i) => i.item));
  }

  // Shows the values at the cursor: texts in the order of the legend, or nothing.
  setValues(moment, texts, speak = false) {
    this.moment.textContent = moment ?? "";
    this.items.forEach((item, i) => (item.value.textContent = texts?.[i] ?? ""));
    if (speak) {
      const said = this.items.map((item, i) => (texts?.[i] ? `${item.label} ${texts[i]}` : "")).filter(Boolean);
      this.spoken.textContent = moment ? `${moment}: ${said.join(", ")}` : "";
    }
  }
}
