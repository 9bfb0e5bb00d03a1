/* Kept results of splits in the store. */
#include "test.h"

#include <string.h>

#include "database.h"
#include "store.h"
#include "store/retention.h"
#include "store/splits.h"

static SyKept result(guint8 name, gsize size) {
    SyKept kept = {.size = size, .bytes = g_malloc0(size)};
    memset(kept.key, name, sizeof kept.key);
    for (gsize i = 0; i < size; i++)
        kept.bytes[i] = (guint8)(name + i);
    return kept;
}

static void keep(SyStore *store, SyTime now, guint8 first, guint8 end) {
    g_auto(SySplits) splits = {0};
    sy_splits_init(&splits, store, now);
    SyKeeper keeper = sy_splits_keeper(&splits);
    for (guint8 name = first; name < end; name++) {
        SyKept kept = result(name, 100);
        keeper.keep(keeper.data, &kept, 1);
        g_free(kept.bytes);
    }
}

/* How many of the names first … end-1 are found, with the bytes that were kept. */
static gsize count_found(SyStore *store, SyTime now, guint8 first, guint8 end, gsize size,
                         guint8 also_keep) {
    gsize n = end - first, found = 0;
    g_auto(SySplits) splits = {0};
    sy_splits_init(&splits, store, now);
    SyKeeper keeper = sy_splits_keeper(&splits);
    g_autofree SyKept *kept = g_new0(SyKept, n);
    for (gsize i = 0; i < n; i++) {
        kept[i] = result((guint8)(first + i), size);
        memset(kept[i].bytes, 0, size);
    }
    keeper.find(keeper.data, kept, n);
    for (gsize i = 0; i < n; i++) {
        SyKept expected = result((guint8)(first + i), size);
        if (kept[i].found)
            assert_memory_equal(kept[i].bytes, expected.bytes, size);
        found += kept[i].found;
        g_free(expected.bytes);
    }
    if (also_keep) {
        SyKept new = result(also_keep, 100);
        keeper.keep(keeper.data, &new, 1);
        g_free(new.bytes);
    }
    for (gsize i = 0; i < n; i++)
        g_free(kept[i].bytes);
    return found;
}

static void test_splits__are_found_by_whoever_opens_the_store_next(void **state) {
    (void)state;
    SyStore *store = test_database_store();
    keep(store, 0, 1, 201); /* more than one query asks for */
    assert_int_equal(count_found(store, 0, 1, 251, 100, 0), 200);
    sy_store_close(store);
    store = test_database_store();
    assert_int_equal(count_found(store, 0, 1, 251, 100, 0), 200);
    assert_int_equal(count_found(store, 0, 1, 251, 99, 0), 0); /* another size is another result */
    sy_store_close(store);
}

static void test_splits__a_store_that_cannot_be_written_only_costs_time(void **state) {
    (void)state;
    SyStore *store = test_database_store();
    keep(store, 0, 1, 4);
    sy_store_close(store);
    g_autoptr(GError) error = NULL;
    store = sy_store_open(test_database_url(), NULL, true, &error);
    assert_non_null(store);
    keep(store, 0, 4, 8);
    assert_int_equal(count_found(store, 0, 1, 8, 100, 0), 3);
    sy_store_close(store);
}

static void test_splits__those_in_use_stay_the_others_go_after_half_a_year(void **state) {
    (void)state;
    SyStore *store = test_database_store();
    keep(store, 0, 1, 11);
    assert_int_equal(count_found(store, 100 * SY_DAY, 1, 6, 100, 100),
                     5); /* used, beside a new one */
    SyRetained removed;
    gint64 epoch;
    assert_good(sy_store_take_study(store, "pair", "test", 192 * SY_DAY, &epoch, &error));
    assert_good(
        sy_store_retain(store, &(SyRetention){.cache = 180}, 200 * SY_DAY, &removed, &error));
    assert_int_equal(removed.cache, 5);
    assert_int_equal(count_found(store, 200 * SY_DAY, 1, 11, 100, 0), 5);
    assert_int_equal(count_found(store, 200 * SY_DAY, 1, 6, 100, 0), 5);
    sy_store_close(store);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        test_on_fresh_database(test_splits__are_found_by_whoever_opens_the_store_next),
        test_on_fresh_database(test_splits__a_store_that_cannot_be_written_only_costs_time),
        test_on_fresh_database(test_splits__those_in_use_stay_the_others_go_after_half_a_year),
    };
    return test_database_run(argc, argv, tests);
}
