// An HTML report in a real browser: it draws, zooms, sorts and changes its colours without asking
// anybody for anything.
//
//   WRITE_REPORT=program node report_page.mjs     the program writes a report: PATH TITLE BARS
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test as nodeTest } from "node:test";
import { pathToFileURL } from "node:url";
import { Browser, findChromium } from "./browser.mjs";

const BARS = 8000;
const PLOTS = 8;
/** The whole period of the report. */
const ALL = ["2018-01-01", "2018-12-01"];
const TIME_PLOTS = ["equity", "equity_log", "drawdown", "prices", "output", "position"];

const chromium = findChromium();
const skip = chromium ? false : "no chromium on PATH";
const test = (name, body) => nodeTest(`test_report_page__${name.replaceAll(/\W+/g, "_")}`, { skip, timeout: 180000 }, body);

let folder;
let browser;
let report;

function write(name, title) {
    const path = join(folder, name);
    execFileSync(process.env.WRITE_REPORT, [path, title, String(BARS)]);
    return pathToFileURL(path).href;
}

before(() => {
    if (skip) return;
    folder = mkdtempSync(join(tmpdir(), "systematica-report-page-"));
    report = write("report.html", "pair");
    browser = new Browser(chromium);
});

after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
});

/** A number for what each canvas shows, by the plot's name. */
const drawings = () =>
    Object.fromEntries(
        [...document.querySelectorAll("figure canvas")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let sum = 0;
            for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) >>> 0;
            return [canvas.closest("figure").id.slice(5), sum];
        }),
    );

/** Where the plotting area of a plot is on the screen, scrolled into view. */
const areaOf = (id) => {
    const area = document.querySelector(`#plot-${id} .u-over`);
    area.scrollIntoView({ block: "center" });
    const { left, top, width, height } = area.getBoundingClientRect();
    return { left, width, y: top + height / 2 };
};

const dates = () => [...document.querySelectorAll(".dates input")].map((input) => input.value);

test("draws every plot and asks nobody for anything", async () => {
    const page = await browser.open(report);
    const colours = await page.call(() =>
        [...document.querySelectorAll("figure canvas")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }),
    );
    assert.equal(colours.length, PLOTS);
    for (const count of colours) assert.ok(count > 20, `a plot of ${count} colours is empty`);
    assert.equal(await page.call(() => document.querySelectorAll("figure .missing").length), 0);
    assert.deepEqual(page.problems, []);
    // Signs of its own controls are data inside the browser.
    assert.deepEqual(page.requests.filter((url) => !url.startsWith("data:")), [report]);
});

test("shows title, axis names and units with every plot", async () => {
    const page = await browser.open(report);
    const names = await page.call(() =>
        [...document.querySelectorAll("section.plot")].map((section) =>
            ["h2", ".y-labels", ".x-label"].map((part) => section.querySelector(part).textContent),
        ),
    );
    assert.equal(names.length, PLOTS);
    assert.deepEqual(names[0], ["Equity", "Value (USD)", "Time (UTC)"]);
    for (const parts of names) for (const part of parts) assert.match(part, /\S/);
});

test("zooming one time plot zooms all, a double click shows all again", async () => {
    const page = await browser.open(report);
    const before = await page.call(drawings);
    assert.deepEqual(await page.call(dates), ALL);

    const { left, width, y } = await page.call(areaOf, "drawdown");
    await page.drag(left + width * 0.25, left + width * 0.5, y);
    const [from, to] = await page.call(dates);
    assert.ok(from >= "2018-03-20" && from <= "2018-03-30", from);
    assert.ok(to >= "2018-06-10" && to <= "2018-06-20", to);
    await page.mouse("mouseMoved", 1, 1);
    await page.painted();
    const zoomed = await page.call(drawings);
    for (const id of TIME_PLOTS) assert.notEqual(zoomed[id], before[id], id);
    // Neither what is no time nor what shows a short part of it takes part.
    assert.equal(zoomed.distribution, before.distribution);
    assert.equal(zoomed.newest, before.newest);

    const middle = left + width / 2;
    for (const clickCount of [1, 2]) {
        const button = { button: "left", clickCount };
        await page.mouse("mousePressed", middle, y, button);
        await page.mouse("mouseReleased", middle, y, button);
    }
    await page.mouse("mouseMoved", 1, 1);
    await page.painted();
    assert.deepEqual(await page.call(dates), ALL);
    assert.deepEqual(await page.call(drawings), before);
    assert.deepEqual(page.problems, []);
});

