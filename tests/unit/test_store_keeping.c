/* What the store keeps and forgets: migrations, retention, copies and the way back. */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "cli.h"
#include "daemon/tidy.h"
#include "daemon/upkeep.h"
#include "db/db.h"
#include "store.h"
#include "store/backup.h"
#include "store/events.h"
#include "store/retention.h"
#include "workflow/publish.h"

static char *folder;

static int make_folder(void **state) {
    (void)state;
    folder = test_folder_new();
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

/* ---- migrations ---- */

/* A store as the first schema left it, with a run, a decision, an order and its fill. */
static void write_first_schema(void) {
    g_autofree char *path =
        g_build_filename(g_getenv("SY_SOURCE_ROOT"), "src/store/migrations/0001_cycles.sql", NULL);
    g_autofree char *sql = NULL;
    assert_true(g_file_get_contents(path, &sql, NULL, NULL));
    g_autoptr(SyDb) db = sy_db_open("sqlite:///state.db", folder, SY_DB_CREATE, 1000, NULL);
    assert_good(sy_db_make_durable(db, &error));
    assert_good(sy_db_migrate(db, sql, 1, &error));
    assert_good(sy_db_exec(
        db,
        "INSERT INTO template_version VALUES ('h', 'pair', '[meta]', 1);"
        "INSERT INTO run VALUES (7, 'pair', 'h', 1000, 1001, 1002, 'succeeded', 'm', 'f', 4, 'v');"
        "INSERT INTO decision VALUES (3, 7, 'pair', 1000);"
        "INSERT INTO decision_leg VALUES (3, 0, 'A', 1, 900, 0.5, 'enter', 'r', 10, 0.25);"
        "INSERT INTO orders VALUES ('c', 3, 'pair', 'A', 0, 'buy', 2, 0, 10, 'filled', '', 1001);"
        "INSERT INTO fill VALUES (1, 'c', 2, 10, 0.1, 1000);",
        &error));
}

static void test_migration__keeps_what_was_stored(void **state) {
    (void)state;
    write_first_schema();
    g_autoptr(SyStore) store = test_store_open(folder);
    assert_int_equal(test_store_query(folder,
                                      "SELECT count(*) FROM fill JOIN orders USING (client_id) "
                                      "JOIN decision ON decision.id = decision_id "
                                      "JOIN decision_leg USING (decision_id) "
                                      "JOIN run ON run.id = run_id "
                                      "WHERE run.id = 7 AND run.kind = 'trade' AND planned = 1001 "
                                      "AND started = 1001 AND ended = 1002 AND message = 'm' "
                                      "AND output = 0.25 AND fees = 0.1 AND size_requested = 2"),
                     1);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(
        test_store_query(folder, "SELECT count(*) FROM sqlite_master WHERE instr(sql, 'old_') > 0"),
        0);
    gint64 epoch = 0;
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    assert_int_equal(test_store_plan(store, "pair", 2000, epoch), 8);
    /* the state before it is kept */
    g_autofree char *before = g_build_filename(folder, "backups/state-schema-1.db", NULL);
    g_autofree char *url = g_strconcat("sqlite:///", before, NULL);
    g_autoptr(SyDb) copy = sy_db_open(url, NULL, SY_DB_READ, 1000, NULL);
    gint64 version = 0;
    assert_true(copy && sy_db_schema_version(copy, &version, NULL));
    assert_int_equal(version, 1);
}

/* ---- retention ---- */

/* One run per day from day 1 on, ended on that day; every third missed instead. */
static void live_days(SyStore *store, const char *study, gint64 epoch, int days) {
    bool claimed, before;
    for (int day = 1; day <= days; day++) {
        SyTime now = day * SY_DAY;
        if (day % 3 == 0) {
            SySlotDecision slot = test_slot(study, now);
            slot.status = SY_SLOT_ROW_MISSED;
            assert_good(sy_store_decide_slots(store, &slot, 1, &epoch, &error));
            continue;
        }
        gint64 id = test_store_plan(store, study, now, epoch);
        assert_good(sy_store_claim_run(store, id, epoch, 1, 1, now, &claimed, &error));
        assert_good(sy_store_end_run(store, id, epoch, SY_RUN_SUCCEEDED, "", now, &before, &error));
    }
}

static void test_retention__forgets_old_runs_and_never_decides_them_again(void **state) {
    (void)state;
    gint64 epoch = 0;
    SyRetained removed;
    g_autoptr(SyStore) store = test_store_open(folder);
    assert_good(sy_store_take_study(store, "old", "test", 1, &epoch, &error));
    live_days(store, "old", epoch, 30);
    /* day 5 decided something */
    test_store_change(folder, "INSERT INTO decision (run_id, study_name, bar_time) SELECT id, "
                              "'old', 5 FROM run WHERE study_name = 'old' AND nominal = "
                              "5 * 86400000000000");
    const SyRetention keep = {.runs = 10};
    assert_good(sy_store_retain(store, &keep, 30 * SY_DAY + SY_HOUR, &removed, &error));
    /* days 1 … 20 go but for day 5: 13 runs and 6 missed slots */
    assert_int_equal(removed.runs, 13);
    assert_int_equal(removed.slots, 19);
    assert_int_equal(
        test_store_query(folder, "SELECT count(*) FROM slot WHERE study_name = 'old' AND nominal "
                                 "<= 20 * 86400000000000"),
        1);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM attempt WHERE run_id NOT IN "
                                              "(SELECT id FROM run)"),
                     0);
    SySlotDecision again = test_slot("old", 4 * SY_DAY);
    assert_good(sy_store_decide_slots(store, &again, 1, &epoch, &error));
    assert_true(again.already);
    test_store_assert_whole(store);
    SyJobRecord job;
    assert_good(sy_store_load_job(store, "old", "trade", &job, &error));
    assert_int_equal(job.last, 30 * SY_DAY);
    assert_good(sy_store_retain(store, &keep, 30 * SY_DAY + SY_HOUR, &removed, &error));
    assert_true(removed.runs == 0 && removed.slots == 0 && removed.events == 0);
}

