/* A throw-away PostgreSQL cluster. */
#include "cluster.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder, *data, *programs;
static pid_t server, owner;
static struct passwd *user; /* NULL: as we are. The server refuses to run as root. */

static bool fail(char **why, char *reason) {
    *why = reason;
    return false;
}

bool cluster_installed(char **why) {
    g_autofree char *out = NULL;
    char *argv[] = {"pg_config", "--bindir", NULL};
    int status = 0;
    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                      NULL, &out, NULL, &status, NULL) ||
        status != 0)
        return fail(why,
                    g_strdup("pg_config cannot be run (tools/packages.txt names its package)"));
    g_autofree char *initdb = g_build_filename(g_strstrip(out), "initdb", NULL);
    if (!g_file_test(initdb, G_FILE_TEST_IS_EXECUTABLE))
        return fail(why, g_strdup_printf("%s is not there (install postgresql-15)", initdb));
    g_free(programs);
    programs = g_strdup(out);
    return true;
}

static void become_user(void) {
    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
}

/* Runs in the child; after the change of user, which would take the signal back. */
static void prepare_server(gpointer unused) {
    (void)unused;
    become_user();
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != owner)
        _exit(126);
}

static void prepare_tool(gpointer unused) {
    (void)unused;
    become_user();
}

static bool give(const char *path) { return !user || chown(path, user->pw_uid, user->pw_gid) == 0; }

static bool make(char **why) {
    g_autofree char *initdb = g_build_filename(programs, "initdb", NULL);
    g_autofree char *out = NULL, *err = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    char *argv[] = {initdb,
                    "--no-sync",
                    "--auth=trust",
                    "--username=postgres",
                    "--encoding=UTF8",
                    "--locale=C",
                    "-D",
                    data,
                    NULL};
    if (!g_spawn_sync(folder, argv, NULL, G_SPAWN_DEFAULT, prepare_tool, NULL, &out, &err, &status,
                      &error) ||
        status != 0)
        return fail(why, g_strdup_printf("initdb: %s%s%s", error ? error->message : "",
                                         out ? out : "", err ? err : ""));
    /* one role with a password, to see a wrong one refused */
    g_autofree char *rules = g_build_filename(data, "pg_hba.conf", NULL);
    return (g_file_set_contents(rules, "local all locked scram-sha-256\nlocal all all trust\n", -1,
                                NULL) &&
            give(rules)) ||
           fail(why, g_strdup_printf("%s cannot be written", rules));
}

static bool is_ready(void) {
    g_autofree char *path = g_build_filename(data, "postmaster.pid", NULL);
    g_autofree char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "\nready");
}

bool cluster_launch(char **why) {
    g_autofree char *program = g_build_filename(programs, "postgres", NULL);
    g_autofree char *socket = g_strdup_printf("unix_socket_directories=%s", folder);
    g_autofree char *log = g_build_filename(folder, "log", NULL);
    g_autoptr(GError) error = NULL;
    char *argv[] = {program,
                    "-D",
                    data,
                    "-c",
                    socket,
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "fsync=off",
                    "-c",
                    "full_page_writes=off",
                    "-c",
                    "shared_buffers=16MB",
                    "-c",
                    "max_connections=30",
                    "-c",
                    "autovacuum=off",
                    NULL};
    int out = g_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0)
        return fail(why, g_strdup_printf("%s cannot be written", log));
    owner = getpid();
    bool spawned = g_spawn_async_with_fds(folder, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                          prepare_server, NULL, &server, -1, out, out, &error);
    g_close(out, NULL);
    if (!spawned)
        return fail(why, g_strdup_printf("postgres: %s", error->message));
    for (int tries = 0; !is_ready(); tries++) {
        if (tries > 3000 || waitpid(server, NULL, WNOHANG) != 0) {
            g_autofree char *said = NULL;
            g_file_get_contents(log, &said, NULL, NULL);
            return fail(why,
                        g_strdup_printf("postgres did not start:\n%s", said ? said : "no log"));
        }
        g_usleep(10000);
    }
    return true;
}

bool cluster_runs(void) { return server > 0; }

void cluster_shutdown(int signal) {
    if (server <= 0)
        return;
    kill(server, signal);
    waitpid(server, NULL, 0);
    server = 0;
}

/* A program that forks leaves the server to the parent. */
static void stop_at_exit(void) {
    if (getpid() == owner)
        cluster_stop();
}

bool cluster_start(char **why) {
    if (!cluster_installed(why))
        return false;
    user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    folder = g_strdup("/tmp/sy-pg-XXXXXX"); /* short: a socket's path holds 107 bytes */
    if (!g_mkdtemp(folder) || !give(folder)) {
        g_clear_pointer(&folder, g_free);
        return fail(why, g_strdup("no folder for a cluster can be made in /tmp"));
    }
    data = g_build_filename(folder, "data", NULL);
    static bool registered;
    owner = getpid();
    if (!registered)
        atexit(stop_at_exit);
    registered = true;
    return make(why) && cluster_launch(why);
}

static void remove_tree(const char *path) {
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *within = g_build_filename(path, name, NULL);
        remove_tree(within);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

void cluster_stop(void) {
    if (!folder)
        return;
    cluster_shutdown(SIGQUIT);
    remove_tree(folder);
    g_clear_pointer(&folder, g_free);
    g_clear_pointer(&data, g_free);
    g_clear_pointer(&programs, g_free);
}

const char *cluster_folder(void) { return folder; }