test("the crosshair stands at one time in all time plots and shows the values", async () => {
    const page = await browser.open(report);
    const { left, width, y } = await page.call(areaOf, "equity");
    await page.mouse("mouseMoved", left + width * 0.6, y);
    await page.painted();
    const clocks = await page.call(
        (ids) => ids.map((id) => document.querySelector(`#plot-${id} .clock`).textContent),
        TIME_PLOTS,
    );
    assert.match(clocks[0], /^2018-07-\d\d \d\d:00 UTC$/);
    assert.deepEqual(new Set(clocks), new Set([clocks[0]]));
    // A time that a plot does not show.
    assert.equal(await page.call(() => document.querySelector("#plot-newest .clock").textContent), "");
    const values = await page.call(() =>
        [...document.querySelectorAll("#plot-equity .value")].map((value) => value.textContent),
    );
    for (const value of values) assert.match(value, /^\d{2,3},\d{3}\.\d/);
});

test("answers the keyboard and says what the crosshair finds", async () => {
    const page = await browser.open(report);
    await page.call(() => document.querySelector("#plot-equity .canvas").focus());
    await page.press("+", "+");
    assert.deepEqual(await page.call(dates), ["2018-03-25", "2018-09-08"]);
    await page.press("ArrowLeft");
    const spoken = await page.call(() => document.querySelector("#plot-equity .spoken").textContent);
    assert.match(spoken, /^2018-09-\d\d \d\d:00 UTC, Strategy [\d,.]+, Benchmark [\d,.]+$/);
    const clock = () => document.querySelector("#plot-drawdown .clock").textContent;
    assert.equal(await page.call(clock), spoken.slice(0, 20));
    await page.press("0", "0");
    assert.deepEqual(await page.call(dates), ALL);
});

test("answers fingers: one moves the crosshair, two zoom", async () => {
    const page = await browser.open(report, { width: 390, height: 844 });
    await page.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 2 });
    const { left, width, y } = await page.call(areaOf, "equity");
    const touch = (type, ...parts) =>
        page.send("Input.dispatchTouchEvent", {
            type,
            touchPoints: parts.map((part, id) => ({ x: left + width * part, y, id })),
        });
    await touch("touchStart", 0.2);
    await touch("touchMove", 0.4);
    await touch("touchMove", 0.5);
    await page.painted();
    const clock = await page.call(() => document.querySelector("#plot-drawdown .clock").textContent);
    assert.match(clock, /^2018-06-1\d \d\d:00 UTC$/);
    assert.deepEqual(await page.call(dates), ALL);
    await touch("touchEnd");

    await touch("touchStart", 0.4);
    await touch("touchStart", 0.4, 0.6);
    await touch("touchMove", 0.2, 0.8);
    await touch("touchEnd");
    await page.painted();
    const [from, to] = await page.call(dates);
    assert.ok(from > "2018-03-01" && to < "2018-10-01", `${from} to ${to}`);
    assert.deepEqual(page.problems, []);
});

test("offers periods and dates", async () => {
    const page = await browser.open(report);
    const choose = (name) =>
        [...document.querySelectorAll(".range button")].find((one) => one.textContent === name).click();
    await page.call(choose, "1M");
    assert.deepEqual(await page.call(dates), ["2018-10-31", "2018-12-01"]);
    await page.call(() => {
        const [from, to] = document.querySelectorAll(".dates input");
        from.value = "2018-03-01";
        to.value = "2018-03-31";
        from.dispatchEvent(new Event("change"));
    });
    assert.deepEqual(await page.call(dates), ["2018-03-01", "2018-03-31"]);
    await page.call(choose, "All");
    assert.deepEqual(await page.call(dates), ALL);
});

test("changes its colours and remembers them", async () => {
    const page = await browser.open(report);
    const ground = () => getComputedStyle(document.body).backgroundColor;
    const light = await page.call(ground);
    const before = await page.call(drawings);
    await page.call(() => document.querySelector("[data-theme-choice=dark]").click());
    await page.painted();
    const dark = await page.call(ground);
    assert.notEqual(dark, light);
    const after = await page.call(drawings);
    for (const id of Object.keys(before)) assert.notEqual(after[id], before[id], id);
    await page.go(report);
    assert.equal(await page.call(ground), dark);

    const other = await browser.open(report, { dark: true });
    assert.equal(await other.call(ground), dark);
    await other.call(() => document.querySelector("[data-theme-choice=light]").click());
    assert.equal(await other.call(ground), light);
});

test("hides a line at a click on its name", async () => {
    const page = await browser.open(report);
    const before = await page.call(drawings);
    for (const name of ["BTC-USD", "Long entry"]) {
        await page.call((wanted) => {
            const names = [...document.querySelectorAll("#plot-prices .legend button")];
            names.find((one) => one.textContent.startsWith(wanted)).click();
        }, name);
        await page.painted();
        const after = await page.call(drawings);
        assert.notEqual(after.prices, before.prices, name);
        before.prices = after.prices;
        assert.deepEqual(after, before);
    }
});

