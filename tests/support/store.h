/* Stores in folders, for tests: slots that are decided, and what the tables say. */
#ifndef SY_TESTS_SUPPORT_STORE_H
#define SY_TESTS_SUPPORT_STORE_H

#include "store/slots.h"

/* Fails the test with the error's message where a call that reports into `error` fails. */
#define assert_good(call)                                                                          \
    do {                                                                                           \
        GError *error = NULL;                                                                      \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, error->message);                                             \
    } while (0)

/* FOLDER/state.db, made where absent. */
SyStore *test_store_open(const char *folder);

/* A trade slot that is to run, decided 3 ns after its nominal time. */
SySlotDecision test_slot(const char *study, SyTime nominal);

/* Decides that slot; the id of its run. */
gint64 test_store_plan(SyStore *store, const char *study, SyTime nominal, gint64 epoch);

/* First cell of a query on a database (`folder` as of sy_db_open); a database that does not answer
 * fails the test, and so does a query without a row. Text: NULL where there is none; g_free. */
gint64 test_query(const char *url, const char *folder, const char *sql);
double test_query_number(const char *url, const char *folder, const char *sql);
char *test_query_text(const char *url, const char *folder, const char *sql);
/* What statements change there. */
void test_change(const char *url, const char *folder, const char *sql);

/* The same on FOLDER/state.db. */
gint64 test_store_query(const char *folder, const char *sql);
void test_store_change(const char *folder, const char *sql);

/* The audit chain: fails the test where it is broken; how many events it has. */
gint64 test_store_assert_whole(SyStore *store);

#endif
