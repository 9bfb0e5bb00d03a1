/* Tunings in the store (store/tunings.h). */
#include "test.h"

#include <string.h>

#include "database.h"
#include "store.h"
#include "store/retention.h"
#include "store/tunings.h"

static gint64 begin(SyStore *store, const char *study, const char *digest, SyTime started) {
    g_auto(SyTuningRow) row = {.study = g_strdup(study),
                               .digest = g_strdup(digest),
                               .template_text = g_strdup("text"),
                               .facts = g_strdup("{}"),
                               .fingerprint = g_strdup("bars"),
                               .build = g_strdup("build"),
                               .rows = 900,
                               .started = started};
    assert_good(sy_store_begin_tuning(store, &row, &error));
    assert_true(row.id > 0);
    return row.id;
}

static SyTrialRow trial(gint64 number, const char *state) {
    return (SyTrialRow){.number = number,
                        .state = g_strdup(state),
                        .reason = g_strdup(""),
                        .parameters = g_strdup("{\"a.b\":\"0.1\"}"),
                        .seed = G_MAXUINT64 - (guint64)number,
                        .started = 5,
                        .ended = 7,
                        .values = g_array_new(FALSE, FALSE, sizeof(SyTrialValue))};
}

static void trial_clear(SyTrialRow *row) {
    g_free(row->state);
    g_free(row->reason);
    g_free(row->parameters);
    g_array_unref(row->values);
}

static void add_value(SyTrialRow *row, const char *slice, int fold, double value) {
    const SyTrialValue figure = {slice, "sharpe", fold, value};
    g_array_append_val(row->values, figure);
}

/* What was read, as one line for each trial. */
static void take(gpointer data, const SyTrialRow *row) {
    GString *text = data;
    g_string_append_printf(text, "%" G_GINT64_FORMAT " %s %s %" G_GUINT64_FORMAT ":", row->number,
                           row->state, row->parameters, row->seed);
    for (guint i = 0; i < row->values->len; i++) {
        const SyTrialValue *value = &g_array_index(row->values, SyTrialValue, i);
        g_string_append_printf(text, " %s %d %s %a", value->slice, value->fold, value->metric,
                               value->value);
    }
    g_string_append_c(text, '\n');
}

static char *read_trials(SyStore *store, gint64 tuning) {
    GString *text = g_string_new(NULL);
    assert_good(sy_store_each_trial(store, tuning, take, text, &error));
    return g_string_free(text, FALSE);
}

static void test_tunings__the_newest_of_a_digest_is_found(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_database_store();
    bool found = true;
    SyTuningRow none;
    assert_good(sy_store_find_tuning(store, "s", "d", &none, &found, &error));
    assert_false(found);
    begin(store, "s", "d", 1);
    gint64 newest = begin(store, "s", "d", 2);
    begin(store, "s", "other", 3);
    begin(store, "t", "d", 4);
    g_auto(SyTuningRow) row = {0};
    assert_good(sy_store_find_tuning(store, "s", "d", &row, &found, &error));
    assert_true(found && row.id == newest && row.started == 2 && row.rows == 900);
    assert_string_equal(row.template_text, "text");
    assert_string_equal(row.fingerprint, "bars");
    assert_string_equal(row.build, "build");
    test_store_assert_whole(store);
}

static void test_tunings__trials_come_back_bit_for_bit_by_number(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_database_store();
    gint64 tuning = begin(store, "s", "d", 1), other = begin(store, "s", "e", 1);
    SyTrialRow rows[] = {trial(2, "complete"), trial(0, "invalid"), trial(11, "pruned")};
    add_value(&rows[0], "train", 0, 0.1);
    add_value(&rows[0], "train", 1, 4.9406564584124654e-324);
    add_value(&rows[0], "validation", 0, -1.0 / 3);
    add_value(&rows[0], "in_sample", 0, NAN);
    add_value(&rows[2], "train", 0, -INFINITY);
    assert_good(sy_store_add_trials(store, tuning, rows, 3, &error));
    assert_good(sy_store_add_trials(store, other, rows + 1, 1, &error));
    g_autofree char *text = read_trials(store, tuning), *of_other = read_trials(store, other);
    g_autofree char *expected =
        g_strdup_printf("0 invalid {\"a.b\":\"0.1\"} %" G_GUINT64_FORMAT ":\n"
                        "2 complete {\"a.b\":\"0.1\"} %" G_GUINT64_FORMAT
                        ": in_sample 0 sharpe %a train 0 sharpe %a "
                        "train 1 sharpe %a validation 0 sharpe %a\n"
                        "11 pruned {\"a.b\":\"0.1\"} %" G_GUINT64_FORMAT ": train 0 sharpe %a\n",
                        G_MAXUINT64, G_MAXUINT64 - 2, NAN, 0.1, 4.9406564584124654e-324, -1.0 / 3,
                        G_MAXUINT64 - 11, -INFINITY);
    assert_string_equal(text, expected);
    assert_true(g_str_has_prefix(of_other, "0 invalid") && strchr(of_other, '\n')[1] == '\0');
    for (gsize i = 0; i < 3; i++)
        trial_clear(&rows[i]);
}

