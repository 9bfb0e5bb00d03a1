/* command: a model in any language. A program gets the panel as CSV and prints one value per symbol
 * and bar; it is started once per run. What it prints is believed only where it is complete. */
#include "model/command.h"

#include <math.h>
#include <string.h>

#include "base/csv_command.h"
#include "base/csv_text.h"
#include "base/duration.h"
#include "base/error.h"
#include "model/model.h"

typedef struct {
    char **command;
    SyJson parameters;
    char *timeout;
} CommandConfig;

/* ---- the panel as CSV ---- */

typedef struct {
    const SyPanel *panel;
    gsize row;
    bool begun;
} Input;

enum { chunk_bytes = 60000 };

static void give_panel(Input *input, GString *bytes) {
    const SyPanel *panel = input->panel;
    if (!input->begun)
        g_string_append(bytes, "time,symbol,open,high,low,close,volume\n");
    input->begun = true;
    for (; input->row < panel->rows && bytes->len < chunk_bytes; input->row++)
        for (gsize s = 0; s < panel->symbols; s++) {
            sy_csv_append_time(bytes, panel->time[input->row]);
            g_string_append_c(bytes, ',');
            sy_csv_append_text(bytes, panel->symbol[s]);
            for (int field = 0; field < SY_BAR_FIELDS; field++) {
                g_string_append_c(bytes, ',');
                sy_csv_append_number(bytes, sy_panel_column(panel, field, s)[input->row]);
            }
            g_string_append_c(bytes, '\n');
        }
}

/* ---- what it prints ---- */

