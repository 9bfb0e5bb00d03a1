// A headless Chromium driven over its DevTools protocol by a pipe: no port, no package. Only what
// the tests of the pages need.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The browser's program, or null. */
export function findChromium() {
    for (const folder of (process.env.PATH ?? "").split(delimiter))
        for (const name of ["chromium", "chromium-browser", "google-chrome"])
            if (existsSync(join(folder, name))) return join(folder, name);
    return null;
}

export class Browser {
    #child;
    #profile = mkdtempSync(join(tmpdir(), "systematica-browser-"));
    #next = 1;
    #answers = new Map();
    #listeners = new Set();
    #exited;

    constructor(program) {
        this.#child = spawn(
            program,
            [
                "--headless",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
                `--user-data-dir=${this.#profile}`,
                // Its sandbox refuses root.
                ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
            ],
            { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
        );
        this.#exited = new Promise((resolve) => this.#child.once("exit", resolve));
        this.#exited.then(() => {
            for (const { reject } of this.#answers.values()) reject(new Error("the browser ended"));
        });
        let text = "";
        this.#child.stdio[4].setEncoding("utf8").on("data", (chunk) => {
            const parts = (text + chunk).split("\0");
            text = parts.pop();
            for (const part of parts) this.#receive(JSON.parse(part));
        });
    }

    #receive(message) {
        const answer = this.#answers.get(message.id);
        if (answer) {
            this.#answers.delete(message.id);
            if (message.error) answer.reject(new Error(message.error.message));
            else answer.resolve(message.result);
        } else for (const listener of this.#listeners) listener(message);
    }

    send(method, params = {}, sessionId = undefined) {
        const id = this.#next++;
        this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
        return new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    }

    /** Opens a page of its own storage. width, height: CSS pixels. */
    async open(url, { width = 1200, height = 900, dark = false, script = true } = {}) {
        const { browserContextId } = await this.send("Target.createBrowserContext");
        const { targetId } = await this.send("Target.createTarget", {
            url: "about:blank",
            browserContextId,
        });
        const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
        const page = new Page(this, sessionId);
        this.#listeners.add((message) => message.sessionId === sessionId && page.receive(message));
        for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
        await page.send("Emulation.setDeviceMetricsOverride", {
            width,
            height,
            deviceScaleFactor: 1,
            mobile: width < 600,
        });
        await page.send("Emulation.setEmulatedMedia", {
            features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
        });
        if (!script) await page.send("Emulation.setScriptExecutionDisabled", { value: true });
        await page.go(url);
        return page;
    }

    async close() {
        await this.send("Browser.close").catch(() => {});
        await this.#exited;
        rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

class Page {
    #browser;
    #session;
    #loaded = () => {};
    /** What went wrong: errors, warnings of the console, refused content. */
    problems = [];
    /** Addresses asked for. */
    requests = [];

    constructor(browser, session) {
        this.#browser = browser;
        this.#session = session;
    }

    send(method, params) {
        return this.#browser.send(method, params, this.#session);
    }

    receive({ method, params }) {
        if (method === "Page.loadEventFired") this.#loaded();
        if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
        if (method === "Runtime.exceptionThrown")
            this.problems.push(params.exceptionDetails.exception?.description ?? "exception");
        if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type))
            this.problems.push(params.args.map((one) => one.value ?? one.description).join(" "));
        if (method === "Log.entryAdded" && params.entry.level === "error")
            this.problems.push(params.entry.text);
    }

    async go(url) {
        const loaded = new Promise((resolve) => (this.#loaded = resolve));
        await this.send("Page.navigate", { url });
        await loaded;
    }

    /** Calls a function in the page with plain values; its value, or that of its promise. */
    async call(body, ...values) {
        const expression = `(${body})(...${JSON.stringify(values)})`;
        const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
            expression,
            returnByValue: true,
            awaitPromise: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? "exception");
        return result.value;
    }

    /** Waits until what was asked for is on the screen, and what is out of sight done as well. */
    painted() {
        return this.call(
            () =>
                new Promise((done) => {
                    const look = () =>
                        document.documentElement.hasAttribute("data-busy")
                            ? setTimeout(look, 10)
                            : requestAnimationFrame(() => requestAnimationFrame(done));
                    look();
                }),
        );
    }

    async mouse(type, x, y, more = {}) {
        await this.send("Input.dispatchMouseEvent", { type, x, y, ...more });
    }

    async drag(from, to, y) {
        const button = { button: "left", buttons: 1, clickCount: 1 };
        await this.mouse("mouseMoved", from, y);
        await this.mouse("mousePressed", from, y, button);
        await this.mouse("mouseMoved", (from + to) / 2, y, button);
        await this.mouse("mouseMoved", to, y, button);
        await this.mouse("mouseReleased", to, y, { ...button, buttons: 0 });
        await this.painted();
    }

    async press(key, text = undefined) {
        await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", key, text });
        await this.send("Input.dispatchKeyEvent", { type: "keyUp", key });
        await this.painted();
    }
}