/* Of a decision that ordered nothing the decision stays, and how it came about goes; of one with an
 * order all stays. */
static void test_retention__thins_out_decisions_that_ordered_nothing(void **state) {
    (void)state;
    gint64 epoch = 0;
    SyRetained removed;
    g_autofree char *own = test_folder_new();
    {
        g_autoptr(SyStore) store = test_store_open(own);
        assert_good(sy_store_take_study(store, "old", "test", 1, &epoch, &error));
        live_days(store, "old", epoch, 30);
        test_store_change(
            own, "INSERT INTO decision (run_id, study_name, bar_time) SELECT id, 'old', "
                 "nominal FROM run WHERE nominal / 86400000000000 IN (4, 5);"
                 "INSERT INTO fits VALUES ('f4', '[]'), ('f5', '[]'), ('f7', '[]');"
                 "INSERT INTO run_facts SELECT id, 'f' || (nominal / 86400000000000), '{}' "
                 "FROM run WHERE nominal / 86400000000000 IN (4, 5, 7);"
                 "INSERT INTO orders SELECT 'c', id, 'old', 'A', 0, 'buy', 1, 0, 1, "
                 "'filled', '', 1 FROM decision WHERE bar_time / 86400000000000 = 5");
        const SyRetention keep = {.runs = 10};
        assert_good(sy_store_retain(store, &keep, 30 * SY_DAY + SY_HOUR, &removed, &error));
        assert_int_equal(removed.runs, 12);
        assert_int_equal(test_store_query(own, "SELECT count(*) FROM decision"), 2);
        static const char day_of[] = "SELECT nominal / 86400000000000 FROM run JOIN %s ON run_id = "
                                     "run.id WHERE nominal < 20 * 86400000000000";
        for (gsize i = 0; i < 2; i++) {
            g_auto(GStrv) parts = g_strsplit(day_of, "%s", 2);
            g_autofree char *sql = g_strjoinv(i ? "attempt" : "run_facts", parts);
            assert_int_equal(test_store_query(own, sql), 5);
        }
        assert_int_equal(test_store_query(own, "SELECT count(*) FROM fits WHERE digest = 'f5'"), 1);
        assert_int_equal(test_store_query(own, "SELECT count(*) FROM fits"), 1);
    }
    test_folder_remove(own);
}

/* Whoever makes a table that refers to a run or to the text of a template must say here what
 * retention does with it, or old runs could never be removed again. */
