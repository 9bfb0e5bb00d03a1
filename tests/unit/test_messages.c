/* The queue of messages in the store: folding, claims, deliveries that fail, what is forgotten. */
#include "test.h"

#include <string.h>

#include "database.h"
#include "store.h"
#include "store/events.h"
#include "store/messages.h"
#include "store/retention.h"

static SyStore *store;

static int open_store(void **state) {
    test_database_start(state);
    store = test_database_store();
    return 0;
}

static int close_store(void **state) {
    sy_store_close(store);
    return test_database_stop(state);
}

static void queue(const char *messenger, const char *fallback, const char *key, const char *text,
                  SyTime now) {
    SyMessage message = {.messenger = (char *)messenger,
                         .fallback = (char *)fallback,
                         .key = (char *)key,
                         .kind = (char *)"failed",
                         .level = (char *)"alarm",
                         .study = (char *)"dale",
                         .run = 7,
                         .title = (char *)"dale: a run failed",
                         .text = (char *)text,
                         .count = 1,
                         .created = now};
    g_autoptr(GPtrArray) messages = g_ptr_array_new(), alarms = g_ptr_array_new();
    g_ptr_array_add(messages, &message);
    assert_good(sy_store_queue(store, NULL, 0, alarms, messages, now, &error));
}

static SyMessage *take(SyTime now) {
    SyMessage *message = NULL;
    assert_good(sy_store_take_message(store, now, now + SY_MINUTE, &message, &error));
    return message;
}

static void end(const SyMessage *message, const char *reason, SyTime next, SyTime now) {
    assert_good(sy_store_end_attempt_of_message(store, message, reason, next, now, &error));
}

static SyTime next_due(void) {
    SyTime next = 0;
    assert_good(sy_store_next_message(store, &next, &error));
    return next;
}

static void test_messages__of_one_cause_are_folded_while_one_waits(void **state) {
    (void)state;
    queue("ops", NULL, "fold", "first", 100);
    queue("ops", NULL, "fold", "second \xff", 200);
    queue("ops", NULL, "other", "else", 300);
    assert_null(take(99));
    g_autoptr(SyMessage) first = take(300);
    assert_string_equal(first->key, "fold");
    assert_int_equal(first->count, 2);
    assert_int_equal(first->created, 100);
    assert_non_null(strstr(first->text, "second"));
    assert_string_equal(first->study, "dale");
    assert_int_equal(first->run, 7);
    assert_int_equal(first->attempts, 1);
    /* one that is on its way takes nothing in any more */
    queue("ops", NULL, "fold", "third", 301);
    end(first, NULL, SY_TIME_NONE, 302);
    for (int i = 0; i < 2; i++) {
        g_autoptr(SyMessage) next = take(400);
        assert_string_equal(next->key, i == 0 ? "other" : "fold");
        assert_int_equal(next->count, 1);
        end(next, NULL, SY_TIME_NONE, 400);
    }
    assert_true(next_due() == SY_TIME_NONE);
}

static void test_messages__are_one_senders_until_its_lease_ends(void **state) {
    (void)state;
    const SyTime start = SY_DAY;
    queue("ops", NULL, "lease", "x", start);
    g_autoptr(SyMessage) mine = take(start);
    assert_null(take(start + SY_MINUTE - 1));
    g_autoptr(SyMessage) others = take(start + SY_MINUTE);
    assert_int_equal(others->id, mine->id);
    assert_int_equal(others->attempts, 2);
    /* who is too late changes nothing */
    end(mine, "too late", SY_TIME_NONE, start + SY_MINUTE);
    assert_true(next_due() == start + 2 * SY_MINUTE);
    end(others, NULL, SY_TIME_NONE, start + SY_MINUTE);
    assert_true(next_due() == SY_TIME_NONE);
}

static void
test_messages__an_outage_holds_back_all_of_its_messenger_and_nothing_else(void **state) {
    (void)state;
    const SyTime start = 2 * SY_DAY, later = start + SY_HOUR;
    queue("down", NULL, "a", "x", start);
    queue("down", NULL, "b", "x", start);
    queue("up", NULL, "c", "x", start);
    g_autoptr(SyMessage) failed = take(start);
    assert_string_equal(failed->messenger, "down");
    end(failed, "status 503", later, start);
    g_autoptr(SyMessage) up = take(start);
    assert_string_equal(up->messenger, "up");
    end(up, NULL, SY_TIME_NONE, start);
    assert_null(take(later - 1));
    for (int i = 0; i < 2; i++) {
        g_autoptr(SyMessage) again = take(later);
        assert_string_equal(again->messenger, "down");
        end(again, NULL, SY_TIME_NONE, later);
    }
    assert_null(take(later));
}

