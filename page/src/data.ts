// The data island of a report: what the C writer (src/report/html.c) puts into the page, decoded.
// Numbers come as base64 of little-endian arrays, each stored once and named by its place.

export type Unit =
    | "text" | "number" | "count" | "fraction" | "money" | "price" | "seconds" | "time";

export type SeriesKind =
    | "line" | "step" | "area" | "bars" | "mark_up" | "mark_down" | "mark_exit" | "level";

/** f32: values; u32: whole seconds counted from `base`; f64: anything else. */
interface Block {
    type: "f32" | "u32" | "f64";
    base?: number;
    data: string;
}

interface SeriesIsland {
    name: string;
    kind: SeriesKind;
    colour: number;
    dashed: boolean;
    right: boolean;
    x: number | null; // a block; null for levels
    y: number | null; // a block; null for levels
    level: number | null;
}

interface PlotIsland {
    id: string;
    kind: "plot";
    title: string;
    time: boolean;
    log: boolean;
    x_label: string;
    y_label: string;
    y_right_label: string | null;
    unit: Unit;
    series: SeriesIsland[];
}

interface TableIsland {
    id: string;
    kind: "table";
    shown: number; // rows shown before "show all"
    columns: { unit: Unit; values: number | null }[]; // a block to sort by; null: by text
}

export interface Island {
    palette: { light: string[]; dark: string[] };
    blocks: Block[];
    sections: (PlotIsland | TableIsland)[];
}

export type Numbers = Float32Array | Float64Array;

export interface Series extends Omit<SeriesIsland, "x" | "y" | "level"> {
    xKey: number; // series with the same key share their x; -1 for levels
    x: Numbers;
    y: Numbers;
    level: number;
}

export interface Plot extends Omit<PlotIsland, "series"> {
    series: Series[];
}

export interface Table extends Omit<TableIsland, "columns"> {
    columns: { unit: Unit; values: Numbers | null }[];
}

function bytes(text: string): Uint8Array {
    const binary = atob(text);
    const array = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) array[i] = binary.charCodeAt(i);
    return array;
}

function decodeBlock(block: Block): Numbers {
    const raw = bytes(block.data);
    const view = new DataView(raw.buffer);
    if (block.type === "f64") {
        const numbers = new Float64Array(raw.length / 8);
        for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat64(8 * i, true);
        return numbers;
    }
    if (block.type === "u32") {
        const base = block.base ?? 0;
        const numbers = new Float64Array(raw.length / 4);
        for (let i = 0; i < numbers.length; i++) numbers[i] = base + view.getUint32(4 * i, true);
        return numbers;
    }
    const numbers = new Float32Array(raw.length / 4);
    for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat32(4 * i, true);
    return numbers;
}

const none = new Float32Array(0);

/** The places of points that have an x, in its order; null where they stand so already. */
function sortedPlaces(x: Numbers): number[] | null {
    let before = -Infinity;
    const sorted = x.every((value) => {
        const rises = value >= before; // false for NaN too
        before = value;
        return rises;
    });
    if (sorted) return null;
    const places = Array.from(x, (_, place) => place).filter((place) => !Number.isNaN(x[place]));
    return places.sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
}

/** Exits may come in the order of their entries: points are put in the order of x. */
function inOrder(series: Series): Series {
    const places = sortedPlaces(series.x);
    if (!places) return series;
    const pick = (from: Numbers): Float64Array => Float64Array.from(places, (place) => from[place] as number);
    return { ...series, x: pick(series.x), y: pick(series.y) };
}

/** Decodes a report's island; each block once, however many series use it. */
export function decode(island: Island): { plots: Plot[]; tables: Table[] } {
    const decoded = new Map<number, Numbers>();
    const numbers = (key: number | null): Numbers => {
        if (key === null) return none;
        const known = decoded.get(key);
        if (known) return known;
        const block = island.blocks[key];
        if (!block) throw new Error(`the report names block ${key}, which it does not hold`);
        const fresh = decodeBlock(block);
        decoded.set(key, fresh);
        return fresh;
    };
    const plots: Plot[] = [];
    const tables: Table[] = [];
    for (const section of island.sections)
        if (section.kind === "plot")
            plots.push({
                ...section,
                series: section.series.map((series) =>
                    inOrder({
                        ...series,
                        xKey: series.x ?? -1,
                        x: numbers(series.x),
                        y: numbers(series.y),
                        level: series.level ?? NaN,
                    }),
                ),
            });
        else
            tables.push({
                ...section,
                columns: section.columns.map((column) => ({
                    unit: column.unit,
                    values: column.values === null ? null : numbers(column.values),
                })),
            });
    return { plots, tables };
}

/** First place in an ascending array whose value is not below `value`. */
export function lowerBound(array: Numbers, value: number): number {
    let low = 0;
    let high = array.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((array[middle] ?? 0) < value) low = middle + 1;
        else high = middle;
    }
    return low;
}
