// What is drawn over the lines of a plot: entries and exits as symbols, thresholds as levels.

import uPlot from "uplot";
import { lowerBound, type Series } from "./data";

export const isMark = (series: Series): boolean => series.kind.startsWith("mark_");
export const isLevel = (series: Series): boolean => series.kind === "level";

type Shape = (path: Path2D, x: number, y: number, size: number) => void;

const shapes: Partial<Record<Series["kind"], Shape>> = {
    // Triangles stand clear of the price: below where one buys, above where one sells.
    mark_up: (path, x, y, size) => {
        path.moveTo(x, y + size * 0.6);
        path.lineTo(x - size, y + size * 2.4);
        path.lineTo(x + size, y + size * 2.4);
        path.closePath();
    },
    mark_down: (path, x, y, size) => {
        path.moveTo(x, y - size * 0.6);
        path.lineTo(x - size, y - size * 2.4);
        path.lineTo(x + size, y - size * 2.4);
        path.closePath();
    },
    mark_exit: (path, x, y, size) => {
        path.moveTo(x - size, y - size);
        path.lineTo(x + size, y + size);
        path.moveTo(x + size, y - size);
        path.lineTo(x - size, y + size);
    },
};

/** The places [from, to) of a series' points that are in sight. */
export function visible(series: Series, min: number, max: number): [number, number] {
    return [lowerBound(series.x, min), lowerBound(series.x, max + 1e-9)];
}

export function drawMarks(u: uPlot, series: Series, scale: string, colour: string, edge: string): void {
    const shape = shapes[series.kind];
    if (!shape) return;
    const path = new Path2D();
    const ratio = u.ctx.canvas.width / u.width;
    const [from, to] = visible(series, u.scales.x?.min ?? 0, u.scales.x?.max ?? 0);
    // Many marks in a narrow place are drawn smaller and let the lines shine through.
    const spacing = u.bbox.width / ratio / Math.max(1, to - from);
    const size = Math.max(2, Math.min(4.5, spacing * 0.6)) * ratio;
    for (let i = from; i < to; i++) {
        const y = series.y[i] as number;
        if (Number.isFinite(y))
            shape(path, u.valToPos(series.x[i] as number, "x", true), u.valToPos(y, scale, true), size);
    }
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.globalAlpha = spacing < 3 ? 0.6 : 1;
    if (series.kind === "mark_exit") {
        ctx.strokeStyle = colour;
        ctx.lineWidth = Math.min(1.6 * ratio, size * 0.4);
        ctx.stroke(path);
    } else {
        ctx.lineWidth = 0.8 * ratio;
        ctx.strokeStyle = edge;
        ctx.fillStyle = colour;
        ctx.fill(path);
        ctx.stroke(path);
    }
    ctx.restore();
}

export function drawLevel(u: uPlot, series: Series, scale: string, colour: string): void {
    const { ctx, bbox } = u;
    const ratio = ctx.canvas.width / u.width;
    const y = Math.round(u.valToPos(series.level, scale, true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.2 * ratio;
    if (series.dashed) ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
}

/** The mark nearest to x, if within `reach`. */
export function nearestMark(series: Series, x: number, reach: number): number | null {
    const place = lowerBound(series.x, x);
    let best: number | null = null;
    let distance = reach;
    for (const i of [place - 1, place]) {
        const at = series.x[i];
        if (at !== undefined && Math.abs(at - x) <= distance) {
            best = series.y[i] as number;
            distance = Math.abs(at - x);
        }
    }
    return best;
}
