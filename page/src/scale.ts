// Ranges and ticks of value axes.

/** Room above and below [low, high]; a baseline of 0 stays on the edge. */
export function padded(low: number, high: number, log: boolean): [number, number] {
    if (!(low <= high)) return log ? [1, 10] : [0, 1];
    if (log) {
        const room = low === high ? 1.1 : (high / low) ** 0.05;
        return [low / room, high * room];
    }
    const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
    return [low === 0 ? 0 : low - room, high === 0 ? 0 : high + room];
}

function niceStep(rough: number): number {
    const power = 10 ** Math.floor(Math.log10(rough));
    const part = rough / power;
    return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 2.5 ? 2.5 : part <= 5 ? 5 : 10) * power;
}

/** Ticks of a logarithmic axis: round numbers evenly spread where the range is less than a decade
 * or so, else 1, 2, 5 of each decade, or decades alone. */
export function logTicks(min: number, max: number, wanted: number): number[] {
    if (!(min > 0) || !(max > min)) return [];
    const ticks: number[] = [];
    if (max / min < 8) {
        const step = niceStep((max - min) / wanted);
        for (let i = Math.ceil(min / step); i * step <= max; i++) ticks.push(i * step);
        return ticks;
    }
    const decades = Math.log10(max / min);
    const parts = decades < wanted / 3 ? [1, 2, 5] : [1];
    const every = Math.max(1, Math.ceil(decades / wanted));
    for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++)
        if (power % every === 0)
            for (const part of parts) {
                const tick = part * 10 ** power;
                if (tick >= min && tick <= max) ticks.push(tick);
            }
    return ticks;
}

/** The smallest distance between neighbours: what labels must be able to tell apart. */
export function smallestStep(ticks: number[]): number {
    let step = Infinity;
    for (let i = 1; i < ticks.length; i++)
        step = Math.min(step, Math.abs((ticks[i] as number) - (ticks[i - 1] as number)));
    return Number.isFinite(step) ? step : Math.abs(ticks[0] ?? 1) || 1;
}
