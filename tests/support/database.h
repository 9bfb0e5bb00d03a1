/* The database of a test program that runs over each kind of them (`of_each_database` of
 * tests/unit/meson.build): a file, or with the program's first argument "postgresql" one of a
 * server that is started for it. */
#ifndef SY_TESTS_SUPPORT_DATABASE_H
#define SY_TESTS_SUPPORT_DATABASE_H

#include "store/store.h"

/* Runs the tests of main() over the database that its arguments ask for; its exit code. */
#define test_database_run(argc, argv, tests)                                                       \
    (test_database_choose(argc, argv),                                                             \
     cmocka_run_group_tests(tests, test_database_start, test_database_stop))

/* A test that wants an empty database of its own. */
#define test_on_fresh_database(test) cmocka_unit_test_setup(test, test_database_renew)

void test_database_choose(int argc, char **argv);
int test_database_start(void **state);
int test_database_stop(void **state);
int test_database_renew(void **state);

bool test_database_on_server(void);
const char *test_database_url(void); /* lives until the next test */
char *test_database_new(void);       /* the URL of another, empty one; g_free */

SyStore *test_database_store(void);                /* its store, made where absent */
gint64 test_database_query(const char *sql);       /* first cell */
void test_database_change(const char *statements); /* what no function of the store does */

#endif
