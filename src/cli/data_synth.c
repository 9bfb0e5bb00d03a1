/* systematica data synth: a made-up pair for a first look without data. */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "loader/engine.h"
#include "loader/synthetic.h"

typedef struct {
    SyCommonOptions common;
    char *engine, *table;
    int seed;
    char *start, *end;
} Options;

static const SyField fields[] = {
    SY_DATA_ENGINE_OPTIONS(Options),
    SY_FIELD(Options, seed, .fallback = "1", .min = 0, .max = 1e9,
             .help = "Another seed, another pair."),
    SY_FIELD(Options, start, .fallback = "2024-01-01 UTC", .metavar = "TIME",
             .help = "First close time; not before 2018-01-01T01:00:00Z."),
    SY_FIELD(Options, end, .fallback = "now", .metavar = "TIME",
             .help = "Bars that close up to then."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static bool read_time(const char *option, const char *text, SyTime now, SyTime *time,
                      GError **error) {
    g_autoptr(GError) reason = NULL;
    return sy_time_parse(text, now, time, &reason) ||
           sy_fail(error, SY_ERROR_USAGE, "%s: %s", option, reason->message);
}

/* Stores the panel where the table holds nothing of its symbols but bars of `all`: a series that is
 * part market, part made up would be traded as one. */
static bool store(SyDb *db, const Options *options, const SyPanel *panel, const SyPanel *all,
                  SyCandleCounts *counts, GError **error) {
    g_autoptr(SyCandleWriter) writer =
        sy_candle_writer_begin(db, options->table, panel->timeframe, error);
    if (!writer)
        return false;
    if (!sy_candle_writer_holds_only(writer, all, error)) {
        g_prefix_error(error,
                       "bars made up with --seed %d are not mixed with others: ", options->seed);
        return false;
    }
    for (gsize s = 0; s < panel->symbols; s++)
        for (gsize row = 0; row < panel->rows; row++) {
            double value[SY_BAR_FIELDS];
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                value[field] = sy_panel_column(panel, field, s)[row];
            if (!sy_candle_writer_put(writer, panel->symbol[s], panel->time[row], value, error))
                return false;
        }
    return sy_candle_writer_commit(writer, counts, error);
}

static void show(const SyPanel *panel, const SyCandleCounts *counts, bool json) {
    if (json) {
        sy_data_print_json(sy_data_counts_json(counts));
        return;
    }
    char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE];
    printf("synthetic %s, %s: %" G_GSIZE_FORMAT " hourly bars each, %s to %s (%" G_GSIZE_FORMAT
           " new, %" G_GSIZE_FORMAT " unchanged, %" G_GSIZE_FORMAT " revised)\n",
           panel->symbol[0], panel->symbol[1], panel->rows, sy_time_format(panel->time[0], first),
           sy_time_format(panel->time[panel->rows - 1], last), counts->added, counts->unchanged,
           counts->revised);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    SyTime now = sy_env_now(&sy_env_real), start, end;
    if (!read_time("--start", options->start, now, &start, error) ||
        !read_time("--end", options->end, now, &end, error))
        return false;
    if (end > now)
        return sy_fail(error, SY_ERROR_USAGE,
                       "--end %s lies after now: bars are not made before they close",
                       options->end);
    guint64 seed = (guint64)options->seed;
    g_autoptr(SyPanel) panel = sy_synthetic_pair(seed, start, end);
    g_autoptr(SyPanel) all = sy_synthetic_pair(seed, sy_synthetic_origin(), now);
    if (panel->rows == 0)
        return sy_fail(error, SY_ERROR_USAGE,
                       "--start %s, --end %s: no full hour lies between them", options->start,
                       options->end);
    g_auto(SyDataEngine) engine = {0};
    if (!sy_data_engine_find(&engine, &options->common, options->engine, error))
        return sy_data_engine_end(&engine, false, error);
    g_autoptr(SyDb) db =
        sy_engine_open(options->engine, engine.engines, engine.folder, SY_DB_CREATE, error);
    SyCandleCounts counts;
    bool good = db && store(db, options, panel, all, &counts, error);
    if (good)
        show(panel, &counts, options->common.json);
    return sy_data_engine_end(&engine, good, error);
}

const SyCommand sy_command_data_synth = {
    .name = "data synth",
    .arguments = "",
    .summary = "Fill an engine with a made-up pair: a first look without data.",
    .details = "CB-BTC-USD and CB-ETH-USD, hourly, up to the last full hour, with a dependence "
               "that wanders and returns.\nThe same seed gives the same bars whenever it is run; "
               "running again adds the hours since.\nA "
               "table that holds other hourly bars of the two symbols is refused. Results on "
               "made-up bars say nothing about any "
               "market.",
    .options = &options_table,
    .run = run,
};
