/* What holds for every row of every field table: templates, settings, plugins and commands. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "loader/loader.h"
#include "model/model.h"
#include "portfolio/portfolio.h"
#include "signal/signal.h"
#include "template/schema.h"
#include "template/settings.h"
#include "template/template.h"
#include "workflow/strategy.h"

static const SyFieldTable *const fixed[] = {
    &sy_template_meta_fields,
    &sy_template_loader_fields,
    &sy_template_model_fields,
    &sy_template_signal_fields,
    &sy_template_report_fields,
    &sy_template_trade_fields,
    &sy_settings_engine_fields,
    &sy_settings_messenger_fields,
    &sy_settings_heartbeat_fields,
    &sy_notify_fields,
    &sy_settings_store_fields,
    &sy_settings_executor_fields,
    &sy_loader_fields,
    &sy_signal_fields,
    &sy_portfolio_fields,
    &sy_retry_fields,
    &sy_task_fields,
    &sy_schedule_fields,
    &sy_schedule_report_fields,
};

static void for_each_table(void (*check)(const SyFieldTable *table)) {
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        check(fixed[i]);
    for (gsize i = 0; i < sy_n_models; i++)
        check(sy_models[i]->fields);
    for (gsize i = 0; i < sy_n_commands; i++)
        check(sy_commands[i]->options);
    for (gsize i = 0; i < sy_n_messengers; i++)
        if (sy_messengers[i]->fields)
            check(sy_messengers[i]->fields);
    for (gsize i = 0; i < sy_n_waits; i++)
        if (sy_waits[i].fields)
            check(sy_waits[i].fields);
}

static void check_choices(const SyField *row) {
    assert_int_equal(row->kind == SY_FIELD_ENUM && !row->refused, row->n_choices > 0);
    for (gsize i = 0; i < row->n_choices; i++) {
        assert_ptr_equal(sy_choice_find(row, row->choices[i].name), &row->choices[i]);
        if (row->choices[i].help && g_str_has_suffix(row->choices[i].help, "."))
            fail_msg("%s: the help of %s ends the sentence that explain goes on with", row->key,
                     row->choices[i].name);
    }
}

static void check_row(const SyField *row) {
    assert_true(*row->key);
    assert_int_equal(strspn(row->key, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(row->key));
    if (!row->help || !*row->help || strchr(".?!", row->help[strlen(row->help) - 1]) == NULL)
        if (!row->refused)
            fail_msg("%s: the help is no sentence", row->key);
    assert_false(row->required && row->fallback);
    assert_true(row->min <= row->max);
    assert_true(!row->word || row->kind == SY_FIELD_DOUBLE);
    assert_int_equal(row->kind == SY_FIELD_GROUP, row->n_members > 0);
    check_choices(row);
    for (gsize i = 0; i < row->n_members; i++)
        check_row(&row->members[i]);
}

static void check_rows(const SyFieldTable *table) {
    for (gsize i = 0; i < table->n; i++)
        check_row(&table->rows[i]);
}

static void test_fields__rows_say_what_explain_needs(void **state) {
    (void)state;
    for_each_table(check_rows);
}

static void check_names(const SyFieldTable *table) {
    for (gsize i = 0; i < table->n; i++) {
        const SyField *row = &table->rows[i];
        assert_ptr_equal(sy_field_find(table->rows, table->n, row->key), row);
        for (const char *const *also = row->also; also && *also; also++)
            assert_ptr_equal(sy_field_find(table->rows, table->n, *also), row);
    }
}

static void test_fields__names_lead_to_one_row(void **state) {
    (void)state;
    for_each_table(check_names);
}

/* Every fallback is a value that the row would take from a user. */
static void check_fallbacks(const SyFieldTable *table) {
    g_autofree gpointer target = g_malloc(table->size);
    sy_fields_init(table, target);
    for (gsize i = 0; i < table->n; i++) {
        g_autoptr(GError) error = NULL;
        const SyField *row = &table->rows[i];
        if (row->fallback && !sy_field_set_text(row, target, row->fallback, &error))
            fail_msg("%s", error->message);
    }
    sy_fields_clear(table, target);
}

static void test_fields__fallbacks_are_values_that_may_be_given(void **state) {
    (void)state;
    for_each_table(check_fallbacks);
}

/* Reads "[s]" with one line; returns what is wrong with it, or NULL. */
static char *problem_of(const SyFieldTable *table, const char *line) {
    g_autofree char *text = g_strdup_printf("[s]\n%s\n", line);
    g_autoptr(GError) error = NULL;
    g_autoptr(SyNode) root = sy_node_parse(text, strlen(text), "t", &error);
    assert_non_null(root);
    g_autoptr(SyProblems) problems = sy_problems_new("t");
    g_autofree gpointer target = g_malloc(table->size);
    sy_schema_read(sy_node_find(root, "s"), "[s]", &(SySchemaPart){table, target}, 1, problems);
    sy_fields_clear(table, target);
    return sy_problems_check(problems, &error) ? NULL : g_strdup(error->message);
}

/* A value that no kind takes is an error at its place for every row; so is a key that nobody has.
 */
static void check_wrong_values(const SyFieldTable *table) {
    for (gsize i = 0; i < table->n; i++) {
        const SyField *row = &table->rows[i];
        g_autofree char *line = g_strdup_printf("%s = [[{}]]", row->key);
        bool is_list = row->kind == SY_FIELD_TEXTS || row->kind == SY_FIELD_NUMBERS ||
                       row->kind == SY_FIELD_LABELS;
        int column = is_list && !row->refused ? (int)strlen(row->key) + 5 : 1;
        g_autofree char *place = g_strdup_printf("t:2:%d: [s] %s ", column, row->key);
        g_autofree char *problem = problem_of(table, line);
        assert_non_null(problem);
        if (!strstr(problem, place))
            fail_msg("\"%s\" is not in \"%s\"", place, problem);
    }
    g_autofree char *unknown = problem_of(table, "nobody_has_this_key = 1");
    assert_non_null(strstr(unknown, "t:2:1: [s] has no key \"nobody_has_this_key\""));
}

static void test_fields__wrong_values_are_refused_at_their_place(void **state) {
    (void)state;
    for_each_table(check_wrong_values);
}

/* One letter dropped from a key of some length is understood. */
static void check_slips(const SyFieldTable *table) {
    for (gsize i = 0; i < table->n; i++) {
        const char *key = table->rows[i].key;
        if (strlen(key) < 6)
            continue;
        g_autofree char *slip = g_strdup_printf("%.3s%s", key, key + 4);
        g_autofree char *line = g_strdup_printf("%s = 1", slip);
        if (sy_field_find(table->rows, table->n, slip))
            continue;
        g_autofree char *problem = problem_of(table, line);
        if (!strstr(problem, "did you mean \""))
            fail_msg("no remedy in \"%s\"", problem);
    }
}

static void test_fields__a_slip_of_the_finger_gets_did_you_mean(void **state) {
    (void)state;
    for_each_table(check_slips);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields__rows_say_what_explain_needs),
        cmocka_unit_test(test_fields__names_lead_to_one_row),
        cmocka_unit_test(test_fields__fallbacks_are_values_that_may_be_given),
        cmocka_unit_test(test_fields__wrong_values_are_refused_at_their_place),
        cmocka_unit_test(test_fields__a_slip_of_the_finger_gets_did_you_mean),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
