/* A PostgreSQL server for one test program: a throw-away cluster on a socket in a folder of its
 * own, no network, no flushing to disk. It ends with the test program, however that ends. */
#ifndef SY_TESTS_SUPPORT_POSTGRES_H
#define SY_TESTS_SUPPORT_POSTGRES_H

#include <glib.h>

/* Starts the server. A server that does not start fails the test. */
void test_postgres_start(void);
void test_postgres_stop(void);

typedef enum {
    TEST_POSTGRES_FAST,      /* sessions are told to go, transactions are undone */
    TEST_POSTGRES_IMMEDIATE, /* as if the power had failed */
} TestPostgresStop;

/* Shuts the server down; data stay. test_postgres_launch starts it again. */
void test_postgres_shutdown(TestPostgresStop how);
void test_postgres_launch(void);
void test_postgres_restart(TestPostgresStop how);

/* Makes an empty database and returns its URL. Free with g_free. */
char *test_postgres_database(const char *name);

/* The folder of the socket, for URLs of one's own. */
const char *test_postgres_socket(void);

/* ---- a connection that breaks at a COMMIT ---- */

typedef enum {
    TEST_COMMIT_UNSENT,    /* the connection breaks before the server sees it */
    TEST_COMMIT_UNHEARD,   /* … after the server has done it, before the answer */
    TEST_COMMIT_RESTARTED, /* … and the server with it, which comes back at once */
    TEST_COMMIT_GONE,      /* … which comes back when the program has ended */
} TestCommit;

/* Runs a program of the build folder in `folder` with its connections to the server led through
 * socket files of `proxy`, a folder that its URLs name as host, and breaks the one of the nth
 * COMMIT (from 1). Returns the exit code; *broken tells whether there was such a COMMIT. What the
 * program says lands in the file "said" of the folder. */
int test_postgres_run_broken(const char *folder, const char *proxy, const char *program,
                             const char *line, int nth, TestCommit how, gboolean *broken);

/* ---- a network that a test breaks as it likes ---- */

/* Starts a process that leads connections through a socket file in `proxy` to the server; URLs name
 * that folder as host. test_network_stop, or the end of the test, ends it. */
void test_network_start(const char *proxy);
void test_network_stop(void);

/* Drops all connections on the programs' side; the server hears nothing of it and keeps its ends.
 * Returns when it is done; new connections are served. */
void test_network_drop(void);

typedef enum {
    TEST_COMMIT_OF_SLOTS,    /* whoever decides slots: a daemon */
    TEST_COMMIT_OF_DECISION, /* whoever decides on a bar: a worker */
} TestCommitOf;

/* Their next COMMIT breaks their connection: TEST_COMMIT_UNSENT or TEST_COMMIT_UNHEARD. With `away`
 * nobody can connect from then on until test_network_back. */
void test_network_break_commit(TestCommitOf of, TestCommit how, gboolean away);
gboolean test_network_is_broken(void); /* it has happened */
void test_network_back(void);

#endif
