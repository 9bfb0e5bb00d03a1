// Tables: every row is in the page already, formatted by the writer; here they are sorted and, where
// there are many, shown in part. Rows not shown at first wait in a template.

import type { Table } from "./data";
import { element } from "./element";

type Direction = "ascending" | "descending";

/** Order of rows by one column: missing values last, whatever the direction. */
export function order(
    values: ArrayLike<number> | string[],
    direction: Direction,
): number[] {
    const sign = direction === "ascending" ? 1 : -1;
    const places = Array.from({ length: values.length }, (_, place) => place);
    const compare = (a: number, b: number): number => {
        const left = values[a] as number | string;
        const right = values[b] as number | string;
        if (typeof left === "string" || typeof right === "string")
            return sign * String(left).localeCompare(String(right), "en", { numeric: true });
        if (Number.isNaN(left) || Number.isNaN(right))
            return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
        return sign * (left - right);
    };
    return places.sort((a, b) => compare(a, b) || a - b);
}

export class TableView {
    private readonly rows: HTMLTableRowElement[];
    private readonly body: HTMLTableSectionElement;
    private places: number[];
    private limit: number;

    constructor(
        host: HTMLElement,
        private readonly table: Table,
    ) {
        const body = host.querySelector("tbody");
        const head = host.querySelectorAll<HTMLTableCellElement>("thead th");
        if (!body) throw new Error(`table ${table.id} has no body`);
        this.body = body;
        const rest = host.querySelector("template");
        this.rows = [...body.rows, ...(rest ? [...rest.content.querySelectorAll("tr")] : [])];
        this.places = this.rows.map((_, place) => place);
        this.limit = table.shown;
        head.forEach((cell, column) => this.addSorting(cell, column, head));
        if (this.rows.length > this.limit) this.addShowAll(host);
    }

    private addSorting(
        cell: HTMLTableCellElement,
        column: number,
        head: NodeListOf<HTMLTableCellElement>,
    ): void {
        const button = element("button", { type: "button" });
        button.append(...cell.childNodes);
        cell.append(button);
        button.addEventListener("click", () => {
            const direction: Direction =
                cell.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
            head.forEach((other) => other.removeAttribute("aria-sort"));
            cell.setAttribute("aria-sort", direction);
            const values =
                this.table.columns[column]?.values ??
                this.rows.map((row) => row.cells[column]?.textContent ?? "");
            this.places = order(values, direction);
            this.render();
        });
    }

    private addShowAll(host: HTMLElement): void {
        const button = element(
            "button",
            { type: "button", class: "show-all" },
            `Show all ${this.rows.length.toLocaleString("en-US")} rows`,
        );
        button.addEventListener("click", () => {
            this.limit = Infinity;
            button.remove();
            host.querySelector(".part")?.remove();
            this.render();
        });
        host.append(button);
    }

    private render(): void {
        const shown: Node[] = [];
        for (const place of this.places.slice(0, this.limit)) {
            const row = this.rows[place];
            if (row) shown.push(row);
        }
        this.body.replaceChildren(...shown);
    }
}
