/* Messages from the daemon to a server on the loopback, through systematica-messenger. */
#include "test.h"

#include <signal.h>
#include <string.h>

#include "base/env.h"
#include "cli.h"
#include "http.h"
#include "live.h"
#include "store.h"
#include "store/messages.h"

#define SOON 20.0 /* seconds; nothing takes so long unless the machine is overloaded */

static char *folder;

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

/* Settings whose messenger "ops" is a secret URL of the server. */
static void put_settings(const TestHttp *http, const char *more) {
    g_autofree char *hook = test_http_url(http, "secret-token");
    g_autofree char *text =
        g_strdup_printf("[engines.research]\nurl = \"sqlite:///.workflow/research.db\"\n"
                        "[messengers.ops]\nkind = \"webhook\"\nurl = { file = \"hook\" }\n"
                        "secret = \"sign-key\"\ntimeout = 5\n%s",
                        more);
    test_write(folder, "hook", hook);
    test_write(folder, ".workflow/settings.toml", text);
}

static SyStore *open_store(void) {
    g_autoptr(GError) error = NULL;
    SyStore *store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error);
    if (!store)
        fail_msg("%s", error->message);
    return store;
}

static void queue(SyStore *store, const char *messenger, const char *key, SyTime created) {
    SyMessage message = {.messenger = (char *)messenger,
                         .key = (char *)key,
                         .kind = (char *)"outdated",
                         .level = (char *)"alarm",
                         .study = (char *)"dale",
                         .run = 3,
                         .title = (char *)"dale: bars do not come",
                         .text = (char *)"no bar \"x\"\n",
                         .count = 1,
                         .created = created};
    g_autoptr(GPtrArray) messages = g_ptr_array_new(), alarms = g_ptr_array_new();
    g_ptr_array_add(messages, &message);
    assert_good(sy_store_queue(store, NULL, 0, alarms, messages, sy_env_now(&sy_env_real), &error));
}

static SyTime next_due(SyStore *store) {
    SyTime next = 0;
    assert_good(sy_store_next_message(store, &next, &error));
    return next;
}

static void deliver(void) {
    g_auto(TestRun) run = test_run_expect(folder, "systematica-messenger", "", 0);
    assert_null(strstr(run.err, "secret-token"));
}

/* Neither the token of the URL nor the key of the signature is anywhere but in the settings. */
static void assert_secret_kept(void) {
    static const char *const words[] = {"secret-token", "sign-key"};
    static const char *const where[] = {".workflow/logs", ".workflow/state.db"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(where); k++) {
            const char *const argv[] = {"grep", "-rqa", words[i], where[k], NULL};
            int status = 0;
            assert_true(g_spawn_sync(folder, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                                     NULL, NULL, &status, NULL));
            if (g_spawn_check_wait_status(status, NULL))
                fail_msg("%s is in %s", words[i], where[k]);
        }
}

static void test_messenger__delivers_waits_and_gives_up_as_the_server_says(void **state) {
    (void)state;
    static const char *const answers[] = {"200 OK", "429 Slow\r\nRetry-After: 120", "404 Gone",
                                          NULL};
    g_autoptr(TestHttp) http = test_http_start(answers);
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    put_settings(http, "");
    g_autoptr(SyStore) store = open_store();
    SyTime now = sy_env_now(&sy_env_real);
    queue(store, "ops", "a", now);
    deliver();
    assert_true(next_due(store) == SY_TIME_NONE);
    g_autofree char *request = test_http_request(http, 0);
    assert_true(g_str_has_prefix(request, "POST /secret-token HTTP/"));
    assert_non_null(strstr(request, "X-Systematica-Signature: sha256="));
    assert_non_null(strstr(request, "\"level\":\"alarm\",\"kind\":\"outdated\",\"study\":\"dale\","
                                    "\"run\":3"));
    assert_non_null(strstr(request, "\"text\":\"no bar \\\"x\\\"\\n\""));
    queue(store, "ops", "c", now); /* 429 */
    deliver();
    SyTime next = next_due(store), after = sy_env_now(&sy_env_real);
    assert_true(next >= now + 120 * SY_SECOND && next <= after + 120 * SY_SECOND);
    queue(store, "ops", "d", now);  /* 404 */
    queue(store, "gone", "e", now); /* no such messenger */
    queue(store, "ops", "f", now - 25 * SY_HOUR);
    deliver();
    assert_int_equal(next_due(store), next);
    assert_int_equal(test_http_count(http), 3);
    g_auto(TestRun) list = test_run_expect(folder, "systematica", "messages --json", 0);
    assert_non_null(strstr(list.out, "status 404"));
    assert_non_null(strstr(list.out, "older than 24 hours"));
    assert_non_null(strstr(list.out, "no messenger of this name"));
    g_auto(TestRun) shown = test_run_expect(folder, "systematica", "messages -n 1", 0);
    assert_non_null(strstr(shown.out, "bars do not come"));
    assert_null(strstr(shown.out, "404"));
    test_store_assert_whole(store);
    assert_secret_kept();
}

