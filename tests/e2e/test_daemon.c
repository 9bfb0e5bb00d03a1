/* run_all and run_app without --once: real programs, real clocks, bars of a second. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/env.h"
#include "cli.h"
#include "live.h"
#include "store/slots.h"

#define SOON 15.0 /* seconds; nothing takes so long unless the machine is overloaded */

static char *folder;

static int remove_workspace(void **state) {
    (void)state;
    test_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

static void put(const char *study, int seconds, const char *more) {
    g_autofree char *text = live_template(study, seconds, more);
    g_autofree char *file = g_strconcat(study, ".toml", NULL);
    live_put_template(folder, file, text);
}

/* What must hold whatever happened: every slot one row, no bar decided twice, the chain whole. */
static void check_store(void) {
    assert_near(live_query(folder,
                           "SELECT count(*) FROM run WHERE status IN ('planned', 'started', "
                           "'backing_off')"),
                0, 0);
    assert_near(live_query(folder,
                           "SELECT count(*) FROM (SELECT study_name, bar_time FROM decision "
                           "GROUP BY 1, 2 HAVING count(*) > 1)"),
                0, 0);
    assert_near(live_query(folder, "SELECT count(*) FROM slot LEFT JOIN run ON run.id = run_id "
                                   "WHERE slot.status = 'ran' AND run.id IS NULL"),
                0, 0);
}

static void test_daemon__each_bar_is_one_slot_one_run_one_decision(void **state) {
    (void)state;
    folder = live_workspace(1, 30);
    put("pair", 1, "");
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    live_wait(&live, "SELECT count(*) FROM decision", 4, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
    /* one row for each second between the first and the last, each with its own bar decided */
    assert_near(live_query(folder, "SELECT (max(nominal) - min(nominal)) / 1000000000 + 1 - "
                                   "count(*) FROM slot"),
                0, 0);
    assert_near(live_query(folder, "SELECT count(*) FROM slot JOIN decision ON decision.run_id = "
                                   "slot.run_id WHERE decision.bar_time <> nominal"),
                0, 0);
    assert_true(live_query(folder, "SELECT count(*) FROM slot JOIN decision ON decision.run_id = "
                                   "slot.run_id") >= 4);
}

/* The next close of a bar that is at least `least` seconds away. */
static SyTime close_after(int seconds, double least) {
    SyTime now = sy_env_now(&sy_env_real) + (SyTime)(least * (double)SY_SECOND);
    return sy_timeframe_add((SyTimeframe){seconds * SY_SECOND, 0},
                            sy_timeframe_floor((SyTimeframe){seconds * SY_SECOND, 0}, now), 1);
}

static void wait_until(SyTime moment) {
    gint64 left = (moment - sy_env_now(&sy_env_real)) / 1000;
    if (left > 0)
        g_usleep((gulong)left);
}

static void test_daemon__a_late_bar_trades_and_an_absent_one_never(void **state) {
    (void)state;
    enum { length = 3 };
    folder = live_workspace(length, 0);
    put("pair", length, "");
    SyTime late = close_after(length, 2), absent = late + length * SY_SECOND;
    live_bars(folder, "A", length, late - length * SY_SECOND, absent + 1);
    live_bars(folder, "B", length, late - length * SY_SECOND, late);
    Live live = live_start(folder, "run_all", "--no-report --max-buffer 2", NULL);
    wait_until(late + SY_SECOND / 2);
    live_bars(folder, "B", length, late, late + 1);
    g_autofree char *decided =
        g_strdup_printf("SELECT count(*) FROM decision WHERE bar_time = %" G_GINT64_FORMAT, late);
    g_autofree char *outdated = g_strdup_printf(
        "SELECT count(*) FROM slot JOIN run ON run.id = run_id WHERE slot.nominal = "
        "%" G_GINT64_FORMAT " AND run.status = 'outdated'",
        absent);
    live_wait(&live, decided, 1, SOON);
    live_wait(&live, outdated, 1, SOON);
    live_wait_text(&live, "outdated", SOON);
    /* the bar comes after all: too late */
    live_bars(folder, "B", length, absent, absent + 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    g_autofree char *traded =
        g_strdup_printf("SELECT count(*) FROM decision WHERE bar_time = %" G_GINT64_FORMAT, absent);
    assert_near(live_query(folder, traded), 0, 0);
    check_store();
}

static double versions(const char *study) {
    g_autofree char *sql = g_strdup_printf("SELECT count(DISTINCT template_hash) FROM run WHERE "
                                           "study_name = '%s' AND status = 'succeeded'",
                                           study);
    return live_query(folder, sql);
}

static void wait_runs_of(const Live *live, const char *study, int more) {
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) FROM run WHERE study_name = '%s' AND status = 'succeeded'", study);
    double before = live_query(folder, sql); /* NAN where there is no store yet */
    live_wait(live, sql, (isnan(before) ? 0 : before) + more, SOON);
}

static void test_daemon__templates_come_change_break_and_go_while_it_runs(void **state) {
    (void)state;
    folder = live_workspace(1, 60);
    put("one", 1, "");
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_runs_of(&live, "one", 1);
    put("two", 1, ""); /* comes */
    wait_runs_of(&live, "two", 1);
    put("two", 1, "fees = 0.001\n"); /* changes */
    live_wait_text(&live, "two.toml changed", SOON);
    wait_runs_of(&live, "two", 2);
    assert_near(versions("two"), 2, 0);
    live_put_template(folder, "one.toml", "[meta\n"); /* breaks: the version before goes on */
    live_wait_text(&live, "one.toml:1:", SOON);
    live_wait_text(&live, "the version before goes on", SOON);
    wait_runs_of(&live, "one", 2);
    assert_near(versions("one"), 1, 0);
    /* another of the same name: the first goes on, both are named */
    g_autofree char *twin = live_template("two", 1, "fees = 0.002\n");
    live_put_template(folder, "twin.toml", twin);
    live_wait_text(&live, "twin.toml: [meta] study_name = \"two\" is also that of", SOON);
    g_autofree char *path = g_build_filename(folder, ".workflow/templates/two.toml", NULL);
    assert_int_equal(unlink(path), 0); /* goes */
    live_wait_text(&live, "two.toml is gone", SOON);
    double runs = live_query(folder, "SELECT count(*) FROM run WHERE study_name = 'two'");
    wait_runs_of(&live, "one", 2);
    assert_true(live_query(folder, "SELECT count(*) FROM run WHERE study_name = 'two'") <=
                runs + 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    check_store();
    /* the broken one starts with its last good version */
    Live again = live_start(folder, "run_all", "--no-report", NULL);
    wait_runs_of(&again, "one", 1);
    live_wait_text(&again, "the version before goes on", SOON);
    live_wait(&again,
              "SELECT count(*) FROM run WHERE study_name = 'one' AND request LIKE "
              "'%\"notice\":\"one.toml cannot run as it is now%'",
              1, SOON); /* its reports say so */
    assert_near(versions("one"), 1, 0);
    assert_int_equal(live_stop(&again, SIGTERM, SOON), 0);
}

static const char task_template[] = "[meta]\nstudy_name = \"nap\"\n"
                                    "[schedule]\nevery = \"1s\"\n"
                                    "[[task]]\nname = \"sleep\"\ncommand = [\"sleep\", \"%s\"]\n";

static void put_nap(const char *seconds) {
    g_auto(GStrv) parts = g_strsplit(task_template, "%s", 2);
    g_autofree char *text = g_strjoinv(seconds, parts);
    live_put_template(folder, "nap.toml", text);
}

static void test_daemon__a_stop_lets_running_jobs_end(void **state) {
    (void)state;
    folder = live_workspace(1, 0);
    put_nap("1.5");
    Live live = live_start(folder, "run_all", "", NULL);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'started'", 1, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    assert_near(live_query(folder, "SELECT count(*) FROM run"), 1, 0);
    assert_near(live_query(folder, "SELECT count(*) FROM run WHERE status = 'succeeded'"), 1, 0);
}

/* A slot that a stop interrupts is not thrown away: the next start takes it up. */
static void test_daemon__a_stop_interrupts_running_jobs_where_settings_say_so(void **state) {
    (void)state;
    folder = live_workspace(1, 0);
    test_write(folder, ".workflow/settings.toml", "[executor]\non_stop = \"cancel\"\n");
    put_nap("30");
    Live live = live_start(folder, "run_all", "", NULL);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'started'", 1, SOON);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    assert_near(live_query(folder, "SELECT count(*) FROM run WHERE status = 'backing_off'"), 1, 0);
    Live again = live_start(folder, "run_all", "", NULL);
    live_wait(&again, "SELECT count(*) FROM run WHERE status = 'started' AND attempt = 2", 1, SOON);
    assert_near(live_query(folder, "SELECT count(*) FROM slot WHERE nominal = (SELECT nominal FROM "
                                   "run WHERE attempt = 2)"),
                1, 0);
    assert_int_equal(live_stop(&again, SIGTERM, SOON), 0);
}

static void test_daemon__a_second_signal_ends_it_at_once(void **state) {
    (void)state;
    folder = live_workspace(1, 0);
    put_nap("30");
    Live live = live_start(folder, "run_all", "", NULL);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'started'", 1, SOON);
    live_signal(&live, SIGINT);
    live_wait_text(&live, "1 running jobs end first", SOON);
    assert_int_equal(live_stop(&live, SIGINT, SOON), 128 + SIGINT);
}

/* What a user's program finds: the three usual descriptors (and the one by which `ls` reads the
 * folder), and every signal as it is by default; the daemon itself ignores SIGPIPE. */
static void test_daemon__a_task_inherits_no_descriptor_and_no_signal(void **state) {
    (void)state;
    folder = live_workspace(1, 0);
    g_autofree char *text = g_strdup_printf(
        "[meta]\nstudy_name = \"looks\"\n[schedule]\nevery = \"1s\"\n"
        "[[task]]\nname = \"t\"\ncommand = [\"sh\", \"-c\", \"cd %s; grep -E "
        "'Sig(Ign|Blk)' /proc/self/status >signals; ls /proc/self/fd | tr -s '\\\\n' ' ' >fds\"]\n",
        folder);
    live_put_template(folder, "looks.toml", text);
    Live live = live_start(folder, "run_all", "", NULL);
    live_wait(&live, "SELECT count(*) FROM run WHERE status = 'succeeded'", 1, SOON);
    g_autofree char *status = g_strdup_printf("/proc/%d/status", live.pid), *own = NULL;
    assert_true(g_file_get_contents(status, &own, NULL, NULL));
    g_autofree char *fds = test_read(folder, "fds"), *signals = test_read(folder, "signals");
    assert_string_equal(g_strstrip(fds), "0 1 2 3");
    assert_string_equal(g_strstrip(signals),
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
    g_autofree char *ignored = g_strdup(strstr(own, "SigIgn:\t") + strlen("SigIgn:\t"));
    assert_true(g_ascii_strtoull(ignored, NULL, 16) >> (SIGPIPE - 1) & 1);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
}

/* Every slot between the first and the last has one row, bulk rows counted. */
static void check_no_gap(const char *study) {
    g_autofree char *sql = g_strdup_printf(
        "SELECT sum(count) - (SELECT (max(nominal) - min(nominal)) / 1000000000 + (SELECT count "
        "FROM slot WHERE study_name = '%s' ORDER BY nominal LIMIT 1) FROM slot WHERE study_name = "
        "'%s') FROM slot WHERE study_name = '%s'",
        study, study, study);
    assert_near(live_query(folder, sql), 0, 0);
}

static void test_daemon__killed_and_started_again_it_leaves_no_slot_out(void **state) {
    (void)state;
    folder = live_workspace(1, 60);
    put("pair", 1, "");
    for (int life = 0; life < 3; life++) {
        Live live = live_start(folder, "run_all", "--no-report", NULL);
        wait_runs_of(&live, "pair", 1);
        g_usleep((gulong)(life * 333000));
        assert_int_equal(live_stop(&live, SIGKILL, SOON), 128 + SIGKILL);
    }
    Live last = live_start(folder, "run_all", "--no-report", NULL);
    wait_runs_of(&last, "pair", 1);
    assert_int_equal(live_stop(&last, SIGTERM, SOON), 0);
    check_no_gap("pair");
    check_store();
}

static void test_daemon__a_second_one_is_told_who_runs_the_template(void **state) {
    (void)state;
    folder = live_workspace(1, 30);
    put("pair", 1, "");
    put("other", 1, "");
    Live first = live_start(folder, "run_app", "--template pair --no-report", NULL);
    wait_runs_of(&first, "pair", 1);
    g_autofree char *named = g_strdup_printf("pair is run by run_app (pid %d) since", first.pid);
    g_auto(TestRun) second = test_run_expect(folder, "run_all", "--no-report", 7);
    const char *said = strstr(second.err, named);
    assert_non_null(said);
    assert_null(strstr(said + 1, named)); /* once */
    assert_null(strstr(second.err, "mended"));
    g_auto(TestRun) third = test_run_expect(folder, "run_app", "--template pair", 7);
    assert_non_null(strstr(third.err, named));
    /* another template is another matter */
    Live other = live_start(folder, "run_app", "--template other --no-report", NULL);
    wait_runs_of(&other, "other", 1);
    assert_int_equal(live_stop(&other, SIGTERM, SOON), 0);
    assert_int_equal(live_stop(&first, SIGTERM, SOON), 0);
    assert_near(live_query(folder, "SELECT epoch FROM study WHERE name = 'pair'"), 1, 0);
}

/* Reads datagrams until one holds `text`. */
static void wait_datagram(int fd, const char *text) {
    char buffer[512];
    do {
        gssize got = recv(fd, buffer, sizeof buffer - 1, 0);
        if (got < 0)
            fail_msg("no %s was sent", text);
        buffer[MAX(got, 0)] = '\0'; /* the compiler does not know that fail_msg ends the test */
        assert_null(strstr(buffer, "next at 1")); /* no year of an earlier century */
    } while (!strstr(buffer, text));
}

static void test_daemon__tells_the_service_manager(void **state) {
    (void)state;
    folder = live_workspace(1, 30);
    put("pair", 1, "");
    g_autofree char *path = g_build_filename(folder, "notify", NULL);
    g_autofree char *environment = g_strdup_printf("NOTIFY_SOCKET=%s WATCHDOG_USEC=500000", path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = (time_t)SOON};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    Live live = live_start(folder, "run_all", "--no-report", environment);
    wait_datagram(fd, "READY=1");
    wait_datagram(fd, "STATUS=1 strategies");
    wait_datagram(fd, "WATCHDOG=1");
    put("pair", 1, "fees = 0.001\n");
    live_signal(&live, SIGHUP);
    wait_datagram(fd, "RELOADING=1\nMONOTONIC_USEC=");
    wait_datagram(fd, "READY=1");
    g_autofree char *errors = live_errors(&live); /* at once, without the wait for an editor */
    assert_non_null(strstr(errors, "pair.toml changed"));
    live_signal(&live, SIGTERM);
    wait_datagram(fd, "STOPPING=1");
    assert_int_equal(live_stop(&live, 0, SOON), 0);
    close(fd);
}

static void wake(void) {
    g_autofree char *path = g_build_filename(folder, ".workflow/wake", NULL);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
}

static void test_daemon__takes_in_pause_resume_and_trigger(void **state) {
    (void)state;
    folder = live_workspace(1, 60);
    put("pair", 1, "");
    put("beat", 1, "");
    g_autofree char *slow = live_template("slow", 1, "[schedule]\nevery = \"1h\"\n");
    live_put_template(folder, "slow.toml", slow);
    Live live = live_start(folder, "run_all", "--no-report", NULL);
    wait_runs_of(&live, "pair", 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = sy_store_open("sqlite:///.workflow/state.db", folder, false, &error);
    assert_non_null(store);
    assert_true(
        sy_store_pause(store, "pair", NULL, true, "test", "me", sy_env_now(&sy_env_real), &error));
    wake();
    live_wait_text(&live, "trade: paused", SOON);
    SyTime paused = sy_env_now(&sy_env_real);
    wait_runs_of(&live, "beat", 3); /* so pair let two slots pass */
    gint64 id;
    SyTime asked = sy_env_now(&sy_env_real);
    assert_true(sy_store_add_trigger(store, "slow", "trade", "me", asked, &id, &error));
    wake();
    wait_runs_of(&live, "slow", 1);
    g_autofree char *triggered = g_strdup_printf(
        "SELECT count(*) FROM slot WHERE study_name = 'slow' AND nominal = %" G_GINT64_FORMAT,
        asked);
    assert_near(live_query(folder, triggered), 1, 0);
    /* somebody who may write the store, but not touch the file: it is heard all the same */
    SyTime resumed = sy_env_now(&sy_env_real);
    assert_true(sy_store_pause(store, "pair", NULL, false, "", "me", resumed, &error));
    wait_runs_of(&live, "pair", 2);
    /* all of the pause in one row, and none is left out around it */
    live_wait(&live,
              "SELECT sum(count) FROM slot WHERE study_name = 'pair' AND status = 'skipped' "
              "AND reason = 'the job was paused'",
              1, SOON);
    assert_near(live_query(folder, "SELECT (max(nominal) - min(nominal)) / 1000000000 + 1 - "
                                   "sum(count) FROM slot WHERE study_name = 'pair'"),
                0, 0);
    assert_int_equal(live_stop(&live, SIGTERM, SOON), 0);
    g_autofree char *between = g_strdup_printf(
        "SELECT count(*) FROM slot WHERE study_name = '%%s' AND status = 'ran' AND nominal > "
        "%" G_GINT64_FORMAT " AND nominal <= %" G_GINT64_FORMAT,
        paused, resumed - SY_SECOND); /* what was due in the last second still runs */
    g_auto(GStrv) parts = g_strsplit(between, "%s", 2);
    g_autofree char *of_pair = g_strjoinv("pair", parts), *of_beat = g_strjoinv("beat", parts);
    assert_near(live_query(folder, of_pair), 0, 0);
    assert_true(live_query(folder, of_beat) >= 1);
    check_store();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_daemon__each_bar_is_one_slot_one_run_one_decision,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_late_bar_trades_and_an_absent_one_never,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__templates_come_change_break_and_go_while_it_runs,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_stop_lets_running_jobs_end, remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_stop_interrupts_running_jobs_where_settings_say_so,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_second_signal_ends_it_at_once, remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_task_inherits_no_descriptor_and_no_signal,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__killed_and_started_again_it_leaves_no_slot_out,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__a_second_one_is_told_who_runs_the_template,
                                  remove_workspace),
        cmocka_unit_test_teardown(test_daemon__tells_the_service_manager, remove_workspace),
        cmocka_unit_test_teardown(test_daemon__takes_in_pause_resume_and_trigger, remove_workspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