static void test_retention__knows_every_table_that_refers_to_a_run(void **state) {
    (void)state;
    static const char known[] =
        "artifact.run_id attempt.run_id decision.run_id run.template_hash "
        "run_facts.run_id slot.run_id step.run_id template_past.hash template_use.hash ";
    g_autofree char *own = test_folder_new();
    g_autofree char *url = g_strdup_printf("sqlite:///%s/state.db", own);
    sy_store_close(test_store_open(own));
    g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_READ, 1000, NULL);
    g_autoptr(SyStatement) query =
        sy_db_prepare(db,
                      "SELECT m.name || '.' || f.\"from\" FROM sqlite_master AS m, "
                      "pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND f.\"table\" "
                      "IN ('run', 'template_version') ORDER BY 1",
                      NULL);
    g_autoptr(GString) found = g_string_new(NULL);
    while (sy_db_step(query, NULL) == SY_DB_ROW)
        g_string_append_printf(found, "%s ", sy_db_text(query, 0, NULL));
    assert_string_equal(found->str, known);
    test_folder_remove(own);
}

/* Day 30, and the clock says a year later: what the engine then does, and stores, is of that day.
 */
static void test_retention__a_clock_a_year_ahead_removes_no_history(void **state) {
    (void)state;
    gint64 epoch = 0;
    SyRetained removed;
    g_autofree char *own = test_folder_new();
    SyTime wrong = 395 * SY_DAY;
    {
        g_autoptr(SyStore) store = test_store_open(own);
        assert_good(sy_store_take_study(store, "old", "test", 1, &epoch, &error));
        live_days(store, "old", epoch, 30);
        const SyEvent step = {wrong, "clock_step", NULL, 0, "{}"};
        assert_good(sy_store_add_events(store, &step, 1, &error));
        const SyRetention keep = {.runs = 20, .events = 20};
        for (int day = 0; day < 5; day++) {
            assert_good(sy_store_retain(store, &keep, wrong + day * SY_DAY, &removed, &error));
            test_store_plan(store, "old", wrong + day * SY_DAY, epoch);
        }
        /* day 30 may be day 38, not more: days 18 … 30 stay */
        assert_int_equal(
            test_store_query(own, "SELECT count(*) FROM slot WHERE nominal / 86400000000000 "
                                  "BETWEEN 18 AND 30"),
            13);
        assert_true(test_store_query(own, "SELECT count(*) FROM event WHERE time / 86400000000000 "
                                          "BETWEEN 18 AND 30") >= 13);
    }
    test_folder_remove(own);
}

static void test_retention__leaves_a_chain_that_verifies(void **state) {
    (void)state;
    SyRetained removed;
    g_autoptr(SyStore) store = test_store_open(folder);
    gint64 events = test_store_assert_whole(store);
    const SyRetention keep = {.events = 10};
    assert_good(sy_store_retain(store, &keep, 30 * SY_DAY + SY_HOUR, &removed, &error));
    assert_true(removed.events > 20);
    assert_int_equal(test_store_assert_whole(store), events - removed.events + 1);
    /* and again, over the first checkpoint */
    assert_good(sy_store_retain(store, &keep, 35 * SY_DAY, &removed, &error));
    assert_true(removed.events > 5);
    test_store_assert_whole(store);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM checkpoint"), 1);
    assert_int_equal(test_store_query(folder, "SELECT removed + count(*) FROM checkpoint, event"),
                     events + 2);
}

/* What the audit says after a change. */
static char *verify_after(const char *sql) {
    test_store_change(folder, sql);
    g_autoptr(SyStore) store = test_store_open(folder);
    SyAudit audit;
    assert_good(sy_store_verify(store, &audit, &error));
    char *reason = g_strdup(audit.reason);
    assert_int_equal(audit.whole, reason == NULL);
    sy_audit_clear(&audit);
    return reason;
}

static void test_audit__names_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *change, *back, *says;
    } cases[] = {
        {"UPDATE checkpoint SET hash = replace(hash, substr(hash, 1, 2), 'zz')", "",
         "checkpoint before it is wrong"},
        {"UPDATE checkpoint SET sequence = sequence - 1", "", "missing"},
        {"DELETE FROM checkpoint", "", "missing"},
        {"DELETE FROM event WHERE sequence = (SELECT max(sequence) - 2 FROM event)", "", "missing"},
        {"UPDATE event SET facts = '{}' WHERE sequence = (SELECT max(sequence) FROM event)", "",
         "changed"},
        {"DELETE FROM event WHERE kind = 'checkpoint'", "", "no event of the chain speaks of it"},
    };
    g_autofree char *path = g_build_filename(folder, "state.db", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *copy = g_strdup_printf("%s/case-%zu.db", folder, i);
        {
            g_autoptr(SyStore) store = test_store_open(folder);
            assert_good(sy_store_backup(store, copy, &error));
        }
        g_autofree char *reason = verify_after(cases[i].change);
        if (!reason || !strstr(reason, cases[i].says))
            fail_msg("%s: %s", cases[i].change, reason ? reason : "nothing was found");
        g_autofree char *kept = NULL;
        assert_good(sy_store_restore("sqlite:///state.db", folder, copy, (SyTime)i, &kept, &error));
        g_autoptr(SyStore) store = test_store_open(folder);
        test_store_assert_whole(store);
    }
}

