/* What a run keeps so that it can be repeated and its decision told, and the pinned origin of a
 * strategy. All of it is written in the transaction of the decision (store.h). */
#ifndef SY_STORE_FACTS_H
#define SY_STORE_FACTS_H

#include "store/store.h"

/* The first bar of a strategy. Texts are owned; clear with sy_origin_clear. */
typedef struct {
    SyTime time;     /* close of the bar */
    char *timeframe; /* of the bars that the model sees */
    char *chosen_by; /* what the template said of its first row when it was pinned */
} SyOrigin;
void sy_origin_clear(SyOrigin *origin);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyOrigin, sy_origin_clear)

/* What add_decision keeps of a run; texts are borrowed. */
struct SyRunKeep {
    const char *facts;       /* JSON object (workflow/facts.h) */
    const char *fits_digest; /* of `fits` */
    /* The fits of that digest as JSON, free with g_free. Asked for within the transaction, where
     * the store does not have them: retention may have removed them just before. */
    char *(*write_fits)(gconstpointer data);
    gconstpointer fits_data;
    const char *revised;    /* JSON object: what has changed in bars decided before; NULL */
    const SyOrigin *origin; /* to be pinned from now on; NULL: as it is */
};

/* *found is false where the strategy has none yet. Errors: as sy_store_open. */
bool sy_store_load_origin(SyStore *store, const char *study, SyOrigin *origin, bool *found,
                          GError **error);

/* Facts of a run, and its fits where fits is not NULL; JSON texts, g_free. NULL texts where it kept
 * none: it decided nothing, or an older program ran it. */
bool sy_store_load_facts(SyStore *store, gint64 run, char **facts, char **fits, GError **error);

/* Facts of the run that decided the newest bar of a strategy; NULL where there are none. */
bool sy_store_newest_facts(SyStore *store, const char *study, char **facts, GError **error);

/* The run that decided: of an order (client id), or of a bar of a strategy (study NULL: of the only
 * one that decided it). *run is 0 where there is none. Errors: SY_ERROR_USAGE where several
 * strategies decided the bar. */
bool sy_store_run_of_order(SyStore *store, const char *client_id, gint64 *run, GError **error);
bool sy_store_run_of_bar(SyStore *store, const char *study, SyTime bar, gint64 *run,
                         GError **error);

#endif
