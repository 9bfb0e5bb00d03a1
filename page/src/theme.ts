// Light, dark, or as the system has it; the choice is remembered. Canvases read their colours from
// here, the rest of the page from the style sheet.

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "systematica-theme";
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** A page in a sandbox, or one with storage switched off, just does not remember. */
function remembered(): Theme {
    try {
        const text = localStorage.getItem(KEY);
        return themes.find((theme) => theme === text) ?? "auto";
    } catch {
        return "auto";
    }
}

function remember(theme: Theme): void {
    try {
        localStorage.setItem(KEY, theme);
    } catch {
        return;
    }
}

export interface Colours {
    ink: string;
    muted: string;
    line: string;
    surface: string;
    series: string[];
}

export class Appearance {
    theme: Theme = remembered();
    colours!: Colours;
    private printing = false;
    private readonly listeners: (() => void)[] = [];

    constructor() {
        this.apply();
        dark.addEventListener("change", () => this.announce());
    }

    get isDark(): boolean {
        if (this.printing) return false;
        return this.theme === "auto" ? dark.matches : this.theme === "dark";
    }

    onChange(listener: () => void): void {
        this.listeners.push(listener);
    }

    choose(theme: Theme): void {
        this.theme = theme;
        remember(theme);
        this.announce();
    }

    /** Paper is white, whatever the screen. */
    print(printing: boolean): void {
        this.printing = printing;
        this.announce();
    }

    /** Reads the colours that canvases need from the style sheet. */
    read(palette: { light: string[]; dark: string[] }): void {
        const style = getComputedStyle(root);
        const variable = (name: string): string => style.getPropertyValue(name).trim();
        this.colours = {
            ink: variable("--ink"),
            muted: variable("--muted"),
            line: variable("--line"),
            surface: variable("--surface"),
            series: this.isDark ? palette.dark : palette.light,
        };
    }

    private apply(): void {
        root.dataset.theme = this.isDark ? "dark" : "light";
    }

    private announce(): void {
        this.apply();
        for (const listener of this.listeners) listener();
    }
}
