// One plot of a report: lines by uPlot, marks and levels over them, a legend that shows the values
// at the crosshair, and zooming by mouse, touch and keyboard. The range belongs to whoever shares
// it; a plot only asks for a change and draws what it is told.

import uPlot from "uplot";
import type { Numbers, Plot, Series, Unit } from "./data";
import { element } from "./element";
import { formatLevel, formatPlainTicks, formatTicks, formatTime, formatTimeTicks, formatValue } from "./format";
import { later, notLater } from "./later";
import { drawLevel, drawMarks, isLevel, isMark, nearestMark, visible } from "./marks";
import type { Extent } from "./periods";
import type { Range } from "./range";
import { logTicks, padded, smallestStep } from "./scale";
import type { Appearance } from "./theme";

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const MARK_REACH_PX = 6;
/** With more points than this a dashed line is a row of crumbs and a thick one a wall: it is drawn
 * solid and thin. */
const SPARSE_POINTS_MAX = 1000;
const RIGHT = "right";

interface Entry {
    series: Series;
    index: number; // in uPlot's list; 0 for what is drawn over it
    shown: boolean;
    value: HTMLElement;
}

const isDense = (series: Series): boolean => series.x.length > SPARSE_POINTS_MAX;
const isDashed = (series: Series): boolean => series.dashed && !isDense(series);

/** The right axis has a name but no unit of its own: prices and money come in pairs. */
const rightUnit = (plot: Plot): Unit =>
    plot.unit === "price" || plot.unit === "money" ? plot.unit : "number";

/** NaN is a gap; a logarithmic axis has no place for 0 and below either. */
function gapped(values: Numbers, log: boolean): (number | null)[] {
    const column = new Array<number | null>(values.length);
    for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        column[i] = Number.isFinite(value) && (!log || value > 0) ? value : null;
    }
    return column;
}

/** Series that share their x stay as they are; others are joined, so that every line keeps its own
 * points. */
function align(series: Series[], log: boolean): uPlot.AlignedData {
    const groups = new Map<number, Series[]>();
    for (const one of series) groups.set(one.xKey, [...(groups.get(one.xKey) ?? []), one]);
    const tables = [...groups.values()].map(
        (group) =>
            [
                group[0]?.x ?? [],
                ...group.map((one) => gapped(one.y, log)),
            ] as uPlot.AlignedData,
    );
    const [first] = tables;
    if (!first) return [[]];
    return tables.length === 1 ? first : uPlot.join(tables);
}

/** The first and the last x of a plot; where marks lie about, those at the ends are shown whole. */
export function extent(plot: Plot): Extent {
    let low = Infinity;
    let high = -Infinity;
    for (const { x, kind } of plot.series) {
        const first = x[0];
        const last = x[x.length - 1];
        if (first === undefined || last === undefined) continue;
        // A bar is as wide as its distance to the next.
        const half = kind === "bars" && !plot.time && x.length > 1 ? (x[1]! - first) / 2 : 0;
        low = Math.min(low, first - half);
        high = Math.max(high, last + half);
    }
    const space = !plot.time && plot.series.some(isMark) ? 0.015 * (high - low) : 0;
    return low <= high ? [low - space, high + space] : [0, 1];
}

export class PlotView {
    readonly u: uPlot;
    private readonly entries: Entry[];
    private readonly clock: HTMLElement;
    private readonly surface: HTMLElement;
    private readonly spoken: HTMLElement;
    private inSight = true;

    constructor(
        host: HTMLElement,
        private readonly plot: Plot,
        private readonly range: Range,
        private readonly appearance: Appearance,
        width: number,
    ) {
        // Joined groups come out group by group: the same order here.
        const lines = plot.series.filter((series) => !isMark(series) && !isLevel(series));
        const keys = [...new Set(lines.map((series) => series.xKey))];
        lines.sort((a, b) => keys.indexOf(a.xKey) - keys.indexOf(b.xKey));

        this.clock = element("span", { class: "clock" });
        const legend = element("div", { class: "legend" }, this.clock);
        this.entries = plot.series.map((series) => this.addEntry(legend, series, lines));
        this.surface = element("div", {
            class: "canvas",
            tabindex: "0",
            role: "group",
            "aria-label": `${plot.title}: plot. Left and right move the crosshair, plus and minus zoom, page up and page down scroll, 0 shows all.`,
        });
        this.spoken = element("span", { class: "spoken", "aria-live": "polite" });
        const labels = element("div", { class: "y-labels" }, element("span", {}, plot.y_label));
        if (plot.y_right_label) labels.append(element("span", {}, plot.y_right_label));
        host.replaceChildren(
            legend,
            labels,
            this.surface,
            element("div", { class: "x-label" }, plot.x_label),
            this.spoken,
        );

        const data = align(lines, plot.log);
        this.u = new uPlot(this.options(lines, width), data, this.surface);
        this.listen();
        range.onChange(() => this.soon(this.applyRange));
        appearance.onChange(() => this.soon(this.redraw));
        new IntersectionObserver(([entry]) => this.setInSight(entry?.isIntersecting ?? true), {
            rootMargin: "25%",
        }).observe(host);
        this.showValues();
    }

