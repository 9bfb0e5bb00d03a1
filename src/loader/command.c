/* command: bars that a program prints, in any language. First stage of the flow. */
#include <string.h>

#include "base/csv_command.h"
#include "base/error.h"
#include "loader/bar_reader.h"

enum { looked_at = 100 }; /* bars that a look at the newest asks for */

static const char default_timeout[] = "60s";

/* The column `time` holds closes unless index_is says otherwise; any other name speaks for itself.
 */
static SyIndexIs index_is_of(const SyLoaderConfig *config, const char *index_col) {
    bool plain = strcmp(index_col, "time") == 0;
    return config->index_is == SY_INDEX_BY_NAME && plain ? SY_INDEX_CLOSE : config->index_is;
}

/* A run of the program. */
typedef struct {
    SyBarReader reader;
    const SyLoaderConfig *given;
    SyLoaderConfig config; /* the same, with what index_is means here */
    const SyLoaderContext *context;
    SyTime from; /* rows before it are not wanted; SY_TIME_NONE: start decides */
} Run;

/* The range of rows, once the name of the index column is known. */
static bool init_range(Run *run, const char *index_col, GError **error) {
    SyBarRange *range = &run->reader.range;
    run->config.index_is = index_is_of(run->given, index_col);
    if (!sy_bar_range_init(range, &run->config, run->context, index_col, error))
        return false;
    if (run->from != SY_TIME_NONE)
        range->start = MAX(range->start, run->from);
    return true;
}

static bool read_bars(gpointer data, SyCsv *csv, GError **error) {
    Run *run = data;
    SyBarFile file = {.csv = csv};
    const SyLoaderConfig *config = &run->config;
    if (!sy_bar_file_begin(&file, &config->columns, config->index_col, config->missing_columns,
                           error) ||
        !init_range(run, file.index_name, error))
        return false;
    return sy_bar_reader_take(&run->reader, &file, -1, error);
}

/* What a bound of the range says to the program; NULL: there is none. */
static const char *bound_text(SyTime time, char buffer[static SY_TIME_TEXT_SIZE]) {
    return time == SY_TIME_NONE ? NULL : sy_time_format(time, buffer);
}

/* Starts the program and reads its bars. */
static bool run_program(Run *run, GError **error) {
    const SyLoaderConfig *config = run->given;
    char timeframe[SY_TIME_TEXT_SIZE], start[SY_TIME_TEXT_SIZE], end[SY_TIME_TEXT_SIZE],
        until[SY_TIME_TEXT_SIZE];
    /* what it is told of the range is by the column that the template names */
    const char *index_col = config->index_col                   ? config->index_col
                            : config->index_is == SY_INDEX_OPEN ? "open_time"
                                                                : "time";
    if (!init_range(run, index_col, error))
        return false;
    const SyBarRange *range = &run->reader.range;
    g_autofree char *symbols = g_strjoinv("\n", config->symbols);
    g_autofree char *limit = config->limit ? g_strdup_printf("%d", config->limit) : NULL;
    const SyCsvCommandSpec spec = {
        .command = config->command,
        .timeout = config->timeout ? config->timeout : default_timeout,
        .folder = run->context->folder,
        .value = {[SY_CSV_COMMAND_WORKSPACE] = run->context->folder,
                  [SY_CSV_COMMAND_PARAMETERS] =
                      config->parameters.text ? config->parameters.text : "{}",
                  [SY_CSV_COMMAND_SYMBOLS] = symbols,
                  [SY_CSV_COMMAND_TIMEFRAME] = sy_timeframe_format(config->timeframe, timeframe),
                  [SY_CSV_COMMAND_START] = bound_text(range->start, start),
                  [SY_CSV_COMMAND_END] = bound_text(range->end, end),
                  [SY_CSV_COMMAND_UNTIL] = sy_time_format(range->until, until),
                  [SY_CSV_COMMAND_LIMIT] = limit},
        .read = read_bars,
        .data = run,
        .stop = run->context->stop,
    };
    return sy_csv_command_run(&spec, error);
}

static void run_init(Run *run, const SyLoaderConfig *config, const SyLoaderContext *context,
                     SyTime from) {
    *run = (Run){.given = config, .config = *config, .context = context, .from = from};
    sy_bar_reader_init(&run->reader, &run->config);
    run->reader.strict = true;
}

static void run_clear(Run *run) { sy_bar_reader_clear(&run->reader); }
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static SyPanel *load(const SyLoaderConfig *config, const SyLoaderContext *context, GError **error) {
    g_auto(Run) run;
    run_init(&run, config, context, SY_TIME_NONE);
    g_autofree char *source = sy_csv_command_text(config->command);
    return run_program(&run, error) ? sy_bar_reader_panel(&run.reader, source, error) : NULL;
}

/* The program is asked for its newest bars only. */
static bool newest(const SyLoaderConfig *config, const SyLoaderContext *context, SyTime *time,
                   GError **error) {
    SyTime until = context->until == SY_TIME_NONE ? sy_env_now(context->env) : context->until;
    g_auto(Run) run;
    run_init(&run, config, context, sy_timeframe_add(config->timeframe, until, -looked_at));
    if (!run_program(&run, error))
        return false;
    *time = sy_bar_reader_newest(&run.reader);
    return true;
}

static char *validate(const SyLoaderConfig *config, const char **key) {
    char *foreign = sy_loader_validate_owner("command", config, key);
    if (foreign)
        return foreign;
    *key = "command";
    const char *wrong = sy_csv_command_wrong(config->command);
    if (wrong)
        return g_strdup_printf("command %s", wrong);
    *key = "columns";
    if (sy_map_get(&config->columns, "timeframe"))
        return g_strdup("a program is told the timeframe and prints bars of no other");
    SyLoaderConfig plain = *config;
    if (config->index_col)
        plain.index_is = index_is_of(config, config->index_col);
    return sy_loader_validate_common(&plain, key);
}

const SyLoader sy_loader_command = {
    .name = "command",
    .summary = "Bars that a program of your own prints, in any language.",
    .source = "docs/languages.md",
    .validate = validate,
    .load = load,
    .newest = newest,
};
