/* Tables with a head line, for tests. */
#include "csv.h"

#include <stdbool.h>
#include <string.h>

#include "test.h"

/* Splits at commas outside quotes, in place of a full reader: the figures need no more. */
static char **split_line(const char *line) {
    g_autoptr(GStrvBuilder) cells = g_strv_builder_new();
    g_autoptr(GString) cell = g_string_new(NULL);
    bool quoted = false;
    for (const char *at = line;; at++) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (*at == '\0' || (*at == ',' && !quoted)) {
            g_strv_builder_add(cells, cell->str);
            g_string_truncate(cell, 0);
            if (*at == '\0')
                return g_strv_builder_end(cells);
        } else {
            g_string_append_c(cell, *at);
        }
    }
}

Csv *csv_read(const char *path) {
    g_autofree char *full = g_path_is_absolute(path)
                                ? g_strdup(path)
                                : g_build_filename(g_getenv("SY_SOURCE_ROOT"), path, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(full, &text, NULL, &error))
        fail_msg("%s", error->message);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    Csv *csv = g_new0(Csv, 1);
    csv->rows = g_strv_length(lines) - 1;
    csv->head = split_line(lines[0]);
    csv->cell = g_new0(char **, csv->rows + 1);
    for (gsize row = 0; row < csv->rows; row++)
        csv->cell[row] = split_line(lines[row + 1]);
    return csv;
}

void csv_free(Csv *csv) {
    for (gsize row = 0; row < csv->rows; row++)
        g_strfreev(csv->cell[row]);
    g_free(csv->cell);
    g_strfreev(csv->head);
    g_free(csv);
}

const char *csv_text(const Csv *csv, gsize row, const char *column) {
    for (gsize i = 0; csv->head[i]; i++)
        if (strcmp(csv->head[i], column) == 0)
            return csv->cell[row][i];
    fail_msg("no column %s", column);
    return NULL;
}

double csv_number(const Csv *csv, gsize row, const char *column) {
    return g_ascii_strtod(csv_text(csv, row, column), NULL);
}
