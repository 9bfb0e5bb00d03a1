/* Cycles of one strategy after one another: what is kept changes nothing, the first row is pinned,
 * revised bars are told. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "db/db.h"
#include "pair.h"
#include "store.h"

static char *folder;

static int make_workspace(void **state) {
    (void)state;
    folder = test_pair_workspace();
    return 0;
}

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_free(folder);
    return 0;
}

static void change(const char *where, const char *database, const char *sql) {
    g_autofree char *url = g_strconcat("sqlite:///.workflow/", database, NULL);
    test_change(url, where, sql);
}

/* The text of a query with one row and one column; NULL where it has none. */
static char *text_of(const char *where, const char *sql) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db =
        sy_db_open("sqlite:///.workflow/state.db", where, SY_DB_READ, 1000, &error);
    g_autoptr(SyStatement) query = db ? sy_db_prepare(db, sql, &error) : NULL;
    if (!query)
        fail_msg("%s: %s", sql, error->message);
    return sy_db_step(query, NULL) == SY_DB_ROW ? g_strdup(sy_db_text(query, 0, NULL)) : NULL;
}

static void assert_query(const char *sql, const char *expected) {
    g_autofree char *text = text_of(folder, sql);
    if (g_strcmp0(text, expected) != 0)
        fail_msg("%s: %s, expected %s", sql, text ? text : "(nothing)", expected);
}

static TestRun cycle(const char *where, const char *template, int row, int code) {
    char now[SY_TIME_TEXT_SIZE];
    g_autofree char *line = g_strdup_printf("--template %s --once --no-report --now %s", template,
                                            sy_time_format(test_pair_time(row), now));
    return test_run_expect(where, "run_app", line, code);
}

/* A template of the pair with more lines in [loader_params]. */
static void write_template(const char *file, const char *study, const char *loader) {
    g_autofree char *text = test_pair_template(study, "size = 1");
    g_auto(GStrv) parts = g_strsplit(text, "table = ", 2);
    g_autofree char *changed = g_strconcat(parts[0], loader, "\ntable = ", parts[1], NULL);
    test_write(folder, file, changed);
}

/* Row of the first order of the backtest after a row. */
static int first_order_after(const char *where, int after) {
    g_auto(TestRun) run = test_run_expect(where, "systematica", "backtest pair --out result", 0);
    g_autofree char *text = test_read(where, "result/orders.csv");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines + 1; *line && **line; line++) {
        g_auto(GStrv) cells = g_strsplit(*line, ",", -1); /* id, symbol, row, … */
        int row = atoi(cells[2]);
        if (row > after)
            return row;
    }
    fail_msg("no order after row %d", after);
    return 0;
}

static void test_cycles__are_the_same_with_and_without_what_was_kept(void **state) {
    (void)state;
    g_autofree char *cold = test_pair_workspace();
    const int from = first_order_after(folder, 440) - 5;
    for (int row = from; row < from + 44; row++) { /* a split begins */
        g_auto(TestRun) warm_run = cycle(folder, "pair", row, 0);
        if (row > from)
            change(cold, "state.db", "DELETE FROM split");
        g_auto(TestRun) cold_run = cycle(cold, "pair", row, 0);
        assert_string_equal(warm_run.out, cold_run.out);
    }
    static const char facts[] = "SELECT group_concat(facts, char(10)) FROM run_facts",
                      fits[] = "SELECT group_concat(fits.fits, char(10)) FROM run_facts JOIN fits "
                               "ON digest = run_facts.fits";
    g_autofree char *warm_facts = text_of(folder, facts), *cold_facts = text_of(cold, facts),
                    *warm_fits = text_of(folder, fits), *cold_fits = text_of(cold, fits);
    assert_non_null(strstr(warm_facts, "\"action\":\"enter\""));
    assert_string_equal(warm_facts, cold_facts);
    assert_string_equal(warm_fits, cold_fits);
    test_folder_remove(cold);
}

