// The report's page as people open it: usage: node page_test.mjs SAMPLE_REPORT
// SAMPLE_REPORT writes the report of a made-up run. Exit 77: skipped, and why.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { plainThreshold, story, validity, verdict } from "../src/words.js";

const skip = (why) => {
  console.log(`skipped: ${why}`);
  process.exit(77);
};
const kChromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(kChromium)) skip(`there is no ${kChromium}`);
const { open, visit, violations } = await import("./browser.mjs").catch((error) => skip(`npm ci has not run: ${error.message}`));

const kHostile = `</script><img src=x onerror="alert(1)"><!--<script>${"\u2028"}'"&lt;`;
const kViews = {
  light: {},
  dark: { dark: true },
  "on paper": { print: true, width: 718 },
  "on a phone": { width: 390, height: 844, scale: 2 },
  "on a small phone": { width: 360, height: 640, dark: true },
};

const directory = await mkdtemp(join(tmpdir(), "gelombang-page-"));
const report = async (name, ...options) => {
  const path = join(directory, `${name}.html`);
  await writeFile(path, execFileSync(process.argv[2], ["html", ...options], { maxBuffer: 1 << 26 }));
  return { path, url: pathToFileURL(path).href };
};

// The same page of other figures.
const changed = async (name, change) => {
  const { path } = await report("whole", "60");
  const [before, data, after] = (await readFile(path, "utf8")).split(/(?<=id="data">)|(?=<\/script>\n<script>)/);
  const run = JSON.parse(data);
  change(run.summary);
  const other = join(directory, `${name}.html`);
  await writeFile(other, before + JSON.stringify(run).replaceAll("<", "\\u003c") + after);
  return pathToFileURL(other).href;
};

