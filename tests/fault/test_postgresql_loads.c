/* A load of bars whose server goes away at the worst moments: all of the bars or none, the exit
 * code of what is worth another try, and a reason that names the database and not its password. */
#include "test.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "live.h"
#include "postgres.h"
#include "store.h"

enum { BARS = 5000, LEAST = 2 * BARS * 60 /* bytes of the rows, and more */ };

static char *folder, *proxy, *direct;

/* What happens to a connection once the server has sent so many bytes on it. */
typedef enum {
    NOTHING,
    CUT,       /* it breaks */
    SILENCE,   /* nothing comes any more, and it stays open */
    TERMINATE, /* an administrator ends the session */
    RESTART,   /* the server is told to restart */
    CRASH,     /* it dies and comes back */
    STARTING,  /* no server yet: it says that it starts */
} Trouble;

typedef struct {
    int listener, client, server; /* -1: none */
    gsize sent;
    Trouble trouble;
    gsize at;
    bool over;
} Proxy;

static struct sockaddr_un socket_of(const char *where) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", where);
    return address;
}

static int listen_at(const char *where) {
    struct sockaddr_un address = socket_of(where);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_unlink(address.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    return listener;
}

static void hang_up(Proxy *p) {
    if (p->client >= 0)
        close(p->client);
    if (p->server >= 0)
        close(p->server);
    p->client = p->server = -1;
}

static void exec(const char *sql) { test_change(direct, NULL, sql); }

static void take_client(Proxy *p) {
    static const char starting[] = "E\0\0\0\060SFATAL\0VFATAL\0C57P03\0Mthe server is starting\0";
    struct sockaddr_un address = socket_of(test_postgres_socket());
    hang_up(p);
    p->client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    p->sent = 0;
    if (p->trouble == STARTING) {
        char hello[512];
        assert_true(recv(p->client, hello, sizeof hello, 0) > 0);
        char answer[sizeof starting];
        memcpy(answer, starting, sizeof starting);
        answer[4] = (char)(sizeof starting - 1); /* the closing zero is part of the message */
        assert_true(send(p->client, answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer);
        p->over = true;
        hang_up(p);
        return;
    }
    p->server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(p->server, (struct sockaddr *)&address, sizeof address), 0);
}

static void make_trouble(Proxy *p) {
    p->over = true;
    switch (p->trouble) {
    case CUT:
        hang_up(p);
        break;
    case TERMINATE:
        exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
             "AND backend_type = 'client backend'");
        break;
    case RESTART:
        test_postgres_restart(TEST_POSTGRES_FAST);
        break;
    case CRASH:
        test_postgres_restart(TEST_POSTGRES_IMMEDIATE);
        break;
    default:
        break;
    }
}

static void pass_on(Proxy *p, bool from_client) {
    char bytes[4096];
    gssize length = recv(from_client ? p->client : p->server, bytes, sizeof bytes, 0);
    if (length <= 0 ||
        send(from_client ? p->server : p->client, bytes, (gsize)length, MSG_NOSIGNAL) != length) {
        hang_up(p);
        return;
    }
    p->sent += from_client ? 0 : (gsize)length;
    if (p->trouble && !p->over && p->sent >= p->at)
        make_trouble(p);
}

static void serve(Proxy *p) {
    bool silent = p->over && p->trouble == SILENCE;
    struct pollfd fds[] = {{.fd = p->listener, .events = POLLIN},
                           {.fd = silent ? -1 : p->client, .events = POLLIN},
                           {.fd = silent ? -1 : p->server, .events = POLLIN}};
    if (poll(fds, G_N_ELEMENTS(fds), 5) <= 0)
        return;
    if (fds[1].revents)
        pass_on(p, true);
    if (fds[2].revents && p->server >= 0)
        pass_on(p, false);
    if (fds[0].revents)
        take_client(p);
}

static bool went_wrong; /* in the last run */

/* Runs `systematica` with its connections led through the proxy. Returns its exit code; *said is
 * what it wrote. */
