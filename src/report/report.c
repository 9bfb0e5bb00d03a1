/* The report as data: builders, freeing, and how values are printed for people. Nothing here knows
 * of strategies or of the writers. */
#include "report/report.h"

#include <math.h>
#include <string.h>

#include "report/palette.h"

const char *const sy_report_unit_names[SY_REPORT_UNITS] = {
    "text", "number", "count", "fraction", "money", "price", "seconds", "time",
};
const char *const sy_series_kind_names[SY_SERIES_KINDS] = {
    "line", "step", "area", "bars", "mark_up", "mark_down", "mark_exit", "level",
};
const char *const sy_section_kind_names[SY_SECTION_KINDS] = {"table", "plot", "heatmap"};

static void fact_free(SyReportFact *fact) {
    g_free(fact->name);
    g_free(fact->value);
    g_free(fact);
}

static void column_free(SyReportColumn *column) {
    g_free(column->name);
    g_free(column->title);
    g_clear_pointer(&column->text, g_ptr_array_unref);
    g_clear_pointer(&column->number, g_array_unref);
    g_free(column);
}

static void series_free(SyReportSeries *series) {
    g_free(series->name);
    g_free(series->x);
    g_free(series->y);
    g_free(series);
}

static void section_free(SyReportSection *section) {
    g_free(section->id);
    g_free(section->title);
    g_free(section->note);
    g_ptr_array_unref(section->columns);
    g_ptr_array_unref(section->series);
    g_free(section->x_label);
    g_free(section->y_label);
    g_free(section->y_right_label);
    g_free(section);
}

SyReport *sy_report_new(const char *title, SyTime created) {
    SyReport *report = g_new0(SyReport, 1);
    report->title = g_strdup(title);
    report->created = created;
    report->facts = g_ptr_array_new_with_free_func((GDestroyNotify)fact_free);
    report->highlights = g_ptr_array_new_with_free_func((GDestroyNotify)fact_free);
    report->warnings = g_ptr_array_new_with_free_func(g_free);
    report->sections = g_ptr_array_new_with_free_func((GDestroyNotify)section_free);
    return report;
}

void sy_report_free(SyReport *report) {
    if (!report)
        return;
    g_free(report->title);
    g_free(report->subtitle);
    g_free(report->headline);
    g_ptr_array_unref(report->facts);
    g_ptr_array_unref(report->highlights);
    g_ptr_array_unref(report->warnings);
    g_ptr_array_unref(report->sections);
    g_free(report);
}

static void add_fact(GPtrArray *facts, const char *name, char *value) {
    SyReportFact *fact = g_new0(SyReportFact, 1);
    fact->name = g_strdup(name);
    fact->value = value;
    g_ptr_array_add(facts, fact);
}

