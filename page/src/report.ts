// A report in the browser: the writer's HTML holds everything that can be read without a script;
// this draws the plots, sorts the tables, and joins them by one range and one theme.

import "uplot/dist/uPlot.min.css";
import "./report.css";
import { decode, type Island, type Plot } from "./data";
import { finish } from "./later";
import { extent, PlotView } from "./plot";
import { shareRanges } from "./periods";
import { Range } from "./range";
import { TableView } from "./table";
import { Appearance } from "./theme";
import { fillToolbar } from "./toolbar";

/** Between the margins of A4 (the style sheet's @page), in CSS pixels. Before printing the page is
 * still laid out for the screen, so that it cannot be measured. */
const PAPER_WIDTH = 703;

const appearance = new Appearance(); // at once, before anything is painted

function find(id: string): HTMLElement {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no part "${id}"`);
    return found;
}

function start(): void {
    const island = JSON.parse(find("report-data").textContent ?? "") as Island;
    const { plots, tables } = decode(island);
    appearance.read(island.palette);
    // Before the plots, so that colours are read before they redraw.
    appearance.onChange(() => appearance.read(island.palette));

    const timed = plots.filter((plot) => plot.time);
    const { ranges, main } = shareRanges(timed.map(extent));
    const rangeOf = (plot: Plot): Range =>
        ranges[timed.indexOf(plot)] ?? new Range(...extent(plot));
    // Measured once, before anything is added: each look at a changed page costs a layout of it.
    const width = document.querySelector("figure")?.clientWidth ?? 0;
    const views = plots.map(
        (plot) => new PlotView(find(`plot-${plot.id}`), plot, rangeOf(plot), appearance, width),
    );
    for (const table of tables) new TableView(find(`table-${table.id}`), table);
    fillToolbar(find("toolbar"), main, appearance);

    const resize = (): void => views.forEach((view) => view.resize());
    new ResizeObserver(resize).observe(document.body);
    addEventListener("beforeprint", () => {
        appearance.print(true);
        finish();
        views.forEach((view) => view.resize(PAPER_WIDTH));
    });
    addEventListener("afterprint", () => {
        appearance.print(false);
        resize();
    });
    document.documentElement.dataset.ready = "true";
}

document.addEventListener("DOMContentLoaded", start);
