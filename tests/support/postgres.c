/* A throw-away PostgreSQL server. */
#include "postgres.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "cluster.h"
#include "db/db.h"
#include "test.h"

static void start_or_fail(bool (*begin)(char **why)) {
    char *why = NULL;
    if (!begin(&why))
        fail_msg("%s", why);
}

void test_postgres_start(void) { start_or_fail(cluster_start); }

void test_postgres_stop(void) { cluster_stop(); }

void test_postgres_launch(void) { start_or_fail(cluster_launch); }

void test_postgres_shutdown(TestPostgresStop how) {
    static const int signals[] = {
        [TEST_POSTGRES_FAST] = SIGINT, [TEST_POSTGRES_IMMEDIATE] = SIGQUIT};
    cluster_shutdown(signals[how]);
}

void test_postgres_restart(TestPostgresStop how) {
    test_postgres_shutdown(how);
    test_postgres_launch();
}

const char *test_postgres_socket(void) { return cluster_folder(); }

char *test_postgres_database(const char *name) {
    g_autofree char *all =
        g_strdup_printf("postgresql://postgres@/postgres?host=%s", cluster_folder());
    g_autofree char *quoted = sy_db_quote(name);
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE %s", quoted);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyDb) db = sy_db_open(all, NULL, SY_DB_WRITE, 5000, &error);
    if (!db || !sy_db_exec(db, sql, &error))
        fail_msg("%s", error->message);
    return g_strdup_printf("postgresql://postgres@/%s?host=%s", name, cluster_folder());
}

/* ---- a connection that breaks at a COMMIT ---- */

static struct sockaddr_un socket_of(const char *where) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", where);
    return address;
}

enum { MOST = 32 };

/* What a test asks of the process of a network. */
typedef struct {
    atomic_int drop, armed, away;
    TestCommit how;
    TestCommitOf of;
} Network;

/* The statement that makes a transaction one of a kind. */
static const char *const marks[] = {
    [TEST_COMMIT_OF_SLOTS] = "INSERT INTO slot ",
    [TEST_COMMIT_OF_DECISION] = "INSERT INTO decision ",
};

typedef struct {
    int listener, nth, seen;
    TestCommit how;
    struct {
        int client, server;
        char name[G_N_ELEMENTS(marks)][16]; /* of that statement, once it is prepared */
        bool ran[G_N_ELEMENTS(marks)];      /* … in this transaction */
    } pair[MOST];
    int pairs;
    Network *network; /* NULL: the nth COMMIT of all is the one */
} Proxy;

static void take_client(Proxy *proxy) {
    struct sockaddr_un address = socket_of(cluster_folder());
    int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
    int to_server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client >= 0 && to_server >= 0 && proxy->pairs < MOST);
    if ((proxy->network && atomic_load(&proxy->network->away)) ||
        connect(to_server, (struct sockaddr *)&address, sizeof address) != 0) {
        close(client); /* the server is away */
        close(to_server);
        return;
    }
    memset(&proxy->pair[proxy->pairs], 0, sizeof proxy->pair[0]);
    proxy->pair[proxy->pairs].client = client;
    proxy->pair[proxy->pairs++].server = to_server;
}

static void drop_pair(Proxy *proxy, int i) {
    close(proxy->pair[i].client);
    close(proxy->pair[i].server);
    proxy->pair[i] = proxy->pair[--proxy->pairs];
}

static bool send_all(int to, const char *bytes, gssize length) {
    return send(to, bytes, (gsize)length, MSG_NOSIGNAL) == length;
}

/* The server has done it once its answer is there. */
static void await_answer(int from) {
    char bytes[4096];
    gssize length = recv(from, bytes, sizeof bytes, 0);
    assert_true(length > 0 && memmem(bytes, (gsize)length, "COMMIT", 6));
}

/* Breaks the connection of a COMMIT as it was asked for. */
static void break_pair(Proxy *proxy, int i, const char *bytes, gssize length) {
    if (proxy->how != TEST_COMMIT_UNSENT) {
        assert_true(send_all(proxy->pair[i].server, bytes, length));
        await_answer(proxy->pair[i].server);
    }
    if (proxy->how >= TEST_COMMIT_RESTARTED)
        test_postgres_shutdown(TEST_POSTGRES_IMMEDIATE);
    drop_pair(proxy, i);
    if (proxy->how == TEST_COMMIT_RESTARTED)
        test_postgres_launch();
    if (proxy->network) {
        while (atomic_load(&proxy->network->away) && proxy->pairs)
            drop_pair(proxy, 0);
        atomic_store(&proxy->network->armed, 0);
    }
}

/* True where the connection is to break at this COMMIT. */
static bool is_the_one(Proxy *proxy, int i) {
    Network *network = proxy->network;
    if (!network)
        return ++proxy->seen == proxy->nth;
    bool of_kind = proxy->pair[i].ran[network->of];
    memset(proxy->pair[i].ran, 0, sizeof proxy->pair[i].ran);
    if (!of_kind || !atomic_load(&network->armed))
        return false;
    proxy->how = network->how;
    atomic_store(&network->away, atomic_load(&network->armed) == 2);
    return true;
}