test("sorts tables by value and shows all rows on demand", async () => {
    const page = await browser.open(report);
    const column = (place) =>
        [...document.querySelectorAll("#table-trades tbody tr")].map((row) => row.cells[place].textContent);
    const click = (place) =>
        document.querySelectorAll("#table-trades thead button")[place].click();
    const PROFIT = 8;
    const number = (text) => Number(text.replaceAll(",", ""));
    const first = await page.call(column, 0);
    assert.equal(first.length, 200);
    assert.equal(number(first[0]), number(first[199]) + 199); // newest first

    await page.call(click, PROFIT);
    const best = (await page.call(column, PROFIT)).map(number);
    assert.deepEqual(best, [...best].sort((a, b) => b - a));
    await page.call(() => document.querySelector("#table-trades .show-all").click());
    const all = (await page.call(column, PROFIT)).map(number);
    assert.ok(all.length > 200);
    assert.equal(all.length, number(first[0]) + 1);
    assert.equal(Math.max(...all), best[0]); // the best of all rows, not of those shown
    await page.call(click, PROFIT);
    assert.deepEqual((await page.call(column, PROFIT)).map(number), all.sort((a, b) => a - b));
    assert.equal(
        await page.call(() => document.querySelector("#table-trades th[aria-sort]").ariaSort),
        "ascending",
    );
});

test("fits a phone", async () => {
    const page = await browser.open(report, { width: 390, height: 844 });
    const [content, screen] = await page.call(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
    ]);
    assert.equal(screen, 390);
    assert.ok(content <= screen, `${content} px of content on ${screen} px`);
    const narrow = await page.call(() =>
        [...document.querySelectorAll("figure canvas")].map((canvas) => canvas.clientWidth),
    );
    assert.equal(narrow.length, PLOTS);
    for (const width of narrow) assert.ok(width > 300 && width <= 390, `${width}`);
});

test("follows the window's width", async () => {
    const page = await browser.open(report);
    const width = () => document.querySelector("#plot-equity canvas").clientWidth;
    const wide = await page.call(width);
    await page.send("Emulation.setDeviceMetricsOverride", {
        width: 700,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
    });
    await page.painted();
    const narrow = await page.call(width);
    assert.ok(narrow < wide && narrow > 500, `${wide} → ${narrow}`);
});

test("keeps hostile texts as texts", async () => {
    const title = `</title></script><img src=x onerror="document.title='caught'"><b>`;
    const page = await browser.open(write("hostile.html", title));
    assert.equal(await page.call(() => document.querySelector("h1").textContent), title);
    assert.equal(await page.call(() => document.title), title);
    assert.equal(await page.call(() => document.querySelectorAll("img, b").length), 0);
    assert.deepEqual(page.problems, []);
});

test("a policy stands between the page and any foreign script", async () => {
    const { readFileSync } = await import("node:fs");
    const { fileURLToPath } = await import("node:url");
    const text = readFileSync(fileURLToPath(report), "utf8");
    const path = join(folder, "forged.html");
    writeFileSync(path, text.replace("</header>", "</header><script>document.title='caught'</script>"));
    const page = await browser.open(pathToFileURL(path).href);
    assert.equal(await page.call(() => document.title), "pair");
    assert.ok(page.problems.some((problem) => problem.includes("Content Security Policy")));
});

test("reads without its script", async () => {
    const page = await browser.open(report, { script: false });
    const { root } = await page.send("DOM.getDocument");
    const text = async (selector) => {
        const { nodeId } = await page.send("DOM.querySelector", { nodeId: root.nodeId, selector });
        return (await page.send("DOM.getOuterHTML", { nodeId })).outerHTML;
    };
    assert.match(await text("#table-metrics"), /Sharpe ratio<\/th><td class="n">1\.473/);
    assert.match(await text("#plot-equity"), /did not run/);
    assert.match(await text("#table-trades"), /The newest 200 of/);
});

test("prints on white pages, plots included", async () => {
    const page = await browser.open(report, { dark: true });
    const { data } = await page.send("Page.printToPDF", { preferCSSPageSize: true });
    const pdf = Buffer.from(data, "base64");
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    const path = join(folder, "printed.pdf");
    writeFileSync(path, pdf);
    const words = execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8" });
    assert.match(words, /Sharpe ratio\s+1\.473/);
    assert.match(words, /Value \(USD\)\s+\d+,000\s/); // the axis of a plot, as sharp as text
    assert.doesNotMatch(words, /Show all|Auto\s+Light\s+Dark/);
});
