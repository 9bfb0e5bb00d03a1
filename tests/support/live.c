/* Programs that run for ever, on bars that come in by the real clock. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "cli.h"
#include "db/db.h"
#include "loader/candle_table.h"
#include "test.h"

enum { HISTORY = 200 };

/* Prices that wander without a memory: any bar can be made without those before it. */
static double price_of(char symbol, gint64 k) {
    double wave = 0.03 * sin((double)k * 0.37) + 0.02 * sin((double)k * 0.11);
    double own = 0.01 * sin((double)k * (symbol == 'A' ? 1.7 : 2.3) + symbol);
    return (symbol == 'A' ? 9000 : 400) * exp(wave + own);
}

static const char *programs_url, *tests_url;

void live_on(const char *programs, const char *tests) {
    programs_url = programs;
    tests_url = tests ? tests : programs;
}

static SyDb *open_bars(const char *folder) {
    const char *url = tests_url ? tests_url : "sqlite:///.workflow/research.db";
    g_autoptr(GError) error = NULL;
    SyDb *db = sy_db_open(url, folder, SY_DB_CREATE, 5000, &error);
    if (!db)
        fail_msg("%s", error->message);
    return db;
}

void live_bars(const char *folder, const char *symbol, int seconds, SyTime first, SyTime end) {
    g_autoptr(SyDb) db = open_bars(folder);
    g_autoptr(GError) error = NULL;
    const SyTimeframe timeframe = {seconds * SY_SECOND, 0};
    g_autoptr(SyCandleWriter) writer = sy_candle_writer_begin(db, "candle", timeframe, &error);
    SyCandleCounts counts;
    bool good = writer != NULL;
    for (SyTime close = first; good && close < end; close += timeframe.nanoseconds) {
        gint64 k = close / timeframe.nanoseconds;
        double before = price_of(*symbol, k - 1), after = price_of(*symbol, k);
        const double values[SY_BAR_FIELDS] = {before, fmax(before, after) * 1.001,
                                              fmin(before, after) * 0.999, after, 10};
        good = sy_candle_writer_put(writer, symbol, close, values, &error);
    }
    if (!good || !sy_candle_writer_commit(writer, &counts, &error))
        fail_msg("%s", error->message);
}

char *live_workspace(int seconds, int ahead) {
    char *folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *settings =
        programs_url ? g_strdup_printf("[engines.research]\nurl = \"%s\"\n[store]\nurl = \"%s\"\n",
                                       programs_url, programs_url)
                     : g_strdup("[engines.research]\nurl = \"sqlite:///.workflow/research.db\"\n");
    test_write(folder, ".workflow/settings.toml", settings);
    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    unlink(sample);
    SyTime now =
        sy_timeframe_floor((SyTimeframe){seconds * SY_SECOND, 0}, sy_env_now(&sy_env_real));
    SyTime first = now - HISTORY * seconds * SY_SECOND,
           end = now + (ahead + 1) * seconds * SY_SECOND;
    live_bars(folder, "A", seconds, first, end);
    live_bars(folder, "B", seconds, first, end);
    return folder;
}

char *live_template(const char *study, int seconds, const char *more) {
    return g_strdup_printf("[meta]\nstudy_name = \"%s\"\n"
                           "[loader_params]\nsymbols = [\"A\", \"B\"]\ntimeframe = \"%ds\"\n"
                           "engine_name = \"research\"\n"
                           "[model]\nname = \"ArbitrageClipIndex\"\n"
                           "[model_params]\ntraining_window = 60\ntesting_window = 20\n"
                           "lower = -1.5\nupper = 1.5\n"
                           "[signal]\nsignal_model = \"twin_spread\"\nlong_entries = 0.5\n"
                           "long_exits = 0\nshort_entries = -0.5\nshort_exits = 0\n"
                           "[portfolio]\nsize = 50\nsize_type = \"valuepercent100\"\n"
                           "cash_sharing = true\n%s\n",
                           study, seconds, more);
}

void live_put_template(const char *folder, const char *file, const char *text) {
    g_autofree char *path = g_build_filename(".workflow/templates", file, NULL);
    test_write(folder, path, text);
}

/* ---- programs ---- */

static void run_child(const char *folder, char **argv, const char *environment,
                      const char *errors) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open("/dev/null", O_RDWR), err = open(errors, O_WRONLY | O_CREAT | O_APPEND, 0644);
    g_auto(GStrv) words = g_strsplit(environment ? environment : "", " ", -1);
    for (char **word = words; *word && **word; word++)
        putenv(*word);
    if (chdir(folder) == 0 && dup2(out, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0)
        execv(argv[0], argv);
    _exit(127);
}

Live live_start(const char *folder, const char *program, const char *line,
                const char *environment) {
    static int count;
    g_autofree char *path = g_build_filename(g_getenv("SY_BUILD_ROOT"), program, NULL);
    g_autofree char *all = g_strdup_printf("'%s' %s", path, line);
    g_auto(GStrv) argv = NULL;
    assert_true(g_shell_parse_argv(all, NULL, &argv, NULL));
    Live live = {.folder = g_strdup(folder), .errors = g_strdup_printf("stderr.%d", count++)};
    g_autofree char *errors = g_build_filename(folder, live.errors, NULL);
    live.pid = fork();
    if (live.pid == 0)
        run_child(folder, argv, environment, errors);
    assert_true(live.pid > 0);
    return live;
}

char *live_errors(const Live *live) {
    return test_exists(live->folder, live->errors) ? test_read(live->folder, live->errors)
                                                   : g_strdup("");
}

void live_signal(const Live *live, int signal) { assert_int_equal(kill(live->pid, signal), 0); }

/* Looks every 10 ms: what is waited for happens in another process. */
static void nap(void) { g_usleep(10000); }

static void fail_late(const Live *live, const char *what) {
    g_autofree char *errors = live_errors(live);
    kill(live->pid, SIGKILL);
    fail_msg("%s; it wrote:\n%s", what, errors);
}

int live_stop(Live *live, int signal, double seconds) {
    gint64 until = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    int status = 0;
    if (signal)
        live_signal(live, signal);
    while (waitpid(live->pid, &status, WNOHANG) == 0) {
        if (g_get_monotonic_time() > until)
            fail_late(live, "it does not end");
        nap();
    }
    g_clear_pointer(&live->folder, g_free);
    g_clear_pointer(&live->errors, g_free);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the store ---- */

double live_query(const char *folder, const char *sql) {
    const char *url = tests_url ? tests_url : "sqlite:///.workflow/state.db";
    g_autoptr(SyDb) db = sy_db_open(url, folder, SY_DB_READ, 5000, NULL);
    g_autoptr(SyStatement) statement = db ? sy_db_prepare(db, sql, NULL) : NULL;
    return statement && sy_db_step(statement, NULL) == SY_DB_ROW ? sy_db_number(statement, 0) : NAN;
}

void live_wait(const Live *live, const char *sql, double least, double seconds) {
    gint64 until = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    while (!(live_query(live->folder, sql) >= least)) {
        if (g_get_monotonic_time() > until)
            fail_late(live, sql);
        nap();
    }
}

void live_wait_text(const Live *live, const char *text, double seconds) {
    gint64 until = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    for (;;) {
        g_autofree char *errors = live_errors(live);
        if (strstr(errors, text))
            return;
        if (g_get_monotonic_time() > until)
            fail_late(live, text);
        nap();
    }
}
