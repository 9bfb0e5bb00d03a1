/* What loaders share, between the rows of a source and the panel. */
#include "loader/bars.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "data/resample.h"

bool sy_index_holds_open(const char *index_col, SyIndexIs index_is, bool *open, GError **error) {
    bool named_open = g_ascii_strncasecmp(index_col, "open_", 5) == 0;
    bool named_close = g_ascii_strncasecmp(index_col, "close_", 6) == 0;
    if (index_is == SY_INDEX_BY_NAME && !named_open && !named_close)
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "index column \"%s\": its name does not say whether a bar opens or closes "
                       "then; set index_is = \"open\" or \"close\"",
                       index_col);
    if ((index_is == SY_INDEX_OPEN && named_close) || (index_is == SY_INDEX_CLOSE && named_open))
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "index_is contradicts the name of the index column \"%s\"; remove index_is",
                       index_col);
    *open = index_is == SY_INDEX_BY_NAME ? named_open : index_is == SY_INDEX_OPEN;
    return true;
}

static bool read_bound(const char *key, const char *text, SyTime now, SyTime *time,
                       GError **error) {
    *time = SY_TIME_NONE;
    g_autoptr(GError) reason = NULL;
    return !text || sy_time_parse(text, now, time, &reason) ||
           sy_fail(error, SY_ERROR_TEMPLATE, "%s: %s", key, reason->message);
}

/* The least value of the index column of a row that is part of the bar that closes at `origin`. */
static SyTime bound_of_origin(const SyLoaderConfig *config, bool open, SyTime origin) {
    SyTimeframe timeframe = sy_loader_timeframe(config);
    if (!open && sy_timeframe_equal(timeframe, config->timeframe))
        return origin;
    SyTime start = sy_timeframe_add(timeframe, origin, -1);
    return open ? start : sy_timeframe_add(config->timeframe, start, 1);
}

bool sy_bar_range_init(SyBarRange *range, const SyLoaderConfig *config,
                       const SyLoaderContext *context, const char *index_col, GError **error) {
    *range = (SyBarRange){.timeframe = config->timeframe, .until = context->until};
    if (range->until == SY_TIME_NONE)
        range->until = sy_env_now(context->env);
    if (!sy_index_holds_open(index_col, config->index_is, &range->open, error) ||
        !read_bound("start", config->start, range->until, &range->start, error) ||
        !read_bound("end", config->end, range->until, &range->end, error))
        return false;
    if (context->origin)
        range->start = bound_of_origin(config, range->open, *context->origin);
    if (range->start != SY_TIME_NONE && range->end != SY_TIME_NONE && range->end <= range->start)
        return sy_fail(error, SY_ERROR_TEMPLATE, "end (%s) is not after start (%s)", config->end,
                       config->start);
    return true;
}

const char *sy_bar_value_wrong(double value) {
    return isinf(value) ? "is infinite" : value == 0 ? "is zero" : "is negative";
}