static void test_cycles__count_from_the_row_of_the_first_decision(void **state) {
    (void)state;
    write_template("moving.toml", "moving", "limit = 300");
    for (int row = 500; row < 503; row++) {
        g_auto(TestRun) run = cycle(folder, "./moving.toml", row, 0);
    }
    assert_query("SELECT group_concat(rows) FROM run WHERE study_name = 'moving'", "300,301,302");
    /* an absolute start, and older bars that come later */
    change(folder, "research.db",
           "CREATE TABLE young AS SELECT * FROM candle WHERE "
           "close_datetime >= '2021-01-05'");
    write_template("older.toml", "older", "");
    g_autofree char *text = test_read(folder, "older.toml");
    g_auto(GStrv) parts = g_strsplit(text, "table = \"candle\"", 2);
    g_autofree char *young = g_strconcat(parts[0], "table = \"young\"", parts[1], NULL);
    test_write(folder, "older.toml", young);
    g_auto(TestRun) first = cycle(folder, "./older.toml", 400, 0);
    change(folder, "research.db",
           "INSERT INTO young SELECT * FROM candle WHERE close_datetime < "
           "'2021-01-05'");
    g_auto(TestRun) second = cycle(folder, "./older.toml", 401, 0);
    assert_query("SELECT max(rows) - min(rows) FROM run WHERE study_name = 'older'", "1");
    /* another start chooses anew */
    write_template("moving.toml", "moving", "start = \"2021-01-09\"");
    g_auto(TestRun) anew = cycle(folder, "./moving.toml", 503, 0);
    assert_query("SELECT count(*) FROM event WHERE kind = 'origin' AND study_name = 'moving'", "2");
    assert_query("SELECT chosen_by FROM origin WHERE study_name = 'moving'",
                 "start = 2021-01-09, limit = 0, missing_index = keep");
    assert_query("SELECT rows FROM run WHERE study_name = 'moving' ORDER BY id DESC", "313");
}

static void test_cycles__say_what_to_do_where_the_first_row_is_gone(void **state) {
    (void)state;
    g_auto(TestRun) first = cycle(folder, "pair", 600, 0);
    change(folder, "research.db",
           "CREATE TABLE gone AS SELECT * FROM candle WHERE close_datetime "
           "= (SELECT min(close_datetime) FROM candle)");
    change(folder, "research.db",
           "DELETE FROM candle WHERE close_datetime IN (SELECT "
           "close_datetime FROM gone)");
    g_auto(TestRun) second = cycle(folder, "pair", 601, 4);
    if (!strstr(second.err, "the bar that closes at 2021-01-01T01:00:00Z is gone, the first is now "
                            "2021-01-01T02:00:00Z") ||
        !strstr(second.err, "change start"))
        fail_msg("%s", second.err);
    change(folder, "research.db", "INSERT INTO candle SELECT * FROM gone");
    g_auto(TestRun) third = cycle(folder, "pair", 601, 0);
}

static void test_cycles__refuse_another_timeframe_under_an_open_position(void **state) {
    (void)state;
    int row = 620;
    for (; row < 720; row++) { /* until something is held */
        g_auto(TestRun) run = cycle(folder, "pair", row, 0);
        g_autofree char *held =
            text_of(folder, "SELECT 1 FROM position WHERE study_name = 'pair' AND quantity <> 0");
        if (held)
            break;
    }
    assert_true(row < 720);
    g_autofree char *text = test_read(folder, ".workflow/templates/pair.toml");
    g_auto(GStrv) parts = g_strsplit(text, "table = ", 2);
    g_autofree char *longer = g_strconcat(parts[0], "frequency = \"2h\"\ntable = ", parts[1], NULL);
    test_write(folder, ".workflow/templates/pair.toml", longer);
    row += 1 + row % 2; /* an even hour */
    g_auto(TestRun) run = cycle(folder, "pair", row, 3);
    test_write(folder, ".workflow/templates/pair.toml", text);
    if (!strstr(run.err, "cannot change while a position is open"))
        fail_msg("%s", run.err);
}

