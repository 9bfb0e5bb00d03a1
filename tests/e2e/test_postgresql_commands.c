/* Commands on engines of a PostgreSQL server, as a user types them, and one run_all over several
 * engines at once. */
#include "test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "cli.h"
#include "live.h"
#include "postgres.h"
#include "store.h"

#define SOON 30.0 /* seconds; nothing takes so long unless the machine is overloaded */

static char *folder, *url;

static void exec(const char *sql) { test_change(url, NULL, sql); }

static gint64 ask(const char *sql) { return test_query(url, NULL, sql); }

/* Runs a command; what it writes holds a text. */
static void say(const char *line, int code, const char *text) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica", line, code);
    if (!strstr(run.out, text) && !strstr(run.err, text))
        fail_msg("%s: no \"%s\" in\n%s%s", line, text, run.out, run.err);
}

#define HEAD "symbol,close_datetime,open,high,low,close,volume\n"

static void test_commands__bars_are_imported_revised_and_listed(void **state) {
    (void)state;
    test_write(folder, "bars.csv",
               HEAD "A,2024-01-02 21:00:00,1,2,1,1.5,10\nA,2024-01-03 21:00:00,1,2,1,1.5,\n"
                    "A,2024-01-05 21:00:00,1,2,1,1.5,10\nA,2024-01-08 21:00:00,1,2,1,0.1,10\n");
    test_write(folder, "later.csv",
               HEAD "A,2024-01-05 21:00:00,1,2,1,1.75,10\nA,2024-01-09 21:00:00,1,2,1,1.5,10\n");
    exec("CREATE SCHEMA market");
    const char *import = "data import --timeframe 1d --table market.bars bars.csv";
    say(import, 0, "4 rows: 4 new, 0 unchanged, 0 revised");
    say(import, 0, "4 rows: 0 new, 4 unchanged, 0 revised");
    say("data import --timeframe 1d --table market.bars later.csv", 0,
        "2 rows: 1 new, 0 unchanged, 1 revised");
    assert_int_equal(ask("SELECT count(*) FROM market.bars WHERE pg_typeof(close_datetime) = "
                         "'timestamptz'::regtype AND timeframe = '1d' AND close_datetime - "
                         "open_datetime = interval '1 day'"),
                     5);
    assert_int_equal(
        ask("SELECT count(*) FROM market.bars WHERE (close = 1.75 AND close_datetime = "
            "'2024-01-05 21:00Z') OR volume IS NULL OR close = 0.1"),
        3);
    /* the fourth of January is absent, and a weekend to those who never close */
    say("data list --table market.bars", 0, "          5       2         3");
    say("data list --table market.bars --calendar XNYS", 0, "          5       1         1");
    say("data list --table market.bars --calendar XNYZ", 2, "there is no calendar");
}

