// Numbers and times as people read them: at the crosshair, and on axes with no more digits than
// their steps need. Times are UTC.

import type { Unit } from "./data";

const NOT_AVAILABLE = "n/a";
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const two = (value: number): string => String(value).padStart(2, "0");

function fixed(value: number, decimals: number): string {
    const text = value.toLocaleString("en-US", {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
    });
    return /^-[0.,]*$/.test(text) ? text.slice(1) : text;
}

/** Digits before the decimal point, at least 1. */
const wholeDigits = (value: number): number =>
    Math.abs(value) < 1 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;

const magnitude = (value: number): number => Math.floor(Math.log10(Math.abs(value)));

/** float32 carries seven digits: more would be invented. */
const atMostSeven = (value: number, decimals: number): number =>
    Math.max(0, Math.min(decimals, 7 - wholeDigits(value)));

/** Four significant digits, as in the tables (sy_report_format). */
function number(value: number): string {
    const size = Math.abs(value);
    if (size > 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(3);
    if (size === 0 || size >= 1) return fixed(value, Math.max(4 - wholeDigits(value), 0));
    return fixed(value, Math.min(3 - magnitude(value), 7));
}

/** Two decimals, more where seven significant digits need them. */
function price(value: number): string {
    const size = Math.abs(value);
    const decimals = size > 0 && size < 1 ? 6 - magnitude(value) : 7 - wholeDigits(value);
    return fixed(value, Math.max(2, Math.min(decimals, 12))).replace(/(\.\d\d\d*?)0+$/, "$1");
}

function duration(seconds: number): string {
    const sign = seconds < 0 ? "-" : "";
    let rest = Math.abs(seconds);
    const parts: string[] = [];
    for (const [length, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]] as const) {
        const count = name === "s" ? Math.round(rest) : Math.floor(rest / length);
        if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
        rest -= count * length;
    }
    return parts.length ? sign + parts.join(" ") : "0 s";
}

/** "2020-08-05 15:00" */
export function formatTime(seconds: number): string {
    if (!Number.isFinite(seconds)) return NOT_AVAILABLE;
    const iso = new Date(seconds * 1000).toISOString();
    const clock = seconds % 60 ? iso.slice(11, 19) : iso.slice(11, 16);
    return `${iso.slice(0, 10)} ${clock}`;
}

/** "2020-08-05" */
export const formatDate = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().slice(0, 10);

/** A value at the crosshair. */
export function formatValue(unit: Unit, value: number): string {
    if (!Number.isFinite(value)) return NOT_AVAILABLE;
    switch (unit) {
        case "fraction":
            return `${fixed(100 * value, atMostSeven(100 * value, 2))} %`;
        case "money":
            return fixed(value, atMostSeven(value, 2));
        case "price":
            return price(value);
        case "count":
            return fixed(value, 0);
        case "seconds":
            return duration(value);
        case "time":
            return formatTime(value);
        default:
            return number(value);
    }
}

/** A threshold, with the digits that it was given: "0.78". */
export function formatLevel(unit: Unit, value: number): string {
    return formatTicks(unit, [value], unit === "fraction" ? value : value || 1)[0] ?? NOT_AVAILABLE;
}

/** Decimals that tell multiples of `step` apart: 0.25 → 2, 20 → 0. */
export function decimalsOf(step: number): number {
    for (let decimals = 0; decimals < 10; decimals++) {
        const scaled = step * 10 ** decimals;
        if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, scaled)) return decimals;
    }
    return 10;
}

function compact(value: number, step: number): string {
    const size = Math.abs(value);
    for (const [unit, letter] of [[1e9, "bn"], [1e6, "m"]] as const)
        if (size >= unit) return `${fixed(value / unit, decimalsOf(step / unit))} ${letter}`;
    return fixed(value, decimalsOf(step));
}

/** Labels of a value axis whose ticks lie `step` apart. */
export function formatTicks(unit: Unit, ticks: number[], step: number): string[] {
    if (unit === "fraction")
        return ticks.map((tick) => `${fixed(100 * tick, decimalsOf(100 * step))} %`);
    if (unit === "seconds") return ticks.map(duration);
    if (unit === "time") return ticks.map(formatTime);
    return ticks.map((tick) => compact(tick, step));
}

/** Labels of a plain x axis; years stay without a thousands' mark. */
export function formatPlainTicks(ticks: number[], step: number): string[] {
    const decimals = decimalsOf(step);
    return ticks.map((tick) =>
        Math.abs(tick) < 10000 ? tick.toFixed(decimals).replace(/^-(?=[0.]*$)/, "") : fixed(tick, decimals),
    );
}

const DAY = 86400;

/** A tick's finest part, and what that belongs to. */
function timeParts(tick: number, step: number): [fine: string, coarse: string] {
    const date = new Date(tick * 1000);
    const year = String(date.getUTCFullYear());
    const month = months[date.getUTCMonth()] ?? "";
    const day = `${date.getUTCDate()} ${month}`;
    const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
    if (step >= 360 * DAY) return [year, ""];
    if (step >= 28 * DAY) return [month, year];
    if (step >= DAY) return [day, year];
    if (step >= 60) return [clock, `${day} ${year}`];
    return [`${clock}:${two(date.getUTCSeconds())}`, `${day} ${year}`];
}

/** Labels of a time axis: the finest part on the first line, on the second what it belongs to,
 * wherever that changes; at the first tick only where the next does not change it, as the two would
 * run into each other. */
export function formatTimeTicks(ticks: number[], step: number): string[] {
    const parts = ticks.map((tick) => timeParts(tick, step));
    return parts.map(([fine, coarse], place) => {
        const beside = parts[place === 0 ? 1 : place - 1]?.[1] ?? "";
        const named = coarse && (place === 0 ? !beside || beside === coarse : beside !== coarse);
        return named ? `${fine}\n${coarse}` : fine;
    });
}
