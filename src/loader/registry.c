/* The loaders, and the keys of [loader_params] that they share. */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "loader/loader.h"

extern const SyLoader sy_loader_bfc_data, sy_loader_csv_data, sy_loader_command;

const SyLoader *const sy_loaders[] = {&sy_loader_bfc_data, &sy_loader_csv_data, &sy_loader_command};
const gsize sy_n_loaders = G_N_ELEMENTS(sy_loaders);

const SyLoader *sy_loader_find(const char *name) {
    for (gsize i = 0; i < sy_n_loaders; i++)
        if (sy_text_equal_loosely(sy_loaders[i]->name, name))
            return sy_loaders[i];
    return NULL;
}

SyTimeframe sy_loader_timeframe(const SyLoaderConfig *config) {
    bool resampled = config->frequency.nanoseconds || config->frequency.months;
    return resampled ? config->frequency : config->timeframe;
}

static bool check_time(const char *text, GError **error) {
    SyTime time;
    return sy_time_parse(text, 0, &time, error);
}

static const char *const open_also[] = {"open_time", NULL};
static const char *const close_also[] = {"close_time", NULL};

static const SyChoice index_choices[] = {
    [SY_INDEX_BY_NAME] = {"by_name", "open_* columns hold open times, close_* columns close times"},
    [SY_INDEX_OPEN] = {"open", "the time at which a bar opens", open_also},
    [SY_INDEX_CLOSE] = {"close", "the time at which a bar closes", close_also},
};

static const SyChoice missing_index_choices[] = {
    [SY_MISSING_NAN] = {"nan", "keep every time that any symbol has; NaN where a symbol lacks it"},
    [SY_MISSING_DROP] = {"drop", "keep only times that every symbol has"},
    [SY_MISSING_RAISE] = {"raise", "refuse bars whose times differ"},
};

static const SyChoice missing_columns_choices[] = {
    [SY_MISSING_NAN] = {"nan", "a column that a source lacks is NaN"},
    [SY_MISSING_DROP] = {"drop", "a column that any source lacks is NaN for every symbol"},
    [SY_MISSING_RAISE] = {"raise", "refuse a source that lacks open, high, low or volume"},
};

static const SyField fields[] = {
    SY_FIELD(SyLoaderConfig, symbols, .required = true,
             .help = "Symbols to load; their order is the order of the legs."),
    SY_FIELD(SyLoaderConfig, timeframe, .required = true,
             .help = "Length of the stored bars: \"60m\" = \"1h\", \"1d\", \"15 minutes\"."),
    SY_FIELD(SyLoaderConfig, table,
             .help = "BFCData: table or view of the engine; \"candle\" where neither table nor "
                     "query is given."),
    SY_FIELD(SyLoaderConfig, index_col,
             .help = "Column of the bars' times. BFCData: \"close_datetime\" where not given; "
                     "CSVData: the first column of a known name."),
    SY_FIELD(SyLoaderConfig, index_is, .fallback = "by_name", SY_CHOICES(index_choices),
             .help = "What the index column holds; needed where its name begins with neither "
                     "open_ nor close_."),
    SY_FIELD(SyLoaderConfig, engine_name, .help = "BFCData: name of an engine of settings.toml."),
    SY_FIELD(SyLoaderConfig, engine,
             .help = "BFCData: URL of a database, instead of engine_name: sqlite:///path."),
    SY_FIELD(SyLoaderConfig, path,
             .help = "CSVData: a file (.csv or .csv.gz), or a pattern with {symbol} for one file "
                     "per symbol; relative to the workspace."),
    SY_FIELD(SyLoaderConfig, command,
             .help =
                 "command: program and arguments, as [\"python3\", \"loaders/mine.py\"]; started "
                 "in the workspace. It prints time,symbol,open,high,low,close,volume, where "
                 "time is when a bar closes unless index_is or the column's name says "
                 "otherwise; exit code 75: try again."),
    SY_FIELD(SyLoaderConfig, parameters,
             .help = "command: anything, as { url = \"…\" }: JSON in the program's environment, in "
                     "SYSTEMATICA_PARAMETERS."),
    SY_FIELD(SyLoaderConfig, timeout, .check = sy_duration_check,
             .help = "command: how long the program may take; \"60s\" where not given."),
    SY_FIELD(SyLoaderConfig, start, .metavar = "TIME", .check = check_time,
             .help = "First time of the index column, inclusive: \"2018-01-01 UTC\", \"90 days ago "
                     "UTC\"."),
    SY_FIELD(SyLoaderConfig, end, .metavar = "TIME", .check = check_time,
             .help = "Last time of the index column, exclusive."),
    SY_FIELD(SyLoaderConfig, limit, .unit = "bars", .min = 0, .max = 1e9, .fallback = "0",
             .help = "Newest bars to load of each symbol, before resampling; 0 = all."),
    SY_FIELD(SyLoaderConfig, frequency,
             .help = "Resample to bars of this length; a multiple of timeframe."),
    SY_FIELD(SyLoaderConfig, columns,
             .help = "Other names of columns: { symbol = \"ticker\", close = \"last\" }; keys "
                     "symbol, timeframe, open, high, low, close, volume."),
    SY_FIELD(SyLoaderConfig, query,
             .help = "BFCData: one SELECT instead of a table; its result has the columns that a "
                     "table would have. Without a symbol column it may serve one symbol."),
    SY_FIELD(SyLoaderConfig, missing_index, .fallback = "nan", SY_CHOICES(missing_index_choices),
             .help = "Times that not every symbol has."),
    SY_FIELD(SyLoaderConfig, missing_columns, .fallback = "raise",
             SY_CHOICES(missing_columns_choices), .help = "Columns that a source does not have."),
};

const SyFieldTable sy_loader_fields = SY_FIELD_TABLE(SyLoaderConfig, fields);