static void test_commands__a_bad_row_stores_nothing_and_is_named(void **state) {
    (void)state;
    static const struct {
        const char *row, *says;
    } cases[] = {
        {"A,2024-01-04 21:00:00,1,2,1,x,10", "bad.csv:4: A: close = \"x\" is not a number"},
        {"A,2024-01-04 21:00:00,1,0.5,1,1,10", "bad.csv:4"},
        {"A,2024-01-03 21:00:00,1,2,1,1,10", "bad.csv:4: A: the same time as on line 3"},
        {"A,2024-01-04 21:00:00.0000001,1,2,1,1,10", "bad.csv:4: A: its time is finer"},
        {"\xff,2024-01-04 21:00:00,1,2,1,1,10", "bad.csv:4: its symbol is not UTF-8"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strconcat(HEAD "A,2024-01-02 21:00:00,1,2,1,1,10\nA,2024-01-03 21:00:00,1,2,1,1,10\n",
                        cases[i].row, "\nA,2024-01-08 21:00:00,1,2,1,1,10\n", NULL);
        test_write(folder, "bad.csv", text);
        say("data import --timeframe 1d --table bad bad.csv", 4, cases[i].says);
        assert_int_equal(ask("SELECT count(*) FROM pg_class WHERE relname = 'bad'"), 0);
    }
    exec("CREATE TABLE other (x int); CREATE TABLE keyless (symbol text, timeframe text, "
         "open_datetime text, close_datetime text, open real, high real, low real, close real, "
         "volume real)");
    say("data import --timeframe 1d --table other bars.csv", 4, "was not made by `data import`");
    say("data import --timeframe 1d --table keyless bars.csv", 4, "was not made by `data import`");
    exec("DROP TABLE other, keyless");
}

/* Tables of one's own, whose types and conditions refuse the fourth of five rows: it is named by
 * its line, and nothing is stored. */
static void test_commands__a_row_that_the_table_refuses_is_named_by_its_line(void **state) {
    (void)state;
    static const struct {
        const char *columns, *says;
    } cases[] = {
        {"volume float8 CHECK (volume < 100)", "violates check constraint"},
        {"symbol varchar(3)", "column symbol, of the type character varying(3), would keep "
                              "\"ABCD\" as \"ABC\""},
        {"symbol char(3)", "would keep \"ABCD\" as \"ABC\""},
        {"volume numeric(4, 2)", "numeric field overflow"},
        {"volume smallint", "smallint out of range"},
        {"close_datetime date", "column close_datetime, of the type date, would keep"},
        {"close_datetime timestamptz(0)", "would keep \"2024-01-05 21:00:00.25+00\""},
        {"symbol text REFERENCES listed", "is not present in table"},
    };
    test_write(folder, "picky.csv",
               HEAD "A,2024-01-02 00:00:00,1,2,1,1,10\n\nA,2024-01-03 00:00:00,1,2,1,1,10\n"
                    "B,2024-01-04 00:00:00,1,2,1,1,10\n\n\nABCD,2024-01-05 21:00:00.25,1,2,1,1,"
                    "40000\nA,2024-01-06 00:00:00,1,2,1,1,10\n");
    exec("CREATE TABLE listed (symbol text PRIMARY KEY); INSERT INTO listed VALUES ('A'), ('B')");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strndup(cases[i].columns, strcspn(cases[i].columns, " "));
        g_autofree char *sql = g_strdup_printf(
            "CREATE TABLE picky (symbol text, timeframe text, open_datetime timestamptz, "
            "close_datetime timestamptz, open float8, high float8, low float8, close float8, "
            "volume float8); ALTER TABLE picky DROP %s, ADD %s, ADD PRIMARY KEY (symbol, "
            "timeframe, close_datetime)",
            name, cases[i].columns);
        exec(sql);
        say("data import --timeframe 1d --table picky picky.csv", 4, "picky.csv:8: ");
        say("data import --timeframe 1d --table picky picky.csv", 4, cases[i].says);
        /* lines are counted where rows are left out as well */
        say("data import --timeframe 1d --table picky --symbols ABCD,A picky.csv", 4,
            "picky.csv:8: ");
        assert_int_equal(ask("SELECT count(*) FROM picky"), 0);
        exec("DROP TABLE picky");
    }
    exec("DROP TABLE listed");
}

static void test_commands__what_a_reader_may_not_do_is_said(void **state) {
    (void)state;
    exec("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA market TO reader; GRANT SELECT ON "
         "market.bars TO reader");
    g_autofree char *reader =
        g_strdup_printf("postgresql://reader@/commands?host=%s", test_postgres_socket());
    g_autofree char *list = g_strdup_printf("data list --engine '%s' --table market.bars", reader);
    say(list, 0, "2024-01-02T21:00:00Z");
    g_autofree char *import = g_strdup_printf(
        "data import --engine '%s' --table market.bars --timeframe 1d later.csv", reader);
    say(import, 1, "permission denied");
    g_autofree char *make =
        g_strdup_printf("data import --engine '%s' --table more --timeframe 1d later.csv", reader);
    say(make, 1, "permission denied");
}

