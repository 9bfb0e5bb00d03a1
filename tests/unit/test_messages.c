/* The queue of messages: folding, digests, deliveries that fail. */
#include "test.h"

#include <string.h>

#include "cli.h"
#include "postgres.h"
#include "store/messages.h"

static char *folder, *url;
static bool on_server; /* the program's first argument is "postgresql" */

static int make_folder(void **state) {
    (void)state;
    folder = test_folder_new();
    url = test_database_url(folder, on_server);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    g_free(url);
    g_free(folder);
    return 0;
}

static SyStore *open_store(void) {
    g_autoptr(GError) error = NULL;
    SyStore *store = sy_store_open(url, NULL, false, &error);
    if (!store)
        fail_msg("%s", error->message);
    return store;
}

/* Queues an alarm of a key; whether it was folded. */
static bool add(SyStore *store, const char *key, const char *text, SyTime now) {
    const SyMessage message = {.messenger = (char *)"ops",
                               .key = (char *)key,
                               .level = (char *)"alarm",
                               .study = (char *)"dale",
                               .run = 7,
                               .title = (char *)"title",
                               .text = (char *)text,
                               .created = now};
    bool folded = false;
    g_autoptr(GError) error = NULL;
    if (!sy_store_add_message(store, &message, &folded, &error))
        fail_msg("%s", error->message);
    return folded;
}

static GPtrArray *due(SyStore *store, SyTime now) {
    g_autoptr(GError) error = NULL;
    GPtrArray *found = sy_store_due_messages(store, now, 100, &error);
    if (!found)
        fail_msg("%s", error->message);
    return found;
}

static void test_messages__of_one_cause_are_folded_while_one_waits(void **state) {
    (void)state;
    g_autoptr(SyStore) store = open_store();
    assert_false(add(store, "fold", "first", 100));
    assert_true(add(store, "fold", "second", 200));
    assert_false(add(store, "other", "else", 300));
    g_autoptr(GPtrArray) none = due(store, 99);
    assert_int_equal(none->len, 0);
    g_autoptr(GPtrArray) found = due(store, 300);
    assert_int_equal(found->len, 2);
    const SyMessage *first = found->pdata[0], *other = found->pdata[1];
    assert_string_equal(first->text, "second");
    assert_int_equal(first->count, 2);
    assert_int_equal(first->created, 100);
    assert_string_equal(first->study, "dale");
    assert_int_equal(first->run, 7);
    assert_string_equal(other->key, "other");
    assert_int_equal(other->count, 1);
    for (guint i = 0; i < found->len; i++)
        assert_true(sy_store_message_sent(store, ((SyMessage *)found->pdata[i])->id, 300, NULL));
    g_autoptr(GPtrArray) sent = due(store, 1000 * SY_DAY);
    assert_int_equal(sent->len, 0);
}

static void test_messages__of_a_cause_that_goes_on_are_a_digest_an_hour(void **state) {
    (void)state;
    g_autoptr(SyStore) store = open_store();
    const SyTime start = 10 * SY_DAY;
    assert_false(add(store, "again", "1", start));
    g_autoptr(GPtrArray) first = due(store, start);
    assert_int_equal(first->len, 1);
    assert_true(sy_store_message_sent(store, ((SyMessage *)first->pdata[0])->id, start, NULL));
    assert_false(add(store, "again", "2", start + SY_MINUTE));
    assert_true(add(store, "again", "3", start + 2 * SY_MINUTE));
    g_autoptr(GPtrArray) early = due(store, start + SY_HOUR - 1);
    assert_int_equal(early->len, 0);
    SyTime next = 0;
    assert_true(sy_store_next_message(store, &next, NULL));
    assert_int_equal(next, start + SY_HOUR);
    g_autoptr(GPtrArray) digest = due(store, start + SY_HOUR);
    assert_int_equal(digest->len, 1);
    assert_int_equal(((SyMessage *)digest->pdata[0])->count, 2);
    assert_true(
        sy_store_message_sent(store, ((SyMessage *)digest->pdata[0])->id, start + SY_HOUR, NULL));
    assert_false(add(store, "again", "4", start + 5 * SY_HOUR));
    g_autoptr(GPtrArray) later = due(store, start + 5 * SY_HOUR);
    assert_int_equal(later->len, 1);
    assert_true(sy_store_message_sent(store, ((SyMessage *)later->pdata[0])->id, next, NULL));
    assert_true(sy_store_next_message(store, &next, NULL));
    assert_true(next == SY_TIME_NONE);
}

static void test_messages__that_fail_wait_or_end(void **state) {
    (void)state;
    g_autoptr(SyStore) store = open_store();
    const SyTime start = 20 * SY_DAY;
    assert_false(add(store, "fails", "x", start));
    for (int attempt = 0; attempt < 3; attempt++) {
        SyTime now = start + attempt * SY_MINUTE;
        g_autoptr(GPtrArray) found = due(store, now);
        assert_int_equal(found->len, 1);
        const SyMessage *message = found->pdata[0];
        assert_int_equal(message->attempts, attempt);
        SyTime next = attempt < 2 ? now + SY_MINUTE : SY_TIME_NONE;
        assert_true(sy_store_message_failed(store, message->id, "HTTP 503 \xff", now, next, NULL));
        g_autoptr(GPtrArray) none = due(store, now);
        assert_int_equal(none->len, 0);
    }
    g_autoptr(GPtrArray) ended = due(store, 1000 * SY_DAY);
    assert_int_equal(ended->len, 0);
    assert_false(add(store, "fails", "y", start + SY_HOUR)); /* nothing was told: a new one */
    g_autoptr(GPtrArray) fresh = due(store, start + SY_HOUR);
    assert_int_equal(fresh->len, 1);
}

int main(int argc, char **argv) {
    on_server = argc > 1 && strcmp(argv[1], "postgresql") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages__of_one_cause_are_folded_while_one_waits),
        cmocka_unit_test(test_messages__of_a_cause_that_goes_on_are_a_digest_an_hour),
        cmocka_unit_test(test_messages__that_fail_wait_or_end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