static void test_cycles__tell_a_revised_bar(void **state) {
    (void)state;
    char time[SY_TIME_TEXT_SIZE];
    g_auto(TestRun) first = cycle(folder, "pair", 800, 0);
    /* one of the newest 50 rows: old and new are known */
    change(folder, "research.db",
           "UPDATE candle SET close = close + 1 WHERE symbol = 'B' AND "
           "close_datetime LIKE '2021-02-03_04:00%'");
    g_auto(TestRun) second = cycle(folder, "pair", 801, 0);
    g_autofree char *says = g_strdup_printf("the bar of B that closes at %s",
                                            sy_time_format(test_pair_time(795), time));
    if (!strstr(second.err, says) || !strstr(second.err, "has been revised: close"))
        fail_msg("%s\n%s", says, second.err);
    assert_query(
        "SELECT CAST(round((json_extract(facts, '$.new') - json_extract(facts, '$.old')) * "
        "1e6) AS INTEGER) FROM event WHERE kind = 'revised_bar'",
        "1000000");
    /* once, not with every run */
    g_auto(TestRun) third = cycle(folder, "pair", 802, 0);
    assert_null(strstr(third.err, "revised"));
    /* an older one: somewhere in its block */
    change(folder, "research.db",
           "UPDATE candle SET volume = 11 WHERE symbol = 'A' AND "
           "close_datetime LIKE '2021-01-02_00:00%'");
    g_auto(TestRun) fourth = cycle(folder, "pair", 803, 0);
    if (!strstr(fourth.err, "a bar at or after 2021-01-01T01:00:00Z"))
        fail_msg("%s", fourth.err);
    assert_query("SELECT count(*) FROM event WHERE kind = 'revised_bar'", "2");
}

/* Runs that decided, newest first; one number each. */
static GArray *deciding_runs(const char *where) {
    g_autofree char *text =
        text_of(where, "SELECT group_concat(run_id) FROM (SELECT run_id FROM run_facts JOIN run ON "
                       "run.id = run_id WHERE study_name = 'pair' ORDER BY run_id DESC)");
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(int));
    for (char **word = words; *word; word++) {
        int run = atoi(*word);
        g_array_append_val(runs, run);
    }
    return runs;
}

static void test_replay__gives_every_run_again_bit_for_bit(void **state) {
    (void)state;
    g_autofree char *fresh = test_pair_workspace();
    int from = first_order_after(fresh, 300) - 2;
    for (int row = from; row < from + 12; row++) {
        g_auto(TestRun) run = cycle(fresh, "pair", row, 0);
    }
    g_autoptr(GArray) runs = deciding_runs(fresh);
    assert_int_equal(runs->len, 12);
    for (guint i = 0; i < runs->len; i++) {
        g_autofree char *line =
            g_strdup_printf("replay %d --jobs %u", g_array_index(runs, int, i), 1 + i % 3);
        g_auto(TestRun) run = test_run_expect(fresh, "systematica", line, 0);
        assert_non_null(strstr(run.out, "bit-identical"));
    }
    /* an edit of the template and later bars change nothing; a revised bar does, and is named */
    g_autofree char *template = test_read(fresh, ".workflow/templates/pair.toml");
    g_auto(GStrv) parts = g_strsplit(template, "long_entries = 0.7", 2);
    g_autofree char *edited = g_strconcat(parts[0], "long_entries = 0.9", parts[1], NULL);
    test_write(fresh, ".workflow/templates/pair.toml", edited);
    g_autofree char *line = g_strdup_printf("replay %d", g_array_index(runs, int, 0));
    g_auto(TestRun) after_edit = test_run_expect(fresh, "systematica", line, 0);
    char time[SY_TIME_TEXT_SIZE], date[SY_TIME_TEXT_SIZE];
    sy_time_format(test_pair_time(from + 3), time);
    g_strlcpy(date, time, sizeof date);
    date[10] = date[16] = '\0'; /* "2021-01-14", "03:00" */
    g_autofree char *sql = g_strdup_printf("UPDATE candle SET close = close * 1.03 WHERE symbol = "
                                           "'A' AND close_datetime LIKE '%s_%s%%'",
                                           date, date + 11);
    change(fresh, "research.db", sql);
    g_auto(TestRun) revised = test_run_expect(fresh, "systematica", line, 1);
    g_autofree char *names =
        g_strdup_printf("the data have changed: the bar of A that closes at %s", time);
    if (!strstr(revised.out, names) || !strstr(revised.out, "last.output[0]"))
        fail_msg("%s\n%s", names, revised.out);
    /* runs before that bar are as they were */
    g_autofree char *early = g_strdup_printf("replay %d", g_array_index(runs, int, 11));
    g_auto(TestRun) before = test_run_expect(fresh, "systematica", early, 0);
    g_auto(TestRun) unknown = test_run_expect(fresh, "systematica", "replay 4711", 4);
    test_folder_remove(fresh);
}

