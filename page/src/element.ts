// Making elements in one expression; text is set as text, never as markup.

type Attributes = Record<string, string | boolean>;

export function element<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    attributes: Attributes = {},
    ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
        if (value === true) made.setAttribute(name, "");
        else if (value !== false) made.setAttribute(name, value);
    made.append(...children);
    return made;
}
