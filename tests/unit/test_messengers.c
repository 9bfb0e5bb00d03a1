/* Messengers without a network: what a webhook sends, how it judges replies, when a message is
 * tried again; and the policy of alarms. */
#include "test.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "daemon/alarms.h"
#include "messenger/webhook.h"
#include "template/settings.h"

/* ---- webhook ---- */

/* RFC 4231, test case 2. */
static void test_webhook__signature_is_the_hmac_of_the_body(void **state) {
    (void)state;
    g_autofree char *signature = sy_webhook_signature("Jefe", "what do ya want for nothing?");
    assert_string_equal(signature,
                        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static SyMessageText sample(void) {
    return (SyMessageText){.id = 5,
                           .level = "alarm",
                           .kind = "failed",
                           .key = "run/dale/trade",
                           .study = "dale",
                           .title = "dale: a run failed",
                           .text = "no \"bar\"\n\xff",
                           .run = 3,
                           .created = 0,
                           .count = 2};
}

static void test_webhook__body_is_json_whatever_the_text_is(void **state) {
    (void)state;
    SyMessageText message = sample();
    g_autofree char *body = sy_webhook_body(&message);
    json_error_t error;
    json_t *root = json_loads(body, 0, &error);
    if (!root)
        fail_msg("%s", error.text);
    assert_int_equal(json_integer_value(json_object_get(root, "id")), 5);
    assert_int_equal(json_integer_value(json_object_get(root, "run")), 3);
    assert_int_equal(json_integer_value(json_object_get(root, "count")), 2);
    assert_string_equal(json_string_value(json_object_get(root, "key")), "run/dale/trade");
    assert_string_equal(json_string_value(json_object_get(root, "created")),
                        "1970-01-01T00:00:00Z");
    assert_true(g_str_has_prefix(json_string_value(json_object_get(root, "text")), "no \"bar\"\n"));
    json_decref(root);
    message.study = NULL;
    message.run = 0;
    g_autofree char *engine = sy_webhook_body(&message);
    assert_null(strstr(engine, "\"study\""));
    assert_null(strstr(engine, "\"run\""));
}

static SyHttpReply reply;
static char *sent_headers;

static bool answer(const SyHttpRequest *request, SyHttpReply *got, GError **error) {
    if (reply.status == 0)
        return sy_fail(error, SY_ERROR_UNAVAILABLE, "no reply");
    g_free(sent_headers);
    sent_headers = g_strjoinv("\n", (char **)request->headers);
    *got = reply;
    return true;
}

static const char *environment(const char *name) { return name ? NULL : ""; }

static SySettings *read_settings(const char *text, GError **error) {
    return sy_settings_read(text, strlen(text), "s.toml", "/nonexistent", environment, error);
}

static void test_webhook__replies_are_sent_again_or_final(void **state) {
    (void)state;
    g_autoptr(SySettings) settings =
        read_settings("[messengers.ops]\nkind = \"webhook\"\nurl = \"http://127.0.0.1/x\"\n"
                      "secret = \"Jefe\"\n",
                      NULL);
    const SySettingsMessenger *ops = sy_settings_messenger(settings, "ops");
    const struct {
        int status;
        bool good, final;
    } replies[] = {{200, true, false},  {204, true, false},  {301, false, true},
                   {400, false, true},  {401, false, true},  {404, false, true},
                   {408, false, false}, {410, false, true},  {429, false, false},
                   {500, false, false}, {503, false, false}, {0, false, false}};
    const SyMessageText message = sample();
    for (gsize i = 0; i < G_N_ELEMENTS(replies); i++) {
        reply = (SyHttpReply){replies[i].status, 17};
        SyAttempt attempt = {0};
        g_autoptr(GError) error = NULL;
        bool good = ops->messenger->deliver(ops->config, &message, answer, &attempt, &error);
        assert_int_equal(good, replies[i].good);
        if (!good && attempt.final != replies[i].final)
            fail_msg("status %d is %s", replies[i].status, attempt.final ? "final" : "not final");
        if (replies[i].status == 429)
            assert_near(attempt.retry_after, 17, 0);
    }
    g_autofree char *body = sy_webhook_body(&message);
    g_autofree char *signature = sy_webhook_signature("Jefe", body);
    assert_non_null(strstr(sent_headers, signature));
    g_clear_pointer(&sent_headers, g_free);
}

static void test_messengers__are_tried_again_later_and_later_for_a_day(void **state) {
    (void)state;
    const SyTime made = 100 * SY_DAY;
    const gint64 waits[] = {5, 10, 20, 40, 80, 160, 320, 600, 600};
    for (int i = 0; i < (int)G_N_ELEMENTS(waits); i++)
        assert_true(sy_messenger_next_attempt(made, i + 1, NAN, made) ==
                    made + waits[i] * SY_SECOND);
    assert_true(sy_messenger_next_attempt(made, 1000, NAN, made) == made + 600 * SY_SECOND);
    assert_true(sy_messenger_next_attempt(made, 1, 120, made) == made + 120 * SY_SECOND);
    assert_true(sy_messenger_next_attempt(made, 9, 0.5, made) == made + SY_SECOND / 2);
    assert_true(sy_messenger_next_attempt(made, 1, 1e300, made) == SY_TIME_NONE);
    SyTime last = made + SY_DAY - 600 * SY_SECOND;
    assert_true(sy_messenger_next_attempt(made, 9, NAN, last) == made + SY_DAY);
    assert_true(sy_messenger_next_attempt(made, 9, NAN, last + 1) == SY_TIME_NONE);
}

/* ---- settings ---- */

static void assert_problem(const char *text, const char *expected) {
    g_autoptr(GError) error = NULL;
    assert_null(read_settings(text, &error));
    if (!strstr(error->message, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, error->message);
}

static void test_messengers__settings_name_what_is_wrong(void **state) {
    (void)state;
    assert_problem("[messengers.a]\nkind = \"webhok\"\n", "did you mean");
    assert_problem("[messengers.a]\nkind = \"slack\"\n", "not available: Slack comes");
    assert_problem("[messengers.a]\nkind = \"command\"\n", "not available");
    assert_problem("[messengers.a]\nurl = \"http://x\"\n", "says no kind");
    assert_problem("[messengers.a]\nkind = \"webhook\"\n", "url");
    assert_problem("[messengers.a]\nkind = \"webhook\"\nurl = \"ftp://x\"\n", "https://");
    assert_problem("[messengers.log]\nkind = \"webhook\"\nurl = \"http://x\"\n", "always there");
    assert_problem("[notify]\nto = [\"opps\"]\n[messengers.ops]\nkind = \"webhook\"\n"
                   "url = \"http://x\"\n",
                   "did you mean");
    assert_problem("[notify]\non = [\"outdatd\"]\n", "did you mean");
    assert_problem("[heartbeat]\nurl = \"nowhere\"\n", "[heartbeat]");
}

/* Also where they stand in the file itself. */
static void test_messengers__urls_and_secrets_are_masked(void **state) {
    (void)state;
    g_autoptr(SySettings) settings =
        read_settings("[messengers.ops]\nkind = \"webhook\"\nurl = \"https://h/tok\"\n"
                      "secret = \"s3cret\"\n[heartbeat]\nurl = \"https://beat/id\"\n",
                      NULL);
    g_autofree char *masked =
        sy_settings_mask(settings, "https://h/tok s3cret https://beat/id and the rest");
    assert_string_equal(masked, "*** *** *** and the rest");
}

/* ---- policy ---- */

/* What is said, step by step: the count of a message; 0 nothing; R and a count: recovered. */
typedef struct {
    SyTime minute;
    enum { OCCURS, LOOK, ENDS } what;
    int said;
} Step;

static void play(const char *kind_name, const Step *steps, gsize n) {
    const SyMessageKind *kind = sy_message_kind_find(kind_name);
    SyAlarm alarm = {.told = SY_TIME_NONE};
    for (gsize i = 0; i < n; i++) {
        SyTime now = 1000 * SY_DAY + steps[i].minute * SY_MINUTE;
        gint64 count = 0;
        gint64 said = steps[i].what == OCCURS ? sy_alarm_occur(&alarm, kind, now)
                      : steps[i].what == LOOK ? sy_alarm_look(&alarm, kind, now)
                                              : sy_alarm_end(&alarm, &count);
        if (said != steps[i].said)
            fail_msg("%s, step %" G_GSIZE_FORMAT ": said %d, not %d", kind_name, i, (int)said,
                     steps[i].said);
    }
}

static void test_alarms__what_goes_on_is_a_digest_and_is_over_once(void **state) {
    (void)state;
    static const Step steps[] = {
        {0, OCCURS, 1},   {60, OCCURS, 0}, {120, OCCURS, 0}, {359, LOOK, 0},
        {360, OCCURS, 3}, {361, LOOK, 0},  {400, OCCURS, 0}, {719, LOOK, 0},
        {720, LOOK, 1},   {730, ENDS, 1},  {731, ENDS, 0},
    };
    play("failed", steps, G_N_ELEMENTS(steps));
}

static void test_alarms__bars_that_do_not_come_are_told_from_the_second_in_a_row(void **state) {
    (void)state;
    static const Step steps[] = {
        {0, OCCURS, 0},   {1, LOOK, 0},     {60, ENDS, 0},
        {120, OCCURS, 0}, {180, OCCURS, 2}, {240, ENDS, 1},
    };
    play("outdated", steps, G_N_ELEMENTS(steps));
}

static void test_alarms__what_comes_and_goes_is_told_at_most_each_ten_minutes(void **state) {
    (void)state;
    static const Step steps[] = {
        {0, OCCURS, 1}, {1, ENDS, 1},  {2, OCCURS, 0}, {3, ENDS, 0},    {4, OCCURS, 0},
        {9, LOOK, 0},   {10, LOOK, 1}, {11, ENDS, 1},  {30, OCCURS, 1},
    };
    play("slow_store", steps, G_N_ELEMENTS(steps));
}

static void test_alarms__a_wrong_clock_keeps_nobody_quiet(void **state) {
    (void)state;
    SyAlarm alarm = {.told = 5000 * SY_DAY, .raised = true, .running = 1};
    assert_int_equal(sy_alarm_occur(&alarm, sy_message_kind_find("failed"), 10 * SY_DAY), 1);
    assert_true(alarm.told == 10 * SY_DAY);
}

static void test_alarms__each_kind_has_a_title_a_summary_and_its_place(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_message_kinds; i++) {
        const SyMessageKind *kind = &sy_message_kinds[i];
        assert_ptr_equal(sy_message_kind_find(kind->name), kind);
        assert_true(kind->running >= 1);
        assert_true(g_str_has_suffix(kind->summary, "."));
        /* alarms reach people without configuration, the rest does not */
        assert_int_equal(sy_notify_wants(&(SyNotify){0}, kind->level, kind->name),
                         kind->level == SY_MESSAGE_ALARM);
        const SyNotify only = {.on = (char *[]){(char *)kind->name, NULL}};
        assert_true(sy_notify_wants(&only, kind->level, kind->name));
        assert_false(sy_notify_wants(&only, kind->level, "another"));
    }
}

static void put(GPtrArray *messages, const char *messenger, const char *kind, int study) {
    SyMessage *message = g_new0(SyMessage, 1);
    *message = (SyMessage){.messenger = g_strdup(messenger),
                           .key = g_strdup_printf("%s/s%d", kind, study),
                           .kind = g_strdup(kind),
                           .level = g_strdup("alarm"),
                           .study = g_strdup_printf("s%d", study),
                           .run = study,
                           .title = g_strdup_printf("s%d: what is wrong", study),
                           .text = g_strdup_printf("why %d", study),
                           .count = 2};
    g_ptr_array_add(messages, message);
}

/* An engine that is down is one message, not one for each of its strategies. */
static void test_alarms__many_of_a_kind_at_once_are_one_message(void **state) {
    (void)state;
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func((GDestroyNotify)sy_message_free);
    for (int i = 0; i < 5; i++)
        put(messages, "ops", "failed", i);
    sy_messages_gather(messages);
    assert_int_equal(messages->len, 5); /* so many are told one by one */
    for (int i = 0; i < 100; i++) {
        put(messages, "ops", "outdated", i);
        if (i < 3)
            put(messages, "log", "outdated", i);
    }
    sy_messages_gather(messages);
    assert_int_equal(messages->len, 5 + 1 + 3);
    const SyMessage *all = messages->pdata[5];
    assert_string_equal(all->title, "100 times: what is wrong");
    assert_int_equal(all->count, 200);
    assert_null(all->study);
    assert_int_equal(all->run, 0);
    assert_true(g_str_has_prefix(all->text, "s0: why 0\ns1: why 1\n"));
    assert_true(g_str_has_suffix(all->text, ", s99"));
    assert_string_equal(((SyMessage *)messages->pdata[6])->messenger, "log");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhook__signature_is_the_hmac_of_the_body),
        cmocka_unit_test(test_webhook__body_is_json_whatever_the_text_is),
        cmocka_unit_test(test_webhook__replies_are_sent_again_or_final),
        cmocka_unit_test(test_messengers__are_tried_again_later_and_later_for_a_day),
        cmocka_unit_test(test_messengers__settings_name_what_is_wrong),
        cmocka_unit_test(test_messengers__urls_and_secrets_are_masked),
        cmocka_unit_test(test_alarms__what_goes_on_is_a_digest_and_is_over_once),
        cmocka_unit_test(test_alarms__bars_that_do_not_come_are_told_from_the_second_in_a_row),
        cmocka_unit_test(test_alarms__what_comes_and_goes_is_told_at_most_each_ten_minutes),
        cmocka_unit_test(test_alarms__a_wrong_clock_keeps_nobody_quiet),
        cmocka_unit_test(test_alarms__many_of_a_kind_at_once_are_one_message),
        cmocka_unit_test(test_alarms__each_kind_has_a_title_a_summary_and_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
