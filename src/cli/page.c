/* Laying out headings, paragraphs and tables. */
#include "cli/page.h"

#include <string.h>

enum { WIDTH = 100, INDENT = 2 };

SyPage sy_page_begin(bool markdown) { return (SyPage){g_string_new(NULL), markdown}; }

char *sy_page_end(SyPage *page) {
    char *text = g_string_free(page->text, FALSE);
    page->text = NULL;
    return text;
}

static void blank_line(SyPage *page) {
    if (page->text->len)
        g_string_append_c(page->text, '\n');
}

static void append_blanks(GString *text, glong count) {
    for (glong i = 0; i < count; i++)
        g_string_append_c(text, ' ');
}

/* Words from column `at` on, continued below at `indent`. */
static void append_wrapped(GString *text, const char *words, glong at, glong indent) {
    g_auto(GStrv) word = g_strsplit(words, " ", -1);
    glong column = at;
    for (char **next = word; *next; next++) {
        glong length = g_utf8_strlen(*next, -1);
        bool first = next == word;
        if (!first && column + 1 + length > WIDTH) {
            g_string_append_c(text, '\n');
            append_blanks(text, indent);
            column = indent;
        } else if (!first) {
            g_string_append_c(text, ' ');
            column++;
        }
        g_string_append(text, *next);
        column += length;
    }
    g_string_append_c(text, '\n');
}

/* Letters that would end a cell or change how the rest looks. */
static void append_escaped(GString *text, const char *words) {
    for (const char *p = words; *p; p++) {
        if (strchr("|*<", *p))
            g_string_append_c(text, '\\');
        g_string_append_c(text, *p);
    }
}

void sy_page_heading(SyPage *page, int level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *heading = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    blank_line(page);
    for (int i = 0; page->markdown && i < level; i++)
        g_string_append_c(page->text, '#');
    g_string_append_printf(page->text, "%s%s\n", page->markdown ? " " : "", heading);
}

void sy_page_paragraph(SyPage *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (page->markdown) {
        blank_line(page);
        append_escaped(page->text, words);
        g_string_append_c(page->text, '\n');
    } else {
        append_blanks(page->text, INDENT);
        append_wrapped(page->text, words, INDENT, INDENT);
    }
}

static const char *cell_of(const GPtrArray *cells, gsize i) {
    return cells->pdata[i] ? cells->pdata[i] : "";
}

static void markdown_row(GString *text, const char *const *cells, gsize columns) {
    for (gsize i = 0; i < columns; i++) {
        g_string_append(text, "| ");
        append_escaped(text, cells[i] ? cells[i] : "");
        g_string_append_c(text, ' ');
    }
    g_string_append(text, "|\n");
}

static void markdown_table(SyPage *page, const char *const *headers, gsize columns,
                           const GPtrArray *cells) {
    blank_line(page);
    markdown_row(page->text, headers, columns);
    for (gsize i = 0; i < columns; i++)
        g_string_append(page->text, "| --- ");
    g_string_append(page->text, "|\n");
    for (gsize i = 0; i < cells->len; i += columns)
        markdown_row(page->text, (const char *const *)&cells->pdata[i], columns);
}

static glong width_of(const char *const *headers, gsize columns, const GPtrArray *cells,
                      gsize column) {
    glong width = g_utf8_strlen(headers[column], -1);
    for (gsize i = column; i < cells->len; i += columns)
        width = MAX(width, g_utf8_strlen(cell_of(cells, i), -1));
    return width;
}