static void test_messages__that_fail_for_good_go_to_their_fallback(void **state) {
    (void)state;
    const SyTime start = 3 * SY_DAY;
    queue("revoked", "ops", "final", "text", start);
    g_autoptr(SyMessage) message = take(start);
    end(message, "status 401", SY_TIME_NONE, start);
    g_autoptr(SyMessage) fallen = take(start);
    assert_string_equal(fallen->messenger, "ops");
    assert_string_equal(fallen->text, "text\n(revoked could not deliver it: status 401)");
    assert_null(fallen->fallback);
    end(fallen, "status 404", SY_TIME_NONE, start);
    assert_null(take(1000 * SY_DAY));
    g_autoptr(GPtrArray) list = sy_store_list_messages(store, 2, NULL);
    assert_int_equal(list->len, 2);
    for (guint i = 0; i < 2; i++)
        assert_string_equal(((SyMessage *)list->pdata[i])->status, "failed");
    assert_string_equal(((SyMessage *)list->pdata[0])->reason, "status 404");
}

/* The log has its line already. */
static void test_messages__to_the_log_are_sent_at_once(void **state) {
    (void)state;
    queue("log", NULL, "log", "x", 4 * SY_DAY);
    g_autoptr(GPtrArray) list = sy_store_list_messages(store, 1, NULL);
    assert_string_equal(((SyMessage *)list->pdata[0])->status, "sent");
    assert_true(next_due() == SY_TIME_NONE);
}

static void test_messages__alarms_outlive_the_daemon(void **state) {
    (void)state;
    SyAlarm alarm = {.key = (char *)"run/dale/trade",
                     .kind = (char *)"failed",
                     .study = (char *)"dale",
                     .text = (char *)"why",
                     .run = 3,
                     .running = 2,
                     .untold = 1,
                     .since = 10,
                     .told = 20,
                     .raised = true};
    g_autoptr(GPtrArray) messages = g_ptr_array_new(), alarms = g_ptr_array_new();
    g_ptr_array_add(alarms, &alarm);
    assert_good(sy_store_queue(store, NULL, 0, alarms, messages, 20, &error));
    alarm.running = 3;
    assert_good(sy_store_queue(store, NULL, 0, alarms, messages, 30, &error));
    g_autoptr(GPtrArray) loaded = sy_store_load_alarms(store, NULL);
    assert_int_equal(loaded->len, 1);
    const SyAlarm *one = loaded->pdata[0];
    assert_string_equal(one->key, "run/dale/trade");
    assert_string_equal(one->text, "why");
    assert_int_equal(one->running, 3);
    assert_int_equal(one->untold, 1);
    assert_int_equal(one->told, 20);
    assert_true(one->raised);
}

/* Every change is in the audit chain, and what has ended is forgotten in time. */
static void test_messages__are_audited_and_forgotten(void **state) {
    (void)state;
    test_store_assert_whole(store);
    const SyRetention keep = {.messages = 10};
    SyRetained removed;
    queue("ops", NULL, "stays", "x", 100 * SY_DAY);
    g_autoptr(GPtrArray) before = sy_store_list_messages(store, 1000, NULL);
    assert_good(sy_store_retain(store, &keep, 200 * SY_DAY, &removed, &error));
    assert_int_equal(removed.messages, before->len - 1);
    g_autoptr(GPtrArray) left = sy_store_list_messages(store, 1000, NULL);
    assert_int_equal(left->len, 1);
    assert_string_equal(((SyMessage *)left->pdata[0])->key, "stays");
    g_autofree char *facts = NULL;
    assert_good(sy_store_find_event(store, 7, "message_failed", &facts, &error));
    assert_non_null(strstr(facts, "status 404"));
    g_autofree char *none = NULL;
    assert_good(sy_store_find_event(store, 7, "no_such_kind", &none, &error));
    assert_null(none);
}

int main(int argc, char **argv) {
    test_database_choose(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages__of_one_cause_are_folded_while_one_waits),
        cmocka_unit_test(test_messages__are_one_senders_until_its_lease_ends),
        cmocka_unit_test(test_messages__an_outage_holds_back_all_of_its_messenger_and_nothing_else),
        cmocka_unit_test(test_messages__that_fail_for_good_go_to_their_fallback),
        cmocka_unit_test(test_messages__to_the_log_are_sent_at_once),
        cmocka_unit_test(test_messages__alarms_outlive_the_daemon),
        cmocka_unit_test(test_messages__are_audited_and_forgotten),
    };
    return cmocka_run_group_tests(tests, open_store, close_store);
}
