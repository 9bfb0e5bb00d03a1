/* One input as what a model in another language prints, in pieces of any size: it must end in a
 * matrix that is complete from its first row on, or in one error. libFuzzer calls it with inputs of
 * its own (README.md); tests/fuzz calls it with those kept. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "model/command.h"
#include "pieces.h"

enum { rows = 5 };

static void check_values(const SyCommandOutput *output) {
    gsize numbers = 0;
    for (gsize i = 0; i < 2 * rows; i++) {
        double value = output->values->value[i];
        g_assert_true(isnan(value) || isfinite(value));
        numbers += !isnan(value);
    }
    g_assert_true(numbers > 0 && numbers == output->numbers && output->next == rows);
}

/* Reads the input; *values [2 × rows] where it was accepted. */
static bool try_output(const uint8_t *bytes, size_t length, size_t piece, double *values) {
    char *symbols[] = {"A", "B", NULL};
    g_autoptr(SyPanel) panel = sy_panel_new(rows, symbols, (SyTimeframe){SY_HOUR, 0});
    for (gsize row = 0; row < rows; row++)
        panel->time[row] = (SyTime)(row + 1) * SY_HOUR;
    g_autoptr(SyMatrix) matrix = sy_matrix_new(rows, 2);
    SyCommandOutput output = {.panel = panel, .values = matrix};
    TestPieces pieces = {(const char *)bytes, length, piece};
    const SyCsvSource source = {test_pieces_read, &pieces};
    g_autoptr(GError) error = NULL;
    g_autoptr(SyCsv) csv = sy_csv_open_source("fuzz", &source, &error);
    if (csv && sy_command_output_read(&output, csv, &error)) {
        check_values(&output);
        memcpy(values, matrix->value, 2 * rows * sizeof *values);
        return true;
    }
    g_assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_DATA));
    g_assert_true(g_str_has_prefix(error->message, "fuzz:"));
    return false;
}

/* However it comes in, it means the same. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    double whole[2 * rows], pieces[2 * rows];
    bool good = try_output(bytes, length, 65536, whole);
    g_assert_true(try_output(bytes, length, 5, pieces) == good);
    g_assert_true(!good || memcmp(whole, pieces, sizeof whole) == 0);
    return 0;
}