/* A statement is sent once, after its name and a zero; then only its name between two. */
static void note_statements(Proxy *proxy, int i, const char *bytes, gsize length) {
    for (gsize m = 0; m < G_N_ELEMENTS(marks); m++) {
        char *name = proxy->pair[i].name[m];
        const char *text = memmem(bytes, length, marks[m], strlen(marks[m]));
        if (text && text - bytes > 2) {
            const char *begin = text - 1;
            do
                begin--;
            while (begin > bytes && g_ascii_isdigit(*begin));
            g_strlcpy(name, begin, sizeof proxy->pair[i].name[m]);
        }
        char between[20] = "";
        gsize size = 1 + (gsize)g_snprintf(between + 1, sizeof between - 1, "%s", name) + 1;
        proxy->pair[i].ran[m] |= *name && memmem(bytes, length, between, size) != NULL;
    }
}

/* Passes on what came; false where the pair is gone. */
static bool pass_on(Proxy *proxy, int i, bool from_client) {
    static const char commit[] = "Q\0\0\0\013COMMIT"; /* and its closing zero */
    char bytes[65536];
    int from = from_client ? proxy->pair[i].client : proxy->pair[i].server;
    gssize length = recv(from, bytes, sizeof bytes, 0);
    if (length > 0 && from_client)
        note_statements(proxy, i, bytes, (gsize)length);
    if (length > 0 && from_client && memmem(bytes, (gsize)length, commit, sizeof commit) &&
        is_the_one(proxy, i)) {
        break_pair(proxy, i, bytes, length);
        return false;
    }
    if (length > 0 &&
        send_all(from_client ? proxy->pair[i].server : proxy->pair[i].client, bytes, length))
        return true;
    drop_pair(proxy, i);
    return false;
}

static void serve_once(Proxy *proxy) {
    struct pollfd fds[1 + 2 * MOST] = {{.fd = proxy->listener, .events = POLLIN}};
    for (int i = 0; i < proxy->pairs; i++) {
        fds[1 + 2 * i] = (struct pollfd){.fd = proxy->pair[i].client, .events = POLLIN};
        fds[2 + 2 * i] = (struct pollfd){.fd = proxy->pair[i].server, .events = POLLIN};
    }
    if (poll(fds, 1 + 2 * (nfds_t)proxy->pairs, 20) <= 0)
        return;
    for (int i = proxy->pairs - 1; i >= 0; i--) /* from the end: one that is dropped moves up it */
        if (i < proxy->pairs && (!fds[1 + 2 * i].revents || pass_on(proxy, i, true)) &&
            fds[2 + 2 * i].revents)
            pass_on(proxy, i, false);
    if (fds[0].revents)
        take_client(proxy);
}

static int listen_at(const char *proxy_folder) {
    struct sockaddr_un address = socket_of(proxy_folder);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_unlink(address.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, MOST), 0);
    return listener;
}

int test_postgres_run_broken(const char *where, const char *proxy_folder, const char *program,
                             const char *line, int nth, TestCommit how, gboolean *broken) {
    g_autofree char *path = g_build_filename(g_getenv("SY_BUILD_ROOT"), program, NULL);
    g_autofree char *all = g_strdup_printf("'%s' %s", path, line);
    g_autofree char *said = g_build_filename(where, "said", NULL);
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) error = NULL;
    Proxy proxy = {.nth = nth, .how = how};
    pid_t child = 0;
    int status = 0;
    assert_true(g_shell_parse_argv(all, NULL, &argv, NULL));
    proxy.listener = listen_at(proxy_folder);
    int out = g_open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!g_spawn_async_with_fds(where, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child,
                                -1, out, out, &error))
        fail_msg("%s", error->message);
    while (waitpid(child, &status, WNOHANG) == 0)
        serve_once(&proxy);
    while (proxy.pairs)
        drop_pair(&proxy, 0);
    close(proxy.listener);
    close(out);
    *broken = proxy.seen >= nth;
    if (!cluster_runs())
        test_postgres_launch();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- a network that a test breaks as it likes ---- */

static Network *network;
static pid_t network_pid;

/* The programs' ends are closed; the server's stay open, and nobody reads them. */
static void drop_clients(Proxy *proxy) {
    while (proxy->pairs)
        close(proxy->pair[--proxy->pairs].client);
}

void test_network_start(const char *proxy_folder) {
    Proxy proxy = {.listener = listen_at(proxy_folder)};
    network =
        mmap(NULL, sizeof *network, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(network != MAP_FAILED);
    proxy.network = network;
    pid_t parent = getpid();
    network_pid = fork();
    assert_true(network_pid >= 0);
    if (network_pid > 0) {
        close(proxy.listener);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent) {
        serve_once(&proxy);
        if (atomic_load(&network->drop)) {
            drop_clients(&proxy);
            atomic_store(&network->drop, 0);
        }
    }
    _exit(0);
}

void test_network_stop(void) {
    if (network_pid <= 0)
        return;
    kill(network_pid, SIGKILL);
    waitpid(network_pid, NULL, 0);
    network_pid = 0;
    munmap(network, sizeof *network);
}

/* What is asked for happens in another process, within one of its turns. */
void test_network_drop(void) {
    atomic_store(&network->drop, 1);
    while (atomic_load(&network->drop))
        g_usleep(1000);
}

void test_network_break_commit(TestCommitOf of, TestCommit how, gboolean away) {
    network->of = of;
    network->how = how;
    atomic_store(&network->armed, away ? 2 : 1);
}

gboolean test_network_is_broken(void) { return atomic_load(&network->armed) == 0; }

void test_network_back(void) {
    atomic_store(&network->armed, 0);
    atomic_store(&network->away, 0);
}