static int run_until_over(const char *line, Trouble trouble, gsize at, char **said) {
    Proxy p = {
        .listener = listen_at(proxy), .client = -1, .server = -1, .trouble = trouble, .at = at};
    g_autofree char *all = g_strdup_printf("'%s/systematica' %s", g_getenv("SY_BUILD_ROOT"), line);
    g_autofree char *file = g_build_filename(folder, "said", NULL);
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) error = NULL;
    pid_t child;
    int status;
    assert_true(g_shell_parse_argv(all, NULL, &argv, NULL));
    int out = g_open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!g_spawn_async_with_fds(folder, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child,
                                -1, out, out, &error))
        fail_msg("%s", error->message);
    while (waitpid(child, &status, WNOHANG) == 0)
        serve(&p);
    hang_up(&p);
    close(p.listener);
    close(out);
    *said = test_read(folder, "said");
    went_wrong = p.over;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *line, Trouble trouble, gsize at, char **said) {
    int code = run_until_over(line, trouble, at, said);
    if (trouble && !went_wrong)
        fail_msg("nothing went wrong in %s:\n%s", line, *said);
    return code;
}

#define LOAD "backtest pair --quiet --out out"

/* A workspace whose engine is the server behind the proxy, as `user`. */
static void set_engine(const char *user, const char *more) {
    g_autofree char *settings = g_strdup_printf(
        "[engines.research]\nurl = \"postgresql://%s:se%%40cret@/loads?host=%s%s\"\n", user, proxy,
        more);
    test_write(folder, ".workflow/settings.toml", settings);
}

static void check(const char *what, int code, const char *said, const char *says) {
    g_autofree char *host = g_strdup_printf("@/loads?host=%s", proxy);
    if (code != 4 || !strstr(said, host) || !strstr(said, says) || strstr(said, "cret"))
        fail_msg("%s: exit code %d, expected 4 and \"%s\":\n%s", what, code, says, said);
    if (test_exists(folder, "out"))
        fail_msg("%s: something was written:\n%s", what, said);
}

static void check_whole(void) {
    g_autofree char *said = NULL;
    int code = run(LOAD, NOTHING, 0, &said);
    if (code != 0)
        fail_msg("exit code %d:\n%s", code, said);
    g_autofree char *out = g_build_filename(folder, "out", NULL);
    test_folder_remove(out);
}

static void test_loads__a_connection_that_breaks_anywhere_leaves_nothing_half(void **state) {
    (void)state;
    set_engine("postgres", "");
    static const gsize at[] = {1, 300, 700, 1500, 3000, 20000, LEAST / 2, LEAST};
    for (gsize i = 0; i < G_N_ELEMENTS(at); i++) {
        g_autofree char *said = NULL;
        int code = run(LOAD, CUT, at[i], &said);
        g_autofree char *what = g_strdup_printf("cut at %zu", at[i]);
        check(what, code, said, "");
    }
    check_whole();
}