    /** width: CSS pixels; what the page gives where there is none. */
    resize(width = this.surface.clientWidth): void {
        if (width > 0 && width !== this.u.width) this.u.setSize({ width, height: this.height(width) });
    }

    private height(width: number): number {
        return Math.round(Math.max(220, Math.min(340, width * 0.36)));
    }

    private colour(series: Series): string {
        const { series: colours, ink } = this.appearance.colours;
        return colours[series.colour] ?? ink;
    }

    private scaleOf = (series: Series): string => (series.right ? RIGHT : "y");

    // ---- what uPlot is told

    private options(lines: Series[], width: number): uPlot.Options {
        const { plot } = this;
        const scales: uPlot.Scales = {
            x: { time: plot.time, range: () => [this.range.min, this.range.max] },
            y: { distr: plot.log ? 3 : 1, range: (_, low, high) => this.valueRange("y", low, high) },
        };
        if (plot.y_right_label)
            scales[RIGHT] = { range: (_, low, high) => this.valueRange(RIGHT, low, high) };
        return {
            width,
            height: this.height(width),
            padding: [8, plot.y_right_label ? 0 : 14, 0, 0],
            legend: { show: false },
            tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
            scales,
            axes: this.axes(),
            series: [{}, ...lines.map((series) => this.line(series))],
            cursor: {
                ...(plot.time
                    ? { sync: { key: "time", setSeries: false, scales: ["x", null] as [string, null] } }
                    : {}),
                drag: { x: true, y: false, setScale: false, dist: 4 },
                bind: {
                    dblclick: () => () => {
                        this.range.reset();
                        return null;
                    },
                },
                points: { size: 7, width: 1.5 },
            },
            hooks: {
                setSelect: [() => this.zoomToSelection()],
                setCursor: [() => this.showValues()],
                draw: [() => this.drawOver()],
            },
        };
    }

    private axes(): uPlot.Axis[] {
        const { plot } = this;
        const muted = (): string => this.appearance.colours.muted;
        const line = (): string => this.appearance.colours.line;
        const common = {
            stroke: muted,
            font: FONT,
            grid: { stroke: line, width: 1 },
            ticks: { stroke: line, width: 1, size: 4 },
        };
        const value = (unit: Unit, scale: string, side: 1 | 3, log: boolean): uPlot.Axis => ({
            ...common,
            scale,
            side,
            size: (u, values) => {
                const longest = Math.max(0, ...(values ?? []).map((text) => text.length));
                return Math.max(u.width < 500 ? 44 : 62, 14 + 6.7 * longest);
            },
            gap: 6,
            grid: { ...common.grid, show: side === 3 },
            ...(log
                ? {
                      splits: (u, _, min, max) => logTicks(min, max, Math.max(3, u.height / 50)),
                      filter: (_, ticks) => ticks,
                  }
                : {}),
            values: (_, ticks) => formatTicks(unit, ticks, smallestStep(ticks)),
        });
        const axes: uPlot.Axis[] = [
            {
                ...common,
                space: plot.time ? 64 : 56,
                gap: 4,
                size: (_, values) => (values?.some((text) => text?.includes("\n")) ? 44 : 30),
                values: (_, ticks) =>
                    plot.time
                        ? formatTimeTicks(ticks, smallestStep(ticks))
                        : formatPlainTicks(ticks, smallestStep(ticks)),
            },
            value(plot.unit, "y", 3, plot.log),
        ];
        if (plot.y_right_label) axes.push(value(rightUnit(plot), RIGHT, 1, false));
        return axes;
    }

