/* PostgreSQL behind db.h, as a module: the core loads it on the first postgresql:// URL, so that a
 * program without one does not link the client library.
 *
 * Statements are prepared on the server, rows come one by one and in binary. A connection that is
 * lost is reported by the call that finds out; the next transaction, or the next call outside of
 * one, opens it again. What was begun on the lost one is over: nothing of it is repeated here, but
 * for a COMMIT the server is asked what became of it.
 *
 * No call waits for ever: a server that takes what it is sent and says nothing is as good as gone.
 * Nor does the server keep what is ours for a client that is gone: the session before, which it
 * may take for alive for a while, is ended by the one that follows it. */
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "db/dialect.h"
#include "db/postgresql_copy.h"
#include "db/postgresql_value.h"
#include "db/sql.h"
#include "db/url.h"

typedef struct PgStatement PgStatement;

typedef struct {
    SyDb base;
    PGconn *connection; /* NULL where it was lost */
    char *name;
    char **options; /* key, value, …, NULL */
    char *session;  /* its application_name, which no other SyDb has */
    SyDbMode mode;
    int busy_ms;
    gint64 limit_ms;     /* of the server for a statement; only of a reader */
    int patience_ms;     /* how long an answer may take */
    bool silent;         /* it took longer: the connection was given up */
    guint generation;    /* how often it was opened; statements are prepared in one of them */
    bool in_transaction; /* as of the last answer */
    bool lost;           /* the connection was, in the middle of a transaction not yet ended */
    char *transaction;   /* id of a writer's; NULL of others */
    bool only_reads;     /* the transaction was begun for reading */
    PgStatement *active; /* the one whose rows are on their way */
    guint named;         /* statements so far */
    GString *drop;       /* DEALLOCATE of those that are gone */
    guint dropped;       /* how many it names */
    GPtrArray *locks;    /* names of those held */
    gint64 changes;
} PgDb;

struct PgStatement {
    SyStatement base;
    PgDb *db;
    char *sql, name[16];
    guint generation;
    bool reads_only;
    int portion;         /* rows of the next portion; 0: rows come one by one */
    bool declared, last; /* its cursor is there; its last portion is */
    int parameters, columns;
    Oid *parameter_type; /* [parameters] */
    char **value;        /* [parameters] */
    int *length, *format;
    char **column_name;
    SyPgColumn *column; /* [columns] */
    PGresult *row;      /* the row at hand, or a portion of which it is one */
    int at;             /* its number in there */
    GQueue ahead;       /* rows that came before another statement needed the connection */
    enum { READY, RUNNING, DONE } state;
};

/* ── errors ────────────────────────────────────────────────────────────────────────────────── */

/* By SQLSTATE; the first row that an error begins with is the one that counts. */
static const struct {
    const char *state;
    SyErrorCode error;
    const char *remedy; /* or NULL */
} states[] = {
    {"53100", SY_ERROR_IO, "no space left on the server; nothing was changed"},
    {"58", SY_ERROR_IO, "check the server's disk"},
    {"25006", SY_ERROR_IO, "the database or this user may only be read"},
    {"42501", SY_ERROR_IO, "ask for the privilege"},
    {"55P03", SY_ERROR_LOCKED, "another session is writing to it; try again"},
    {"55006", SY_ERROR_LOCKED, "another session is using it; try again"},
    {"40003", SY_ERROR_UNAVAILABLE, NULL}, /* completion unknown */
    {"40", SY_ERROR_LOCKED, "another transaction was in the way; try again"},
    {"25P03", SY_ERROR_UNAVAILABLE, "nothing of the transaction was stored"}, /* idle too long */
    {"28", SY_ERROR_TEMPLATE, "check the user and the password of the url in settings.toml"},
    {"3D", SY_ERROR_UNAVAILABLE, "check the name of the database, or make it with createdb"},
    {"57014", SY_ERROR_UNAVAILABLE, "a longer limit or an index may help"},
    {"57", SY_ERROR_UNAVAILABLE, NULL},
    {"53", SY_ERROR_UNAVAILABLE, NULL},
    {"08", SY_ERROR_UNAVAILABLE, NULL},
    {"XX001", SY_ERROR_UNAVAILABLE, "restore the database from a backup"},
    {"XX002", SY_ERROR_UNAVAILABLE, "an index is corrupt: REINDEX it"},
    {"22", SY_ERROR_DATA, NULL},
    {"23", SY_ERROR_DATA, NULL}, /* constraints */
    {"42", SY_ERROR_DATA, NULL}, /* syntax, no such table, no such column */
    {"21", SY_ERROR_DATA, NULL},
    {"3F", SY_ERROR_DATA, NULL},
    {"0A", SY_ERROR_DATA, NULL},
    {"54", SY_ERROR_DATA, NULL},
    {"P0", SY_ERROR_DATA, NULL}, /* raised by a trigger or function */
};

static bool fail_state(const char *name, const char *state, const char *message, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_str_has_prefix(state, states[i].state))
            return sy_fail(error, states[i].error, "%s: %s%s%s%s", name, message,
                           states[i].remedy ? " (" : "", states[i].remedy ? states[i].remedy : "",
                           states[i].remedy ? ")" : "");
    return sy_fail(error, SY_ERROR_FAILED, "%s: %s", name, message);
}

static void forget_rows(PgStatement *statement);

/* Gives up a connection that no longer answers. */
static void lose(PgDb *db) {
    if (db->active)
        db->active->state = DONE;
    db->active = NULL;
    PQfinish(db->connection);
    db->connection = NULL;
    db->silent = false;
    db->lost = db->in_transaction;
    db->in_transaction = false;
    g_string_truncate(db->drop, 0);
    db->dropped = 0;
}

static char *one_line(const char *text) {
    GString *line = g_string_new(NULL);
    for (; *text; text++)
        g_string_append_c(line, *text == '\n' || *text == '\t' ? ' ' : *text);
    return g_strstrip(g_string_free(line, FALSE));
}

static bool fail_lost(PgDb *db, const char *why, GError **error) {
    /* What follows the first line is a guess of the library's. */
    g_autofree char *reason = g_strndup(why, strcspn(why, "\n"));
    bool silent = db->silent;
    lose(db);
    if (silent)
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: no answer within %.1f s; gave it up",
                       db->name, (double)db->patience_ms / 1000);
    return sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: the connection was lost: %s", db->name,
                   *reason ? reason : "no reason given");
}

