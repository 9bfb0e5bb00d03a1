#include "database.h"

#include "test.h"

#include <string.h>

#include "cli.h"
#include "db/db.h"
#include "postgres.h"
#include "store.h"

static bool on_server;
static char *folder, *url;

void test_database_choose(int argc, char **argv) {
    on_server = argc > 1 && strcmp(argv[1], "postgresql") == 0;
}

char *test_database_new(void) {
    static int made;
    g_autofree char *name = g_strdup_printf("db%d", ++made);
    return on_server ? test_postgres_database(name)
                     : g_strdup_printf("sqlite:///%s/%s", folder, name);
}

int test_database_renew(void **state) {
    (void)state;
    g_free(url);
    url = test_database_new();
    return 0;
}

int test_database_start(void **state) {
    folder = test_folder_new();
    if (on_server)
        test_postgres_start();
    return test_database_renew(state);
}

int test_database_stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    g_clear_pointer(&url, g_free);
    g_clear_pointer(&folder, g_free);
    return 0;
}

bool test_database_on_server(void) { return on_server; }

const char *test_database_url(void) { return url; }

SyStore *test_database_store(void) {
    SyStore *store = NULL;
    assert_good((store = sy_store_open(url, NULL, false, &error)));
    return store;
}

gint64 test_database_query(const char *sql) { return test_query(url, NULL, sql); }

void test_database_change(const char *statements) { test_change(url, NULL, statements); }
