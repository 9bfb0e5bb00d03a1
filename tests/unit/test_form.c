/* Templates as forms (template/form.h): values are replaced, everything else stays. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "signal/signal.h"
#include "template/form.h"

typedef struct {
    double a, b;
    int inner;
    char *word;
} Config;

static const char *const b_also[] = {"beta", NULL};
static const SyField members[] = {SY_FIELD(Config, inner, .fallback = "0")};
static const SyField rows[] = {
    SY_FIELD(Config, a),
    SY_FIELD(Config, b, .also = b_also),
    SY_FIELD(Config, word),
    {.key = "group", .kind = SY_FIELD_GROUP, .members = members, .n_members = 1},
};

static const SyFormKey key_a = {"s", NULL, &rows[0]}, key_b = {"s", NULL, &rows[1]},
                       key_word = {"s", NULL, &rows[2]}, key_inner = {"s", &rows[3], &members[0]},
                       key_absent = {"t", NULL, &rows[0]};

static char *fill(const char *text, const SyFormKey *key, const char *const *value, gsize n) {
    GError *error = NULL;
    g_autoptr(SyForm) form = sy_form_new(text, strlen(text), "f.toml", key, value, n, &error);
    if (!form)
        fail_msg("%s", error->message);
    return sy_form_fill(form, value);
}

static void assert_fill(const char *text, SyFormKey key, const char *value, const char *expected) {
    g_autofree char *filled = fill(text, &key, &value, 1);
    assert_string_equal(filled, expected);
}

static void test_form__replaces_a_value_and_nothing_else(void **state) {
    (void)state;
    assert_fill("# head\n[s]\n  a = 1.5   # why\nb = 2\n", key_a, "7.0",
                "# head\n[s]\n  a = 7.0   # why\nb = 2\n");
    assert_fill("[s]\nbeta=2\r\na = 1\r\n", key_b, "3.5", "[s]\nbeta=3.5\r\na = 1\r\n");
    assert_fill("s = { a = 1, b = 2 }\n", key_a, "5", "s = { a = 5, b = 2 }\n");
    assert_fill("s.a = 1 # ü\n", key_a, "5", "s.a = 5 # ü\n");
    assert_fill("# äöü\n[s]\n\"a\" = [1, # [\n 2]\nb = 2", key_a, "5",
                "# äöü\n[s]\n\"a\" = 5\nb = 2");
}

static void test_form__replaces_texts_of_every_spelling(void **state) {
    (void)state;
    static const char *const spelled[] = {"\"x # ] \\\" y\"", "'a\"b#'", "\"\"\"a\nb\"\"\"",
                                          "'''a''b\n\"'''", "\"\""};
    for (gsize i = 0; i < G_N_ELEMENTS(spelled); i++) {
        g_autofree char *text = g_strdup_printf("[s]\nword = %s # c\na = 1\n", spelled[i]);
        assert_fill(text, key_word, "\"new\"", "[s]\nword = \"new\" # c\na = 1\n");
    }
}

static void test_form__writes_keys_that_are_absent(void **state) {
    (void)state;
    assert_fill("[s]\nb = 2\n", key_a, "1", "[s]\na = 1\nb = 2\n");
    assert_fill("[s]\n", key_a, "1", "[s]\na = 1\n");
    assert_fill("[s]", key_a, "1", "[s]\na = 1");
    assert_fill("s = {}\n", key_a, "1", "s = { a = 1 }\n");
    assert_fill("s = { b = 2 }\n", key_a, "1", "s = { a = 1, b = 2 }\n");
    assert_fill("[s]\nb = 2", key_absent, "1", "[s]\nb = 2\n\n[t]\na = 1\n");
    assert_fill("[s]\ngroup = { }\n", key_inner, "3", "[s]\ngroup = { inner = 3  }\n");
    assert_fill("[s]\nb = 2\n", key_inner, "3", "[s]\ngroup = { inner = 3 }\nb = 2\n");
    assert_fill("[s.group]\ninner = 1\n", key_inner, "3", "[s.group]\ninner = 3\n");
}

static void test_form__fills_several_slots_in_any_order(void **state) {
    (void)state;
    const SyFormKey key[] = {key_b, key_absent, key_a};
    const char *const value[] = {"20", "30", "10"};
    g_autofree char *filled = fill("[s]\na = 1\nb = 2\n", key, value, 3);
    assert_string_equal(filled, "[s]\na = 10\nb = 20\n\n[t]\na = 30\n");
}

static void test_form__refuses_what_it_cannot_replace(void **state) {
    (void)state;
    const char *value = "1", *text = "[[s]]\na = 1\n";
    g_autoptr(GError) error = NULL;
    assert_null(sy_form_new(text, strlen(text), "f.toml", &key_a, &value, 1, &error));
    assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_TEMPLATE));
    assert_non_null(strstr(error->message, "f.toml"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form__replaces_a_value_and_nothing_else),
        cmocka_unit_test(test_form__replaces_texts_of_every_spelling),
        cmocka_unit_test(test_form__writes_keys_that_are_absent),
        cmocka_unit_test(test_form__fills_several_slots_in_any_order),
        cmocka_unit_test(test_form__refuses_what_it_cannot_replace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