/* ---- copies ---- */

static guint count_files(const char *name) {
    guint n = 0;
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    while (dir && g_dir_read_name(dir))
        n++;
    return n;
}

static void test_backup__one_a_day_and_the_newest_stay(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_store_open(folder);
    guint others = count_files("backups");
    for (int day = 100; day < 120; day++) {
        g_autofree char *made = NULL, *again = NULL;
        assert_good(sy_store_backup_daily(store, 14, day * SY_DAY + 5 * SY_HOUR, &made, &error));
        assert_non_null(made);
        assert_good(sy_store_backup_daily(store, 14, day * SY_DAY + 9 * SY_HOUR, &again, &error));
        assert_null(again);
    }
    assert_int_equal(count_files("backups"), others + 14);
    assert_true(test_exists(folder, "backups/state-1970-04-30.db"));
    assert_false(test_exists(folder, "backups/state-1970-04-16.db"));
}

/* Looks until the work of a day has ended. */
static bool keep_up(SyUpkeep *upkeep, const SyStore *store, SyTime now, GError **error) {
    const SySettingsRetention keep = {.runs = 10, .reports = 90, .backups = 3};
    g_autofree char *own = g_build_filename(folder, "own/study", NULL);
    const char *const reports[] = {own, NULL};
    bool good = sy_upkeep_look(upkeep, store, &keep, reports, now, error);
    while (sy_upkeep_works(upkeep))
        g_thread_yield();
    return good;
}

