// The bar that stays in sight: the part of time shown in every time plot, and the theme.

import { element } from "./element";
import { formatDate } from "./format";
import type { Range } from "./range";
import { themes, type Appearance } from "./theme";

const DAY = 86400;

/** Each counts back from the last bar. */
const spans: readonly { name: string; title: string; days: number }[] = [
    { name: "1D", title: "The last day", days: 1 },
    { name: "1W", title: "The last week", days: 7 },
    { name: "1M", title: "The last month", days: 30.44 },
    { name: "3M", title: "The last three months", days: 91.31 },
    { name: "6M", title: "The last six months", days: 182.62 },
    { name: "1Y", title: "The last year", days: 365.25 },
    { name: "3Y", title: "The last three years", days: 1095.75 },
];

function rangeControls(range: Range): HTMLElement {
    const [first, last] = range.full;
    const buttons = spans
        .filter((span) => span.days * DAY < last - first)
        .map((span) => {
            const button = element("button", { type: "button", title: span.title }, span.name);
            const from = last - span.days * DAY;
            button.addEventListener("click", () => range.set(from, last));
            return { button, from };
        });
    const all = element("button", { type: "button", title: "Everything" }, "All");
    all.addEventListener("click", () => range.reset());

    const from = element("input", { type: "date", "aria-label": "From" });
    const to = element("input", { type: "date", "aria-label": "To" });
    for (const input of [from, to]) {
        input.min = formatDate(first);
        input.max = formatDate(last);
        input.addEventListener("change", () => {
            const start = Date.parse(from.value) / 1000;
            const end = Date.parse(to.value) / 1000 + DAY - 1;
            if (end > start) range.set(start, end);
        });
    }

    const show = (): void => {
        from.value = formatDate(range.min);
        to.value = formatDate(range.max);
        all.setAttribute("aria-pressed", String(range.isFull));
        for (const { button, from: start } of buttons)
            button.setAttribute(
                "aria-pressed",
                String(range.max === last && Math.abs(range.min - start) < 1),
            );
    };
    range.onChange(show);
    show();
    return element(
        "div",
        { class: "range", role: "group", "aria-label": "Period shown" },
        element("div", { class: "choice" }, ...buttons.map(({ button }) => button), all),
        element("div", { class: "dates" }, from, element("span", {}, "–"), to),
    );
}

function themeControls(appearance: Appearance): HTMLElement {
    const group = element("div", { class: "choice theme", role: "group", "aria-label": "Colours" });
    for (const theme of themes) {
        const name = theme.charAt(0).toUpperCase() + theme.slice(1);
        const button = element("button", { type: "button", "data-theme-choice": theme }, name);
        const show = (): void =>
            button.setAttribute("aria-pressed", String(appearance.theme === theme));
        button.addEventListener("click", () => appearance.choose(theme));
        appearance.onChange(show);
        show();
        group.append(button);
    }
    return group;
}

/** Fills the bar; without a time plot there is no range to choose. */
export function fillToolbar(host: HTMLElement, range: Range | null, appearance: Appearance): void {
    host.replaceChildren(...(range ? [rangeControls(range)] : []), themeControls(appearance));
    host.hidden = false;
}
