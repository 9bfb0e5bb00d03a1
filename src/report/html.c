/* Writes a report as one self-contained HTML file. What can be read without a script (figures,
 * tables, heatmaps, facts) is HTML; the plots' data are in an island (island.c) for the page's
 * script (page/src), which stands in the head. */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "report/file.h"
#include "report/island.h"
#include "report/page.h"
#include "report/palette.h"

/* Longer tables scroll in a frame of their own, but for narrow ones: those are read, not searched.
 */
#define ROWS_WITHOUT_FRAME 30
/* Tables of so few columns do not fill the page's width: a figure stays near its name. */
#define COLUMNS_OF_NARROW 4
/* What is longer than a figure is printed smaller. */
#define LETTERS_OF_FIGURE 14
#define HEAT_DEPTHS 5
/* The share of cells that set the heatmap's scale; the largest few must not bleach the rest. */
#define HEAT_QUANTILE 0.95

/* Appends a report's text as text. */
static void append_text(GString *page, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autofree char *escaped = g_markup_escape_text(valid, -1);
    g_string_append(page, escaped);
}

/* Appends before + text + after, and nothing where there is no text. */
static void append_between(GString *page, const char *before, const char *text, const char *after) {
    if (!text || !*text)
        return;
    g_string_append(page, before);
    append_text(page, text);
    g_string_append(page, after);
}

/* ---- head */

static void append_hash(GString *page, const char *text, gsize length) {
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, (gssize)length);
    guint8 digest[32];
    gsize size = sizeof digest;
    g_checksum_get_digest(checksum, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    g_string_append_printf(page, "'sha256-%s'", base64);
}

/* Rules that give the series' names their colours, below a selector of the root element. */
static void append_colours(GString *style, const char *root, const char *const *palette) {
    for (guint i = 0; i < SY_PALETTE_SIZE; i++)
        g_string_append_printf(style, "%s .colour-%u{--colour:%s}", root, i, palette[i]);
}

/* The bundle's rules and those of the palette: the style element's whole text. */
static GString *make_style(void) {
    GString *style = g_string_new_len((const char *)sy_page_style, (gssize)sy_page_style_size);
    g_string_append_printf(style, ":root{--gain:%s;--loss:%s}", sy_palette_gain, sy_palette_loss);
    append_colours(style, ":root", sy_palette_light);
    g_string_append(style, "@media screen and (prefers-color-scheme:dark){");
    append_colours(style, ":root:not([data-theme=light])", sy_palette_dark);
    g_string_append(style, "}@media screen{");
    append_colours(style, ":root[data-theme=dark]", sy_palette_dark);
    g_string_append_c(style, '}');
    return style;
}

static void append_head(GString *page, const SyReport *report) {
    GString *style = make_style();
    g_string_append(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta http-equiv=\"Content-Security-Policy\" content=\""
                          "default-src 'none'; script-src ");
    append_hash(page, (const char *)sy_page_script, sy_page_script_size);
    g_string_append(page, "; style-src ");
    append_hash(page, style->str, style->len);
    g_string_append(page, "; base-uri 'none'; form-action 'none'\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width\">\n"
                          "<meta name=\"color-scheme\" content=\"light dark\">\n"
                          "<meta name=\"generator\" content=\"Systematica " SY_VERSION "\">\n");
    append_between(page, "<title>", report->title, "</title>\n");
    g_string_append(page, "<style>");
    g_string_append_len(page, style->str, (gssize)style->len);
    g_string_append(page, "</style>\n<script>");
    g_string_append_len(page, (const char *)sy_page_script, (gssize)sy_page_script_size);
    g_string_append(page, "</script>\n</head>\n");
    g_string_free(style, TRUE);
}

/* ---- what stands above the sections */

static void append_facts(GString *page, const GPtrArray *facts, const char *wrap_open,
                         const char *wrap_close) {
    for (guint i = 0; i < facts->len; i++) {
        const SyReportFact *fact = g_ptr_array_index(facts, i);
        g_string_append(page, wrap_open);
        g_string_append(page, "<dt>");
        append_text(page, fact->name);
        g_string_append(page, g_utf8_strlen(fact->value, -1) > LETTERS_OF_FIGURE
                                  ? "</dt><dd class=\"words\">"
                                  : "</dt><dd>");
        append_text(page, fact->value);
        g_string_append(page, "</dd>");
        g_string_append(page, wrap_close);
    }
}

static void append_contents(GString *page, const SyReport *report) {
    g_string_append(page, "<nav aria-label=\"Contents\">\n");
    for (guint i = 0; i < report->sections->len; i++) {
        const SyReportSection *section = g_ptr_array_index(report->sections, i);
        append_between(page, "<a href=\"#", section->id, "\">");
        append_text(page, section->title);
        g_string_append(page, "</a>\n");
    }
    g_string_append(page, "</nav>\n");
}