static void make_run_folder(const char *own, const char *name, SyTime last) {
    g_autofree char *inside = g_strconcat(".workflow/runs/", name, "/a/output.txt", NULL);
    g_autofree char *path = g_build_filename(own, ".workflow/runs", name, NULL);
    test_write(own, inside, "x");
    const struct timespec times[] = {{.tv_sec = last / SY_SECOND}, {.tv_sec = last / SY_SECOND}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_tidy__removes_folders_of_runs_that_are_forgotten(void **state) {
    (void)state;
    gint64 epoch = 0;
    g_autofree char *own = test_folder_new();
    {
        g_autoptr(SyStore) store = test_store_open(own);
        assert_good(sy_store_take_study(store, "old", "test", 1, &epoch, &error));
        gint64 id = test_store_plan(store, "old", SY_DAY, epoch);
        g_autofree char *known = g_strdup_printf("%" G_GINT64_FORMAT, id);
        g_autofree char *known_path = g_strconcat(".workflow/runs/", known, NULL);
        make_run_folder(own, known, SY_DAY);
        make_run_folder(own, "777", SY_DAY);
        make_run_folder(own, "778", 95 * SY_DAY);
        make_run_folder(own, "mine", SY_DAY);
        assert_good(sy_tidy_runs(own, store, 0, 100 * SY_DAY, &error));
        assert_true(test_exists(own, ".workflow/runs/777"));
        assert_good(sy_tidy_runs(own, store, 10, 100 * SY_DAY, &error));
        assert_false(test_exists(own, ".workflow/runs/777"));
        assert_true(test_exists(own, ".workflow/runs/778/a/output.txt"));
        assert_true(test_exists(own, ".workflow/runs/mine/a/output.txt"));
        assert_true(test_exists(own, known_path));
    }
    test_folder_remove(own);
}

/* One report an hour in two formats; files of others between them. */
static void make_reports(const char *where, int days, SyTime end) {
    for (int hours = 0; hours < days * 24; hours++) {
        g_autofree char *stamp = sy_publish_stamp(end - hours * SY_HOUR);
        const char *const extensions[] = {"html", "png"};
        for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++) {
            g_autofree char *name =
                g_strdup_printf("%s/strategy-%s.%s", where, stamp, extensions[i]);
            test_write(folder, name, "");
        }
    }
    const char *const others[] = {"strategy-latest.html", "strategy-20190101T000000Z",
                                  "mine-20190101T000000Z.html", "strategy-2019.html"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *name = g_strconcat(where, "/", others[i], NULL);
        test_write(folder, name, "");
    }
}

static bool has_report(const char *where, const char *stamp) {
    g_autofree char *html = g_strdup_printf("%s/strategy-%s.html", where, stamp);
    g_autofree char *png = g_strdup_printf("%s/strategy-%s.png", where, stamp);
    assert_int_equal(test_exists(folder, html), test_exists(folder, png));
    return test_exists(folder, html);
}

static void test_tidy__thins_out_reports(void **state) {
    (void)state;
    SyTime end; /* the newest report; looked at ten minutes later */
    assert_true(sy_time_parse("2020-08-05T15:00:00Z", 0, &end, NULL));
    g_autofree char *where = g_build_filename(folder, "reports", NULL);
    make_reports("reports", 100, end);
    sy_tidy_reports(where, 0, end + 10 * SY_MINUTE);
    assert_int_equal(count_files("reports"), 4 + 2 * 2400);
    sy_tidy_reports(where, 90, end + 10 * SY_MINUTE);
    /* 48 hours, then the last of each day: that of Aug 3 is among them, 88 are from May 7 to Aug 2
     */
    assert_int_equal(count_files("reports"), 4 + 2 * (48 + 88));
    assert_true(has_report("reports", "20200803T160000Z"));
    assert_false(has_report("reports", "20200803T150000Z"));
    assert_true(has_report("reports", "20200802T230000Z"));
    assert_false(has_report("reports", "20200802T220000Z"));
    assert_true(has_report("reports", "20200507T230000Z"));
    assert_false(has_report("reports", "20200506T230000Z"));
    /* a strategy that has stopped keeps its last one */
    sy_tidy_reports(where, 90, end + 1000 * SY_DAY);
    assert_int_equal(count_files("reports"), 4 + 2);
    assert_true(has_report("reports", "20200805T150000Z"));
    sy_tidy_reports("/nowhere", 90, end);
}

static void test_upkeep__thins_out_reports_wherever_they_are(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_store_open(folder);
    g_autoptr(SyUpkeep) upkeep = sy_upkeep_new(folder);
    const char *const places[] = {".workflow/reports/gone", "own/study"};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        make_reports(places[i], 5, 300 * SY_DAY);
    assert_true(keep_up(upkeep, store, 300 * SY_DAY + SY_MINUTE, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        assert_true(has_report(places[i], "19701024T230000Z"));
        assert_false(has_report(places[i], "19701024T220000Z"));
    }
}

static void test_upkeep__copies_once_a_day_and_tells_a_failure_once(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_store_open(folder);
    g_autoptr(SyUpkeep) upkeep = sy_upkeep_new(folder);
    assert_true(keep_up(upkeep, store, 200 * SY_DAY, NULL));
    assert_true(test_exists(folder, "backups/state-1970-07-20.db"));
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM slot WHERE study_name = 'old' "
                                              "AND run_id IS NULL"),
                     0);
    g_autofree char *path = g_build_filename(folder, "backups", NULL);
    g_autofree char *aside = g_build_filename(folder, "aside", NULL);
    assert_int_equal(g_rename(path, aside), 0);
    assert_true(keep_up(upkeep, store, 200 * SY_DAY + 5 * SY_HOUR, NULL));
    assert_false(test_exists(folder, "backups")); /* not again that day */
    test_write(folder, "backups", "no folder");
    g_autoptr(GError) error = NULL;
    assert_true(keep_up(upkeep, store, 201 * SY_DAY, NULL));
    assert_false(keep_up(upkeep, store, 201 * SY_DAY, &error));
    assert_non_null(strstr(error->message, "backups"));
    assert_true(keep_up(upkeep, store, 201 * SY_DAY, NULL));
    g_unlink(path);
    assert_int_equal(g_rename(aside, path), 0);
}