/* Why a statement failed. The server ends the connection after some errors. */
static bool fail(PgDb *db, const PGresult *result, GError **error) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (PQstatus(db->connection) == CONNECTION_BAD || !state)
        return fail_lost(db, result ? PQresultErrorMessage(result) : PQerrorMessage(db->connection),
                         error);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    g_autofree char *whole =
        g_strdup_printf("%s%s%s%s%s", primary ? primary : "", detail ? "; " : "",
                        detail ? detail : "", hint ? "; " : "", hint ? hint : "");
    g_autofree char *message = one_line(whole);
    fail_state(db->name, state, message, error);
    /* 57P0x, 25P03: told to go; the connection is about to close. */
    if (g_str_has_prefix(state, "57P") || strcmp(state, "25P03") == 0)
        lose(db);
    return false;
}

static bool is_good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
           status == PGRES_SINGLE_TUPLE || status == PGRES_EMPTY_QUERY;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

/* ── answers ───────────────────────────────────────────────────────────────────────────────── */

/* Waits until an answer is there. One that does not come in time is given up by closing the way it
 * would come: libpq then reports a lost connection, as it does of any other. */
static void await_answer(PgDb *db) {
    gint64 deadline = g_get_monotonic_time() + (gint64)db->patience_ms * 1000;
    while (PQsocket(db->connection) >= 0) {
        bool sending = PQflush(db->connection) > 0;
        if (!sending && !PQisBusy(db->connection))
            return;
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        struct pollfd wait = {.fd = PQsocket(db->connection),
                              .events = (short)(sending ? POLLIN | POLLOUT : POLLIN)};
        if (left > 0)
            poll(&wait, 1, (int)left);
        else if (!db->silent)
            shutdown(wait.fd, SHUT_RDWR);
        db->silent |= left <= 0;
        if ((left <= 0 || wait.revents) && !PQconsumeInput(db->connection))
            return;
    }
}

static PGresult *take_answer(PgDb *db) {
    await_answer(db);
    return PQgetResult(db->connection);
}

/* The whole answer to what was just sent: its last part, which tells what went wrong. */
static PGresult *answer(PgDb *db, int sent) {
    PGresult *last = NULL, *next;
    while (sent && (next = take_answer(db))) {
        PQclear(last);
        last = next;
    }
    return last;
}

static PGresult *ask(PgDb *db, const char *sql) {
    return answer(db, PQsendQuery(db->connection, sql));
}

/* The same with one parameter, a text. */
static PGresult *ask_of(PgDb *db, const char *sql, const char *value) {
    return answer(db, PQsendQueryParams(db->connection, sql, 1, NULL, &value, NULL, NULL, 0));
}

/* ── connections ───────────────────────────────────────────────────────────────────────────── */

/* Who writes holds others up, and has more to do than to wait: a connection is opened again soon or
 * not at all, and no statement takes long. Reading may, where a table is long. */
enum {
    connect_seconds = 10,
    connect_again_seconds = 3,
    most_ms_to_read = 120000, /* until the next row */
    most_ms_to_copy = 900000,
    most_ms_to_migrate = 600000,
    least_idle_ms = 1000, /* a writer whose program is gone keeps others waiting no longer */
    grace_ms = 1000,      /* the server's own limit comes first, and tells more */
};

#define MOST_S_TO_STREAM 900 /* until the last row */

static int most_ms(const PgDb *db) {
    return db->mode == SY_DB_READ ? (int)MIN(db->limit_ms, most_ms_to_read)
                                  : 2 * MAX(db->busy_ms, 1);
}

static const char timeout_key[] = "connect_timeout";

/* Defaults of keywords that the URL does not set: a server that vanished is noticed. */
static const char *const defaults[][2] = {
    {"client_encoding", "UTF8"}, {"keepalives_idle", "10"},     {"keepalives_interval", "5"},
    {"keepalives_count", "3"},   {"tcp_user_timeout", "20000"},
};

static bool is_known(const PQconninfoOption *known, const char *keyword) {
    for (; known && known->keyword; known++)
        if (strcmp(known->keyword, keyword) == 0)
            return true;
    return false;
}

static bool check_options(PgDb *db, GError **error) {
    PQconninfoOption *known = PQconndefaults();
    bool good = true;
    for (char **option = db->options; good && *option; option += 2)
        good = is_known(known, *option) ||
               sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: \"%s\" is no parameter of a PostgreSQL connection", db->name, *option);
    PQconninfoFree(known);
    const char *timeout = sy_db_url_option(db->options, timeout_key);
    return good &&
           (!timeout || g_ascii_string_to_signed(timeout, 10, -1, 3600, NULL, NULL) ||
            sy_fail(error, SY_ERROR_TEMPLATE, "%s: %s = \"%s\" is no number of seconds up to 3600",
                    db->name, timeout_key, timeout));
}

/* The five characters of an error while connecting, which are part of its text only:
 * "FATAL:  28P01: password …". */
static const char *state_within(const char *message, char state[static 6]) {
    for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
        gsize n = strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n == 5 && p[3 + n] == ':') {
            memcpy(state, p + 3, 5);
            state[5] = '\0';
            return p;
        }
    }
    return NULL;
}

static bool fail_connect(PgDb *db, PGconn *connection, GError **error) {
    char state[6] = "08001";
    g_autofree char *message = g_strdup(connection ? PQerrorMessage(connection) : "no memory");
    char *location = strstr(message, "\nLOCATION:");
    if (location)
        *location = '\0';
    const char *at = state_within(message, state);
    if (at) /* ":  28P01: password" becomes ": password" */
        memmove((char *)at + 1, at + 3 + 5 + 1, strlen(at + 3 + 5 + 1) + 1);
    g_autofree char *line = one_line(message);
    if (connection && PQconnectionNeedsPassword(connection))
        return sy_fail(error, SY_ERROR_TEMPLATE, "%s: %s (give the url one, or ~/.pgpass)",
                       db->name, line);
    return fail_state(db->name, state, line, error);
}

/* Waits for a connection that was begun. */
static bool await(PGconn *connection, gint64 deadline) {
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        struct pollfd wait = {.fd = PQsocket(connection),
                              .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (left <= 0 || poll(&wait, 1, (int)left) == 0)
            return false;
        status = PQconnectPoll(connection);
    }
    return true;
}

/* 0 is the client library's word for no limit; here there always is one. */
static int most_s_to_connect(const PgDb *db) {
    const char *wanted = sy_db_url_option(db->options, timeout_key);
    int seconds = wanted ? (int)g_ascii_strtoll(wanted, NULL, 10) : 0;
    return seconds > 0 ? seconds : db->generation ? connect_again_seconds : connect_seconds;
}