/* Slots of a second whose runs fail, by a task that does. */
static char *failing_template(const char *notify) {
    return g_strdup_printf(
        "[meta]\nstudy_name = \"fails\"\n[schedule]\nevery = \"1s\"\n"
        "[[task]]\nname = \"t\"\ncommand = [\"sh\", \"-c\", \"test -e ../../../well\"]\n"
        "%s",
        notify);
}

/* Told once however often it fails, through an outage, and once that it is over. */
static void test_messenger__an_alarm_arrives_once_after_an_outage_and_its_end_too(void **state) {
    (void)state;
    static const char *const down[] = {"503 Down\r\nRetry-After: 1", NULL};
    static const char *const up[] = {"200 OK", NULL};
    g_autoptr(TestHttp) http = test_http_start(down);
    folder = live_workspace(1, 0);
    put_settings(http, "");
    g_autofree char *text = failing_template("[notify]\nto = [\"ops\", \"log\"]\n");
    live_put_template(folder, "fails.toml", text);
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    test_http_wait(http, 2, SOON); /* the first attempt, and one after the outage's Retry-After */
    test_http_answer(http, up);
    live_wait(&live, "SELECT count(*) FROM message WHERE messenger = 'ops' AND status = 'sent'", 1,
              SOON);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'failed'", 4, SOON);
    assert_near(live_query(folder, "SELECT count(*) FROM message WHERE messenger = 'ops'"), 1, 0);
    test_write(folder, "well", "");
    live_wait(&live,
              "SELECT count(*) FROM message WHERE messenger = 'ops' AND level = 'recovered' AND "
              "status = 'sent'",
              1, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    guint n = test_http_count(http);
    g_autofree char *last = test_http_request(http, n - 1);
    g_autofree char *alarm = test_http_request(http, n - 2);
    assert_non_null(strstr(last, "\"level\":\"recovered\""));
    assert_non_null(strstr(alarm, "\"title\":\"fails: a run failed\""));
    assert_near(live_query(folder, "SELECT count(*) FROM message WHERE messenger = 'log' AND "
                                   "status = 'sent'"),
                2, 0);
    assert_secret_kept();
}

/* A server that takes the message and never answers: slots go on. Two seconds apart, so that none
 * is passed over because a loaded machine still works the one before. */
static void test_messenger__a_server_that_hangs_delays_no_job(void **state) {
    (void)state;
    static const char *const hang[] = {TEST_HTTP_HANG, NULL};
    g_autoptr(TestHttp) http = test_http_start(hang);
    folder = live_workspace(2, 30);
    put_settings(http, "[notify]\nto = [\"ops\"]\n");
    g_autofree char *fails = failing_template("");
    live_put_template(folder, "fails.toml", fails);
    g_autofree char *pair = live_template("pair", 2, "");
    live_put_template(folder, "pair.toml", pair);
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    test_http_wait(http, 1, SOON);
    double before = live_query(folder, "SELECT count(*) FROM decision");
    live_wait(&live, "SELECT count(*) FROM decision", before + 3, SOON);
    assert_near(live_query(folder, "SELECT count(*) FROM message WHERE status = 'sent'"), 0, 0);
    /* a loaded machine may pass over one; had jobs waited for the server, these would be many */
    assert_true(live_query(folder, "SELECT count(*) FROM slot WHERE study_name = 'pair' AND "
                                   "status <> 'ran'") <= 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
}

static void change_bars(const char *sql) {
    test_change("sqlite:///.workflow/research.db", folder, sql);
}

/* Beats while bars come, stops when they end, and the people are told of that as well. */
static void test_messenger__the_heart_beats_while_slots_are_on_time(void **state) {
    (void)state;
    static const char *const up[] = {"200 OK", NULL};
    g_autoptr(TestHttp) http = test_http_start(up);
    folder = live_workspace(1, 60);
    g_autofree char *beat = test_http_url(http, "beat");
    g_autofree char *heartbeat = g_strdup_printf("[heartbeat]\nurl = \"%s\"\nevery = 1\n", beat);
    put_settings(http, heartbeat);
    g_autofree char *pair = live_template("pair", 1, "");
    live_put_template(folder, "pair.toml", pair);
    Live live = live_start(folder, "run_all", "--no-report --max-buffer 1", NULL);
    test_http_wait(http, 2, SOON);
    g_autofree char *request = test_http_request(http, 0);
    assert_true(g_str_has_prefix(request, "GET /beat HTTP/"));
    change_bars("DELETE FROM candle WHERE close_datetime > datetime('now')");
    live_wait_text(&live, "heartbeat: not sent", SOON);
    guint n = test_http_count(http);
    live_wait(&live, "SELECT count(*) FROM message WHERE kind = 'outdated' AND status = 'sent'", 1,
              SOON);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'outdated'", 3, SOON);
    assert_true(test_http_count(http) <= n + 1); /* one may have been on its way */
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
}

/* To the log, without any configuration. */
static void test_messenger__revised_bars_and_broken_templates_are_told_by_default(void **state) {
    (void)state;
    folder = live_workspace(1, 30);
    g_autofree char *pair = live_template("pair", 1, "");
    live_put_template(folder, "pair.toml", pair);
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    live_wait(&live, "SELECT count(*) FROM decision", 2, SOON);
    change_bars("UPDATE candle SET high = high * 1.01, close = close * 1.001 WHERE symbol = 'A' "
                "AND open_datetime = (SELECT min(open_datetime) FROM candle) ");
    live_wait(&live, "SELECT count(*) FROM message WHERE kind = 'revised_bar' AND run_id > 0", 1,
              SOON);
    live_put_template(folder, "pair.toml", "[meta\n");
    live_wait(&live, "SELECT count(*) FROM message WHERE kind = 'broken' AND level = 'alarm'", 1,
              SOON);
    live_put_template(folder, "pair.toml", pair);
    live_wait(&live, "SELECT count(*) FROM message WHERE kind = 'broken' AND level = 'recovered'",
              1, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    assert_near(live_query(folder, "SELECT count(*) FROM message WHERE messenger <> 'log' OR "
                                   "status <> 'sent'"),
                0, 0);
    g_autoptr(SyStore) store = open_store();
    test_store_assert_whole(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_messenger__delivers_waits_and_gives_up_as_the_server_says,
                                  remove_workspace),
        cmocka_unit_test_teardown(
            test_messenger__an_alarm_arrives_once_after_an_outage_and_its_end_too,
            remove_workspace),
        cmocka_unit_test_teardown(test_messenger__a_server_that_hangs_delays_no_job,
                                  remove_workspace),
        cmocka_unit_test_teardown(
            test_messenger__revised_bars_and_broken_templates_are_told_by_default,
            remove_workspace),
        cmocka_unit_test_teardown(test_messenger__the_heart_beats_while_slots_are_on_time,
                                  remove_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
