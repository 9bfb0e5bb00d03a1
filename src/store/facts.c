/* Facts of runs and pinned origins. */
#include "store/facts.h"

#include "base/error.h"
#include "store/internal.h"

void sy_origin_clear(SyOrigin *origin) {
    g_free(origin->timeframe);
    g_free(origin->chosen_by);
    *origin = (SyOrigin){0};
}

bool sy_store_load_origin(SyStore *store, const char *study, SyOrigin *origin, bool *found,
                          GError **error) {
    SyStatement *query = sy_store_statement(
        store, "SELECT time, timeframe, chosen_by FROM origin WHERE study_name = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    SyDbStep step = sy_db_step(query, error);
    *found = step == SY_DB_ROW;
    if (*found)
        *origin = (SyOrigin){sy_db_integer(query, 0), g_strdup(sy_db_text(query, 1, NULL)),
                             g_strdup(sy_db_text(query, 2, NULL))};
    sy_db_reset(query);
    return step != SY_DB_FAILED;
}

/* Texts of a query's one row into texts[n]; NULL where there is no row. */
static bool read_texts(SyStatement *query, gsize n, char **texts, GError **error) {
    SyDbStep step = sy_db_step(query, error);
    for (gsize i = 0; i < n; i++)
        texts[i] = step == SY_DB_ROW ? g_strdup(sy_db_text(query, (int)i, NULL)) : NULL;
    sy_db_reset(query);
    return step != SY_DB_FAILED;
}

bool sy_store_load_facts(SyStore *store, gint64 run, char **facts, char **fits, GError **error) {
    SyStatement *query = sy_store_statement(store,
                                            "SELECT run_facts.facts, fits.fits FROM run_facts LEFT "
                                            "JOIN fits ON digest = run_facts.fits "
                                            "WHERE run_id = ?1",
                                            error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, run);
    char *texts[2];
    if (!read_texts(query, 2, texts, error))
        return false;
    *facts = texts[0];
    if (fits)
        *fits = texts[1];
    else
        g_free(texts[1]);
    return true;
}

static bool has_fits(SyStore *store, const char *digest, bool *has, GError **error) {
    SyStatement *query = sy_store_statement(store, "SELECT 1 FROM fits WHERE digest = ?1", error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, digest);
    SyDbStep step = sy_db_step(query, error);
    *has = step == SY_DB_ROW;
    sy_db_reset(query);
    return step != SY_DB_FAILED;
}

bool sy_store_newest_facts(SyStore *store, const char *study, char **facts, GError **error) {
    SyStatement *query = sy_store_statement(
        store,
        "SELECT facts FROM decision JOIN run_facts ON run_facts.run_id = decision.run_id "
        "WHERE study_name = ?1 ORDER BY bar_time DESC LIMIT 1",
        error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, study);
    return read_texts(query, 1, facts, error);
}

/* The usual cycle has no new split, and writes none. */
static bool keep_fits(SyStore *store, const SyRunKeep *keep, GError **error) {
    bool has;
    if (!has_fits(store, keep->fits_digest, &has, error))
        return false;
    if (has)
        return true;
    SyStatement *insert =
        sy_store_statement(store, "INSERT INTO fits (digest, fits) VALUES (?1, ?2)", error);
    if (!insert)
        return false;
    g_autofree char *fits = keep->write_fits(keep->fits_data);
    sy_db_bind_text(insert, 1, keep->fits_digest);
    sy_db_bind_text(insert, 2, fits);
    return sy_store_run(insert, error);
}

static bool insert_facts(SyStore *store, gint64 run, const SyRunKeep *keep, GError **error) {
    SyStatement *insert = sy_store_statement(
        store, "INSERT INTO run_facts (run_id, fits, facts) VALUES (?1, ?2, ?3)", error);
    if (!insert)
        return false;
    sy_db_bind_integer(insert, 1, run);
    sy_db_bind_text(insert, 2, keep->fits_digest);
    sy_db_bind_text(insert, 3, keep->facts);
    return sy_store_run(insert, error);
}

static bool pin_origin(SyStore *store, const SyRunRecord *record, gint64 run,
                       const SyOrigin *origin, GError **error) {
    SyStatement *insert = sy_store_statement(
        store,
        "INSERT INTO origin (study_name, time, timeframe, chosen_by, run_id) VALUES (?1, ?2, ?3, "
        "?4, ?5) ON CONFLICT (study_name) DO UPDATE SET time = excluded.time, timeframe = "
        "excluded.timeframe, chosen_by = excluded.chosen_by, run_id = excluded.run_id",
        error);
    if (!insert)
        return false;
    sy_db_bind_text(insert, 1, record->study);
    sy_db_bind_integer(insert, 2, origin->time);
    sy_db_bind_text(insert, 3, origin->timeframe);
    sy_db_bind_text(insert, 4, origin->chosen_by);
    sy_db_bind_integer(insert, 5, run);
    return sy_store_run(insert, error) &&
           sy_store_append(store, record->ended, "origin", record->study, run,
                           sy_facts("{s:I, s:s, s:s}", "time", (json_int_t)origin->time,
                                    "timeframe", origin->timeframe, "chosen_by", origin->chosen_by),
                           error);
}

static bool append_revised(SyStore *store, const SyRunRecord *record, gint64 run,
                           const char *revised, GError **error) {
    json_t *facts = json_loads(revised, 0, NULL);
    g_assert(facts);
    return sy_store_append(store, record->ended, "revised_bar", record->study, run, facts, error);
}

bool sy_store_insert_keep(SyStore *store, const SyRunRecord *record, gint64 run, GError **error) {
    const SyRunKeep *keep = record->keep;
    return !keep || (keep_fits(store, keep, error) && insert_facts(store, run, keep, error) &&
                     (!keep->origin || pin_origin(store, record, run, keep->origin, error)) &&
                     (!keep->revised || append_revised(store, record, run, keep->revised, error)));
}

bool sy_store_run_of_order(SyStore *store, const char *client_id, gint64 *run, GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT run_id FROM orders JOIN decision ON decision.id = decision_id "
                           "WHERE client_id = ?1",
                           error);
    if (!query)
        return false;
    sy_db_bind_text(query, 1, client_id);
    bool good = sy_store_integer(query, 0, run, error);
    sy_db_reset(query);
    return good;
}

bool sy_store_run_of_bar(SyStore *store, const char *study, SyTime bar, gint64 *run,
                         GError **error) {
    SyStatement *query =
        sy_store_statement(store,
                           "SELECT run_id, study_name FROM decision WHERE bar_time = ?1 AND (?2 = "
                           "'' OR study_name = ?2) ORDER BY study_name",
                           error);
    if (!query)
        return false;
    sy_db_bind_integer(query, 1, bar);
    sy_db_bind_text(query, 2, study ? study : "");
    *run = 0;
    gsize found = 0;
    g_autoptr(GString) names = g_string_new(NULL);
    SyDbStep step;
    while ((step = sy_db_step(query, error)) == SY_DB_ROW) {
        *run = sy_db_integer(query, 0);
        g_string_append_printf(names, "%s%s", found++ ? ", " : "", sy_db_text(query, 1, NULL));
    }
    sy_db_reset(query);
    if (step == SY_DB_FAILED || found < 2)
        return step != SY_DB_FAILED;
    return sy_fail(error, SY_ERROR_USAGE,
                   "several strategies decided that bar (%s): name one with --template",
                   names->str);
}