static void append_top(GString *page, const SyReport *report) {
    g_string_append(page, "<header>\n");
    append_between(page, "<h1>", report->title, "</h1>\n");
    append_between(page, "<p class=\"subtitle\">", report->subtitle, "</p>\n");
    append_between(page, "<p class=\"headline\">", report->headline, "</p>\n");
    if (report->warnings->len > 0) {
        g_string_append(page, "<ul class=\"warnings\">\n");
        for (guint i = 0; i < report->warnings->len; i++)
            append_between(page, "<li>", g_ptr_array_index(report->warnings, i), "</li>\n");
        g_string_append(page, "</ul>\n");
    }
    if (report->highlights->len > 0) {
        g_string_append(page, "<dl class=\"highlights\">\n");
        append_facts(page, report->highlights, "<div>", "</div>\n");
        g_string_append(page, "</dl>\n");
    }
    append_contents(page, report);
    g_string_append(page,
                    "</header>\n<div class=\"bar\"><div id=\"toolbar\" hidden></div></div>\n");
}

/* ---- tables and heatmaps */

static const SyReportColumn *column_at(const SyReportSection *section, guint place) {
    return g_ptr_array_index(section->columns, place);
}

/* True for "84.31 %", "-1,234", "2018-01-01", "n/a": tables of metrics hold values of many units,
 * as text. */
static bool is_figure(const char *text) {
    return g_ascii_isdigit(text[text[0] == '-']) || g_str_equal(text, "n/a") ||
           g_str_has_suffix(text, "inf");
}

/* Figures stand at the right of their column, words at the left. */
static bool is_right_aligned(const SyReportSection *section, guint place) {
    const SyReportColumn *column = column_at(section, place);
    if (column->unit != SY_UNIT_TEXT)
        return true;
    if (place == 0)
        return false;
    for (guint row = 0; row < column->text->len; row++) {
        const char *text = g_ptr_array_index(column->text, row);
        if (*text && !is_figure(text))
            return false;
    }
    return true;
}

/* How the cells of each column open, so that a column is judged once. */
static const char **cell_openings(const SyReportSection *section) {
    const char **openings = g_new(const char *, section->columns->len);
    for (guint c = 0; c < section->columns->len; c++)
        /* The first column names the row where it is text. */
        openings[c] = is_right_aligned(section, c) ? "<td class=n>"
                      : c == 0                     ? "<th scope=row>"
                                                   : "<td>";
    return openings;
}

static void append_column_heads(GString *page, const SyReportSection *section) {
    g_string_append(page, "<thead><tr>");
    for (guint c = 0; c < section->columns->len; c++) {
        g_string_append(page,
                        is_right_aligned(section, c) ? "<th scope=col class=n>" : "<th scope=col>");
        append_text(page, column_at(section, c)->title);
    }
    g_string_append(page, "</thead>\n");
}

static void append_rows(GString *page, const SyReportSection *section, const GArray *order,
                        guint from, guint to) {
    g_autofree const char **openings = cell_openings(section);
    for (guint i = from; i < to; i++) {
        g_string_append(page, "<tr>");
        for (guint c = 0; c < section->columns->len; c++) {
            g_autofree char *cell =
                sy_column_format(column_at(section, c), g_array_index(order, guint, i));
            g_string_append(page, openings[c]);
            append_text(page, cell);
        }
        g_string_append_c(page, '\n');
    }
}

/* A frame that scrolls by itself where the table is wider than the page, or long. */
static void append_frame(GString *page, const SyReportSection *section, const char *table_class) {
    bool is_long =
        sy_section_rows(section) > ROWS_WITHOUT_FRAME && section->columns->len > COLUMNS_OF_NARROW;
    g_string_append_printf(page, "<div class=\"table%s\" tabindex=\"0\" role=\"region\"",
                           is_long ? " long" : "");
    append_between(page, " aria-label=\"", section->title, "\"");
    g_string_append_printf(page, "><table class=\"%s\">", table_class);
    append_column_heads(page, section);
    g_string_append(page, "<tbody>\n");
}

static void append_table(GString *page, const SyReportSection *section) {
    bool newest_first;
    g_autoptr(GArray) order = sy_table_order(section, &newest_first);
    if (order->len == 0) {
        g_string_append(page, "<p class=\"missing\">None in this period.</p>\n");
        return;
    }
    guint shown = MIN(order->len, SY_TABLE_ROWS_SHOWN);
    append_between(page, "<div id=\"table-", section->id, "\">\n");
    if (shown < order->len)
        g_string_append_printf(page, "<p class=\"part\">The %s %u of %u rows.</p>\n",
                               newest_first ? "newest" : "first", shown, order->len);
    append_frame(page, section, section->columns->len > COLUMNS_OF_NARROW ? "wide" : "narrow");
    append_rows(page, section, order, 0, shown);
    g_string_append(page, "</table></div>\n");
    if (shown < order->len) {
        g_string_append(page, "<template>\n");
        append_rows(page, section, order, shown, order->len);
        g_string_append(page, "</template>\n");
    }
    g_string_append(page, "</div>\n");
}

