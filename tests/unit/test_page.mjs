// The modules of the page that need no browser: decoding, formats, ticks, order, range.
//
//   SY_SOURCE_ROOT=folder node test_page.mjs      after tools/build-page has run there
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const page = join(process.env.SY_SOURCE_ROOT, "page");
const packages = join(page, "node_modules");
const { build } = await import(pathToFileURL(join(packages, "esbuild/lib/main.js")).href);

const folder = mkdtempSync(join(tmpdir(), "systematica-page-"));
const names = ["data", "format", "periods", "range", "scale", "table"];
await build({
    entryPoints: names.map((name) => join(page, "src", `${name}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    logLevel: "error",
});
const [data, format, periods, range, scale, table] = await Promise.all(
    names.map((name) => import(pathToFileURL(join(folder, `${name}.mjs`)).href)),
);
rmSync(folder, { recursive: true });

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

test("test_page__types_hold", () => {
    execFileSync(process.execPath, [join(packages, "typescript/bin/tsc"), "--project", page], {
        stdio: "inherit",
    });
});

const island = (series, blocks) => ({
    palette: { light: [], dark: [] },
    blocks,
    sections: [{ id: "p", kind: "plot", title: "P", time: true, log: false, series }],
});

test("test_page__decodes_the_three_kinds_of_blocks_once_each", () => {
    const series = [
        { kind: "line", x: 0, y: 1, level: null },
        { kind: "line", x: 0, y: 2, level: null },
        { kind: "level", x: null, y: null, level: 0.78 },
    ];
    const { plots } = data.decode(
        island(series, [
            { type: "u32", base: 1514764800, data: base64(Uint32Array.of(0, 3600, 4294967295)) },
            { type: "f32", data: base64(Float32Array.of(1.5, NaN, -2)) },
            { type: "f64", data: base64(Float64Array.of(0.1, 1e300, 3)) },
        ]),
    );
    const [first, second, level] = plots[0].series;
    assert.deepEqual([...first.x], [1514764800, 1514768400, 5809732095]);
    assert.deepEqual([...first.y], [1.5, NaN, -2]);
    assert.deepEqual([...second.y], [0.1, 1e300, 3]);
    assert.equal(first.x, second.x);
    assert.equal(level.level, 0.78);
    assert.equal(level.x.length, 0);
});

test("test_page__points_out_of_order_are_put_in_order", () => {
    const { plots } = data.decode(
        island([{ kind: "mark_exit", x: 0, y: 1, level: null }], [
            { type: "f64", data: base64(Float64Array.of(30, 10, NaN, 20)) },
            { type: "f32", data: base64(Float32Array.of(3, 1, 9, 2)) },
        ]),
    );
    assert.deepEqual([...plots[0].series[0].x], [10, 20, 30]);
    assert.deepEqual([...plots[0].series[0].y], [1, 2, 3]);
});

test("test_page__a_block_that_is_not_there_is_an_error", () => {
    const broken = island([{ kind: "line", x: 0, y: 1, level: null }], []);
    assert.throws(() => data.decode(broken), /block 0/);
});

test("test_page__finds_the_first_place_not_below", () => {
    const places = [-1, 0, 0.5, 3, 4].map((value) => data.lowerBound(Float64Array.of(0, 1, 3), value));
    assert.deepEqual(places, [0, 0, 1, 2, 3]);
});

test("test_page__prints_values_by_unit", () => {
    const rows = [
        ["fraction", 0.12345, "12.35 %"],
        ["fraction", -0.00001, "0.00 %"],
        ["money", 184310.28, "184,310.3"], // float32 holds no more
        ["money", -1234.5, "-1,234.50"],
        ["count", 1312, "1,312"],
        ["price", 0.000123456, "0.000123456"],
        ["price", 64321.17, "64,321.17"],
        ["number", 1.4731, "1.473"],
        ["number", 0.78, "0.7800"],
        ["number", 123456.7, "123,457"],
        ["price", 0.5, "0.50"],
        ["seconds", 273600, "3 d 4 h"],
        ["seconds", 90, "1 min 30 s"],
        ["seconds", 0, "0 s"],
        ["time", 1596639600, "2020-08-05 15:00"],
        ["money", NaN, "n/a"],
    ];
    for (const [unit, value, text] of rows)
        assert.equal(format.formatValue(unit, value), text, `${unit} ${value}`);
    assert.equal(format.formatLevel("number", 0.78), "0.78");
    assert.equal(format.formatLevel("number", 0), "0");
    assert.equal(format.formatLevel("fraction", 0.05), "5 %");
});

test("test_page__axis_labels_have_the_digits_their_steps_need", () => {
    assert.deepEqual(format.formatTicks("number", [0, 0.25, 0.5], 0.25), ["0.00", "0.25", "0.50"]);
    assert.deepEqual(format.formatTicks("fraction", [-0.05, 0, 0.05], 0.05), ["-5 %", "0 %", "5 %"]);
    assert.deepEqual(format.formatTicks("money", [0, 500000, 1e6, 1.5e6], 5e5), [
        "0",
        "500,000",
        "1.0 m",
        "1.5 m",
    ]);
    assert.deepEqual(format.formatPlainTicks([2018, 2019], 1), ["2018", "2019"]);
    assert.deepEqual(format.formatPlainTicks([-0, 0.5], 0.5), ["0.0", "0.5"]);
});

test("test_page__time_labels_name_what_they_belong_to_once", () => {
    const at = (text) => Date.parse(`${text}Z`) / 1000;
    assert.deepEqual(
        format.formatTimeTicks([at("2018-11-01"), at("2018-12-01"), at("2019-01-01")], 30 * 86400),
        ["Nov\n2018", "Dec", "Jan\n2019"],
    );
    assert.deepEqual(
        format.formatTimeTicks([at("2018-12-31T18:00"), at("2019-01-01T00:00")], 6 * 3600),
        ["18:00", "00:00\n1 Jan 2019"],
    );
    assert.deepEqual(format.formatTimeTicks([at("2018-01-01"), at("2019-01-01")], 365 * 86400), [
        "2018",
        "2019",
    ]);
});

test("test_page__log_ticks_are_round_and_in_sight", () => {
    assert.deepEqual(scale.logTicks(95, 420, 5), [100, 200, 300, 400]);
    assert.deepEqual(scale.logTicks(3, 3000, 10), [5, 10, 20, 50, 100, 200, 500, 1000, 2000]);
    assert.deepEqual(scale.logTicks(1, 1e8, 5), [1, 100, 10000, 1e6, 1e8]);
    assert.deepEqual(scale.logTicks(0, 10, 5), []);
});

test("test_page__ranges_have_room_and_keep_their_ground", () => {
    assert.deepEqual(scale.padded(0, 100, false), [0, 106]);
    assert.deepEqual(scale.padded(-100, 0, false), [-106, 0]);
    assert.deepEqual(scale.padded(5, 5, false), [4.75, 5.25]);
    assert.deepEqual(scale.padded(Infinity, -Infinity, false), [0, 1]);
    const [low, high] = scale.padded(10, 1000, true);
    assert.ok(low > 5 && low < 10 && high > 1000 && high < 2000);
});

test("test_page__order_puts_missing_values_last_both_ways", () => {
    const values = Float32Array.of(2, NaN, 1, 2);
    assert.deepEqual(table.order(values, "ascending"), [2, 0, 3, 1]);
    assert.deepEqual(table.order(values, "descending"), [0, 3, 2, 1]);
    assert.deepEqual(table.order(["b10", "b9", "a"], "ascending"), [2, 1, 0]);
});

test("test_page__plots_of_about_the_same_time_share_a_range", () => {
    const { ranges, main } = periods.shareRanges([
        [0, 1000], // the history
        [900, 1000], // the period, three times, once with a gap at its start
        [930, 1000],
        [900, 1000],
        [300, 1000], // the history from the first test slice on
    ]);
    assert.equal(ranges[1], ranges[2]);
    assert.equal(ranges[1], ranges[3]);
    assert.equal(ranges[0], ranges[4]);
    assert.notEqual(ranges[0], ranges[1]);
    assert.equal(main, ranges[1]);
    assert.deepEqual(ranges[0].full, [0, 1000]);
    assert.equal(periods.shareRanges([]).main, null);
});

test("test_page__a_range_never_leaves_what_there_is", () => {
    const seen = [];
    const shown = new range.Range(0, 1000);
    shown.onChange(() => seen.push([shown.min, shown.max]));
    shown.set(-500, 200); // as wide as asked for, moved inside
    shown.pan(5);
    shown.zoom(0.5, 1000);
    shown.zoom(1e-9);
    assert.ok(shown.max - shown.min >= 0.009, "zoomed into nothing");
    shown.zoom(1e9);
    assert.ok(shown.isFull);
    shown.reset(); // no change, nothing said
    assert.deepEqual(seen.slice(0, 3), [[0, 700], [300, 1000], [650, 1000]]);
    assert.equal(seen.length, 5);
});
