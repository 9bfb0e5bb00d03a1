// Which time plots share a range: those that show about the same time. A report may hold the whole
// history, the period asked for, and the newest bars; zooming one kind leaves the others.

import { Range } from "./range";

export type Extent = readonly [first: number, last: number];

/** Two extents are about the same where at least half of what they cover they cover both. */
const SHARE_MIN = 0.5;

function alike([a, b]: Extent, [c, d]: Extent): boolean {
    const both = Math.min(b, d) - Math.max(a, c);
    return both >= SHARE_MIN * (Math.max(b, d) - Math.min(a, c));
}

/** One range for each extent, equal where shared, and the one that most share: what the bar of
 * periods moves. Of several the first. */
export function shareRanges(extents: readonly Extent[]): { ranges: Range[]; main: Range | null } {
    const groups: { extent: Extent; members: number[] }[] = [];
    extents.forEach((extent, place) => {
        const group = groups.find((other) => alike(extent, other.extent));
        if (!group) {
            groups.push({ extent, members: [place] });
            return;
        }
        const [first, last] = group.extent;
        group.extent = [Math.min(first, extent[0]), Math.max(last, extent[1])];
        group.members.push(place);
    });
    const ranges: Range[] = [];
    let main: Range | null = null;
    let most = 0;
    for (const { extent, members } of groups) {
        const range = new Range(...extent);
        for (const place of members) ranges[place] = range;
        if (members.length > most) {
            most = members.length;
            main = range;
        }
    }
    return { ranges, main };
}
