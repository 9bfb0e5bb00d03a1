/* systematica data list: what an engine's table of bars holds. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/data.h"
#include "loader/engine.h"

typedef struct {
    SyCommonOptions common;
    char *engine, *table;
} Options;

static const SyField fields[] = {SY_DATA_ENGINE_OPTIONS(Options), SY_OPTION_WORKSPACE(Options),
                                 SY_OPTION_JSON(Options), SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const SyCandleSummary *summaries, gsize n) {
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
}

static void show_json(const SyCandleSummary *summaries, gsize n) {
    json_t *list = json_array();
    for (gsize i = 0; i < n; i++) {
        const SyProvenance *p = &summaries[i].provenance;
        char first[SY_TIME_TEXT_SIZE], last[SY_TIME_TEXT_SIZE];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:I}", "symbol",
                            sy_data_text_json(summaries[i].symbol), "timeframe",
                            summaries[i].timeframe, "first", sy_time_format(p->first, first),
                            "last", sy_time_format(p->last, last), "rows", (json_int_t)p->rows,
                            "gaps", (json_int_t)p->gaps, "missing", (json_int_t)p->missing));
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
    bool good = db && sy_candle_table_summarise(db, options->table, &summaries, &n, error);
    if (good)
        (options->common.json ? show_json : show)(summaries, n);
    sy_candle_summaries_free(summaries, n);
    return sy_data_engine_end(&engine, good, error);
}

const SyCommand sy_command_data_list = {
    .name = "data list",
    .arguments = "",
    .summary = "List the symbols of an engine's table of bars: range, rows, gaps.",
    .details = "gaps counts the places where the next bar of an unbroken grid is absent, missing "
               "the bars absent there;\nnights and weekends of an exchange count as gaps.",
    .options = &options_table,
    .run = run,
};
