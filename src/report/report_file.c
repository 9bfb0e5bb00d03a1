/* A report as a file: one line of JSON, then its numbers as float64. The core writes it at the end
 * of a run, systematica-report reads it. The numbers stay out of the JSON because a year of hourly
 * bars has a hundred thousand of them. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "report/palette.h"
#include "report/report.h"

#define FORMAT_NAME "systematica-report"
#define FORMAT_VERSION 1

/* Ids become names of files. */
#define SECTION_ID_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

/* --- writing ---------------------------------------------------------------------------------- */

static void append_numbers(GByteArray *numbers, const double *value, gsize n) {
    gsize start = numbers->len;
    g_byte_array_set_size(numbers, (guint)(start + n * sizeof(double)));
    for (gsize i = 0; i < n; i++) {
        guint64 bits;
        memcpy(&bits, &value[i], sizeof bits);
        bits = GUINT64_TO_LE(bits);
        memcpy(numbers->data + start + i * sizeof bits, &bits, sizeof bits);
    }
}

static json_t *text_or_null(const char *text) { return text ? json_string(text) : json_null(); }

static json_t *facts_to_json(const GPtrArray *facts) {
    json_t *array = json_array();
    for (guint i = 0; i < facts->len; i++) {
        const SyReportFact *fact = g_ptr_array_index(facts, i);
        json_array_append_new(array, json_pack("{ssss}", "name", fact->name, "value", fact->value));
    }
    return array;
}

static json_t *texts_to_json(const GPtrArray *texts) {
    json_t *array = json_array();
    for (guint i = 0; i < texts->len; i++)
        json_array_append_new(array, json_string(g_ptr_array_index(texts, i)));
    return array;
}

static json_t *column_to_json(const SyReportColumn *column, GByteArray *numbers) {
    json_t *object =
        json_pack("{sssssssI}", "name", column->name, "title", column->title, "unit",
                  sy_report_unit_names[column->unit], "rows", (json_int_t)sy_column_rows(column));
    json_object_set_new(object, "right", json_boolean(column->right));
    if (column->text)
        json_object_set_new(object, "text", texts_to_json(column->text));
    else
        append_numbers(numbers, (const double *)(void *)column->number->data, column->number->len);
    return object;
}

static json_t *series_to_json(const SyReportSeries *series, GByteArray *numbers) {
    append_numbers(numbers, series->x, series->x ? series->n : 0);
    append_numbers(numbers, series->y, series->n);
    return json_pack("{sssssisbsbsI}", "name", series->name, "kind",
                     sy_series_kind_names[series->kind], "colour", series->colour, "dashed",
                     (int)series->dashed, "right_axis", (int)series->right_axis, "n",
                     (json_int_t)series->n);
}

static json_t *section_to_json(const SyReportSection *section, GByteArray *numbers) {
    json_t *object =
        json_pack("{ssssssso}", "id", section->id, "title", section->title, "kind",
                  sy_section_kind_names[section->kind], "note", text_or_null(section->note));
    json_object_set_new(object, "on_sheet", json_boolean(section->on_sheet));
    json_object_set_new(object, "is_half", json_boolean(section->is_half));
    json_object_set_new(object, "is_repeat", json_boolean(section->is_repeat));
    json_t *columns = json_array(), *series = json_array();
    for (guint c = 0; c < section->columns->len; c++)
        json_array_append_new(columns,
                              column_to_json(g_ptr_array_index(section->columns, c), numbers));
    for (guint s = 0; s < section->series->len; s++)
        json_array_append_new(series,
                              series_to_json(g_ptr_array_index(section->series, s), numbers));
    json_object_set_new(object, "columns", columns);
    json_object_set_new(object, "series", series);
    json_object_set_new(object, "x_is_time", json_boolean(section->x_is_time));
    json_object_set_new(object, "y_log", json_boolean(section->y_log));
    json_object_set_new(object, "x_label", text_or_null(section->x_label));
    json_object_set_new(object, "y_label", text_or_null(section->y_label));
    json_object_set_new(object, "y_unit", json_string(sy_report_unit_names[section->y_unit]));
    json_object_set_new(object, "y_right_label", text_or_null(section->y_right_label));
    return object;
}

