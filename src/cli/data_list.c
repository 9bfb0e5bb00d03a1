/* systematica data list: what an engine's table of bars holds. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "loader/engine.h"

typedef struct {
    SyCommonOptions common;
    char *engine, *table, *calendar;
} Options;

static const SyField fields[] = {
    SY_DATA_ENGINE_OPTIONS(Options),
    SY_FIELD(Options, calendar, .fallback = "24/7", .metavar = "NAME",
             .check = sy_candle_calendar_check,
             .help = "Market whose sessions the bars are of: gaps are bars absent in a session."),
    SY_OPTION_WORKSPACE(Options), SY_OPTION_JSON(Options), SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const SyCandleSummary *summaries, gsize n, const char *calendar) {
    int width = (int)strlen("symbol");
    for (gsize i = 0; i < n; i++)
        width = MAX(width, (int)strlen(summaries[i].symbol));
    printf("%-*s  %-9s  %-20s  %-20s  %9s  %6s  %8s\n", width, "symbol", "timeframe", "first close",
           "last close", "rows", "gaps", "missing");
    for (gsize i = 0; i < n; i++) {
        const SyProvenance *p = &summaries[i].provenance;
        char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE];
        printf("%-*s  %-9s  %-20s  %-20s  %9" G_GSIZE_FORMAT "  %6" G_GSIZE_FORMAT
               "  %8" G_GSIZE_FORMAT "\n",
               width, summaries[i].symbol, summaries[i].timeframe, sy_time_format(p->first, first),
               sy_time_format(p->last, last), p->rows, p->gaps, p->missing);
    }
    bool always = sy_text_equal_loosely(calendar, "24/7");
    if (n)
        printf("gaps: of a market that is open %s%s\n", always ? "24/7" : "in the sessions of ",
               always ? " (--calendar names another)" : calendar);
}

static void show_json(const SyCandleSummary *summaries, gsize n, const char *calendar) {
    json_t *list = json_array();
    for (gsize i = 0; i < n; i++) {
        const SyProvenance *p = &summaries[i].provenance;
        char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "symbol",
                            sy_data_text_json(summaries[i].symbol), "timeframe",
                            summaries[i].timeframe, "first", sy_time_format(p->first, first),
                            "last", sy_time_format(p->last, last), "rows", (json_int_t)p->rows,
                            "gaps", (json_int_t)p->gaps, "missing", (json_int_t)p->missing,
                            "calendar", calendar));
    }
    sy_data_print_json(list);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    g_auto(SyDataEngine) engine = {0};
    if (!sy_data_engine_find(&engine, &options->common, options->engine, error))
        return sy_data_engine_end(&engine, false, error);
    g_autoptr(SyDb) db =
        sy_engine_open(options->engine, engine.engines, engine.folder, SY_DB_READ, error);
    SyCandleSummary *summaries = NULL;
    gsize n = 0;
    bool good = db && sy_candle_table_summarise(db, options->table, options->calendar, &summaries,
                                                &n, error);
    if (good)
        (options->common.json ? show_json : show)(summaries, n, options->calendar);
    sy_candle_summaries_free(summaries, n);
    return sy_data_engine_end(&engine, good, error);
}

const SyCommand sy_command_data_list = {
    .name = "data list",
    .arguments = "",
    .summary = "List the symbols of an engine's table of bars: range, rows, gaps.",
    .details = "gaps counts the places where the next bar of an unbroken grid is absent, missing "
               "the bars absent there.\nWithout --calendar the market never closes, so nights and "
               "weekends of an "
               "exchange count.",
    .options = &options_table,
    .run = run,
};