const tests = {
  async "opens without a fault or a barrier, in light and dark, on paper and on a phone"(browser) {
    const { url } = await report("plain", "120");
    for (const [name, view] of Object.entries(kViews)) {
      const { page, faults, close } = await visit(browser, url, view);
      assert.deepEqual(await violations(page), [], name);
      const [shown, wide] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(wide <= shown, `${name}: ${wide} of ${shown} pixels wide`);
      for (const state of await page.locator("#thresholds .state").all()) {
        const { x, width } = await state.boundingBox();
        assert.ok(x + width <= shown, `${name}: whether a threshold was kept has to be scrolled to`);
      }
      assert.equal(await page.locator(".chart canvas").count(), 9, name);
      assert.deepEqual(faults, [], name);
      await close();
    }
  },

  async "says each threshold in words as well"(browser) {
    const { url } = await report("words", "60");
    const { page, faults, close } = await visit(browser, url);
    const words = await page.locator("#thresholds tbody tr").evaluateAll((rows) => rows.map((row) => row.cells[0].textContent));
    const ends = [
      "95 of 100 answers of \u201clogin/log in\u201d within 800 ms",
      "fewer than 1 of 100 tries at all steps fail",
      "95 of 100 answers of \u201cupload/KTP photo\u201d within 5 s",
      "more than 80 of 100 planned visits are completed",
      "95 of 100 mails there within 30 s",
      "90 of 100 people through their journeys within 1 min 30 s, further tries included",
      "999 of 1000 answers of all steps within 2 h, counted from when the request was sent",
    ];
    assert.equal(words.length, ends.length);
    ends.forEach((end, i) => assert.ok(words[i].endsWith(end), words[i]));
    const steady = { selector: "all", metric: "error_rate", quantile: null, comparison: "<", limit: 0.01, window_seconds: 30, after_seconds: 60 };
    assert.equal(plainThreshold(steady), "fewer than 1 of 100 tries at all steps fail, in any 30 s, from 1 min on");
    assert.equal(plainThreshold({ ...steady, metric: "count" }), "");
    assert.deepEqual(faults, []);
    await close();
  },

  async "praises no target that nothing was asked of, and says never where nobody got there"(browser) {
    const url = await changed("nothing-asked", (summary) => {
      Object.assign(summary, { verdict: "pass", exit_reasons: [], thresholds: [], conformance: [] });
      Object.assign(summary.people[0].person_time_seconds, { p50: 12, p95: 1e10, lower_bounds: ["p50", "p95"] });
      summary.people = [summary.people[0]];
      Object.assign(summary.people[0], { arrived: 1363 });
      Object.assign(summary.people[0].ended, { succeeded: 1041, left: 154, lost: 102, away: 63, interrupted: 1, own_fault: 2 });
    });
    const { page, faults, close } = await visit(browser, url);
    const verdict = page.locator(".badge").first();
    assert.match(await verdict.textContent(), /Passed.*had no thresholds and no rules, so it could not fail/);
    assert.equal(await page.locator(".badge.good").count(), 1); // validity alone
    assert.match(await page.textContent("#people"), /half within \u2265 12 s; 14 in 100 never got there\./);
    const parts = "1,363 came: 1,041 got through, 154 left by choice, 102 gave up, 63 would come back, 1 was cut off, 2 failed by our own fault.";
    assert.ok((await page.textContent(".story")).includes(parts), await page.textContent(".story"));
    // What failed most comes first, in plain words and with its time.
    assert.match(await page.textContent(".story"), /^\u201c.+\u201d failed in .+ tries: .+ \u00d7 .+ \(.+\)/);
    assert.match(await page.textContent(".tiles"), /got through76\.4 %1,041 of the 1,363 who came/);
    assert.deepEqual(faults, []);
    await close();
  },

  // Without a page: what the story says of failures.
  async "says what failed, why and when, and blames nobody for what is ours"() {
    const failing = (errors, success, failure) => {
      const sum = (counts) => counts.reduce((total, n) => total + n, 0);
      const step = { journey: "login", name: "log in", count: sum(success) + sum(failure), failures: sum(failure), errors };
      Object.assign(step, { response_time_seconds: { p50: 0.1, p95: 0.2, lower_bounds: [] } });
      const people = { arrived: 5, ended: { succeeded: sum(success) > 0 ? 5 : 0, left: 0, lost: 0, away: 0, interrupted: 0, own_fault: 0 } };
      const begin = success.map((_, i) => i);
      return {
        state: "finished",
        classes: { http_503: { side: "target", text: "service unavailable" }, mailbox_auth: { side: "mailbox", text: "" } },
        summary: { steps: [step], people: [people], run: { took_seconds: 10 }, arrivals: { requested_rate: null, dropped: {} } },
        series: {
          points: { begin_seconds: begin, end_seconds: begin.map((b) => b + 1) },
          steps: [{ journey: "login", name: "log in", counts: { success, failure } }],
        },
      };
    };
    const first = (run) => story(run)[0];
    const outage = failing({ mailbox_auth: 500, http_503: 8, timeout: 1, abandoned: 1 }, [9, 0, 1, 9, 9], [0, 5, 5, 0, 0]);
    assert.equal(first(outage), "\u201clog in\u201d failed in 26.3 % of 38 tries: 8 \u00d7 service unavailable (http 503), 1 \u00d7 timeout and 1 other, most of it from 0:01 to 0:03.");
    // Spread over the run, with one worse second in it: that second is not when it failed.
    const spread = failing({ http_503: 23 }, [6, 6, 4, 6, 6], [4, 4, 6, 5, 4]);
    assert.equal(first(spread), "\u201clog in\u201d failed in 45.1 % of 51 tries: 23 \u00d7 service unavailable (http 503).");
    const total = failing({ http_503: 9 }, [0, 0, 0], [3, 3, 3]);
    assert.equal(first(total), "\u201clog in\u201d never succeeded: 9 \u00d7 service unavailable (http 503), most of it from 0:00 to 0:03.");
    // Of a few successes nobody knows how long 95 of 100 take.
    const slowest = (run) => story(run).some((sentence) => sentence.includes("was slowest: half within"));
    assert.ok(!slowest(total));
    assert.ok(!slowest(failing({ http_503: 400 }, [10, 9], [200, 200])));
    assert.ok(slowest(failing({ http_503: 400 }, [10, 10], [200, 200])));
    const frozen = failing({ http_503: 1 }, [50, 50], [1, 0]);
    frozen.summary.steps.push({ journey: "login", name: "open page", count: 90, failures: 0, errors: {}, response_time_seconds: { p50: 6, p95: 34, lower_bounds: ["p50", "p95"] } });
    assert.ok(!slowest(frozen));
    assert.ok(!first(failing({}, [5, 5], [0, 0])).includes("log in"));
    const cut = failing({}, [50, 50], [0, 0]);
    cut.summary.people[0].ended.interrupted = 9;
    assert.ok(story(cut).some((sentence) => sentence.endsWith(" 5 got through, 9 were cut off by the end of the run.")));
    assert.ok(!story(failing({}, [50, 50], [0, 0])).some((sentence) => sentence.includes("Failures apart")));
    const unsent = failing({ mail_missing: 9 }, [0, 0, 0], [3, 3, 3]);
    assert.match(first(unsent), /, most of them given up from 0:00 to 0:03\.$/);
  },

  async "the verdict says what was judged, and nothing beside a failure looks like good news"() {
    const finished = (summary) => ({ state: "finished", summary: { thresholds: [], conformance: [], conformance_violated: 0, conformance_reported: 0, shortfall: null, validity: { state: "valid", reasons: [] }, ...summary } });
    const thresholds = (...states) => states.map((state) => ({ state }));
    const text = (summary) => verdict(finished(summary)).text;
    assert.equal(text({ verdict: "pass", thresholds: thresholds("pass") }), "The only threshold was met.");
    assert.equal(text({ verdict: "pass", thresholds: thresholds("pass", "pass"), conformance: [{}], conformance_reported: 12 }), "All 2 thresholds were met, and 12 rules held.");
    assert.equal(text({ verdict: "pass", thresholds: thresholds("pass"), shortfall: { text: "9 of 10 visits were not completed" } }), "The only threshold was met. But 9 of 10 visits were not completed.");
    assert.equal(text({ verdict: "fail", thresholds: thresholds("pass", "fail"), shortfall: { text: "none of 266 visits was completed" } }), "1 of 2 thresholds was missed. None of 266 visits was completed.");
    assert.equal(validity(finished({ verdict: "fail" })).tone, "calm");
    assert.equal(validity(finished({ verdict: "pass" })).tone, "good");
    assert.equal(validity(finished({ verdict: "invalid", validity: { state: "invalid", reasons: [] } })).tone, "bad");
  },

  async "shows what was written by others as text, wherever it stands"(browser) {
    const { url } = await report("hostile", "30", kHostile);
    const { page, faults, close } = await visit(browser, url);
    const text = (await page.textContent("#page")) + (await page.title());
    // In the title, a step's name, a rule, its answer, a reason, an annotation and a script's error.
    const times = text.split("onerror=").length - 1;
    assert.ok(times >= 14, `${times} times`);
    for (const id of ["rules", "annotations", "script", "steps", "evidence"]) {
      assert.ok((await page.textContent(`#${id}`)).includes("</script><img src=x"), id);
    }
    assert.equal(await page.locator("img").count(), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(faults, []);
    await close();
  },

  async "shows the first failure of each kind with its request, its phases and what came"(browser) {
    const { url } = await report("evidence", "60");
    const { page, faults, close } = await visit(browser, url);
    const cards = (await page.locator("#evidence li").allInnerTexts()).map((text) => text.replaceAll(/\n+/g, "\n"));
    assert.equal(cards.length, 3);
    assert.equal(
      cards[0],
      "login / log in: service unavailable (http 503)\nPOST http://127.0.0.1:8080/api/sessions status 503\n" +
        "0:24 after the start, 2026-03-01 05:00:24 UTC, in 5 s: send 2 ms, wait 5 s, receive 2 ms\n{\"error\":\"DATABASE_BUSY\"}",
    );
    assert.match(cards[1], /content is not what was expected \(assert body\)\n.*\ncheck: the form has a token\n.*, try 2, in 31 ms\n/);
    assert.match(cards[1], /<title>Masuk<\/title>\n/);
    assert.match(cards[2], /the mail did not come \(mail missing\)\nmailbox\.wait: a mail within 120 s\n/);
    assert.match(await page.textContent("#evidence"), /4 further kinds of failure are not shown\./);
    // A class is nowhere by its name alone.
    assert.ok((await page.locator(".legend").allTextContents()).some((text) => text.includes("service unavailable (http 503)")));
    assert.deepEqual(faults, []);
    await close();
  },

  async "an hour of twelve steps stays below 2 MB"(browser) {
    const { path, url } = await report("hour", "3600");
    const { size } = await stat(path);
    const { page, faults, close } = await visit(browser, url);
    const opened = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
    console.log(`  ${(size / 1e6).toFixed(2)} MB, opened in ${Math.round(opened)} ms`);
    assert.ok(size < 2e6);
    assert.deepEqual(faults, []);
    await close();
  },

  async "is read and zoomed with the keyboard and with the mouse, all charts together"(browser) {
    const { url } = await report("keys", "120");
    const { page, faults, close } = await visit(browser, url);
    const rates = page.locator(".chart", { hasText: "Visits per second" });
    const plot = rates.locator(".plot");
    await plot.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    assert.match(await rates.locator(".unseen").textContent(), /^1:5\d: started .*\/s/);
    const whole = page.getByRole("button", { name: "whole run" });
    assert.ok(await whole.isDisabled());
    await page.keyboard.press("+");
    assert.ok(await whole.isEnabled());
    await page.keyboard.press("0");
    assert.ok(await whole.isDisabled());
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 80);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 80, { steps: 4 });
    await page.mouse.up();
    assert.ok(await whole.isEnabled());
    await whole.click();
    assert.ok(await whole.isDisabled());
    assert.deepEqual(faults, []);
    await close();
  },

  async "shows the charts of one step when it is chosen, with its threshold"(browser) {
    const { url } = await report("step", "120");
    const { page, faults, close } = await visit(browser, url);
    const pixels = () => page.locator(".chart", { hasText: "As a person meets it" }).locator("canvas").evaluate((c) => c.toDataURL());
    const before = await pixels();
    await page.getByLabel("Step", { exact: true }).selectOption("login / log in");
    assert.notEqual(await pixels(), before);
    await page.getByRole("button", { name: "logarithmic" }).click();
    await page.getByRole("button", { name: "longest" }).first().click();
    assert.deepEqual(faults, []);
    await close();
  },
};

const browser = await open();
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test(browser);
    console.log(`passed: the page ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: the page ${name}\n${error.stack}`);
  }
}
await browser.close();
await rm(directory, { recursive: true, force: true });
process.exit(failed > 0 ? 1 : 0);
