/* Storing values through field tables: bounds, fallbacks, lists, and messages that name the key. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/field.h"

typedef struct {
    bool flag;
    int window;
    double level;
    char *name;
    char **symbols;
    SyNumbers fees;
    unsigned mode;
    SyTimeframe timeframe;
    SyMap columns;
    double stop;
    int stop_bars;
} Sample;

static const char *const auto_also[] = {"automatic", NULL};
static const SyChoice modes[] = {{"value", NULL, NULL}, {"auto", NULL, auto_also}};
static const char *const symbols_also[] = {"tickers", NULL};

static bool check_name(const char *text, GError **error) {
    return *text ? true : sy_fail(error, SY_ERROR_USAGE, "may not be empty");
}

static const SyField stop_members[] = {
    SY_FIELD(Sample, stop, .max = 1, .help = "Distance."),
    SY_FIELD(Sample, stop_bars, .min = 1, .max = 10, .fallback = "3", .help = "Bars."),
};

static const SyField fields[] = {
    SY_FIELD(Sample, flag, .fallback = "true", .help = "Flag."),
    SY_FIELD(Sample, window, .unit = "bars", .min = 20, .max = 1e6, .fallback = "365"),
    SY_FIELD(Sample, level, .min = 0, .max = 1, .above_min = true, .unit = "fraction"),
    SY_FIELD(Sample, name, .fallback = "none", .check = check_name),
    SY_FIELD(Sample, symbols, .fallback = "a, b", .also = symbols_also),
    SY_FIELD(Sample, fees, .min = 0, .max = INFINITY, .fallback = "0"),
    SY_FIELD(Sample, mode, SY_CHOICES(modes), .fallback = "automatic"),
    SY_FIELD(Sample, timeframe, .fallback = "60m"),
    SY_FIELD(Sample, columns),
    {.key = "later", .kind = SY_FIELD_TEXT, .refused = "it comes later"},
    {.key = "stop_group",
     .kind = SY_FIELD_GROUP,
     .members = stop_members,
     .n_members = G_N_ELEMENTS(stop_members)},
};
static const SyFieldTable table = SY_FIELD_TABLE(Sample, fields);

static int setup(void **state) {
    Sample *sample = g_new(Sample, 1);
    sy_fields_init(&table, sample);
    *state = sample;
    return 0;
}

static int teardown(void **state) {
    sy_fields_clear(&table, *state);
    g_free(*state);
    return 0;
}

static const SyField *row(const char *key) {
    const SyField *field = sy_field_find(fields, G_N_ELEMENTS(fields), key);
    assert_non_null(field);
    return field;
}

static void assert_refused(bool done, GError **error, const char *message) {
    assert_false(done);
    assert_int_equal((*error)->code, SY_ERROR_USAGE);
    assert_string_equal((*error)->message, message);
    g_clear_error(error);
}

static void test_field__init_stores_every_fallback(void **state) {
    const Sample *sample = *state;
    assert_true(sample->flag);
    assert_int_equal(sample->window, 365);
    assert_true(isnan(sample->level));
    assert_string_equal(sample->name, "none");
    assert_string_equal(sample->symbols[0], "a");
    assert_string_equal(sample->symbols[1], "b");
    assert_null(sample->symbols[2]);
    assert_int_equal(sample->fees.n, 1);
    assert_int_equal(sample->mode, 1);
    assert_int_equal(sample->timeframe.nanoseconds, SY_HOUR);
    assert_int_equal(sample->columns.n, 0);
    assert_true(isnan(sample->stop));
    assert_int_equal(sample->stop_bars, 3);
}

/* Row `later` is a text without a member: its offset is that of flag. */
static void test_field__refused_rows_touch_no_member(void **state) {
    (void)state;
    Sample sample;
    sy_fields_init(&table, &sample);
    memset(&sample, 0xa5, offsetof(Sample, level));
    Sample before = sample;
    sy_fields_clear(&table, &sample);
    assert_memory_equal(&sample, &before, offsetof(Sample, level));
}

