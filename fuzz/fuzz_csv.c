/* One input as bars in CSV, as files hold them and loaders in other languages print them, in pieces
 * of any size: every input must end in bars that keep the panel's promises, or in one error.
 * libFuzzer calls it with inputs of its own (README.md); tests/fuzz calls it with those kept. */
#include "fuzz.h"

#include <math.h>

#include "base/error.h"
#include "loader/bar_reader.h"
#include "pieces.h"

static void check_error(const GError *error) {
    g_assert_nonnull(error);
    g_assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_DATA) ||
                  g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    g_assert_true(*error->message != '\0');
}

static void check_panel(const SyPanel *panel) {
    for (gsize row = 1; row < panel->rows; row++)
        g_assert_true(panel->time[row] > panel->time[row - 1]);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize i = 0; i < panel->rows * panel->symbols; i++) {
            double value = panel->value[field][i];
            g_assert_true(isnan(value) || sy_bar_value_is_good(field, value));
        }
}

/* Reads all bars; NULL and an error where they cannot be. */
static SyPanel *read_bars(SyCsv *csv, SyBarReader *reader, GError **error) {
    SyBarFile file = {.csv = csv};
    if (!sy_bar_file_begin(&file, NULL, NULL, SY_MISSING_NAN, error) ||
        !sy_bar_reader_take(reader, &file, -1, error))
        return NULL;
    return sy_bar_reader_panel(reader, "fuzz", error);
}

static void try_bars(const uint8_t *bytes, size_t length, size_t piece) {
    TestPieces pieces = {(const char *)bytes, length, piece};
    const SyCsvSource source = {test_pieces_read, &pieces};
    char *symbols[] = {"A", "B", NULL};
    SyLoaderConfig config;
    sy_fields_init(&sy_loader_fields, &config);
    config.symbols = symbols;
    config.timeframe = (SyTimeframe){SY_HOUR, 0};
    SyBarReader reader;
    sy_bar_reader_init(&reader, &config);
    reader.range = (SyBarRange){.timeframe = config.timeframe,
                                .start = SY_TIME_NONE,
                                .end = SY_TIME_NONE,
                                .until = 40000 * SY_DAY};
    reader.strict = piece % 2;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyCsv) csv = sy_csv_open_source("fuzz", &source, &error);
    g_autoptr(SyPanel) panel = csv ? read_bars(csv, &reader, &error) : NULL;
    if (panel)
        check_panel(panel);
    else
        check_error(error);
    sy_bar_reader_clear(&reader);
    config.symbols = NULL;
    sy_fields_clear(&sy_loader_fields, &config);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    try_bars(bytes, length, 65536);
    try_bars(bytes, length, 7);
    return 0;
}
