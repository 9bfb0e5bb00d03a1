// A report in the browser: the writer's HTML holds everything that can be read without a script;
// this draws the plots, sorts the tables, and joins them by one range and one theme.

import "uplot/dist/uPlot.min.css";
import "./report.css";
import { decode, type Island, type Plot } from "./data";
import { finish } from "./later";
import { extent, PlotView } from "./plot";
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

/** A plot of a short part of the time, such as the newest bars, keeps a range of its own. */
const SHARE_OF_TIME_MIN = 0.5;

function union(extents: ([number, number] | null)[]): [number, number] | null {
    const known = extents.filter((one): one is [number, number] => one !== null);
    if (!known.length) return null;
    return [Math.min(...known.map(([min]) => min)), Math.max(...known.map(([, max]) => max))];
}

function start(): void {
    const island = JSON.parse(find("report-data").textContent ?? "") as Island;
    const { plots, tables } = decode(island);
    appearance.read(island.palette);
    // Before the plots, so that colours are read before they redraw.
    appearance.onChange(() => appearance.read(island.palette));

    const whole = union(plots.filter((plot) => plot.time).map(extent));
    const time = whole && new Range(...whole);
    const rangeOf = (plot: Plot): Range => {
        const [first, last] = extent(plot) ?? [0, 1];
        const shares = time && last - first >= SHARE_OF_TIME_MIN * (time.full[1] - time.full[0]);
        return plot.time && shares ? time : new Range(first, last);
    };
    // Measured once, before anything is added: each look at a changed page costs a layout of it.
    const width = document.querySelector("figure")?.clientWidth ?? 0;
    const views = plots.map(
        (plot) => new PlotView(find(`plot-${plot.id}`), plot, rangeOf(plot), appearance, width),
    );
    for (const table of tables) new TableView(find(`table-${table.id}`), table);
    fillToolbar(find("toolbar"), time, appearance);

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