/* Rows whose last cells are empty must not end in blanks. */
static void trim_line(GString *text) {
    while (text->len && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
}

/* One line; the last column begins where the others end, or on a line of its own below them, and
 * is wrapped there. */
static void terminal_row(GString *text, const char *const *cells, const glong *width, gsize columns,
                         bool below) {
    glong at = INDENT;
    append_blanks(text, INDENT);
    for (gsize i = 0; i + 1 < columns; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        g_string_append(text, cell);
        append_blanks(text, width[i] + 2 - g_utf8_strlen(cell, -1));
        at += width[i] + 2;
    }
    const char *last = cells[columns - 1] ? cells[columns - 1] : "";
    if (below || !*last) {
        trim_line(text);
        g_string_append_c(text, '\n');
        at = 3 * INDENT;
        append_blanks(text, *last ? at : 0);
    }
    if (*last)
        append_wrapped(text, last, at, at);
}

static void terminal_table(SyPage *page, const char *const *headers, gsize columns,
                           const GPtrArray *cells, bool below) {
    g_autofree glong *width = g_new(glong, columns);
    for (gsize i = 0; i < columns; i++)
        width[i] = width_of(headers, columns, cells, i);
    g_autofree const char **shown = g_memdup2(headers, columns * sizeof *headers);
    if (below)
        shown[columns - 1] = NULL;
    blank_line(page);
    terminal_row(page->text, shown, width, columns, below);
    for (gsize i = 0; i < cells->len; i += columns)
        terminal_row(page->text, (const char *const *)&cells->pdata[i], width, columns, below);
}

void sy_page_code(SyPage *page, const char *text) {
    blank_line(page);
    g_string_append_printf(page->text, page->markdown ? "```\n%s```\n" : "%s", text);
}

void sy_page_table(SyPage *page, const char *const *headers, gsize columns,
                   const GPtrArray *cells) {
    if (page->markdown)
        markdown_table(page, headers, columns, cells);
    else
        terminal_table(page, headers, columns, cells, false);
}

/* ── field tables ── */

/* What is said of one key beside its numbers. */
static char *meaning_of(const SyField *field, bool markdown) {
    GString *text = g_string_new(field->help ? field->help : "");
    const char *quote = markdown ? "`" : "\"";
    for (gsize i = 0; i < field->n_choices; i++) {
        const SyChoice *choice = &field->choices[i];
        g_string_append_printf(text, "%s%s%s%s%s%s", i ? "; " : " ", quote, choice->name, quote,
                               choice->help ? ": " : "", choice->help ? choice->help : "");
    }
    if (field->n_choices)
        g_string_append_c(text, '.');
    for (const char *const *also = field->also; also && *also; also++)
        g_string_append_printf(text, "%s%s%s%s", also == field->also ? " Also: " : ", ", quote,
                               *also, quote);
    if (field->also)
        g_string_append_c(text, '.');
    return g_string_free(text, FALSE);
}

static char *range_of(const SyField *field) {
    g_autofree char *bounds = sy_field_bounds(field);
    const char *unit = field->unit ? field->unit : "";
    return g_strdup_printf("%s%s%s", bounds, *bounds && *unit ? " " : "", unit);
}

static char *fallback_of(const SyField *field) {
    if (field->required)
        return g_strdup("required");
    return g_strdup(field->fallback ? field->fallback : "-");
}

static char *type_of(const SyField *field) {
    return field->kind == SY_FIELD_ENUM ? g_strdup("word") : sy_field_describe(field);
}

/* Calls `add` for each row, members of groups after their group. */
typedef void FieldVisitor(GPtrArray *cells, const char *key, const SyField *field, bool markdown);

static void visit_fields(const SyField *rows, gsize n, const char *prefix, FieldVisitor *visit,
                         GPtrArray *cells, bool markdown) {
    for (gsize i = 0; i < n; i++) {
        g_autofree char *key = g_strconcat(prefix, rows[i].key, NULL);
        visit(cells, key, &rows[i], markdown);
        g_autofree char *inside = g_strconcat(key, ".", NULL);
        visit_fields(rows[i].members, rows[i].n_members, inside, visit, cells, markdown);
    }
}

static void add_accepted(GPtrArray *cells, const char *key, const SyField *field, bool markdown) {
    if (field->refused)
        return;
    g_ptr_array_add(cells, markdown ? g_strdup_printf("`%s`", key) : g_strdup(key));
    g_ptr_array_add(cells, type_of(field));
    g_ptr_array_add(cells, fallback_of(field));
    g_ptr_array_add(cells, range_of(field));
    g_ptr_array_add(cells, meaning_of(field, markdown));
}

static void add_refused(GPtrArray *cells, const char *key, const SyField *field, bool markdown) {
    if (!field->refused)
        return;
    g_ptr_array_add(cells, markdown ? g_strdup_printf("`%s`", key) : g_strdup(key));
    g_ptr_array_add(cells, g_strdup(field->refused));
}

void sy_page_fields(SyPage *page, const SyField *rows, gsize n) {
    static const char *const headers[] = {"Key", "Type", "Default", "Bounds, unit", "Meaning"};
    static const char *const refused_headers[] = {"Known, not accepted", "Reason"};
    g_autoptr(GPtrArray) accepted = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) refused = g_ptr_array_new_with_free_func(g_free);
    visit_fields(rows, n, "", add_accepted, accepted, page->markdown);
    visit_fields(rows, n, "", add_refused, refused, page->markdown);
    if (accepted->len && page->markdown)
        markdown_table(page, headers, G_N_ELEMENTS(headers), accepted);
    else if (accepted->len)
        terminal_table(page, headers, G_N_ELEMENTS(headers), accepted, true);
    if (refused->len)
        sy_page_table(page, refused_headers, G_N_ELEMENTS(refused_headers), refused);
}