    private line(series: Series): uPlot.Series {
        const stroke = (): string => this.colour(series);
        const common: uPlot.Series = {
            label: series.name,
            scale: this.scaleOf(series),
            stroke,
            width: isDense(series) ? 1.1 : 1.5,
            points: { show: false },
            ...(isDashed(series) ? { dash: [6, 4] } : {}),
        };
        const { stepped, bars } = uPlot.paths;
        if (series.kind === "step" && stepped) return { ...common, paths: stepped({ align: 1 }) };
        if (series.kind === "bars" && bars)
            return {
                ...common,
                width: 0,
                fill: () => `${this.colour(series)}cc`,
                paths: bars({ size: [0.82, 64] }),
            };
        if (series.kind === "area")
            return { ...common, width: 1.2, fill: () => `${this.colour(series)}30`, fillTo: 0 };
        return common;
    }

    /** What must be in sight beyond the lines: levels, marks, and the ground of bars and areas. */
    private valueRange(
        scale: string,
        low: number | null,
        high: number | null,
    ): [number, number] {
        let least = low ?? Infinity;
        let most = high ?? -Infinity;
        const include = (value: number): void => {
            if (!Number.isFinite(value) || (this.plot.log && scale === "y" && value <= 0)) return;
            least = Math.min(least, value);
            most = Math.max(most, value);
        };
        for (const { series, shown } of this.entries) {
            if (!shown || this.scaleOf(series) !== scale) continue;
            if (isLevel(series)) include(series.level);
            else if (isMark(series)) {
                const [from, to] = visible(series, this.range.min, this.range.max);
                for (let i = from; i < to; i++) include(series.y[i] as number);
            } else if (series.kind === "bars" || series.kind === "area") include(0);
        }
        return padded(least, most, this.plot.log && scale === "y");
    }

    private drawOver(): void {
        const { surface } = this.appearance.colours;
        for (const { series, shown } of this.entries) {
            if (!shown) continue;
            const scale = this.scaleOf(series);
            if (isLevel(series)) drawLevel(this.u, series, scale, this.colour(series));
            else if (isMark(series)) drawMarks(this.u, series, scale, this.colour(series), surface);
        }
    }

    // ---- the legend

    private addEntry(legend: HTMLElement, series: Series, lines: Series[]): Entry {
        const value = element("span", { class: "value" });
        const button = element(
            "button",
            { type: "button", "aria-pressed": "true", title: "Show or hide" },
            element("span", {
                class: `swatch ${series.kind}${isDashed(series) ? " dashed" : ""} colour-${series.colour}`,
            }),
            element("span", { class: "name" }, series.name),
            value,
        );
        legend.append(button);
        const entry: Entry = { series, index: lines.indexOf(series) + 1, shown: true, value };
        button.addEventListener("click", () => {
            entry.shown = !entry.shown;
            button.setAttribute("aria-pressed", String(entry.shown));
            if (entry.index) this.u.setSeries(entry.index, { show: entry.shown });
            else this.applyRange();
        });
        return entry;
    }

    /** Values at the crosshair; without one, the last of what is in sight. */
    private showValues(): void {
        const { u } = this;
        if (!u) return;
        // The crosshair of another plot may stand at a time that this one does not show.
        const left = u.cursor.left ?? -1;
        const inside = left >= 0 && left <= u.over.clientWidth;
        const at = inside ? (u.cursor.idx ?? null) : null;
        const x = at === null ? null : ((u.data[0] as ArrayLike<number>)[at] ?? null);
        this.clock.textContent =
            x === null ? "" : this.plot.time ? `${formatTime(x)} UTC` : formatValue("number", x);
        const reach = (MARK_REACH_PX * (this.range.max - this.range.min)) / Math.max(1, u.over.clientWidth);
        for (const { series, index, value } of this.entries)
            value.textContent = this.valueAt(series, index, x, reach);
    }

    private valueAt(series: Series, index: number, x: number | null, reach: number): string {
        const unit = series.right ? rightUnit(this.plot) : this.plot.unit;
        if (isLevel(series)) {
            const level = formatLevel(unit, series.level);
            return series.name.endsWith(` ${level}`) ? "" : level;
        }
        if (x === null) return "";
        if (isMark(series)) {
            const mark = nearestMark(series, x, reach);
            return mark === null ? "" : formatValue(unit, mark);
        }
        const place = this.u.cursor.idxs?.[index];
        const found = place == null ? null : this.u.data[index]?.[place];
        return found == null ? "" : formatValue(unit, found);
    }

    // ---- zooming

    private applyRange = (): void => {
        this.u.setScale("x", { min: this.range.min, max: this.range.max });
    };

