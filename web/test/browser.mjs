// The page in Debian's chromium, as it opens for people: what is asked of it, wherever it is opened.
import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const open = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });

// A page that notes whatever goes wrong in it: {page, faults}.
export async function visit(browser, url, { width = 1280, height = 900, dark = false, print = false, scale = 1 } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? "dark" : "light",
    bypassCSP: false,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push("a dialog opened");
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url.replace(/[^/]*$/, "")) && !request.url().startsWith("data:")) {
      faults.push(`asked for ${request.url()}`);
    }
  });
  if (print) await page.emulateMedia({ media: "print" });
  await page.goto(url);
  await page.waitForSelector("#charts canvas", { timeout: 20000 });
  return { page, faults, close: () => context.close() };
}

// axe runs in the page's own world: from outside, so that the page's policy stays as it is.
export async function violations(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: "axe.run({ resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations))",
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return JSON.parse(result.value).map((v) => `axe: ${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`);
}
