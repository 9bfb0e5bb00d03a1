// node build.mjs OUTPUT_DIR: bundles the page into OUTPUT_DIR/report.js and OUTPUT_DIR/report.css,
// which the HTML writer puts into every report.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) throw new Error("usage: node build.mjs OUTPUT_DIR");

const uplot = join(here, "node_modules/uplot");
const { version } = JSON.parse(readFileSync(join(uplot, "package.json"), "utf8"));
const licence = readFileSync(join(uplot, "LICENSE"), "utf8").trim();

await build({
    absWorkingDir: here,
    entryPoints: ["src/report.ts"],
    outdir: output,
    bundle: true,
    minify: true,
    charset: "ascii", // a bundle in the page must not depend on how the page was decoded
    target: ["es2021", "chrome111", "firefox113", "safari16.2"],
    format: "iife",
    legalComments: "none",
    banner: { js: `/* Contains uPlot ${version}.\n${licence.replaceAll("*/", "* /")} */` },
    logLevel: "warning",
});

// Neither may end the element that will hold it.
for (const name of ["report.js", "report.css"])
    if (/<\/(script|style)/i.test(readFileSync(join(output, name), "utf8")))
        throw new Error(`${name} holds an end tag`);