static void test_why__tells_entries_exits_and_waits(void **state) {
    (void)state;
    static const struct {
        const char *action, *says;
    } cases[] = {{"enter", "enter (the wanted state began on this bar)"},
                 {"exit", "exit ("},
                 {"wait", "waiting for a fresh entry"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sql = g_strdup_printf(
            "SELECT bar_time FROM decision JOIN decision_leg ON decision_id = decision.id WHERE "
            "study_name = 'pair' AND action = '%s' ORDER BY bar_time LIMIT 1",
            cases[i].action);
        g_autofree char *bar = text_of(folder, sql);
        if (!bar)
            fail_msg("no run did: %s", cases[i].action);
        char time[SY_TIME_TEXT_SIZE];
        sy_time_format(g_ascii_strtoll(bar, NULL, 10), time);
        g_autofree char *line = g_strdup_printf("why %s --template pair", time);
        g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
        if (!strstr(run.out, cases[i].says) || !strstr(run.out, "long enters at 0.7") ||
            !strstr(run.out, "tau ") || !strstr(run.out, time))
            fail_msg("%s: %s", cases[i].action, run.out);
        g_autofree char *json_line = g_strconcat(line, " --json", NULL);
        g_auto(TestRun) json = test_run_expect(folder, "systematica", json_line, 0);
        assert_non_null(strstr(json.out, "\"long_entries\":0.69999999999999996"));
    }
    /* by the id of an order: with what the simulation had ordered, and the fill */
    g_autofree char *id = text_of(folder, "SELECT client_id FROM orders WHERE study_name = 'pair' "
                                          "AND state = 'filled' LIMIT 1");
    g_autofree char *line = g_strdup_printf("why %s", id);
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, 0);
    g_autofree char *asked = g_strconcat(id, ": the one asked for", NULL);
    if (!strstr(run.out, asked) || !strstr(run.out, "simulated ") || !strstr(run.out, "sizing "))
        fail_msg("%s", run.out);
    g_auto(TestRun) nobody = test_run_expect(folder, "systematica", "why 2021-01-01T00:00:00Z", 2);
    assert_non_null(strstr(nobody.err, "no decision on the bar"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cycles__are_the_same_with_and_without_what_was_kept),
        cmocka_unit_test(test_cycles__count_from_the_row_of_the_first_decision),
        cmocka_unit_test(test_cycles__say_what_to_do_where_the_first_row_is_gone),
        cmocka_unit_test(test_cycles__refuse_another_timeframe_under_an_open_position),
        cmocka_unit_test(test_cycles__tell_a_revised_bar),
        cmocka_unit_test(test_replay__gives_every_run_again_bit_for_bit),
        cmocka_unit_test(test_why__tells_entries_exits_and_waits),
    };
    return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