static void test_commands__made_up_bars_run_once_and_doctor_sees_them(void **state) {
    (void)state;
    say("data synth --start '2024-01-01 UTC' --end '2024-03-01 UTC'", 0, "1441 hourly bars each");
    say("data synth --seed 2", 4, "holds another bar");
    g_autofree char *text = g_strdup(
        "[meta]\nstudy_name = \"made\"\n[loader_params]\nsymbols = [\"CB-BTC-USD\", "
        "\"CB-ETH-USD\"]\ntimeframe = \"60m\"\nengine_name = \"research\"\n[model]\nname = "
        "\"ArbitrageClipIndex\"\n[model_params]\ntraining_window = 300\ntesting_window = "
        "100\nlower = -1.5\nupper = 1.5\n[signal]\nsignal_model = \"twin_spread\"\n"
        "long_entries = 0.5\nlong_exits = 0\nshort_entries = -0.5\nshort_exits = 0\n"
        "[portfolio]\nsize = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true\n");
    live_put_template(folder, "made.toml", text);
    say("doctor", 1, "outdated: bars end at 2024-03-01T00:00:00Z");
    say("doctor", 1, "research answers");
    g_auto(TestRun) run = test_run_expect(
        folder, "run_app", "--template made --once --now '2024-03-01 00:01 UTC' --no-report", 0);
    assert_int_equal(ask("SELECT count(*) FROM decision"), 1);
    g_auto(TestRun) again = test_run_expect(
        folder, "run_app", "--template made --once --now '2024-03-01 00:01 UTC' --no-report", 0);
    assert_int_equal(ask("SELECT count(*) FROM decision"), 1);
    exec("ALTER TABLE candle RENAME TO candles");
    say("doctor", 1, "did you mean \"candles\"?");
    exec("ALTER TABLE candles RENAME TO candle");
    g_autofree char *template = g_build_filename(folder, ".workflow/templates/made.toml", NULL);
    assert_int_equal(g_remove(template), 0);
}

/* Two databases of the server and a file, each with the bars of one strategy. */
static void test_commands__one_run_all_reads_several_engines(void **state) {
    (void)state;
    g_autofree char *second = test_postgres_database("second");
    live_on(url, NULL);
    g_autofree char *here = live_workspace(1, 120);
    live_on(second, NULL);
    g_autofree char *there = live_workspace(1, 120);
    live_on(NULL, NULL);
    g_autofree char *file = live_workspace(1, 120);
    g_autofree char *settings = g_strdup_printf(
        "[engines.one]\nurl = \"%s\"\n[engines.two]\nurl = \"%s\"\n[engines.three]\nurl = "
        "\"sqlite:///%s/.workflow/research.db\"\n[store]\nurl = \"%s\"\n",
        url, second, file, second);
    test_write(here, ".workflow/settings.toml", settings);
    static const char *const engines[] = {"one", "two", "three"};
    for (gsize i = 0; i < G_N_ELEMENTS(engines); i++) {
        g_autofree char *text = live_template(engines[i], 1, "");
        g_auto(GStrv) parts = g_strsplit(text, "\"research\"", 2);
        g_autofree char *own = g_strdup_printf("%s\"%s\"%s", parts[0], engines[i], parts[1]);
        g_autofree char *name = g_strconcat(engines[i], ".toml", NULL);
        live_put_template(here, name, own);
    }
    live_on(second, NULL); /* where the store is */
    Live live = live_start(here, "run_all", "--no-report", NULL);
    live_wait(&live,
              "SELECT count(*) FROM (SELECT study_name FROM decision GROUP BY study_name "
              "HAVING count(*) >= 2) AS s",
              3, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    live_on(NULL, NULL);
    test_folder_remove(here);
    test_folder_remove(there);
    test_folder_remove(file);
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    url = test_postgres_database("commands");
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    g_remove(sample);
    g_autofree char *settings =
        g_strdup_printf("[engines.research]\nurl = \"%s\"\n[store]\nurl = \"%s\"\n", url, url);
    test_write(folder, ".workflow/settings.toml", settings);
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    g_free(folder);
    g_free(url);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands__bars_are_imported_revised_and_listed),
        cmocka_unit_test(test_commands__a_bad_row_stores_nothing_and_is_named),
        cmocka_unit_test(test_commands__a_row_that_the_table_refuses_is_named_by_its_line),
        cmocka_unit_test(test_commands__what_a_reader_may_not_do_is_said),
        cmocka_unit_test(test_commands__made_up_bars_run_once_and_doctor_sees_them),
        cmocka_unit_test(test_commands__one_run_all_reads_several_engines),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