static void test_backup__comes_back_and_keeps_what_was_there(void **state) {
    (void)state;
    gint64 epoch = 0;
    g_autofree char *copy = g_build_filename(folder, "copy.db", NULL), *kept = NULL;
    gint64 runs = 0;
    {
        g_autoptr(SyStore) store = test_store_open(folder);
        assert_good(sy_store_take_study(store, "back", "test", 1, &epoch, &error));
        assert_good(sy_store_backup(store, copy, &error));
        g_autoptr(GError) there = NULL;
        assert_false(sy_store_backup(store, copy, &there));
        assert_int_equal(there->code, SY_ERROR_IO);
        runs = test_store_query(folder, "SELECT count(*) FROM run");
        test_store_plan(store, "back", 1, epoch);
        /* while a program has the store open, nothing is put in its place */
        g_autoptr(GError) held = NULL;
        assert_false(sy_store_restore("sqlite:///state.db", folder, copy, 5, &kept, &held));
        assert_int_equal(held->code, SY_ERROR_LOCKED);
        assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run"), runs + 1);
    }
    assert_good(sy_store_restore("sqlite:///state.db", folder, copy, 5, &kept, &error));
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run"), runs);
    g_autofree char *url = g_strconcat("sqlite:///", kept, NULL);
    g_autoptr(SyDb) old = sy_db_open(url, NULL, SY_DB_READ, 0, NULL);
    g_autoptr(SyStatement) count = sy_db_prepare(old, "SELECT count(*) FROM run", NULL);
    assert_int_equal(sy_db_step(count, NULL), SY_DB_ROW);
    assert_int_equal(sy_db_integer(count, 0), runs + 1);
}

static void assert_refused(const char *file, SyErrorCode code, const char *says) {
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;
    gint64 runs = test_store_query(folder, "SELECT count(*) FROM run");
    assert_false(sy_store_restore("sqlite:///state.db", folder, file, 6, &kept, &error));
    if (error->code != (int)code || !strstr(error->message, says))
        fail_msg("%s: %s", file, error->message);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run"), runs);
}

static void test_restore__refuses_what_is_no_whole_store(void **state) {
    (void)state;
    g_autofree char *copy = g_build_filename(folder, "copy.db", NULL);
    g_autofree char *bad = g_build_filename(folder, "bad.db", NULL), *bytes = NULL;
    gsize length = 0;
    assert_true(g_file_get_contents(copy, &bytes, &length, NULL));
    assert_true(g_file_set_contents(bad, bytes, (gssize)length / 2, NULL));
    assert_refused(bad, SY_ERROR_UNAVAILABLE, "bad.db");
    assert_refused("/nowhere/x.db", SY_ERROR_UNAVAILABLE, "no such database");
    assert_true(g_file_set_contents(bad, bytes, (gssize)length, NULL));
    g_autofree char *url = g_strconcat("sqlite:///", bad, NULL);
    {
        g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_WRITE, 0, NULL);
        assert_good(sy_db_exec(db,
                               "UPDATE event SET time = time + 1 WHERE sequence = "
                               "(SELECT max(sequence) FROM event)",
                               &error));
    }
    assert_refused(bad, SY_ERROR_DATA, "audit chain is broken");
    {
        g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_WRITE, 0, NULL);
        assert_good(sy_db_migrate(db, "SELECT 1", 99, &error));
    }
    assert_refused(bad, SY_ERROR_TEMPLATE, "newer version");
    g_unlink(bad);
    {
        g_autoptr(SyDb) db = sy_db_open(url, NULL, SY_DB_CREATE, 0, NULL);
        assert_good(sy_db_exec(db, "CREATE TABLE bars (x)", &error));
    }
    assert_refused(bad, SY_ERROR_DATA, "no store");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migration__keeps_what_was_stored),
        cmocka_unit_test(test_retention__forgets_old_runs_and_never_decides_them_again),
        cmocka_unit_test(test_retention__thins_out_decisions_that_ordered_nothing),
        cmocka_unit_test(test_retention__knows_every_table_that_refers_to_a_run),
        cmocka_unit_test(test_retention__a_clock_a_year_ahead_removes_no_history),
        cmocka_unit_test(test_retention__leaves_a_chain_that_verifies),
        cmocka_unit_test(test_audit__names_what_is_wrong),
        cmocka_unit_test(test_backup__one_a_day_and_the_newest_stay),
        cmocka_unit_test(test_tidy__thins_out_reports),
        cmocka_unit_test(test_upkeep__thins_out_reports_wherever_they_are),
        cmocka_unit_test(test_tidy__removes_folders_of_runs_that_are_forgotten),
        cmocka_unit_test(test_upkeep__copies_once_a_day_and_tells_a_failure_once),
        cmocka_unit_test(test_backup__comes_back_and_keeps_what_was_there),
        cmocka_unit_test(test_restore__refuses_what_is_no_whole_store),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
