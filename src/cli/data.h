/* What the `data` commands share: the engine they work on and how they print. */
#ifndef SY_CLI_DATA_H
#define SY_CLI_DATA_H

#include <jansson.h>

#include "cli/session.h"
#include "loader/candle_table.h"

/* clang-format off */
#define SY_DATA_ENGINE_OPTIONS(type)                                                                  \
    SY_FIELD(type, engine, .fallback = "research", .metavar = "NAME|URL",                             \
             .help = "Engine of settings.toml, or a URL: sqlite:///path (relative to this folder)."), \
    SY_FIELD(type, table, .fallback = "candle", .metavar = "TEXT", .help = "Table of the bars.")
/* clang-format on */

/* Where an engine's name or URL is resolved. A URL needs no workspace. */
typedef struct {
    SySession session;
    const SyMap *engines;
    char *folder; /* that relative SQLite paths start from */
} SyDataEngine;

/* Errors: as sy_session_open. */
bool sy_data_engine_find(SyDataEngine *where, const SyCommonOptions *options, const char *engine,
                         GError **error);
/* As sy_session_end. */
bool sy_data_engine_end(const SyDataEngine *where, bool good, GError **error);
void sy_data_engine_clear(SyDataEngine *where);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyDataEngine, sy_data_engine_clear)

json_t *sy_data_counts_json(const SyCandleCounts *counts); /* a new reference */

/* A new reference; bytes that are not UTF-8, which JSON cannot hold, become U+FFFD. NULL: null. */
json_t *sy_data_text_json(const char *text);

/* A new reference: "2026-11-22T14:05:00Z", null for SY_TIME_NONE. */
json_t *sy_data_time_json(SyTime time);

/* Prints on one line and drops the reference. */
void sy_data_print_json(json_t *value);

#endif
