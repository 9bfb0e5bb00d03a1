// The visible part of an x axis. Every time plot of a report shares one range, so that zooming one
// zooms all; other plots have one each.

export class Range {
    min: number;
    max: number;
    readonly full: readonly [number, number];
    private readonly listeners: (() => void)[] = [];

    constructor(min: number, max: number) {
        this.full = [min, max > min ? max : min + 1];
        [this.min, this.max] = this.full;
    }

    get isFull(): boolean {
        return this.min <= this.full[0] && this.max >= this.full[1];
    }

    onChange(listener: () => void): void {
        this.listeners.push(listener);
    }

    /** Shows [min, max], moved or cut to what there is. */
    set(min: number, max: number): void {
        const [first, last] = this.full;
        const width = Math.min(Math.max(max - min, (last - first) * 1e-5), last - first);
        const start = Math.min(Math.max(min, first), last - width);
        if (start === this.min && start + width === this.max) return;
        this.min = start;
        this.max = start + width;
        for (const listener of this.listeners) listener();
    }

    reset(): void {
        this.set(...this.full);
    }

    /** factor < 1 zooms in; `centre` stays where it is. */
    zoom(factor: number, centre = (this.min + this.max) / 2): void {
        this.set(centre - (centre - this.min) * factor, centre + (this.max - centre) * factor);
    }

    /** Moves by a part of the visible width. */
    pan(part: number): void {
        const by = part * (this.max - this.min);
        this.set(this.min + by, this.max + by);
    }
}