    private redraw = (): void => this.u.redraw(false, false);

    /** Now where one sees it, else when there is time. */
    private soon(job: () => void): void {
        if (this.inSight) job();
        else later(job);
    }

    private setInSight(inSight: boolean): void {
        this.inSight = inSight;
        if (!inSight) return;
        for (const job of [this.applyRange, this.redraw]) if (notLater(job)) job();
    }

    private zoomToSelection(): void {
        const { left, width } = this.u.select;
        if (width < 4) return;
        const from = this.u.posToVal(left, "x");
        const to = this.u.posToVal(left + width, "x");
        this.u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        this.range.set(from, to);
    }

    private listen(): void {
        this.surface.addEventListener("keydown", (event) => this.key(event));
        this.u.over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
        this.listenToTouch();
    }

    private key(event: KeyboardEvent): void {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const actions: Record<string, () => void> = {
            "+": () => this.range.zoom(0.5),
            "=": () => this.range.zoom(0.5),
            "-": () => this.range.zoom(2),
            "0": () => this.range.reset(),
            Escape: () => this.range.reset(),
            PageUp: () => this.range.pan(-0.5),
            PageDown: () => this.range.pan(0.5),
            ArrowLeft: () => this.step(event.shiftKey ? -20 : -1),
            ArrowRight: () => this.step(event.shiftKey ? 20 : 1),
        };
        const action = actions[event.key];
        if (!action) return;
        event.preventDefault();
        action();
    }

    /** Moves the crosshair by points, and says what it finds to who cannot see it. */
    private step(by: number): void {
        const { u } = this;
        const xs = u.data[0] as ArrayLike<number>;
        if (!xs.length) return;
        const start = u.cursor.idx ?? u.valToIdx(this.range.max);
        const at = xs[Math.max(0, Math.min(xs.length - 1, start + by))] as number;
        if (at < this.range.min || at > this.range.max) this.range.pan(Math.sign(by) * 0.5);
        queueMicrotask(() => {
            this.pointAt(u.valToPos(at, "x"));
            const values = this.entries
                .filter(({ value }) => value.textContent)
                .map(({ series, value }) => `${series.name} ${value.textContent ?? ""}`);
            this.spoken.textContent = [this.clock.textContent, ...values].join(", ");
        });
    }

    /** Moves the crosshair of all plots that share it, as a mouse would: left is in pixels from the
     * edge of the plotting area. */
    private pointAt(left: number): void {
        const { over } = this.u;
        const area = over.getBoundingClientRect();
        const place = { clientX: area.left + left, clientY: area.top + area.height / 2 };
        over.dispatchEvent(new MouseEvent("mousemove", place));
    }

    /** The page scrolls as usual; with Ctrl (a pinch on a trackpad) the wheel zooms, sideways it
     * moves. */
    private wheel(event: WheelEvent): void {
        if (event.ctrlKey) {
            event.preventDefault();
            const centre = this.u.posToVal(event.offsetX, "x");
            this.range.zoom(Math.exp(Math.max(-50, Math.min(50, event.deltaY)) * 0.01), centre);
        } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            event.preventDefault();
            this.range.pan(event.deltaX / Math.max(1, this.u.over.clientWidth));
        }
    }

    /** One finger moves the crosshair, two zoom and move; up and down scrolls the page. */
    private listenToTouch(): void {
        const { over } = this.u;
        const fingers = new Map<number, number>();
        const place = (event: PointerEvent): number => event.clientX - over.getBoundingClientRect().left;
        const spread = (): [number, number] => {
            const [a = 0, b = a] = [...fingers.values()];
            return [(a + b) / 2, Math.max(20, Math.abs(a - b))];
        };
        over.addEventListener("pointerdown", (event) => {
            if (event.pointerType === "touch") fingers.set(event.pointerId, place(event));
        });
        over.addEventListener("pointermove", (event) => {
            if (!fingers.has(event.pointerId)) return;
            const [middle, width] = spread();
            fingers.set(event.pointerId, place(event));
            if (fingers.size < 2) {
                this.pointAt(place(event));
                return;
            }
            const [newMiddle, newWidth] = spread();
            this.range.zoom(width / newWidth, this.u.posToVal(middle, "x"));
            this.range.pan((middle - newMiddle) / Math.max(1, over.clientWidth));
        });
        for (const end of ["pointerup", "pointercancel"] as const)
            over.addEventListener(end, (event) => fingers.delete(event.pointerId));
    }
}
