/* Reads the gzipped CSV of hourly candles: symbol,open_datetime,open,high,low,close,volume. */
#include "bars.h"

#include <string.h>
#include <zlib.h>

static SyTime read_time(const char *text) {
    SyTime time = SY_TIME_NONE;
    if (!sy_time_parse(text, 0, &time, NULL))
        g_error("bars: \"%s\" is not a time", text);
    return time;
}

/* Appends the rows of one symbol: times, then five values each. */
static void read_symbol(gzFile file, const char *symbol, SyTime start, SyTime end, GArray *times,
                        GArray *values) {
    char line[512];
    gsize length = strlen(symbol);
    gzrewind(file);
    while (gzgets(file, line, sizeof line)) {
        if (strncmp(line, symbol, length) != 0 || line[length] != ',')
            continue;
        g_auto(GStrv) cell = g_strsplit(line, ",", -1);
        SyTime close = read_time(cell[1]) + 3600 * SY_SECOND;
        if (close < start || close >= end)
            continue;
        g_array_append_val(times, close);
        for (int field = 0; field < SY_BAR_FIELDS; field++) {
            double value = g_ascii_strtod(cell[2 + field], NULL);
            g_array_append_val(values, value);
        }
    }
}

char *test_data_file(const char *name) {
    const char *shared = g_getenv("SY_SHARED");
    g_autofree char *beside = g_build_filename(g_getenv("SY_SOURCE_ROOT"), "..", "shared", NULL);
    g_autofree char *path = g_build_filename(shared ? shared : beside, "data", name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

SyPanel *test_bars(const char *first, const char *second, const char *start, const char *end) {
    g_autofree char *path = test_data_file("candles_1h.csv.gz");
    gzFile file = path ? gzopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    char *symbols[] = {(char *)first, (char *)second, NULL};
    SyPanel *panel = NULL;
    for (gsize column = 0; column < 2; column++) {
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(SyTime));
        g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
        read_symbol(file, symbols[column], read_time(start), read_time(end), times, values);
        if (!panel) {
            panel =
                sy_panel_new(times->len, symbols, (SyTimeframe){.nanoseconds = 3600 * SY_SECOND});
            memcpy(panel->time, times->data, times->len * sizeof(SyTime));
        }
        if (times->len != panel->rows ||
            memcmp(panel->time, times->data, times->len * sizeof(SyTime)) != 0)
            g_error("bars: %s and %s do not share all hours", first, second);
        for (gsize row = 0; row < panel->rows; row++)
            for (gsize field = 0; field < SY_BAR_FIELDS; field++)
                sy_panel_column(panel, field, column)[row] =
                    g_array_index(values, double, row *SY_BAR_FIELDS + field);
    }
    gzclose(file);
    return panel;
}