bool sy_bar_value_fail(GError **error, const char *where, const char *symbol, SyTime close,
                       SyBarField field, double value) {
    char time[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: %s, bar that closes at %s: %s = %.15g %s; correct or delete the row (a "
                   "missing value is stored as NULL)",
                   where, symbol, sy_time_format(close, time), sy_bar_field_names[field], value,
                   sy_bar_value_wrong(value));
}

static bool check_spacing(const SySeries *series, const SyLoaderConfig *config, const char *symbol,
                          bool open, GError **error) {
    SySpacing spacing = sy_series_spacing(series, config->timeframe);
    /* Rows finer than the timeframe may be resampled, but an open time cannot be shifted by a
     * length that is not the row's own. */
    bool resampled = config->frequency.nanoseconds || config->frequency.months;
    if (resampled && !open)
        spacing.finer = 0;
    return sy_spacing_check(&spacing, config->timeframe, symbol, error);
}

/* Checks the pace of each series and brings it to the timeframe of the panel. */
static bool prepare(SySeries *series, const SyLoaderConfig *config, const SyBarRange *range,
                    SyTimeframe timeframe, bool resampled, GError **error) {
    for (gsize s = 0; config->symbols[s]; s++) {
        if (!check_spacing(&series[s], config, config->symbols[s], range->open, error))
            return false;
        sy_series_measure(&series[s], config->timeframe, NULL);
        if (resampled)
            sy_series_resample(&series[s], config->timeframe, timeframe);
        if (series[s].rows == 0) {
            char text[SY_TIME_TEXT_SIZE];
            return sy_fail(error, SY_ERROR_DATA,
                           "%s: the bars do not fill one whole bin of frequency = \"%s\"",
                           config->symbols[s], sy_timeframe_format(timeframe, text));
        }
    }
    return true;
}

SyPanel *sy_bars_to_panel(SySeries *series, const SyLoaderConfig *config, const SyBarRange *range,
                          GError **error) {
    SyTimeframe timeframe = sy_loader_timeframe(config);
    bool resampled = !sy_timeframe_equal(timeframe, config->timeframe);
    if (!prepare(series, config, range, timeframe, resampled, error)) {
        for (gsize s = 0; config->symbols[s]; s++)
            sy_series_clear(&series[s]);
        return NULL;
    }
    return sy_series_align(series, config->symbols, timeframe, config->missing_index,
                           resampled ? 0 : (gsize)config->limit, error);
}

SyTime sy_bars_newest(const SyLoaderConfig *config, SyTime stored) {
    bool resampled = config->frequency.nanoseconds || config->frequency.months;
    return stored == SY_TIME_NONE || !resampled ? stored
                                                : sy_timeframe_floor(config->frequency, stored);
}

char *sy_loader_validate_owner(const char *name, const SyLoaderConfig *config, const char **key) {
    const struct {
        const char *key;
        bool given;
        const char *owner;
    } owned[] = {
        {"engine", config->engine != NULL, "BFCData"},
        {"engine_name", config->engine_name != NULL, "BFCData"},
        {"table", config->table != NULL, "BFCData"},
        {"query", config->query != NULL, "BFCData"},
        {"path", config->path != NULL, "CSVData"},
        {"command", config->command != NULL, "command"},
        {"parameters", config->parameters.text != NULL, "command"},
        {"timeout", config->timeout != NULL, "command"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(owned); i++)
        if (owned[i].given && strcmp(owned[i].owner, name) != 0) {
            *key = owned[i].key;
            return g_strdup_printf("is a key of %s, not of %s", owned[i].owner, name);
        }
    return NULL;
}

/* The key of `columns` that no bar has, or the symbol listed twice. */
static char *check_names(const SyLoaderConfig *config, const char **key) {
    static const char *const known[] = {"symbol", "timeframe", "open",  "high",
                                        "low",    "close",     "volume"};
    *key = "columns";
    for (gsize i = 0; i < config->columns.n; i++) {
        const char *name = config->columns.key[i];
        if (g_strv_contains((const char *const[]){"symbol", "timeframe", "open", "high", "low",
                                                  "close", "volume", NULL},
                            name))
            continue;
        g_autofree char *meant = sy_text_did_you_mean(name, known, G_N_ELEMENTS(known));
        g_autofree char *list = sy_text_list(known, G_N_ELEMENTS(known), G_MAXSIZE);
        return g_strdup_printf("no column of a bar is called \"%s\" (%s)%s", name, list, meant);
    }
    *key = "symbols";
    if (!config->symbols || !config->symbols[0])
        return g_strdup("at least one symbol is needed");
    for (char **symbol = config->symbols; *symbol; symbol++) {
        if (!**symbol)
            return g_strdup("a symbol is empty");
        if (g_strv_contains((const char *const *)symbol + 1, *symbol))
            return g_strdup_printf("\"%s\" is listed twice", *symbol);
    }
    return NULL;
}

char *sy_loader_validate_common(const SyLoaderConfig *config, const char **key) {
    char *reason = check_names(config, key);
    if (reason)
        return reason;
    *key = "index_is";
    bool open;
    g_autoptr(GError) error = NULL;
    if (config->index_col &&
        !sy_index_holds_open(config->index_col, config->index_is, &open, &error))
        return g_strdup(error->message);
    *key = "frequency";
    bool resampled = config->frequency.nanoseconds || config->frequency.months;
    if (resampled && !sy_resample_fits(config->timeframe, config->frequency)) {
        char from[SY_TIME_TEXT_SIZE], to[SY_TIME_TEXT_SIZE];
        return g_strdup_printf("bins of %s cannot be filled with whole bars of %s",
                               sy_timeframe_format(config->frequency, to),
                               sy_timeframe_format(config->timeframe, from));
    }
    SyTime start, end;
    *key = "end";
    if (config->start && config->end && !sy_time_is_relative(config->start) &&
        !sy_time_is_relative(config->end) && sy_time_parse(config->start, 0, &start, NULL) &&
        sy_time_parse(config->end, 0, &end, NULL) && end <= start)
        return g_strdup_printf("end (%s) is not after start (%s)", config->end, config->start);
    return NULL;
}
