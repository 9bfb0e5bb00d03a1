// Work for what is out of sight: done bit by bit while the browser has nothing better to do, so that
// what one looks at follows the hand.

const waiting = new Set<() => void>();
let scheduled = false;

/** Safari has no idle callbacks. */
const whenIdle: (task: () => void) => void =
    "requestIdleCallback" in window
        ? (task) => requestIdleCallback(task, { timeout: 500 })
        : (task) => setTimeout(task, 30);

function mark(): void {
    document.documentElement.toggleAttribute("data-busy", waiting.size > 0);
}

function next(): void {
    scheduled = false;
    const [job] = waiting;
    if (!job) return;
    waiting.delete(job);
    job();
    schedule();
}

function schedule(): void {
    mark();
    if (scheduled || !waiting.size) return;
    scheduled = true;
    whenIdle(next);
}

/** Does a job once when there is time, however often it is asked for until then. */
export function later(job: () => void): void {
    waiting.add(job);
    schedule();
}

/** Takes a job back; true if it was waiting. */
export function notLater(job: () => void): boolean {
    const waited = waiting.delete(job);
    mark();
    return waited;
}

/** Does now all that waits: before printing. */
export function finish(): void {
    for (const job of [...waiting]) {
        waiting.delete(job);
        job();
    }
    mark();
}