static PGconn *dial(PgDb *db, GError **error) {
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    for (char **option = db->options; *option; option += 2) {
        g_ptr_array_add(keys, option[0]);
        g_ptr_array_add(values, option[1]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(defaults); i++)
        if (!sy_db_url_option(db->options, defaults[i][0])) {
            g_ptr_array_add(keys, (gpointer)defaults[i][0]);
            g_ptr_array_add(values, (gpointer)defaults[i][1]);
        }
    g_ptr_array_add(keys, "application_name"); /* the last one counts */
    g_ptr_array_add(values, db->session);
    g_ptr_array_add(keys, NULL);
    g_ptr_array_add(values, NULL);
    int seconds = most_s_to_connect(db);
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    PGconn *connection = PQconnectStartParams((const char *const *)keys->pdata,
                                              (const char *const *)values->pdata, 0);
    if (!connection)
        g_error("out of memory");
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    bool in_time = PQstatus(connection) == CONNECTION_BAD || await(connection, deadline);
    if (in_time && PQstatus(connection) == CONNECTION_OK) {
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
        return connection;
    }
    if (in_time)
        fail_connect(db, connection, error);
    else
        sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: did not answer within %d s", db->name, seconds);
    PQfinish(connection);
    return NULL;
}

static void ignore_notice(void *unused, const PGresult *result) {
    (void)unused;
    (void)result;
}

/* Which limit there is for a statement that reads: ours, unless the server, the role or the URL
 * (options=-c statement_timeout=…) sets one. In milliseconds. */
static const char limit_sql[] =
    "SELECT (1000 * extract(epoch FROM set_config('statement_timeout', CASE "
    "current_setting('statement_timeout') WHEN '0' THEN '" G_STRINGIFY(
        MOST_S_TO_STREAM) "s' ELSE "
                          "current_setting('statement_timeout') END, false)::interval))::bigint";

/* Makes a session behave alike on every server. */
static char *session_sql(const PgDb *db) {
    GString *sql = g_string_new(NULL);
    g_string_printf(sql,
                    "SET lock_timeout = %d; SET timezone = 'UTC'; SET datestyle = 'ISO'; "
                    "SET standard_conforming_strings = on; SET extra_float_digits = 1; "
                    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; "
                    "SET tcp_keepalives_count = 3; ",
                    MAX(db->busy_ms, 1));
    if (db->mode == SY_DB_READ)
        g_string_append_printf(sql,
                               "SET idle_in_transaction_session_timeout = 0; "
                               "SET default_transaction_read_only = on; %s",
                               limit_sql);
    else
        g_string_append_printf(
            sql,
            "SET statement_timeout = %d; SET idle_in_transaction_session_timeout = %d; "
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool",
            most_ms(db), MAX(db->busy_ms, least_idle_ms));
    return g_string_free(sql, FALSE);
}

static bool set_up(PgDb *db, GError **error) {
    PQsetNoticeReceiver(db->connection, ignore_notice, NULL);
    g_autofree char *sql = session_sql(db);
    g_autoptr(PGresult) result = ask(db, sql);
    if (!is_good(result))
        return fail(db, result, error);
    const char *answered = PQgetvalue(result, 0, 0);
    if (db->mode == SY_DB_READ)
        db->limit_ms = g_ascii_strtoll(answered, NULL, 10);
    return db->mode == SY_DB_READ || *answered == 'f' ||
           sy_fail(error, SY_ERROR_IO,
                   "%s: may only be read (is it a standby, or is the user's "
                   "default_transaction_read_only on?)",
                   db->name);
}

#define KEY "hashtextextended($1::text || ' of ' || coalesce(current_schema()::text, ''), 1)"

static bool take_lock(PgDb *db, const char *name, bool *locked, GError **error) {
    g_autoptr(PGresult) result = ask_of(db, "SELECT pg_try_advisory_lock(" KEY ")", name);
    if (!is_good(result))
        return fail(db, result, error);
    *locked = *PQgetvalue(result, 0, 0) == 't';
    return true;
}

/* Sessions of ours before this one. The server may not know yet that nobody listens to them. */
#define BEFORE                                                                                     \
    "pg_stat_activity AS session WHERE application_name = current_setting('application_name') "    \
    "AND usename = current_user AND session.pid <> pg_backend_pid()"

/* Ends them. One that waits for a standby to have its commit goes on: it is no longer in doubt for
 * this server, and ending it would give up what it waits for. */
static bool end_sessions_before(PgDb *db, GError **error) {
    g_autoptr(PGresult) result = ask(db, "SELECT pg_terminate_backend(session.pid) FROM " BEFORE
                                         " AND wait_event IS DISTINCT FROM 'SyncRep'");
    return is_good(result) || fail(db, result, error);
}

static bool held_by_session_before(PgDb *db, const char *name, bool *held, GError **error) {
    g_autoptr(PGresult) result = ask_of(
        db,
        "SELECT EXISTS (SELECT 1 FROM " BEFORE " AND session.pid IN (SELECT held.pid FROM pg_locks "
        "AS held WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND "
        "(classid::bigint << 32 | objid::bigint) = " KEY "))",
        name);
    if (!is_good(result))
        return fail(db, result, error);
    *held = *PQgetvalue(result, 0, 0) == 't';
    return true;
}

/* Takes a lock that went with the lost connection, once the session that had it is over. */
static bool take_lock_again(PgDb *db, const char *name, GError **error) {
    enum { tries = 25, nap_us = 20000 };
    bool locked = false, ours = true;
    for (int i = 0; i < tries && ours && !locked; i++) {
        if (i > 0)
            g_usleep(nap_us);
        if (!take_lock(db, name, &locked, error) ||
            (!locked && !held_by_session_before(db, name, &ours, error)))
            return false;
    }
    /* the session may have ended between the two questions */
    if (!locked && !ours && !take_lock(db, name, &locked, error))
        return false;
    if (locked)
        return true;
    return ours ? sy_fail(error, SY_ERROR_UNAVAILABLE,
                          "%s: the connection was lost, and the session that had it still holds "
                          "the lock of %s",
                          db->name, name)
                : sy_fail(error, SY_ERROR_HELD,
                          "%s: the connection was lost, and another session took the lock of %s "
                          "in the meantime",
                          db->name, name);
}

static bool follow_session_before(PgDb *db, GError **error) {
    bool good = end_sessions_before(db, error);
    for (guint i = 0; good && i < db->locks->len; i++)
        good = take_lock_again(db, db->locks->pdata[i], error);
    return good;
}

static bool connect_to(PgDb *db, GError **error) {
    g_assert(!db->connection);
    db->connection = dial(db, error);
    if (!db->connection)
        return false;
    PQsetnonblocking(db->connection, 1); /* it is awaited here, with a limit */
    db->patience_ms = most_s_to_connect(db) * 1000;
    bool again = db->generation++ > 0;
    bool good = set_up(db, error) && (!again || follow_session_before(db, error));
    db->patience_ms = most_ms(db) + grace_ms;
    if (!good && db->connection)
        lose(db);
    return good;
}

/* ── one answer at a time ──────────────────────────────────────────────────────────────────── */

/* A connection that just broke was in a transaction if it was in one before. */
static void note_transaction(PgDb *db) {
    PGTransactionStatusType status = PQtransactionStatus(db->connection);
    if (status != PQTRANS_UNKNOWN)
        db->in_transaction = status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

/* The next answer to the active statement; NULL where there is no more. */
static PGresult *next_answer(PgDb *db) {
    PGresult *result = take_answer(db);
    if (!result) {
        db->active = NULL;
        note_transaction(db);
    }
    return result;
}

/* Another statement needs the connection: the rows still to come are kept in memory. */
static void read_ahead(PgDb *db) {
    PgStatement *statement = db->active;
    PGresult *result;
    while (statement && (result = next_answer(db)))
        g_queue_push_tail(&statement->ahead, result);
}

/* Leaves a statement whose rows nobody wants any more. A long answer is cancelled, unless it stands
 * in a transaction, which that would end, or changes something. */
static void abandon(PgStatement *statement) {
    enum { few = 1000 };
    PgDb *db = statement->db;
    if (db->active == statement) {
        gsize rows = 0;
        for (PGresult *result; (result = next_answer(db)); PQclear(result)) {
            if (++rows != few || db->in_transaction || !statement->reads_only)
                continue;
            char reason[256];
            PGcancel *cancel = PQgetCancel(db->connection);
            PQcancel(cancel, reason, sizeof reason); /* in vain: the rows are read all the same */
            PQfreeCancel(cancel);
        }
        if (PQstatus(db->connection) == CONNECTION_BAD)
            lose(db);
    }
    forget_rows(statement);
}

static void drop_statements(PgDb *db) {
    enum { many = 32 };
    if (db->dropped < many || PQtransactionStatus(db->connection) == PQTRANS_INERROR)
        return;
    PQclear(ask(db, db->drop->str));
    g_string_truncate(db->drop, 0);
    db->dropped = 0;
}

/* Makes the connection free for a call; opens it where it was lost, outside of a transaction. */
static bool ready(PgDb *db, GError **error) {
    if (db->lost)
        return sy_fail(error, SY_ERROR_UNAVAILABLE,
                       "%s: the connection was lost in the middle of a transaction", db->name);
    if (!db->connection)
        return connect_to(db, error);
    read_ahead(db);
    drop_statements(db);
    return true;
}

/* After a call failed: true where all that happened is that the connection had been lost while it
 * was idle, and it is open again. Only for calls that change nothing: they may be made once more.
 * `fresh`: the call has just opened the connection itself. */
static bool open_again(PgDb *db, bool fresh, GError **error) {
    if (db->connection || db->lost || fresh)
        return false;
    g_clear_error(error);
    return connect_to(db, error);
}

/* Runs SQL without parameters; NULL on errors. */
static PGresult *run(PgDb *db, const char *sql, GError **error) {
    g_autoptr(PGresult) result = ask(db, sql);
    note_transaction(db);
    if (is_good(result))
        return g_steal_pointer(&result);
    fail(db, result, error);
    return NULL;
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────── */

static void pg_close(SyDb *base) {
    PgDb *db = (PgDb *)base;
    PQfinish(db->connection);
    g_string_free(db->drop, TRUE);
    g_ptr_array_unref(db->locks);
    g_strfreev(db->options);
    g_free(db->session);
    g_free(db->transaction);
    g_free(db->name);
    g_free(db);
}

/* What the server's lists show: the URL's application_name and a number that no other has. */
static char *name_session(char **options) {
    enum { most = 40, characters = 16 }; /* the server keeps 63 of ASCII */
    const char *given = sy_db_url_option(options, "application_name");
    g_autofree char *plain = g_strndup(given ? given : "systematica", most);
    g_autofree char *number = g_uuid_string_random();
    for (char *c = plain; *c; c++)
        *c = g_ascii_isprint(*c) ? *c : '?';
    return g_strdup_printf("%s %.*s", plain, characters, number);
}

static SyDb *pg_open(const SyDbUrl *url, SyDbMode mode, int busy_ms, GError **error) {
    PgDb *db = g_new0(PgDb, 1);
    db->name = g_strdup(url->name);
    db->options = g_strdupv(url->options);
    db->session = name_session(url->options);
    db->mode = mode;
    db->busy_ms = busy_ms;
    db->drop = g_string_new(NULL);
    db->locks = g_ptr_array_new_with_free_func(g_free);
    if (check_options(db, error) && connect_to(db, error))
        return &db->base;
    pg_close(&db->base);
    return NULL;
}

static bool pg_exec(SyDb *base, const char *sql, GError **error) {
    PgDb *db = (PgDb *)base;
    if (!ready(db, error))
        return false;
    g_autoptr(PGresult) result = run(db, sql, error);
    return result != NULL;
}

/* ── transactions ──────────────────────────────────────────────────────────────────────────── */

static void forget_transaction(PgDb *db) {
    g_clear_pointer(&db->transaction, g_free);
    db->only_reads = false;
    db->lost = false;
}

/* Writers of one schema queue up for a lock that ends with the transaction. Only then does the
 * first statement take its view of the data, so that it sees what the writer before has done. */
#define BEGIN_WRITE                                                                                \
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id()::text, "         \
    "pg_advisory_xact_lock(hashtextextended(%s || coalesce(current_schema()::text, ''), 1))"
static const char begin_read[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

static bool begin(PgDb *db, bool writes, const char *sql, GError **error) {
    if (writes && db->mode == SY_DB_READ)
        return sy_fail(error, SY_ERROR_IO, "%s: was opened for reading", db->name);
    forget_transaction(db);
    bool fresh = db->connection == NULL;
    if (!ready(db, error))
        return false;
    if (db->in_transaction)
        return sy_fail(error, SY_ERROR_FAILED, "%s: a transaction within a transaction", db->name);
    g_autoptr(GError) reason = NULL;
    g_autoptr(PGresult) result = run(db, sql, &reason);
    forget_transaction(db); /* nothing was begun, nothing can be doubled */
    if (!result && open_again(db, fresh, &reason))
        result = run(db, sql, &reason);
    if (!result) {
        if (db->connection && db->in_transaction)
            PQclear(run(db, "ROLLBACK", NULL));
        forget_transaction(db);
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    db->only_reads = !writes;
    if (writes)
        db->transaction = g_strdup(PQgetvalue(result, 0, 0));
    return true;
}

static bool begin_write(PgDb *db, const char *what, GError **error) {
    g_auto(GStrv) parts = g_strsplit(what, "'", -1);
    g_autofree char *doubled = g_strjoinv("''", parts);
    g_autofree char *literal = g_strdup_printf("'%s of '", doubled);
    g_autofree char *sql = g_strdup_printf(BEGIN_WRITE, literal);
    return begin(db, true, sql, error);
}

static bool pg_begin(SyDb *base, SyDbMode mode, GError **error) {
    return mode == SY_DB_READ ? begin((PgDb *)base, false, begin_read, error)
                              : begin_write((PgDb *)base, "writer", error);
}

static bool pg_begin_beside(SyDb *base, const char *what, GError **error) {
    g_autofree char *whose = g_strdup_printf("writer of %s", what);
    return begin_write((PgDb *)base, whose, error);
}

static void pg_rollback(SyDb *base) {
    PgDb *db = (PgDb *)base;
    if (db->connection) {
        read_ahead(db);
        PQclear(run(db, "ROLLBACK", NULL));
    }
    forget_transaction(db);
}

typedef enum { UNKNOWN, COMMITTED, UNDONE } Outcome;

/* Asks the server, once it is there again, what became of a writer's transaction. */
static Outcome find_outcome(PgDb *db, const char *transaction) {
    gint64 deadline = g_get_monotonic_time() + (gint64)db->busy_ms * 1000;
    do {
        if (!db->connection && !connect_to(db, NULL)) {
            g_usleep(50000);
            continue;
        }
        g_autoptr(PGresult) result = ask_of(db, "SELECT pg_xact_status($1::xid8)", transaction);
        const char *status = is_good(result) ? PQgetvalue(result, 0, 0) : "";
        if (strcmp(status, "committed") == 0)
            return COMMITTED;
        if (strcmp(status, "aborted") == 0)
            return UNDONE;
        if (!is_good(result))
            fail(db, result, NULL);
        g_usleep(50000); /* "in progress": the old session is still at it */
    } while (g_get_monotonic_time() < deadline);
    return UNKNOWN;
}

static bool fail_commit(PgDb *db, GError *reason, GError **error) {
    g_autofree char *transaction = g_steal_pointer(&db->transaction);
    Outcome outcome = db->only_reads ? COMMITTED : UNDONE; /* what was read was read */
    forget_transaction(db);
    if (transaction)
        outcome = find_outcome(db, transaction);
    if (outcome == COMMITTED) {
        g_error_free(reason);
        return true;
    }
    g_propagate_prefixed_error(error, reason,
                               outcome == UNKNOWN ? "whether it was committed is not known: " : "");
    return false;
}

static bool pg_commit(SyDb *base, GError **error) {
    PgDb *db = (PgDb *)base;
    bool lost = db->lost, begun = db->in_transaction;
    if (lost || !begun || !db->connection) {
        forget_transaction(db);
        return sy_fail(error, lost ? SY_ERROR_UNAVAILABLE : SY_ERROR_FAILED,
                       lost ? "%s: the connection was lost in the middle of a transaction"
                            : "%s: there is no transaction to commit",
                       db->name);
    }
    read_ahead(db);
    GError *reason = NULL;
    g_autoptr(PGresult) result = run(db, "COMMIT", &reason);
    if (!result && !db->connection)
        return fail_commit(db, reason, error);
    forget_transaction(db);
    if (!result) { /* a deferred constraint: the transaction is over */
        g_propagate_error(error, reason);
        return false;
    }
    return strcmp(PQcmdStatus(result), "COMMIT") == 0 ||
           sy_fail(error, SY_ERROR_FAILED,
                   "%s: a statement of the transaction had failed; nothing was stored", db->name);
}

/* ── schemas and locks ─────────────────────────────────────────────────────────────────────── */

static bool pg_schema_version(SyDb *base, gint64 *version, GError **error) {
    PgDb *db = (PgDb *)base;
    *version = 0;
    if (!ready(db, error))
        return false;
    g_autoptr(PGresult) there = run(db, "SELECT to_regclass('schema_version') IS NOT NULL", error);
    if (!there || *PQgetvalue(there, 0, 0) == 'f')
        return there != NULL;
    g_autoptr(PGresult) stored =
        run(db, "SELECT coalesce(max(version), 0) FROM schema_version", error);
    if (stored)
        *version = g_ascii_strtoll(PQgetvalue(stored, 0, 0), NULL, 10);
    return stored != NULL;
}

static bool pg_migrate(SyDb *base, const char *sql, gint64 version, GError **error) {
    g_autofree char *schema = sy_sql_translate_schema(sql);
    g_autofree char *mark = g_strdup_printf(
        "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL); "
        "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%" G_GINT64_FORMAT ")",
        version);
    PgDb *db = (PgDb *)base;
    int patience_ms = db->patience_ms;
    db->patience_ms = most_ms_to_migrate;
    bool good = pg_exec(base, "SET LOCAL statement_timeout = 0", error) &&
                pg_exec(base, schema, error) && pg_exec(base, mark, error);
    db->patience_ms = patience_ms;
    return good;
}

/* A server may be set up to answer before a commit is on its disk. Settings that wait for more than
 * its own disk stay. */
static bool pg_make_durable(SyDb *base, GError **error) {
    return pg_exec(base,
                   "SELECT set_config('synchronous_commit', 'on', false) WHERE "
                   "current_setting('synchronous_commit') = 'off'",
                   error);
}

static bool pg_try_lock(SyDb *base, const char *name, bool *locked, GError **error) {
    PgDb *db = (PgDb *)base;
    bool fresh = db->connection == NULL;
    if (!ready(db, error))
        return false;
    *locked = g_ptr_array_find_with_equal_func(db->locks, name, g_str_equal, NULL);
    if (*locked)
        return true;
    g_autoptr(GError) reason = NULL;
    if (!take_lock(db, name, locked, &reason) &&
        !(open_again(db, fresh, &reason) && take_lock(db, name, locked, &reason))) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    if (*locked)
        g_ptr_array_add(db->locks, g_strdup(name));
    return true;
}

static void pg_unlock(SyDb *base, const char *name) {
    PgDb *db = (PgDb *)base;
    guint index;
    if (!g_ptr_array_find_with_equal_func(db->locks, name, g_str_equal, &index))
        return;
    g_ptr_array_remove_index(db->locks, index);
    if (!db->connection || db->lost)
        return;
    read_ahead(db);
    PQclear(ask_of(db, "SELECT pg_advisory_unlock(" KEY ")", name));
}

/* ── rows by COPY ──────────────────────────────────────────────────────────────────────────── */

bool sy_pg_take_time(SyDb *base, bool time, GError **error) {
    PgDb *db = (PgDb *)base;
    db->patience_ms = time ? most_ms_to_copy : most_ms(db) + grace_ms;
    return !time || pg_exec(base, "SET LOCAL statement_timeout = 0", error);
}

bool sy_pg_copy_begin(SyDb *base, const char *sql, GError **error) {
    PgDb *db = (PgDb *)base;
    if (!ready(db, error))
        return false;
    g_autoptr(PGresult) result = PQsendQuery(db->connection, sql) ? take_answer(db) : NULL;
    if (result && PQresultStatus(result) == PGRES_COPY_IN)
        return true;
    for (PGresult *rest; db->connection && (rest = take_answer(db));)
        PQclear(rest);
    return fail(db, result, error);
}

/* Waits until the server has taken what was given to libpq, which would keep any amount. What the
 * server says meanwhile is read: one that refuses the rows might else wait for us to listen. */
static bool send_all(PgDb *db) {
    gint64 deadline = g_get_monotonic_time() + (gint64)db->patience_ms * 1000;
    int unsent;
    while ((unsent = PQflush(db->connection)) > 0) {
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        struct pollfd wait = {.fd = PQsocket(db->connection), .events = POLLIN | POLLOUT};
        db->silent = left <= 0;
        if (db->silent || poll(&wait, 1, (int)left) < 0 ||
            ((wait.revents & ~POLLOUT) && !PQconsumeInput(db->connection)))
            return false;
    }
    return unsent == 0;
}

/* What the server says of the rows, once they have ended one way or the other. */
static bool end_rows(PgDb *db, GError **error) {
    g_autoptr(PGresult) result = answer(db, 1);
    note_transaction(db);
    return is_good(result) || fail(db, result, error);
}

/* Why it did not go on: what the server said where it is there. */
static bool fail_rows(PgDb *db, GError **error) {
    if (PQstatus(db->connection) == CONNECTION_BAD || db->silent)
        return fail_lost(db, PQerrorMessage(db->connection), error);
    return end_rows(db, error) && sy_fail(error, SY_ERROR_FAILED, "%s: took no rows", db->name);
}

bool sy_pg_copy_send(SyDb *base, const GByteArray *bytes, GError **error) {
    PgDb *db = (PgDb *)base;
    return (PQputCopyData(db->connection, (const char *)bytes->data, (int)bytes->len) == 1 &&
            send_all(db)) ||
           fail_rows(db, error);
}

bool sy_pg_copy_end(SyDb *base, bool good, GError **error) {
    PgDb *db = (PgDb *)base;
    if (PQputCopyEnd(db->connection, good ? NULL : "given up") == 1 && send_all(db))
        return end_rows(db, error);
    return fail_rows(db, error);
}

/* ── statements ────────────────────────────────────────────────────────────────────────────── */

static void forget_rows(PgStatement *statement) {
    PQclear(statement->row);
    statement->row = NULL;
    for (PGresult *result; (result = g_queue_pop_head(&statement->ahead));)
        PQclear(result);
}

/* A cursor makes the server keep each portion before it sends it: 45,488 rows take a fifth longer
 * than one by one, so this is for those who may leave. The first portion is for few. */
enum { first_portion = 64, most_portion = 2048 };

static void close_portions(PgStatement *statement);

/* What the server says of a statement: its parameters and columns. */
static void take_description(PgStatement *statement, const PGresult *result) {
    statement->parameters = PQnparams(result);
    statement->columns = PQnfields(result);
    gsize parameters = (gsize)statement->parameters, columns = (gsize)statement->columns;
    statement->parameter_type = g_new0(Oid, parameters);
    for (int i = 0; i < statement->parameters; i++)
        statement->parameter_type[i] = PQparamtype(result, i);
    statement->value = g_new0(char *, parameters + 1);
    statement->length = g_new0(int, parameters);
    statement->format = g_new0(int, parameters);
    statement->column_name = g_new0(char *, columns + 1);
    statement->column = g_new0(SyPgColumn, columns);
    bool binary = true;
    for (int i = 0; i < statement->columns; i++) {
        statement->column_name[i] = g_strdup(PQfname(result, i));
        binary &= sy_pg_column_init(&statement->column[i], PQftype(result, i));
    }
    for (int i = 0; i < statement->columns; i++)
        statement->column[i].binary = binary;
}

/* The answers to two questions that were sent together: each ends with a NULL, both with a mark. */
static void take_both(PgDb *db, PGresult **first, PGresult **second) {
    *first = answer(db, 1);
    *second = *first ? answer(db, 1) : NULL;
    for (PGresult *mark; (mark = take_answer(db)); PQclear(mark))
        if (PQresultStatus(mark) == PGRES_PIPELINE_SYNC) {
            PQclear(mark);
            break;
        }
    PQexitPipelineMode(db->connection);
    note_transaction(db);
}

/* Prepares a statement on the connection at hand and, the first time, has it described, in one
 * turn. */
static bool prepare(PgStatement *statement, GError **error) {
    PgDb *db = statement->db;
    g_autoptr(PGresult) prepared = NULL, described = NULL;
    g_snprintf(statement->name, sizeof statement->name, "s%u", ++db->named);
    bool sent = PQenterPipelineMode(db->connection) &&
                PQsendPrepare(db->connection, statement->name, statement->sql, 0, NULL) &&
                PQsendDescribePrepared(db->connection, statement->name) &&
                PQpipelineSync(db->connection);
    if (sent)
        take_both(db, &prepared, &described);
    if (!is_good(prepared) || !is_good(described))
        return fail(db, is_good(prepared) ? described : prepared, error);
    statement->generation = db->generation;
    if (!statement->value)
        take_description(statement, described);
    return true;
}

static void pg_finish(SyStatement *base) {
    PgStatement *statement = (PgStatement *)base;
    PgDb *db = statement->db;
    abandon(statement);
    close_portions(statement);
    if (db->connection && statement->generation == db->generation) {
        g_string_append_printf(db->drop, "DEALLOCATE %s;", statement->name);
        db->dropped++;
    }
    for (int i = 0; i < statement->parameters; i++)
        g_free(statement->value[i]);
    g_free(statement->value);
    g_free(statement->parameter_type);
    g_free(statement->length);
    g_free(statement->format);
    g_strfreev(statement->column_name);
    for (int i = 0; i < statement->columns; i++)
        sy_pg_column_clear(&statement->column[i]);
    g_free(statement->column);
    g_free(statement->sql);
    g_free(statement);
}

static SyStatement *pg_prepare(SyDb *base, const char *sql, GError **error) {
    PgDb *db = (PgDb *)base;
    if (!sy_sql_is_one(sql)) {
        sy_fail(error, SY_ERROR_DATA, "%s: exactly one SQL statement is expected, not: %s",
                db->name, sql);
        return NULL;
    }
    bool fresh = db->connection == NULL;
    if (!ready(db, error))
        return NULL;
    PgStatement *statement = g_new0(PgStatement, 1);
    statement->db = db;
    statement->sql = sy_sql_number_parameters(sql);
    statement->reads_only = sy_sql_reads_only(sql);
    g_autoptr(GError) reason = NULL;
    if (prepare(statement, &reason) ||
        (open_again(db, fresh, &reason) && prepare(statement, &reason)))
        return &statement->base;
    g_propagate_error(error, g_steal_pointer(&reason));
    pg_finish(&statement->base);
    return NULL;
}

static SyStatement *pg_prepare_portions(SyDb *base, const char *sql, GError **error) {
    SyStatement *statement = pg_prepare(base, sql, error);
    if (statement)
        ((PgStatement *)statement)->portion = first_portion;
    return statement;
}

/* Binds bytes in the text or (format 1) binary form of the parameter's type. */
static void bind_bytes(SyStatement *base, int parameter, char *value, gsize length, int format) {
    PgStatement *statement = (PgStatement *)base;
    g_assert(parameter >= 1 && parameter <= statement->parameters && length <= G_MAXINT);
    g_free(statement->value[parameter - 1]);
    statement->value[parameter - 1] = value;
    statement->length[parameter - 1] = (int)length;
    statement->format[parameter - 1] = format;
}

static void pg_bind_text(SyStatement *statement, int parameter, const char *text) {
    bind_bytes(statement, parameter, g_strdup(text), 0, 0);
}

static void pg_bind_integer(SyStatement *statement, int parameter, gint64 value) {
    bind_bytes(statement, parameter, g_strdup_printf("%" G_GINT64_FORMAT, value), 0, 0);
}

static void pg_bind_null(SyStatement *statement, int parameter) {
    bind_bytes(statement, parameter, NULL, 0, 0);
}

static void pg_bind_number(SyStatement *statement, int parameter, double value) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (value != value)
        pg_bind_null(statement, parameter);
    else
        bind_bytes(statement, parameter,
                   g_strdup(g_ascii_formatd(text, sizeof text, "%.17g", value)), 0, 0);
}

static void pg_bind_blob(SyStatement *statement, int parameter, gconstpointer bytes, gsize length) {
    char *copy = g_malloc(length + 1); /* never NULL, which would bind null */
    memcpy(copy, bytes, length);
    bind_bytes(statement, parameter, copy, length, 1);
}

/* Sends a statement; its rows come one by one. */
static bool start(PgStatement *statement, GError **error) {
    PgDb *db = statement->db;
    if (!ready(db, error) ||
        (statement->generation != db->generation && !prepare(statement, error)))
        return false;
    bool binary = statement->columns > 0 && statement->column[0].binary;
    if (!PQsendQueryPrepared(db->connection, statement->name, statement->parameters,
                             (const char *const *)statement->value, statement->length,
                             statement->format, binary))
        return fail(db, NULL, error);
    if (statement->columns > 0)
        PQsetSingleRowMode(db->connection);
    db->active = statement;
    statement->state = RUNNING;
    return true;
}

static SyDbStep end(PgStatement *statement, SyDbStep step) {
    statement->state = DONE;
    if (statement->db->active == statement)
        abandon(statement);
    forget_rows(statement);
    return step;
}

/* The command is done: how many rows it changed. */
static void take_changes(PgDb *db, PGresult *result) {
    static const char *const changing[] = {"INSERT", "UPDATE", "DELETE", "MERGE"};
    for (gsize i = 0; i < G_N_ELEMENTS(changing); i++)
        if (g_str_has_prefix(PQcmdStatus(result), changing[i]))
            db->changes = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
}

/* Why the rows ended before their end. */
static SyDbStep end_failed(PgStatement *statement, PGresult *result, GError **error) {
    PgDb *db = statement->db;
    g_autoptr(PGresult) failed = result;
    /* The rest of the answer first, so that the connection's state is the one after the error. */
    while (db->active == statement)
        PQclear(next_answer(db));
    if (db->connection)
        fail(db, failed, error);
    else
        sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: the connection was lost", db->name);
    return end(statement, SY_DB_FAILED);
}

/* ── rows in portions ──────────────────────────────────────────────────────────────────────── */

/* Asks for the next portion and does not wait for it. */
static bool ask_portion(PgStatement *statement, GError **error) {
    PgDb *db = statement->db;
    if (!ready(db, error))
        return false;
    g_autofree char *sql = g_strdup_printf("FETCH %d FROM %s", statement->portion, statement->name);
    if (!PQsendQueryParams(db->connection, sql, 0, NULL, NULL, NULL, NULL,
                           statement->columns > 0 && statement->column[0].binary))
        return fail(db, NULL, error);
    db->active = statement;
    return true;
}

static bool declare(PgStatement *statement, GError **error) {
    PgDb *db = statement->db;
    if (!ready(db, error))
        return false;
    g_autofree char *sql =
        g_strdup_printf("DECLARE %s NO SCROLL CURSOR FOR %s", statement->name, statement->sql);
    g_autoptr(PGresult) result = answer(
        db, PQsendQueryParams(db->connection, sql, statement->parameters, statement->parameter_type,
                              (const char *const *)statement->value, statement->length,
                              statement->format, 0));
    note_transaction(db);
    if (!is_good(result))
        return fail(db, result, error);
    statement->declared = true;
    statement->last = false;
    statement->portion = first_portion;
    statement->state = RUNNING;
    return ask_portion(statement, error);
}

/* The answer to what ask_portion asked for; the next portion is on its way while this one is read.
 */
static SyDbStep take_portion(PgStatement *statement, GError **error) {
    PgDb *db = statement->db;
    if (db->active == statement)
        read_ahead(db);
    PGresult *result = g_queue_pop_head(&statement->ahead);
    if (!result || PQresultStatus(result) != PGRES_TUPLES_OK)
        return end_failed(statement, result, error);
    PQclear(statement->row);
    statement->row = result;
    statement->at = 0;
    int rows = PQntuples(result);
    statement->last = rows < statement->portion;
    statement->portion = MIN(8 * statement->portion, most_portion);
    if (!statement->last && !ask_portion(statement, error))
        return end(statement, SY_DB_FAILED);
    return rows > 0 ? SY_DB_ROW : end(statement, SY_DB_DONE);
}

static SyDbStep step_portions(PgStatement *statement, GError **error) {
    if (statement->state == READY && !declare(statement, error))
        return end(statement, SY_DB_FAILED);
    if (statement->row && ++statement->at < PQntuples(statement->row))
        return SY_DB_ROW;
    return statement->last ? end(statement, SY_DB_DONE) : take_portion(statement, error);
}

/* Closes what the transaction at hand has of it. */
static void close_portions(PgStatement *statement) {
    PgDb *db = statement->db;
    if (!statement->declared)
        return;
    statement->declared = false;
    if (!db->connection || PQtransactionStatus(db->connection) != PQTRANS_INTRANS)
        return;
    g_autofree char *sql = g_strdup_printf("CLOSE %s", statement->name);
    PQclear(run(db, sql, NULL));
}

static SyDbStep pg_step(SyStatement *base, GError **error) {
    PgStatement *statement = (PgStatement *)base;
    PgDb *db = statement->db;
    if (statement->portion)
        return step_portions(statement, error);
    if (statement->state == READY && !start(statement, error))
        return end(statement, SY_DB_FAILED);
    PQclear(statement->row);
    statement->row = g_queue_pop_head(&statement->ahead);
    if (!statement->row && db->active == statement)
        statement->row = next_answer(db);
    if (!statement->row)
        return end(statement, SY_DB_DONE);
    ExecStatusType status = PQresultStatus(statement->row);
    if (status == PGRES_SINGLE_TUPLE)
        return SY_DB_ROW;
    if (is_good(statement->row)) { /* the end of the rows */
        take_changes(db, statement->row);
        return end(statement, SY_DB_DONE);
    }
    return end_failed(statement, g_steal_pointer(&statement->row), error);
}

static void pg_reset(SyStatement *base) {
    PgStatement *statement = (PgStatement *)base;
    abandon(statement);
    close_portions(statement);
    statement->state = READY;
    for (int i = 1; i <= statement->parameters; i++)
        pg_bind_null(base, i);
}

static bool pg_reads_only(SyStatement *statement) { return ((PgStatement *)statement)->reads_only; }

/* ── rows ──────────────────────────────────────────────────────────────────────────────────── */

static int pg_columns(SyStatement *statement) { return ((PgStatement *)statement)->columns; }

static const char *pg_column_name(SyStatement *statement, int column) {
    return ((PgStatement *)statement)->column_name[column];
}

/* A cell of the row at hand. */
static SyPgCell cell(SyStatement *base, int column) {
    const PgStatement *statement = (const PgStatement *)base;
    if (!statement->row || PQgetisnull(statement->row, statement->at, column))
        return (SyPgCell){.column = &statement->column[column]};
    return (SyPgCell){.column = &statement->column[column],
                      .bytes = PQgetvalue(statement->row, statement->at, column),
                      .length = (gsize)PQgetlength(statement->row, statement->at, column)};
}

static SyDbType pg_type(SyStatement *statement, int column) {
    return sy_pg_cell_type(cell(statement, column));
}

static gint64 pg_integer(SyStatement *statement, int column) {
    return sy_pg_cell_integer(cell(statement, column));
}

static double pg_number(SyStatement *statement, int column) {
    return sy_pg_cell_number(cell(statement, column));
}

static int pg_numbers(SyStatement *statement, int column, int count, double *values) {
    for (int i = 0; i < count; i++) {
        SyPgCell next = cell(statement, column + i);
        SyDbType type = sy_pg_cell_type(next);
        if (type != SY_DB_NUMBER && type != SY_DB_INTEGER)
            return i;
        values[i] = sy_pg_cell_number(next);
    }
    return count;
}

static bool pg_time(SyStatement *statement, int column, SyTime *time) {
    return sy_pg_cell_time(cell(statement, column), time);
}

static const char *pg_text(SyStatement *statement, int column, gsize *length) {
    return sy_pg_cell_text(cell(statement, column), length);
}

static gconstpointer pg_blob(SyStatement *statement, int column, gsize *length) {
    return sy_pg_cell_blob(cell(statement, column), length);
}

static gint64 pg_changes(SyDb *db) { return ((PgDb *)db)->changes; }

/* "schema.table" is two names; else one, in the schema that comes first. */
static char *name_table(const char *name) {
    const char *dot = strchr(name, '.');
    g_autofree char *schema = g_strndup(name, dot ? (gsize)(dot - name) : 0);
    g_autofree char *quoted_schema = sy_pg_quote(schema);
    g_autofree char *quoted = sy_pg_quote(dot ? dot + 1 : name);
    return dot ? g_strdup_printf("%s.%s", quoted_schema, quoted) : g_steal_pointer(&quoted);
}

/* The core takes no module of another version. */
extern const char sy_module_version[];
extern const SyDialect sy_dialect_postgresql;
const char sy_module_version[] = SY_VERSION;

const SyDialect sy_dialect_postgresql = {
    .name = "postgresql",
    .copy_program = "pg_dump and pg_restore",
    .open = pg_open,
    .close = pg_close,
    .exec = pg_exec,
    .begin = pg_begin,
    .begin_beside = pg_begin_beside,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .schema_version = pg_schema_version,
    .migrate = pg_migrate,
    .make_durable = pg_make_durable,
    .try_lock = pg_try_lock,
    .unlock = pg_unlock,
    .prepare = pg_prepare,
    .prepare_portions = pg_prepare_portions,
    .finish = pg_finish,
    .bind_text = pg_bind_text,
    .bind_integer = pg_bind_integer,
    .bind_number = pg_bind_number,
    .bind_blob = pg_bind_blob,
    .bind_null = pg_bind_null,
    .step = pg_step,
    .reset = pg_reset,
    .reads_only = pg_reads_only,
    .columns = pg_columns,
    .column_name = pg_column_name,
    .type = pg_type,
    .integer = pg_integer,
    .number = pg_number,
    .numbers = pg_numbers,
    .time = pg_time,
    .text = pg_text,
    .blob = pg_blob,
    .changes = pg_changes,
    .upsert_begin = sy_pg_upsert_begin,
    .upsert_put = sy_pg_upsert_put,
    .upsert_end = sy_pg_upsert_end,
    .upsert_free = sy_pg_upsert_free,
    .name_table = name_table,
    .table_sql =
        "SELECT coalesce(to_regclass(quote_ident(?1)), to_regclass(quote_ident(lower(?1))), "
        "to_regclass(quote_ident(split_part(?1, '.', 1)) || '.' || "
        "quote_ident(substr(?1, strpos(?1, '.') + 1))), "
        "to_regclass(quote_ident(lower(split_part(?1, '.', 1))) || '.' || "
        "quote_ident(lower(substr(?1, strpos(?1, '.') + 1)))))::text",
    .tables_sql =
        /* neither the system's nor TimescaleDB's, nor what is a part of others */
    "SELECT CASE WHEN pg_table_is_visible(c.oid) THEN '' ELSE n.nspname || '.' END || c.relname "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', "
    "'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname "
    "NOT LIKE '%timescaledb%' AND n.nspname <> 'information_schema' ORDER BY NOT "
    "pg_table_is_visible(c.oid), 1",
    .clustered = "",
    .stored_order = "tableoid, ctid",
    .time_type = "TIMESTAMPTZ",
};