static void test_loads__what_ends_sessions_is_worth_another_try(void **state) {
    (void)state;
    set_engine("postgres", "&options=-c%20statement_timeout%3D300");
    static const struct {
        Trouble trouble;
        gsize at;
        const char *what, *says;
    } cases[] = {
        /* a session that is busy sending may have no time to say why */
        {TERMINATE, 60000, "terminated", "connection"},
        {RESTART, 60000, "restarted", "connection"},
        {CRASH, 60000, "crashed", ""},
        {STARTING, 0, "starting", "the server is starting"},
        {SILENCE, 60000, "silent", "no answer within 1.3 s"},
        {SILENCE, 1, "silent from the start", "no answer within 1.0 s"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *said = NULL;
        if (i + 1 == G_N_ELEMENTS(cases))
            set_engine("postgres", "&connect_timeout=1");
        int code = run(LOAD, cases[i].trouble, cases[i].at, &said);
        check(cases[i].what, code, said, cases[i].says);
    }
    set_engine("postgres", "");
    check_whole();
}

static void test_loads__a_server_that_takes_nobody_is_worth_another_try(void **state) {
    (void)state;
    g_autofree char *full = NULL;
    exec("DROP ROLE IF EXISTS crowd; CREATE ROLE crowd LOGIN CONNECTION LIMIT 0");
    set_engine("crowd", "");
    int code = run(LOAD, NOTHING, 0, &full);
    check("full", code, full, "too many connections");
    set_engine("postgres", "");
    g_autofree char *socket_file = g_build_filename(proxy, ".s.PGSQL.5432", NULL);
    g_unlink(socket_file);
    g_auto(TestRun) down = test_run(folder, "systematica", LOAD);
    check("down", down.code, down.err, "server");
    check_whole();
}

/* ---- the same for what is stored ---- */

static gint64 ask(const char *sql) { return test_query(direct, NULL, sql); }

static void test_loads__an_import_that_breaks_stores_nothing(void **state) {
    (void)state;
    enum { ROWS = 5000 };
    set_engine("postgres", "");
    g_autoptr(GString) text = g_string_new("symbol,close_datetime,open,high,low,close,volume\n");
    for (int row = 0; row < ROWS; row++)
        g_string_append_printf(text, "A,%d,1,2,0.5,%d.5,10\n", 1514764800 + 3600 * row, row + 1);
    test_write(folder, "bars.csv", text->str);
    const char *line = "data import --engine research --table imported --timeframe 1h bars.csv";
    /* from the first byte to the answer of the COMMIT: a connection that was idle is opened again,
     * and what became of a COMMIT is asked */
    static const Trouble troubles[] = {CUT, TERMINATE, RESTART, CRASH};
    int broken = 0;
    for (gsize at = 1; at < 1400; at += 67) {
        g_autofree char *said = NULL;
        Trouble trouble = at % 4 == 0 ? troubles[at / 4 % G_N_ELEMENTS(troubles)] : CUT;
        int code = run_until_over(line, trouble, at, &said);
        gint64 there = ask("SELECT count(*) FROM pg_class WHERE relname = 'imported'");
        if ((code != 0 && code != 4) || there != (code == 0) ||
            (there && ask("SELECT count(*) FROM imported") != ROWS))
            fail_msg("trouble %d at %zu: exit code %d:\n%s", trouble, at, code, said);
        broken += code == 4;
        exec("DROP TABLE IF EXISTS imported");
    }
    assert_true(broken > 10);
    assert_int_equal(ask("SELECT count(*) FROM pg_class WHERE relname = 'systematica_rows'"), 0);
    g_autofree char *said = NULL;
    if (run(line, NOTHING, 0, &said) != 0)
        fail_msg("%s", said);
    assert_non_null(strstr(said, "5000 new, 0 unchanged, 0 revised"));
    assert_int_equal(ask("SELECT count(*) FROM imported"), ROWS);
}

static int start(void **state) {
    (void)state;
    test_postgres_start();
    direct = test_postgres_database("loads");
    proxy = g_strdup("/tmp/sy-proxy-XXXXXX");
    assert_non_null(g_mkdtemp(proxy));
    folder = test_folder_new();
    g_auto(TestRun) made = test_run_expect(folder, "systematica", "init", 0);
    g_autofree char *text = live_template("pair", 3600, "");
    live_put_template(folder, "pair.toml", text);
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE candle AS SELECT s AS symbol, timestamptz '2018-01-01 01:00Z' + i * interval "
        "'1 hour' AS close_datetime, 100 + sin(i) AS open, 110::float8 AS high, 90::float8 AS low, "
        "100 + sin(i + ascii(s)) AS close, 10 AS volume FROM generate_series(1, %d) AS t (i), "
        "unnest(ARRAY['A', 'B']) AS u (s)",
        BARS);
    exec(sql);
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(proxy);
    test_folder_remove(folder);
    g_free(proxy);
    g_free(folder);
    g_free(direct);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads__a_connection_that_breaks_anywhere_leaves_nothing_half),
        cmocka_unit_test(test_loads__what_ends_sessions_is_worth_another_try),
        cmocka_unit_test(test_loads__a_server_that_takes_nobody_is_worth_another_try),
        cmocka_unit_test(test_loads__an_import_that_breaks_stores_nothing),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