static bool write_all(int file, const guint8 *bytes, gsize length, GError **error) {
    while (length > 0) {
        gssize written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return sy_fail(error, SY_ERROR_IO, "cannot write the report: %s", g_strerror(errno));
        bytes += written;
        length -= (gsize)written;
    }
    return true;
}

bool sy_report_write(const SyReport *report, int file, GError **error) {
    g_autoptr(GByteArray) numbers = g_byte_array_new();
    json_t *sections = json_array();
    for (guint s = 0; s < report->sections->len; s++)
        json_array_append_new(sections,
                              section_to_json(g_ptr_array_index(report->sections, s), numbers));
    json_t *head =
        json_pack("{sssisssososIsosososo}", "format", FORMAT_NAME, "version", FORMAT_VERSION,
                  "title", report->title, "subtitle", text_or_null(report->subtitle), "headline",
                  text_or_null(report->headline), "created", (json_int_t)report->created, "facts",
                  facts_to_json(report->facts), "highlights", facts_to_json(report->highlights),
                  "warnings", texts_to_json(report->warnings), "sections", sections);
    char *line = head ? json_dumps(head, JSON_COMPACT) : NULL;
    json_decref(head);
    if (!line)
        return sy_fail(error, SY_ERROR_DATA, "the report holds text that is not UTF-8");
    bool written = write_all(file, (const guint8 *)line, strlen(line), error) &&
                   write_all(file, (const guint8 *)"\n", 1, error) &&
                   write_all(file, numbers->data, numbers->len, error);
    free(line);
    return written;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Where reading stands. The first thing that does not fit is kept in `problem`; what is read after
 * it is not looked at. */
typedef struct {
    const guint8 *number; /* next float64 */
    gsize left;           /* float64s that remain */
    const char *problem;  /* static text, or NULL */
} Reader;

static void refuse(Reader *reader, const char *problem) {
    if (!reader->problem)
        reader->problem = problem;
}

static const char *read_text(Reader *reader, json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    if (!text)
        refuse(reader, "a text is absent");
    return text ? text : "";
}

static const char *item_text(Reader *reader, json_t *array, size_t i) {
    const char *text = json_string_value(json_array_get(array, i));
    if (!text)
        refuse(reader, "a text is absent");
    return text ? text : "";
}

static char *read_optional(Reader *reader, json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    if (!json_is_string(value) && !json_is_null(value))
        refuse(reader, "a text is absent");
    return g_strdup(json_string_value(value));
}

static bool read_bool(Reader *reader, json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        refuse(reader, "a truth value is absent");
    return json_is_true(value);
}

static guint read_name(Reader *reader, json_t *object, const char *key, const char *const *names,
                       guint n) {
    const char *text = read_text(reader, object, key);
    for (guint i = 0; i < n; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    refuse(reader, "a kind or unit is unknown");
    return 0;
}

static json_t *read_array(Reader *reader, json_t *object, const char *key) {
    json_t *array = json_object_get(object, key);
    if (!json_is_array(array))
        refuse(reader, "a list is absent");
    return array;
}

static gsize read_count(Reader *reader, json_t *object, const char *key) {
    json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        refuse(reader, "a count is absent or negative");
    return reader->problem ? 0 : (gsize)json_integer_value(value);
}

/* The next n numbers, or NULL where the file does not have them. Free with g_free. */
static double *read_numbers(Reader *reader, gsize n) {
    if (n > reader->left)
        refuse(reader, "the file is cut short");
    if (reader->problem)
        return NULL;
    double *value = g_new(double, MAX(n, 1));
    for (gsize i = 0; i < n; i++) {
        guint64 bits;
        memcpy(&bits, reader->number + i * sizeof bits, sizeof bits);
        bits = GUINT64_FROM_LE(bits);
        memcpy(&value[i], &bits, sizeof bits);
    }
    reader->number += n * sizeof(double);
    reader->left -= n;
    return value;
}

static void read_column(Reader *reader, json_t *object, SyReportSection *section) {
    const char *name = read_text(reader, object, "name");
    const char *title = read_text(reader, object, "title");
    guint unit = read_name(reader, object, "unit", sy_report_unit_names, SY_REPORT_UNITS);
    gsize rows = read_count(reader, object, "rows");
    SyReportColumn *column = sy_section_add_column(section, name, title, (SyReportUnit)unit);
    column->right = read_bool(reader, object, "right");
    if (unit == SY_UNIT_TEXT) {
        json_t *texts = read_array(reader, object, "text");
        if (json_array_size(texts) != rows)
            refuse(reader, "a column has another number of rows than it says");
        for (size_t i = 0; i < json_array_size(texts); i++)
            sy_column_add_text(column, item_text(reader, texts, i));
        return;
    }
    g_autofree double *value = read_numbers(reader, rows);
    if (value)
        g_array_append_vals(column->number, value, (guint)rows);
}

static void read_series(Reader *reader, json_t *object, SyReportSection *section) {
    const char *name = read_text(reader, object, "name");
    guint kind = read_name(reader, object, "kind", sy_series_kind_names, SY_SERIES_KINDS);
    json_t *colour = json_object_get(object, "colour");
    if (!json_is_integer(colour) || json_integer_value(colour) < 0 ||
        json_integer_value(colour) >= SY_PALETTE_SIZE)
        refuse(reader, "a colour is not of the palette");
    bool dashed = read_bool(reader, object, "dashed");
    bool right_axis = read_bool(reader, object, "right_axis");
    gsize n = read_count(reader, object, "n");
    if (kind == SY_SERIES_LEVEL && n != 1)
        refuse(reader, "a level has not one value");
    g_autofree double *x = kind == SY_SERIES_LEVEL ? NULL : read_numbers(reader, n);
    g_autofree double *y = read_numbers(reader, n);
    if (reader->problem)
        return;
    SyReportSeries *series = sy_section_add_series(section, name, (SySeriesKind)kind,
                                                   (int)json_integer_value(colour), x, y, n);
    series->dashed = dashed;
    series->right_axis = right_axis;
}

static bool is_heatmap(const SyReportSection *section) {
    for (guint c = 0; c < section->columns->len; c++) {
        const SyReportColumn *column = g_ptr_array_index(section->columns, c);
        if ((column->unit == SY_UNIT_TEXT) != (c == 0))
            return false;
    }
    return section->columns->len > 0;
}

static void read_section(Reader *reader, json_t *object, SyReport *report) {
    guint kind = read_name(reader, object, "kind", sy_section_kind_names, SY_SECTION_KINDS);
    const char *id = read_text(reader, object, "id");
    if (!*id || id[strspn(id, SECTION_ID_LETTERS)])
        refuse(reader, "a section's id is not made of a-z, 0-9 and _");
    const char *title = read_text(reader, object, "title");
    g_autofree char *note = read_optional(reader, object, "note");
    SyReportSection *section =
        kind == SY_SECTION_TABLE     ? sy_report_add_table(report, id, title, note)
        : kind == SY_SECTION_HEATMAP ? sy_report_add_heatmap(report, id, title, note)
                                     : sy_report_add_plot(report, id, title, note, NULL, NULL, 0);
    section->on_sheet = read_bool(reader, object, "on_sheet");
    section->is_half = read_bool(reader, object, "is_half");
    section->is_repeat = read_bool(reader, object, "is_repeat");
    section->x_is_time = read_bool(reader, object, "x_is_time");
    section->y_log = read_bool(reader, object, "y_log");
    section->x_label = read_optional(reader, object, "x_label");
    section->y_label = read_optional(reader, object, "y_label");
    section->y_right_label = read_optional(reader, object, "y_right_label");
    section->y_unit =
        (SyReportUnit)read_name(reader, object, "y_unit", sy_report_unit_names, SY_REPORT_UNITS);
    json_t *columns = read_array(reader, object, "columns");
    for (size_t i = 0; i < json_array_size(columns) && !reader->problem; i++)
        read_column(reader, json_array_get(columns, i), section);
    if (kind == SY_SECTION_HEATMAP && !is_heatmap(section))
        refuse(reader, "a heatmap has no row labels or a text among its cells");
    if (json_array_size(json_object_get(object, "series")) > 0 && kind != SY_SECTION_PLOT)
        refuse(reader, "a table has series");
    json_t *series = read_array(reader, object, "series");
    for (size_t i = 0; i < json_array_size(series) && !reader->problem; i++)
        read_series(reader, json_array_get(series, i), section);
}

static void read_facts(Reader *reader, json_t *head, const char *key,
                       void (*add)(SyReport *, const char *, const char *, ...), SyReport *report) {
    json_t *facts = read_array(reader, head, key);
    for (size_t i = 0; i < json_array_size(facts); i++) {
        json_t *fact = json_array_get(facts, i);
        add(report, read_text(reader, fact, "name"), "%s", read_text(reader, fact, "value"));
    }
}

static SyReport *read_head(Reader *reader, json_t *head) {
    if (strcmp(read_text(reader, head, "format"), FORMAT_NAME) != 0)
        refuse(reader, "it does not say that it is a report");
    else if (json_integer_value(json_object_get(head, "version")) != FORMAT_VERSION)
        refuse(reader, "it was written by another version of the program");
    json_t *created = json_object_get(head, "created");
    if (!json_is_integer(created))
        refuse(reader, "its time is absent");
    SyReport *report = sy_report_new(read_text(reader, head, "title"), json_integer_value(created));
    report->subtitle = read_optional(reader, head, "subtitle");
    report->headline = read_optional(reader, head, "headline");
    read_facts(reader, head, "facts", sy_report_add_fact, report);
    read_facts(reader, head, "highlights", sy_report_add_highlight, report);
    json_t *warnings = read_array(reader, head, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        sy_report_add_warning(report, item_text(reader, warnings, i));
    json_t *sections = read_array(reader, head, "sections");
    for (size_t i = 0; i < json_array_size(sections) && !reader->problem; i++)
        read_section(reader, json_array_get(sections, i), report);
    return report;
}

SyReport *sy_report_read(const char *path, GError **error) {
    g_autofree char *bytes = NULL;
    gsize length;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(path, &bytes, &length, &cause)) {
        sy_fail(error, SY_ERROR_IO, "cannot read “%s”: %s", path, cause->message);
        return NULL;
    }
    const char *end = memchr(bytes, '\n', length);
    json_t *head = end ? json_loadb(bytes, (size_t)(end - bytes), 0, NULL) : NULL;
    Reader reader = {0};
    g_autoptr(SyReport) report = NULL;
    if (!json_is_object(head)) {
        refuse(&reader, "its first line is not JSON");
    } else {
        gsize rest = length - (gsize)(end + 1 - bytes);
        reader = (Reader){.number = (const guint8 *)end + 1, .left = rest / sizeof(double)};
        report = read_head(&reader, head);
        if (reader.left || rest % sizeof(double))
            refuse(&reader, "it has bytes behind its end");
    }
    json_decref(head);
    if (!reader.problem)
        return g_steal_pointer(&report);
    sy_fail(error, SY_ERROR_DATA, "“%s” is not a report: %s; run the strategy again", path,
            reader.problem);
    return NULL;
}
