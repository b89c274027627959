// The page of a run. A report contains its data. The live page has no data and requests it every second.
import { h } from "./dom.js";
import { Charts } from "./sections/charts.js";
import { firstFailures } from "./sections/failures.js";
import { header, thresholds } from "./sections/overview.js";
import { again, annotations, conformance, errors, mail, networks, people, scriptErrors, steps } from "./sections/tables.js";
import { onThemeChange } from "./theme.js";
import { Run } from "./run.js";

const kPoll = 1000; // milliseconds
const page = document.getElementById("page");

class Page {
  constructor(run) {
    this.run = run;
    this.above = h("div", {});
    this.below = h("div", {});
    this.charts = new Charts(run);
    page.replaceChildren(this.above, this.charts.element, this.below);
    this.show();
    onThemeChange(() => this.charts.redraw());
    // Paper has neither hover nor dark mode.
    addEventListener("beforeprint", () => this.charts.redraw());
    addEventListener("afterprint", () => this.charts.redraw());
  }
  show() {
    const { run } = this;
    document.title = `${run.summary.run.scenario} ${run.summary.run.id} - gelombang`;
    refresh(this.above, [header(run), thresholds(run)]);
    this.charts.update();
    const parts = [steps, errors, firstFailures, people, mail, conformance, scriptErrors, annotations, networks, again];
    refresh(this.below, parts.map((part) => part(run)).filter(Boolean));
  }
}

// Replaces changed elements. Keeps an element for now if it has the focus, an open part or selected text.
function refresh(parent, fresh) {
  const old = [...parent.children];
  const selection = getSelection();
  fresh.forEach((element, i) => {
    const before = old[i];
    if (!before) return parent.append(element);
    if (before.isEqualNode(element)) return;
    const marked = !selection.isCollapsed && selection.containsNode(before, true);
    if (before.id === element.id && (before.contains(document.activeElement) || before.querySelector("details[open]") || marked)) return;
    before.replaceWith(element);
  });
  for (const element of old.slice(fresh.length)) element.remove();
}

function message(text) {
  page.replaceChildren(h("p", { class: "message", role: "status" }, text));
}

async function follow() {
  const status = h("p", { class: "live", role: "status" });
  let shown = null;
  for (;;) {
    try {
      const known = shown ? `?generation=${shown.run.series.generation}&first=${Math.max(0, shown.run.length - 1)}` : "";
      const answer = await fetch(`api/run${known}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const document_ = await answer.json();
      if (shown) {
        shown.run.take(document_);
        shown.show();
      } else if (document_.series) {
        shown = new Page(new Run(document_));
        page.prepend(status);
      } else {
        message("The first figures come in a moment.");
      }
      const going = !shown || shown.run.state === "running";
      status.textContent = going ? "Live: new figures every second." : "The run is over.";
      if (!going) return;
    } catch {
      if (!shown) message("The program does not answer.");
      status.textContent = "The program does not answer any more: these are the last figures that it gave.";
    }
    await new Promise((done) => setTimeout(done, kPoll));
  }
}

const text = document.getElementById("data").textContent.trim();
if (text) new Page(new Run(JSON.parse(text)));
else follow();