void sy_report_add_fact(SyReport *report, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_fact(report->facts, name, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void sy_report_add_highlight(SyReport *report, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_fact(report->highlights, name, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

void sy_report_add_warning(SyReport *report, const char *text) {
    g_ptr_array_add(report->warnings, g_strdup(text));
}

static SyReportSection *add_section(SyReport *report, SySectionKind kind, const char *id,
                                    const char *title, const char *note) {
    SyReportSection *section = g_new0(SyReportSection, 1);
    section->kind = kind;
    section->id = g_strdup(id);
    section->title = g_strdup(title);
    section->note = g_strdup(note);
    section->columns = g_ptr_array_new_with_free_func((GDestroyNotify)column_free);
    section->series = g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
    g_ptr_array_add(report->sections, section);
    return section;
}

SyReportSection *sy_report_add_table(SyReport *report, const char *id, const char *title,
                                     const char *note) {
    return add_section(report, SY_SECTION_TABLE, id, title, note);
}

SyReportSection *sy_report_add_heatmap(SyReport *report, const char *id, const char *title,
                                       const char *note) {
    return add_section(report, SY_SECTION_HEATMAP, id, title, note);
}

SyReportSection *sy_report_add_plot(SyReport *report, const char *id, const char *title,
                                    const char *note, const char *x_label, const char *y_label,
                                    SyReportUnit y_unit) {
    SyReportSection *section = add_section(report, SY_SECTION_PLOT, id, title, note);
    section->x_label = g_strdup(x_label);
    section->y_label = g_strdup(y_label);
    section->y_unit = y_unit;
    return section;
}

SyReportColumn *sy_section_add_column(SyReportSection *section, const char *name, const char *title,
                                      SyReportUnit unit) {
    SyReportColumn *column = g_new0(SyReportColumn, 1);
    column->name = g_strdup(name);
    column->title = g_strdup(title);
    column->unit = unit;
    if (unit == SY_UNIT_TEXT)
        column->text = g_ptr_array_new_with_free_func(g_free);
    else
        column->number = g_array_new(FALSE, FALSE, sizeof(double));
    g_ptr_array_add(section->columns, column);
    return column;
}

void sy_column_add_text(SyReportColumn *column, const char *text) {
    g_assert(column->text);
    g_ptr_array_add(column->text, g_strdup(text));
}

void sy_column_add_number(SyReportColumn *column, double value) {
    g_assert(column->number);
    g_array_append_val(column->number, value);
}

SyReportSeries *sy_section_add_series(SyReportSection *section, const char *name, SySeriesKind kind,
                                      int colour, const double *x, const double *y, gsize n) {
    g_assert(section->kind == SY_SECTION_PLOT);
    g_assert(colour >= 0 && colour < SY_PALETTE_SIZE);
    g_assert(kind == SY_SERIES_LEVEL ? n == 1 : x || !n);
    SyReportSeries *series = g_new0(SyReportSeries, 1);
    series->name = g_strdup(name);
    series->kind = kind;
    series->colour = colour;
    series->n = n;
    series->x = kind == SY_SERIES_LEVEL ? NULL : g_memdup2(x, n * sizeof(double));
    series->y = g_memdup2(y, n * sizeof(double));
    g_ptr_array_add(section->series, series);
    return series;
}

SyReportUnit sy_report_unit_of(const char *metric_unit) {
    for (int unit = SY_UNIT_NUMBER; unit < SY_REPORT_UNITS; unit++)
        if (strcmp(metric_unit, sy_report_unit_names[unit]) == 0)
            return (SyReportUnit)unit;
    return SY_UNIT_NUMBER;
}

gsize sy_column_rows(const SyReportColumn *column) {
    return column->text ? column->text->len : column->number->len;
}

gsize sy_section_rows(const SyReportSection *section) {
    gsize rows = 0;
    for (guint c = 0; c < section->columns->len; c++)
        rows = MAX(rows, sy_column_rows(g_ptr_array_index(section->columns, c)));
    return rows;
}

char *sy_column_format(const SyReportColumn *column, gsize row) {
    if (row >= sy_column_rows(column))
        return g_strdup("");
    if (column->text)
        return g_strdup(g_ptr_array_index(column->text, row));
    return sy_report_format(column->unit, g_array_index(column->number, double, row));
}

/* "-1234567.50" → "-1,234,567.50". */
static char *group_thousands(const char *text) {
    gsize sign = text[0] == '-';
    gsize whole = strspn(text + sign, "0123456789");
    GString *grouped = g_string_sized_new(strlen(text) + whole / 3 + 1);
    g_string_append_len(grouped, text, (gssize)sign);
    for (gsize i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            g_string_append_c(grouped, ',');
        g_string_append_c(grouped, text[sign + i]);
    }
    g_string_append(grouped, text + sign + whole);
    return g_string_free(grouped, FALSE);
}

/* Fixed decimals; what rounds to nothing has no sign. */
static char *format_fixed(double value, int decimals) {
    char text[400], pattern[8];
    g_snprintf(pattern, sizeof pattern, "%%.%df", decimals);
    g_ascii_formatd(text, sizeof text, pattern, value);
    if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1))
        memmove(text, text + 1, strlen(text));
    return group_thousands(text);
}

/* Digits before the decimal point, at least 1. */
static int whole_digits(double value) {
    double size = fabs(value);
    return size < 1 ? 1 : (int)floor(log10(size)) + 1;
}

static char *format_number(double value) {
    double size = fabs(value);
    if (size > 0 && (size < 1e-4 || size >= 1e12)) {
        char text[64];
        return g_strdup(g_ascii_formatd(text, sizeof text, "%.3e", value));
    }
    if (size == 0 || size >= 1)
        return format_fixed(value, MAX(4 - whole_digits(value), 0));
    return format_fixed(value, MIN(3 - (int)floor(log10(size)), 7));
}

static char *format_price(double value) {
    double size = fabs(value);
    int decimals = size > 0 && size < 1 ? 6 - (int)floor(log10(size)) : 7 - whole_digits(value);
    char *text = format_fixed(value, CLAMP(decimals, 2, 12));
    gsize length = strlen(text);
    const char *point = strchr(text, '.');
    while (text[length - 1] == '0' && text + length > point + 3)
        text[--length] = '\0';
    return text;
}

static char *format_duration(double seconds) {
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    const char *sign = seconds < 0 ? "-" : "";
    double rest = fabs(seconds);
    if (rest < 60)
        return g_strdup_printf("%s%.3g s", sign, rest);
    gsize unit = 0;
    while (rest < units[unit].seconds)
        unit++;
    double first = floor(rest / units[unit].seconds);
    double second = floor((rest - first * units[unit].seconds) / units[unit + 1].seconds);
    if (second == 0 || first >= 100)
        return g_strdup_printf("%s%.0f %s", sign, first, units[unit].name);
    return g_strdup_printf("%s%.0f %s %.0f %s", sign, first, units[unit].name, second,
                           units[unit + 1].name);
}

static char *format_time(double seconds) {
    if (fabs(seconds) > 9e9)
        return g_strdup("n/a");
    gint64 whole = (gint64)floor(seconds);
    gint64 day = whole / 86400 - (whole % 86400 < 0 ? 1 : 0);
    int rest = (int)(whole - day * 86400);
    SyDate date = sy_date_from_days(day);
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%04d-%02d-%02d %02d:%02d", date.year, date.month, date.day, rest / 3600,
                    rest / 60 % 60);
    if (rest % 60)
        g_string_append_printf(text, ":%02d", rest % 60);
    return g_string_free(text, FALSE);
}

char *sy_report_format(SyReportUnit unit, double value) {
    if (isnan(value) || unit == SY_UNIT_TEXT)
        return g_strdup("n/a");
    if (isinf(value))
        return g_strdup(value > 0 ? "inf" : "-inf");
    switch (unit) {
    case SY_UNIT_COUNT:
        return format_fixed(value, 0);
    case SY_UNIT_FRACTION: {
        g_autofree char *percent = format_fixed(value * 100, 2);
        return g_strconcat(percent, " %", NULL);
    }
    case SY_UNIT_MONEY:
        return format_fixed(value, 2);
    case SY_UNIT_PRICE:
        return format_price(value);
    case SY_UNIT_SECONDS:
        return format_duration(value);
    case SY_UNIT_TIME:
        return format_time(value);
    default:
        return format_number(value);
    }
}