static int compare_doubles(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The size of value that gets the full colour; 0 where there is nothing to colour. */
static double heat_scale(const SyReportSection *section) {
    g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint c = 1; c < section->columns->len; c++) {
        const GArray *cells = column_at(section, c)->number;
        for (guint row = 0; row < cells->len; row++) {
            double size = fabs(g_array_index(cells, double, row));
            if (isfinite(size))
                g_array_append_val(sizes, size);
        }
    }
    if (sizes->len == 0)
        return 0;
    qsort(sizes->data, sizes->len, sizeof(double), compare_doubles);
    return g_array_index(sizes, double, (guint)(HEAT_QUANTILE * (sizes->len - 1)));
}

static void append_heat_cell(GString *page, const SyReportColumn *column, gsize row, double scale) {
    double value =
        row < column->number->len ? g_array_index(column->number, double, row) : (double)NAN;
    if (isnan(value)) { /* a month before the start: an empty place, not a figure */
        g_string_append(page, "<td>");
        return;
    }
    double share = scale > 0 ? fmin(fabs(value) / scale, 1) : 0;
    g_autofree char *cell = sy_column_format(column, row);
    g_string_append_printf(page, "<td class=\"%s depth-%d\">", value < 0 ? "loss" : "gain",
                           (int)ceil(HEAT_DEPTHS * share));
    append_text(page, cell);
}

static void append_heatmap(GString *page, const SyReportSection *section) {
    double scale = heat_scale(section);
    append_frame(page, section, "heatmap");
    gsize rows = sy_section_rows(section);
    for (gsize row = 0; row < rows; row++) {
        g_autofree char *label = sy_column_format(column_at(section, 0), row);
        append_between(page, "<tr><th scope=row>", label, "");
        for (guint c = 1; c < section->columns->len; c++)
            append_heat_cell(page, column_at(section, c), row, scale);
        g_string_append_c(page, '\n');
    }
    g_string_append(page, "</table></div>\n");
}

static void append_plot(GString *page, const SyReportSection *section) {
    append_between(page, "<figure id=\"plot-", section->id, "\"");
    append_between(page, " aria-label=\"", section->title, "\"");
    g_string_append(page, "><p class=\"missing\">This plot is drawn by the page's script, which "
                          "did not run.</p></figure>\n");
}

static void append_section(GString *page, const SyReportSection *section) {
    static void (*const append_content[SY_SECTION_KINDS])(GString *, const SyReportSection *) = {
        [SY_SECTION_TABLE] = append_table,
        [SY_SECTION_PLOT] = append_plot,
        [SY_SECTION_HEATMAP] = append_heatmap,
    };
    g_string_append_printf(page, "<section class=\"%s\"", sy_section_kind_names[section->kind]);
    append_between(page, " id=\"", section->id, "\"");
    g_string_append(page, ">\n");
    append_between(page, "<h2>", section->title, "</h2>\n");
    append_between(page, "<p class=\"note\">", section->note, "</p>\n");
    append_content[section->kind](page, section);
    g_string_append(page, "</section>\n");
}

/* ---- the whole */

static void append_foot(GString *page, const SyReport *report) {
    if (report->facts->len > 0) {
        g_string_append(page, "<section id=\"facts\">\n<h2>How this was made</h2>\n"
                              "<dl class=\"facts\">\n");
        append_facts(page, report->facts, "", "\n");
        g_string_append(page, "</dl>\n</section>\n");
    }
    char created[SY_TIME_TEXT_SIZE];
    sy_time_format(report->created, created);
    g_string_append_printf(
        page,
        "</main>\n<footer>Made by Systematica " SY_VERSION
        " on <time datetime=\"%s\">%.10s %.5s</time>. All times are "
        "UTC. <span class=\"hint\">Drag across a plot to zoom, double-click to see all; or +, "
        "-, 0 and the arrow keys. A click on a name hides its line.</span></footer>\n",
        created, created, created + 11);
}

bool sy_html_write(const SyReport *report, const char *path, GError **error) {
    GString *page = g_string_sized_new(1 << 20);
    append_head(page, report);
    g_string_append(page, "<body>\n");
    append_top(page, report);
    g_string_append(page, "<main>\n");
    for (guint i = 0; i < report->sections->len; i++)
        append_section(page, g_ptr_array_index(report->sections, i));
    append_foot(page, report);
    g_string_append(page, "<script type=\"application/json\" id=\"report-data\">");
    sy_island_append(page, report);
    g_string_append(page, "</script>\n</body>\n</html>\n");
    bool written = sy_file_replace(path, page->str, page->len, error);
    g_string_free(page, TRUE);
    return written;
}
