// Bundles src/ and uPlot into one HTML file: usage: node build.mjs OUTPUT
// The scripts and styles of the page are named by their hashes in its Content-Security-Policy: nothing else runs.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) {
  console.error("usage: node build.mjs OUTPUT");
  process.exit(1);
}

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    charset: "ascii",
    format: "iife",
    legalComments: "none",
    logLevel: "warning",
    minify: true,
    target: ["chrome100", "firefox100", "safari15"],
    write: false,
  });
  return result.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

const script = await bundle("main.js");
const style = await bundle("page.css");
if (/<\/(script|style)|<!--/i.test(script + style)) throw new Error("the bundle would end its own element");
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const parts = { POLICY: policy, STYLE: style, SCRIPT: script };
const template = await readFile(join(here, "page.html"), "utf8");
const page = template.replace(/@(POLICY|STYLE|SCRIPT)@/g, (_, name) => parts[name]);
if (page.split("@DATA@").length !== 2) throw new Error("page.html needs exactly one place for the data");

// Written whole or not at all: CMake embeds whatever lies there.
const target = resolve(output);
await mkdir(dirname(target), { recursive: true });
await writeFile(`${target}.new`, page);
await rename(`${target}.new`, target);
console.log(`${output}: ${(Buffer.byteLength(page) / 1024).toFixed(0)} KB`);
