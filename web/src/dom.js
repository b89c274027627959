// Elements are built from text only: text from a target, a script or a person stays text.

export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export function section(id, title, ...children) {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...children);
}

// Wide tables scroll on their own, also with the keyboard.
export function table(label, head, rows) {
  const cell = (name, c, scope) => {
    const { text, class: style } = typeof c === "object" && c !== null && "text" in c ? c : { text: c };
    return h(name, { class: style, scope }, text ?? "");
  };
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": label },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map((c) => cell("th", c, "col")))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((c, i) => (i === 0 ? cell("th", c, "row") : cell("td", c)))))),
    ),
  );
}

export const right = (text) => ({ text, class: "number" });
