/* Contract of loaders: from [loader_params] to a panel of closed bars.
 *
 * A loader is one file with one SyLoader row, named in registry.c. All share SyLoaderConfig: what a
 * key means does not depend on the loader; a loader refuses the keys it cannot serve. */
#ifndef SY_LOADER_LOADER_H
#define SY_LOADER_LOADER_H

#include "base/env.h"
#include "base/field.h"
#include "data/align.h"
#include "data/panel.h"

typedef enum { SY_INDEX_BY_NAME, SY_INDEX_OPEN, SY_INDEX_CLOSE } SyIndexIs;

/* [loader_params] */
typedef struct {
    char **symbols;
    SyTimeframe timeframe;
    char *table, *index_col; /* NULL: the loader's own default */
    unsigned index_is;       /* SyIndexIs */
    char *engine_name, *engine;
    char *path;        /* CSVData: file or pattern with {symbol} */
    char **command;    /* command: program and arguments */
    SyJson parameters; /* command: for the program; NULL = none */
    char *timeout;     /* command: NULL = its default */
    char *start, *end;
    int limit; /* newest N bars of each symbol, before resampling; 0 = all */
    SyTimeframe frequency;
    SyMap columns;
    char *query;
    unsigned missing_index, missing_columns; /* SyMissing */
} SyLoaderConfig;

extern const SyFieldTable sy_loader_fields;

/* Bars that come from elsewhere than the template's source: a replay has loaded them before. */
typedef struct {
    /* All bars up to `until`. Errors: as SyLoader.load. */
    SyPanel *(*load)(gpointer data, SyTime until, GError **error);
    gpointer data;
} SyBarSource;

/* What a loader may know of the world. */
typedef struct {
    const SyEnv *env;
    const char *folder;   /* relative paths are relative to this: the workspace */
    const SyMap *engines; /* name → URL, secrets resolved */
    SyTime until; /* rows that close after it do not exist (--now); SY_TIME_NONE: env's now */
    const SyBarSource *bars; /* where a run takes its rows from instead of the loader; NULL: from
                                the loader */
    const SyTime *origin; /* close of the panel's first row: rows before it do not exist, whatever
                             start says; NULL: start decides */
    const int *stop;      /* a descriptor: once it is readable nobody wants the answer any more, and
                             programs are ended; NULL: SIGTERM and SIGINT to us say so */
} SyLoaderContext;

typedef struct {
    const char *name;
    const char *summary;
    const char *source;
    /* Checks that need more than one key. Returns NULL or the reason; *key is the key to blame. */
    char *(*validate)(const SyLoaderConfig *config, const char **key);
    /* All closed bars, aligned, resampled where `frequency` says so.
     * Errors: SY_ERROR_DATA, SY_ERROR_UNAVAILABLE, SY_ERROR_LOCKED, SY_ERROR_IO; of programs those
     * of sy_csv_command_run;
     * SY_ERROR_TEMPLATE where the configuration names what does not exist. */
    SyPanel *(*load)(const SyLoaderConfig *config, const SyLoaderContext *context, GError **error);
    /* Close of the newest closed bar that every symbol has in the panel that load would give, by
     * the same rules, without reading the rows (a look at the end of each symbol; CSVData reads its
     * files, command asks for its newest bars only). SY_TIME_NONE where a symbol has none in the
     * range. Errors: as load. */
    bool (*newest)(const SyLoaderConfig *config, const SyLoaderContext *context, SyTime *newest,
                   GError **error);
} SyLoader;

extern const SyLoader *const sy_loaders[];
extern const gsize sy_n_loaders;

const SyLoader *sy_loader_find(const char *name); /* loosely spelled; NULL where there is none */

/* Timeframe of the panel that a configuration gives: frequency where set, else timeframe. */
SyTimeframe sy_loader_timeframe(const SyLoaderConfig *config);

#endif