static void test_tunings__a_trial_is_never_changed(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_database_store();
    gint64 tuning = begin(store, "s", "d", 1);
    SyTrialRow first = trial(3, "complete"), again[] = {trial(3, "failed"), trial(4, "failed")};
    add_value(&first, "train", 0, 1.5);
    add_value(&again[0], "train", 0, 2.5);
    assert_good(sy_store_add_trials(store, tuning, &first, 1, &error));
    assert_good(sy_store_add_trials(store, tuning, again, 2, &error));
    g_autofree char *text = read_trials(store, tuning);
    assert_non_null(strstr(text, "3 complete"));
    assert_non_null(strstr(text, "4 failed"));
    assert_null(strstr(text, "3 failed"));
    g_autofree char *value = g_strdup_printf("train 0 sharpe %a\n4", 1.5);
    assert_non_null(strstr(text, value));
    trial_clear(&first);
    trial_clear(&again[0]);
    trial_clear(&again[1]);
}

static void test_tunings__of_trials_all_are_stored_or_none(void **state) {
    (void)state;
    g_autoptr(SyStore) store = test_database_store();
    gint64 tuning = begin(store, "s", "d", 1);
    SyTrialRow rows[] = {trial(0, "complete"), trial(1, "no such state")};
    GError *error = NULL;
    assert_false(sy_store_add_trials(store, tuning, rows, 2, &error));
    g_clear_error(&error);
    g_autofree char *text = read_trials(store, tuning);
    assert_string_equal(text, "");
    trial_clear(&rows[0]);
    trial_clear(&rows[1]);
}

static bool is_there(SyStore *store, const char *digest) {
    g_auto(SyTuningRow) row = {0};
    bool found = false;
    assert_good(sy_store_find_tuning(store, "s", digest, &row, &found, &error));
    return found;
}

static void test_tunings__old_ones_are_forgotten(void **state) {
    (void)state;
    enum { TRIALS = 250 }; /* more than go at once */
    g_autoptr(SyStore) store = test_database_store();
    gint64 old = begin(store, "s", "old", 1 * SY_DAY), going_on = begin(store, "s", "on", SY_DAY),
           young = begin(store, "s", "young", 93 * SY_DAY);
    for (gint64 i = 0; i < TRIALS; i++) {
        SyTrialRow row = trial(3 * i, "complete");
        row.ended = 2 * SY_DAY;
        add_value(&row, "train", 0, 1.5);
        assert_good(sy_store_add_trials(store, old, &row, 1, &error));
        row.ended = i == 7 ? 92 * SY_DAY : 2 * SY_DAY;
        assert_good(sy_store_add_trials(store, going_on, &row, 1, &error));
        trial_clear(&row);
    }
    begin(store, "s", "empty", 3 * SY_DAY);
    begin(store, "s", "newest", 4 * SY_DAY);
    SyRetained removed;
    assert_good(
        sy_store_retain(store, &(SyRetention){.tunings = 10}, 101 * SY_DAY, &removed, &error));
    assert_int_equal(removed.tunings, 2);
    assert_false(is_there(store, "old") || is_there(store, "empty"));
    assert_true(is_there(store, "on") && is_there(store, "young") && is_there(store, "newest"));
    g_autofree char *gone = read_trials(store, old), *left = read_trials(store, going_on);
    assert_string_equal(gone, "");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(left), "\n", -1);
    assert_int_equal(g_strv_length(lines), TRIALS);
    assert_true(young > going_on);
    assert_good(sy_store_retain(store, &(SyRetention){.runs = 10}, 101 * SY_DAY, &removed, &error));
    assert_int_equal(removed.tunings, 0); /* 0: for ever */
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        test_on_fresh_database(test_tunings__the_newest_of_a_digest_is_found),
        test_on_fresh_database(test_tunings__trials_come_back_bit_for_bit_by_number),
        test_on_fresh_database(test_tunings__a_trial_is_never_changed),
        test_on_fresh_database(test_tunings__of_trials_all_are_stored_or_none),
        test_on_fresh_database(test_tunings__old_ones_are_forgotten),
    };
    return test_database_run(argc, argv, tests);
}
