/* The newest bar of a strategy. The key holds every key of [loader_params] that the answer depends
 * on, so that many strategies on the same bars need one look. */
#include "workflow/newest_bar.h"

#include <stdlib.h>
#include <string.h>

bool sy_newest_bar(const SyStrategy *strategy, const SyLoaderContext *context, SyTime *newest,
                   GError **error) {
    SyLoaderContext loader = *context;
    if (loader.until == SY_TIME_NONE) {
        /* a daily bar of a market is complete before the end of its interval */
        SyTime now = sy_env_now(context->env), expected = sy_schedule_bar(strategy->schedule, now);
        loader.until = MAX(now, expected);
    }
    return strategy->loader->newest(&strategy->loader_config, &loader, newest, error);
}

static void append(GString *key, const char *text) {
    /* lengths keep ("a", "b") and ("ab", "") apart */
    g_string_append_printf(key, "|%" G_GSIZE_FORMAT ":%s", text ? strlen(text) : 0,
                           text ? text : "");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *sy_newest_bar_key(const SyStrategy *strategy) {
    const SyLoaderConfig *config = &strategy->loader_config;
    const char *const texts[] = {config->engine_name, config->engine,    config->table,
                                 config->path,        config->index_col, config->query,
                                 config->start,       config->end,       config->parameters.text};
    char timeframe[SY_TIME_TEXT_SIZE], frequency[SY_TIME_TEXT_SIZE];
    GString *key = g_string_new(strategy->loader->name);
    append(key, sy_timeframe_format(config->timeframe, timeframe));
    append(key, sy_timeframe_format(sy_loader_timeframe(config), frequency));
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        append(key, texts[i]);
    for (char **word = config->command; word && *word; word++)
        append(key, *word);
    g_string_append_printf(key, "|%u", config->index_is);
    for (gsize i = 0; i < config->columns.n; i++) {
        append(key, config->columns.key[i]);
        append(key, config->columns.value[i]);
    }
    /* the order of symbols is that of the legs; the newest bar of all does not depend on it */
    gsize n = g_strv_length(config->symbols);
    g_autofree const char **symbols = g_new(const char *, n + 1);
    memcpy(symbols, config->symbols, (n + 1) * sizeof *symbols);
    qsort(symbols, n, sizeof *symbols, by_name);
    for (gsize i = 0; i < n; i++)
        append(key, symbols[i]);
    return g_string_free(key, FALSE);
}
