/* systematica data import: CSV files into the table of bars of an engine. */
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "cli/progress.h"
#include "loader/import.h"

typedef struct {
    SyCommonOptions common;
    char *engine, *table;
    SyTimeframe timeframe;
    char **symbols;
    char *index_col;
    unsigned index_is;
} Options;

static const SyChoice index_choices[] = {
    [SY_INDEX_BY_NAME] = {"by_name", "open_* columns hold open times, close_* close times"},
    [SY_INDEX_OPEN] = {"open", "the time at which a bar opens"},
    [SY_INDEX_CLOSE] = {"close", "the time at which a bar closes"},
};

static const SyField fields[] = {
    SY_DATA_ENGINE_OPTIONS(Options),
    SY_FIELD(Options, timeframe, .metavar = "TEXT", .help = "Length of the bars: 60m, 1d."),
    SY_FIELD(Options, symbols, .metavar = "A,B",
             .help = "Only these; the one symbol of a file that has no symbol column."),
    SY_FIELD(Options, index_col, .metavar = "TEXT",
             .help = "Column of the times, where it has no usual name."),
    SY_FIELD(Options, index_is, .fallback = "by_name", .metavar = "open|close",
             SY_CHOICES(index_choices),
             .help = "What that column holds, where its name does not begin with open_ or close_."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(char **files, const SyCandleCounts *counts) {
    for (gsize i = 0; files[i]; i++)
        if (counts[i].rows)
            printf("%s: %" G_GSIZE_FORMAT " rows: %" G_GSIZE_FORMAT " new, %" G_GSIZE_FORMAT
                   " unchanged, %" G_GSIZE_FORMAT " revised\n",
                   files[i], counts[i].rows, counts[i].added, counts[i].unchanged,
                   counts[i].revised);
}

static void show_json(char **files, const SyCandleCounts *counts) {
    json_t *list = json_array();
    for (gsize i = 0; files[i]; i++)
        if (counts[i].rows) {
            json_t *file = sy_data_counts_json(&counts[i]);
            json_object_set_new(file, "file", sy_data_text_json(files[i]));
            json_array_append_new(list, file);
        }
    sy_data_print_json(list);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    if (!options->timeframe.nanoseconds && !options->timeframe.months)
        return sy_fail(error, SY_ERROR_USAGE,
                       "--timeframe is missing: the length of the bars, as "
                       "in --timeframe 60m");
    g_auto(SyDataEngine) engine = {0};
    if (!sy_data_engine_find(&engine, &options->common, options->engine, error))
        return sy_data_engine_end(&engine, false, error);
    g_autofree SyCandleCounts *counts = g_new0(SyCandleCounts, g_strv_length(arguments) + 1);
    SyProgress progress = sy_progress_start("importing", options->common.quiet);
    SyImportOptions import = {
        .table = options->table,
        .timeframe = options->timeframe,
        .symbols = options->symbols,
        .index_col = options->index_col,
        .index_is = options->index_is,
        .progress = sy_progress_update,
        .progress_data = &progress,
    };
    bool good = sy_import_files(options->engine, engine.engines, engine.folder, &import, arguments,
                                counts, error);
    sy_progress_end(&progress);
    (options->common.json ? show_json : show)(arguments, counts);
    return sy_data_engine_end(&engine, good, error);
}

const SyCommand sy_command_data_import = {
    .name = "data import",
    .arguments = "FILE…",
    .summary = "Import CSV files (.csv, .csv.gz) into an engine's table of bars.",
    .details =
        "Columns, whatever their case: symbol, open_datetime or close_datetime (or another time "
        "column with\n--index-is), open, high, low, close, volume. Times are UTC unless they have "
        "a zone. Each file is imported\nwholly or not at all; importing it again changes nothing. "
        "The table is made where it is absent.",
    .least = 1,
    .most = G_MAXSIZE,
    .options = &options_table,
    .run = run,
};
