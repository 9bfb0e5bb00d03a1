/* The daily work. What it takes is copied before the thread starts; what comes of it is read after
 * the thread has ended. */
#include "daemon/upkeep.h"

#include "daemon/tidy.h"
#include "store/backup.h"
#include "store/retention.h"
#include "template/workspace.h"

struct SyUpkeep {
    GThread *thread; /* NULL: no work goes on, or its end was taken in */
    int done;        /* atomic */
    gint64 day;      /* that the last work was for */
    char *workspace;
    SyStoreAddress *address;
    SySettingsRetention keep;
    char **reports; /* folders */
    SyTime now;
    GError *error;
};

SyUpkeep *sy_upkeep_new(const char *workspace) {
    SyUpkeep *upkeep = g_new0(SyUpkeep, 1);
    upkeep->day = G_MININT64;
    upkeep->workspace = g_strdup(workspace);
    return upkeep;
}

/* Also those of strategies that are gone. */
static void tidy_reports(const SyUpkeep *upkeep) {
    g_autofree char *reports = sy_workspace_path(upkeep->workspace, "reports");
    g_autoptr(GDir) studies = g_dir_open(reports, 0, NULL);
    const char *study;
    while (studies && (study = g_dir_read_name(studies))) {
        g_autofree char *folder = g_build_filename(reports, study, NULL);
        sy_tidy_reports(folder, upkeep->keep.reports, upkeep->now);
    }
    for (char **folder = upkeep->reports; *folder; folder++)
        sy_tidy_reports(*folder, upkeep->keep.reports, upkeep->now);
}

static bool copy_and_forget(const SyUpkeep *upkeep, GError **error) {
    const SyRetention keep = {upkeep->keep.runs, upkeep->keep.events, upkeep->keep.cache,
                              upkeep->keep.messages, upkeep->keep.tunings};
    SyRetained removed;
    g_autofree char *made = NULL;
    g_autoptr(SyStore) store = sy_store_open_address(upkeep->address, error);
    return store &&
           (upkeep->keep.backups == 0 ||
            sy_store_backup_daily(store, upkeep->keep.backups, upkeep->now, &made, error)) &&
           sy_store_retain(store, &keep, upkeep->now, &removed, error) &&
           sy_tidy_runs(upkeep->workspace, store, keep.runs, upkeep->now, error);
}

static gpointer work(gpointer data) {
    SyUpkeep *upkeep = data;
    tidy_reports(upkeep);
    copy_and_forget(upkeep, &upkeep->error);
    g_atomic_int_set(&upkeep->done, 1);
    return NULL;
}

static void take_end(SyUpkeep *upkeep) {
    if (upkeep->thread)
        g_thread_join(g_steal_pointer(&upkeep->thread));
    g_clear_pointer(&upkeep->address, sy_store_address_free);
    g_clear_pointer(&upkeep->reports, g_strfreev);
}

void sy_upkeep_free(SyUpkeep *upkeep) {
    if (!upkeep)
        return;
    take_end(upkeep);
    g_clear_error(&upkeep->error);
    g_free(upkeep->workspace);
    g_free(upkeep);
}

bool sy_upkeep_works(const SyUpkeep *upkeep) {
    return upkeep->thread && !g_atomic_int_get(&upkeep->done);
}

bool sy_upkeep_is_due(const SyUpkeep *upkeep, SyTime now) { return now / SY_DAY != upkeep->day; }

bool sy_upkeep_look(SyUpkeep *upkeep, const SyStore *store, const SySettingsRetention *keep,
                    const char *const *reports, SyTime now, GError **error) {
    if (sy_upkeep_works(upkeep))
        return true;
    take_end(upkeep);
    if (upkeep->error) {
        g_propagate_error(error, g_steal_pointer(&upkeep->error));
        return false;
    }
    if (!sy_upkeep_is_due(upkeep, now))
        return true;
    upkeep->day = now / SY_DAY;
    upkeep->now = now;
    upkeep->keep = *keep;
    upkeep->reports = g_strdupv((char **)reports);
    upkeep->address = sy_store_address(store);
    upkeep->done = 0;
    upkeep->thread = g_thread_new("upkeep", work, upkeep);
    return true;
}
