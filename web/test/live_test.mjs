// The page while a run goes on: usage: node live_test.mjs GELOMBANG GELOMBANG-SANDBOX SCENARIO. Exit 77: skipped, and why.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const [, , gelombang, sandboxProgram, scenario] = process.argv;
const skip = (why) => {
  console.log(`skipped: ${why}`);
  process.exit(77);
};
const kChromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(kChromium)) skip(`there is no ${kChromium}`);
const { open, visit, violations } = await import("./browser.mjs").catch((error) => skip(`npm ci has not run: ${error.message}`));

// A program, and the first match in what it says.
function start(command, args, pattern) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ended = new Promise((done) => child.on("exit", done));
  const url = new Promise((found, failed) => {
    const listen = (chunk) => {
      said += chunk;
      const match = pattern.exec(said);
      if (match) found(match[1]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", () => failed(new Error(`${command} ended: ${said}`)));
  });
  return { child, url, ended, said: () => said };
}

const sandbox = start(sandboxProgram, ["--listen", "127.0.0.1:0", "--accounts", "1000", "--hash-cost", "low"], /(http:\/\/127\.0\.0\.1:\d+)/);
let browser;
try {
  const target = await sandbox.url;
  const run = start(
    gelombang,
    ["run", scenario, "--target", target, "--rate", "20/s", "--duration", "8s", "--no-history", "--metrics-listen", "127.0.0.1:0"],
    /live +(http:\S+)/,
  );
  const url = await run.url;
  const answer = await fetch(url);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'.*frame-ancestors 'none'/);
  assert.ok(!/unsafe|\*/.test(policy), policy);
  assert.equal((await fetch(url, { method: "POST", body: "x" })).status, 405);
  assert.equal((await fetch(new URL("nothing", url))).status, 404);

  browser = await open();
  const { page, faults, close } = await visit(browser, url);
  assert.match(await page.textContent(".live"), /new figures every second/);
  assert.match(await page.textContent("header"), /Running/);
  const begun = async () => Number((await page.locator(".tile", { hasText: "visits begun" }).locator("b").textContent()).replace(",", ""));
  const first = await begun();
  await page.waitForFunction(
    (n) => Number(document.querySelector(".tile b").textContent.replace(",", "")) > n, first, { timeout: 10000 });
  // What somebody is using stays in its place while figures change.
  await page.locator(".plot").first().focus();
  assert.deepEqual(await violations(page), []);
  await page.waitForFunction(() => document.querySelector(".live").textContent === "The run is over.", null, { timeout: 20000 });
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains("plot")));
  assert.match(await page.textContent("header"), /Passed/);
  assert.equal(await run.ended, 0, run.said());
  const last = await begun();
  assert.ok(last > first && last > 100, `${first}, ${last}`);
  assert.deepEqual(faults, []);
  await close();
  console.log(`passed: the live page follows a run to its end (${last} visits)`);
} catch (error) {
  console.log(`FAILED: the live page\n${error.stack}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  sandbox.child.kill("SIGTERM");
  await sandbox.ended;
}
process.exit();