static void test_field__number_outside_its_bounds_is_refused_with_them(void **state) {
    Sample *sample = *state;
    g_autoptr(GError) error = NULL;
    assert_refused(sy_field_set_number(row("window"), sample, 19, &error), &error,
                   "window = 19 is out of bounds (20 ≤ x ≤ 1000000 bars)");
    assert_refused(sy_field_set_number(row("window"), sample, 20.5, &error), &error,
                   "window = 20.5 must be a whole number of at most 2147483647");
    assert_refused(sy_field_set_number(row("level"), sample, 0, &error), &error,
                   "level = 0 is out of bounds (0 < x ≤ 1 fraction)");
    assert_refused(sy_field_set_number(row("level"), sample, NAN, &error), &error,
                   "level = nan is out of bounds (0 < x ≤ 1 fraction)");
    assert_int_equal(sample->window, 365);
    assert_true(sy_field_set_number(row("window"), sample, 20, &error));
    assert_true(sy_field_set_number(row("level"), sample, 1, &error));
    assert_int_equal(sample->window, 20);
    assert_true(sample->level == 1);
}

static void test_field__lists_check_each_element(void **state) {
    Sample *sample = *state;
    g_autoptr(GError) error = NULL;
    const double good[] = {0, 0.5}, bad[] = {0.5, -1};
    assert_true(sy_field_set_numbers(row("fees"), sample, good, 2, &error));
    assert_refused(sy_field_set_numbers(row("fees"), sample, bad, 2, &error), &error,
                   "fees = -1 is out of bounds (≥ 0)");
    assert_int_equal(sample->fees.n, 2);
    assert_true(sample->fees.value[1] == 0.5);
    const char *symbols[] = {"X", NULL}, *keys[] = {"close", NULL}, *values[] = {"c", NULL};
    assert_true(sy_field_set_texts(row("tickers"), sample, symbols, &error));
    assert_string_equal(sample->symbols[0], "X");
    assert_null(sample->symbols[1]);
    for (int i = 0; i < 2; i++)
        assert_true(sy_field_set_map(row("columns"), sample, keys, values, &error));
    assert_string_equal(sy_map_get(&sample->columns, "close"), "c");
    assert_null(sy_map_get(&sample->columns, "open"));
}

static void test_field__text_is_read_by_kind(void **state) {
    Sample *sample = *state;
    g_autoptr(GError) error = NULL;
    assert_true(sy_field_set_text(row("flag"), sample, "false", &error));
    assert_false(sample->flag);
    assert_refused(sy_field_set_text(row("flag"), sample, "no", &error), &error,
                   "flag = \"no\" must be true or false");
    assert_refused(sy_field_set_text(row("window"), sample, "5x", &error), &error,
                   "window = \"5x\" must be a number");
    assert_refused(sy_field_set_text(row("name"), sample, "", &error), &error,
                   "name: may not be empty");
    assert_true(sy_field_set_text(row("timeframe"), sample, "1 day", &error));
    assert_int_equal(sample->timeframe.nanoseconds, SY_DAY);
    assert_true(sy_field_set_text(row("mode"), sample, "VALUE", &error));
    assert_int_equal(sample->mode, 0);
    assert_refused(sy_field_set_text(row("mode"), sample, "vaule", &error), &error,
                   "mode = \"vaule\" is not one of value, auto; did you mean \"value\"?");
}

static void test_field__describes_itself_for_people(void **state) {
    (void)state;
    static const struct {
        const char *key, *description, *bounds;
    } cases[] = {
        {"flag", "true or false", ""},      {"window", "integer", "20 ≤ x ≤ 1000000"},
        {"level", "number", "0 < x ≤ 1"},   {"fees", "number or list of numbers", "≥ 0"},
        {"mode", "one of value, auto", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *description = sy_field_describe(row(cases[i].key));
        g_autofree char *bounds = sy_field_bounds(row(cases[i].key));
        assert_string_equal(description, cases[i].description);
        assert_string_equal(bounds, cases[i].bounds);
    }
    assert_null(sy_field_find(fields, G_N_ELEMENTS(fields), "windows"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_field__init_stores_every_fallback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_field__number_outside_its_bounds_is_refused_with_them,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_field__lists_check_each_element, setup, teardown),
        cmocka_unit_test_setup_teardown(test_field__text_is_read_by_kind, setup, teardown),
        cmocka_unit_test(test_field__refused_rows_touch_no_member),
        cmocka_unit_test(test_field__describes_itself_for_people),
    };
    return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