static bool fail_at(const SyCsv *csv, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail_at(const SyCsv *csv, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return sy_fail(error, SY_ERROR_DATA, "%s:%" G_GSIZE_FORMAT ": %s", sy_csv_path(csv),
                   sy_csv_line(csv), message);
}

static bool check_header(const SyCsv *csv, const SyPanel *panel, GError **error) {
    const char *const *names = sy_csv_names(csv);
    bool good = names[0] && strcmp(names[0], "time") == 0 &&
                g_strv_equal(names + 1, (const char *const *)panel->symbol);
    if (good)
        return true;
    g_autofree char *found = g_strjoinv(",", (char **)names);
    g_autofree char *symbols = g_strjoinv(",", panel->symbol);
    return fail_at(csv, error, "the header must be \"time,%s\", not \"%.200s\"", symbols, found);
}

/* First row at or after a time; rows where there is none. */
static gsize row_from(const SyPanel *panel, SyTime time) {
    gsize low = 0, high = panel->rows;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (panel->time[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Why a row at `time`, which stands at or before row `at` of the panel, is not the one that has to
 * come: row `next`, where there is one. Always false. */
static bool fail_order(const SyCsv *csv, const SyPanel *panel, SyTime time, gsize at, gsize next,
                       GError **error) {
    char text[SY_TIME_TEXT_SIZE], other[SY_TIME_TEXT_SIZE];
    sy_time_format(time, text);
    if (at == panel->rows || panel->time[at] != time)
        return fail_at(csv, error, "no bar of the input closes at %s", text);
    if (at + 1 == next)
        return fail_at(csv, error, "the bar that closes at %s comes twice", text);
    if (at < next)
        return fail_at(csv, error, "the bar that closes at %s comes after the one of %s", text,
                       sy_time_format(panel->time[next - 1], other));
    return fail_at(csv, error,
                   "the bar that closes at %s is left out before the one of %s: from the first row "
                   "on each bar needs one, with empty cells where there is no value",
                   sy_time_format(panel->time[next], other), text);
}

static bool take_row(SyCommandOutput *output, const SyCsv *csv, GError **error) {
    const SyPanel *panel = output->panel;
    const SyCsvField *cells = sy_csv_fields(csv);
    SyTime time;
    if (!sy_time_parse_iso(cells[0].text, cells[0].length, &time))
        return fail_at(csv, error, "time = \"%.40s\" is no time like 2018-01-01T00:00:00Z",
                       cells[0].text);
    gsize at = output->next;
    if (!output->begun || at == panel->rows || panel->time[at] != time)
        at = row_from(panel, time);
    bool expected =
        at < panel->rows && panel->time[at] == time && (!output->begun || at == output->next);
    if (!expected)
        return fail_order(csv, panel, time, at, output->next, error);
    for (gsize s = 0; s < panel->symbols; s++) {
        double value;
        if (!sy_csv_number(&cells[s + 1], &value) || isinf(value))
            return fail_at(csv, error, "%s = \"%.40s\" is not a finite number (empty or nan: none)",
                           panel->symbol[s], cells[s + 1].text);
        sy_matrix_column(output->values, s)[at] = value;
        output->numbers += !isnan(value);
    }
    output->begun = true;
    output->next = at + 1;
    return true;
}

/* The last row must be there: what the strategy does now comes from it. */
static bool check_complete(const SyCommandOutput *output, const SyCsv *csv, GError **error) {
    const SyPanel *panel = output->panel;
    char text[SY_TIME_TEXT_SIZE];
    if (!output->begun)
        return sy_fail(error, SY_ERROR_DATA, "%s: printed a header and no row", sy_csv_path(csv));
    if (output->next < panel->rows)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: its output ends too early: the bar that closes at %s is left out, and "
                       "%" G_GSIZE_FORMAT " after it",
                       sy_csv_path(csv), sy_time_format(panel->time[output->next], text),
                       panel->rows - output->next - 1);
    if (output->numbers == 0)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: printed no number for any of the %" G_GSIZE_FORMAT
                       " bars; load more history (start, limit) or shorten its windows",
                       sy_csv_path(csv), panel->rows);
    return true;
}

bool sy_command_output_read(SyCommandOutput *output, SyCsv *csv, GError **error) {
    if (!check_header(csv, output->panel, error))
        return false;
    SyCsvStep step;
    while ((step = sy_csv_next(csv, error)) == SY_CSV_RECORD)
        if (!take_row(output, csv, error))
            return false;
    return step == SY_CSV_END && check_complete(output, csv, error);
}

/* ---- the model ---- */

/* Both directions of a run. */
typedef struct {
    Input input;
    SyCommandOutput output;
} Run;

static void give(gpointer data, GString *bytes) { give_panel(&((Run *)data)->input, bytes); }

static bool read_output(gpointer data, SyCsv *csv, GError **error) {
    return sy_command_output_read(&((Run *)data)->output, csv, error);
}

static SyModelResult *run(gconstpointer data, const SyPanel *panel, const SyModelContext *context,
                          GError **error) {
    const CommandConfig *config = data;
    char timeframe[SY_TIME_TEXT_SIZE];
    g_autofree char *symbols = g_strjoinv("\n", panel->symbol);
    g_autoptr(SyMatrix) values = sy_matrix_new(panel->rows, panel->symbols);
    Run state = {.input = {.panel = panel}, .output = {.panel = panel, .values = values}};
    const SyCsvCommandSpec spec = {
        .command = config->command,
        .timeout = config->timeout,
        .folder = context->folder,
        .value = {[SY_CSV_COMMAND_WORKSPACE] = context->folder,
                  [SY_CSV_COMMAND_PARAMETERS] =
                      config->parameters.text ? config->parameters.text : "{}",
                  [SY_CSV_COMMAND_SYMBOLS] = symbols,
                  [SY_CSV_COMMAND_TIMEFRAME] = sy_timeframe_format(panel->timeframe, timeframe)},
        .give = give,
        .read = read_output,
        .data = &state,
    };
    if (!sy_csv_command_run(&spec, error))
        return NULL;
    SyModelResult *result = g_new(SyModelResult, 1);
    *result = (SyModelResult){.output = g_steal_pointer(&values),
                              .fits = g_array_new(FALSE, FALSE, sizeof(SyFit)),
                              .lower = -INFINITY,
                              .upper = INFINITY};
    return result;
}

static char *validate(gconstpointer data, const char **key) {
    const CommandConfig *config = data;
    const char *wrong = sy_csv_command_wrong(config->command);
    *key = "command";
    return wrong ? g_strdup_printf("command %s", wrong) : NULL;
}

static const SyField fields[] = {
    SY_FIELD(CommandConfig, command, .required = true,
             .help = "Program and arguments, as [\"python3\", \"models/mine.py\"]; started in the "
                     "workspace, once per run. It reads time,symbol,open,high,low,close,volume on "
                     "stdin and prints time,SYMBOL,SYMBOL; exit code 75: try again."),
    SY_FIELD(CommandConfig, parameters,
             .help = "Anything, as { window = 24 }: JSON in its environment, in "
                     "SYSTEMATICA_PARAMETERS."),
    SY_FIELD(CommandConfig, timeout, .fallback = "5m", .check = sy_duration_check,
             .help = "How long one run of it may take."),
};
static const SyFieldTable table = SY_FIELD_TABLE(CommandConfig, fields);

const SyModel sy_model_command = {
    .name = "command",
    .summary = "A program of your own, in any language.",
    .source = "docs/languages.md",
    .symbols = 2,
    .fields = &table,
    .validate = validate,
    .run = run,
};
