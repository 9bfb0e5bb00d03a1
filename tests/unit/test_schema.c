/* Nodes to structs: every wrong key and value of a file is reported at its place, with a remedy. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "template/schema.h"

typedef struct {
    char **symbols;
    SyTimeframe timeframe;
    char *start;
    int window;
    double upper;
    bool sequential;
    SyNumbers size, flows;
    unsigned size_type, accumulate;
    SyMap columns;
    double leverage, cash;
    double stop;
    unsigned stop_kind;
    SyJson parameters;
} Sample;

static const SyChoice size_types[] = {{"amount", NULL, NULL}, {"valuepercent100", NULL, NULL}};
static const SyChoice accumulates[] = {
    {"false", NULL, NULL}, {"true", NULL, NULL}, {"addonly", NULL, NULL}};
static const SyChoice stops[] = {{"fixed", NULL, NULL}, {"trailing", NULL, NULL}};
static const char *const window_also[] = {"train", NULL};

static const SyField stop_members[] = {
    SY_FIELD_AS("distance", Sample, stop, .max = 1, .required = true, .help = "Fraction of price."),
    SY_FIELD_AS("kind", Sample, stop_kind, SY_CHOICES(stops), .fallback = "fixed"),
};

static const SyField fields[] = {
    SY_FIELD(Sample, symbols, .required = true, .help = "Names as the table spells them."),
    SY_FIELD(Sample, timeframe, .fallback = "1h"),
    SY_FIELD(Sample, start),
    SY_FIELD(Sample, window, .min = 20, .max = 1e6, .fallback = "365", .also = window_also),
    SY_FIELD(Sample, upper, .fallback = "1.11"),
    SY_FIELD(Sample, sequential),
    SY_FIELD(Sample, size, .min = 0, .max = INFINITY),
    SY_FIELD(Sample, size_type, SY_CHOICES(size_types)),
    SY_FIELD(Sample, accumulate, SY_CHOICES(accumulates), .fallback = "false"),
    SY_FIELD(Sample, flows, .or_dated = true),
    SY_FIELD(Sample, columns),
    SY_FIELD(Sample, parameters),
    SY_FIELD(Sample, cash, .min = 0, .max = INFINITY, .fallback = "100", .word = "auto"),
    SY_FIELD(Sample, leverage, .refused = "leverage is not built yet"),
    {.key = "stop",
     .kind = SY_FIELD_GROUP,
     .members = stop_members,
     .n_members = G_N_ELEMENTS(stop_members)},
};
static const SyFieldTable table = SY_FIELD_TABLE(Sample, fields);

typedef struct {
    char *signal_model;
} Extra;
static const SyField extra_fields[] = {SY_FIELD(Extra, signal_model)};
static const SyFieldTable extra_table = SY_FIELD_TABLE(Extra, extra_fields);

/* Reads `text` as the section [s]; returns all problems, or "" where there are none. */
static char *read_section(const char *text, Sample *sample) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyNode) root = sy_node_parse(text, strlen(text), "t.toml", &error);
    if (!root)
        fail_msg("%s", error->message);
    g_autoptr(SyProblems) problems = sy_problems_new("t.toml");
    sy_schema_read(sy_node_find(root, "s"), "[s]", &(SySchemaPart){&table, sample}, 1, problems);
    if (sy_problems_check(problems, &error))
        return g_strdup("");
    assert_int_equal(error->code, SY_ERROR_TEMPLATE);
    return g_strdup(error->message);
}

static void assert_reads(const char *lines, Sample *sample) {
    g_autofree char *text = g_strconcat("[s]\nsymbols = [\"A\"]\n", lines, NULL);
    g_autofree char *problems = read_section(text, sample);
    assert_string_equal(problems, "");
}

static void assert_problem(const char *line, const char *expected) {
    Sample sample;
    g_autofree char *text = g_strconcat("[s]\nsymbols = [\"A\"]\n", line, "\n", NULL);
    g_autofree char *problems = read_section(text, &sample);
    assert_string_equal(problems, expected);
    sy_fields_clear(&table, &sample);
}

static void test_schema__fills_every_kind(void **state) {
    (void)state;
    Sample sample;
    assert_reads(
        "timeframe = \"60m\"\nstart = 2018-01-01\ntrain = 3244\nupper = 2\n"
        "flows = [{ time = 1970-01-02, amount = -5 }, { amount = 7, time = \"1970-01-03\" }]\n"
        "sequential = true\nsize = [50, 0.5]\nsize_type = \"ValuePercent100\"\n"
        "accumulate = true\ncolumns = { close = \"c\", open = \"o\" }\n"
        "stop = { distance = 0.1, kind = \"trailing\" }\n",
        &sample);
    assert_string_equal(sample.symbols[0], "A");
    assert_int_equal(sample.timeframe.nanoseconds, SY_HOUR);
    assert_string_equal(sample.start, "2018-01-01");
    assert_int_equal(sample.window, 3244);
    assert_true(sample.upper == 2);
    assert_true(sample.sequential);
    assert_int_equal(sample.size.n, 2);
    assert_true(sample.size.value[1] == 0.5);
    assert_null(sample.size.time);
    assert_int_equal(sample.flows.n, 2);
    assert_true(sample.flows.value[0] == -5 && sample.flows.time[0] == SY_DAY);
    assert_true(sample.flows.value[1] == 7 && sample.flows.time[1] == 2 * SY_DAY);
    assert_int_equal(sample.size_type, 1);
    assert_int_equal(sample.accumulate, 1);
    assert_string_equal(sample.columns.key[0], "close");
    assert_string_equal(sy_map_get(&sample.columns, "open"), "o");
    assert_true(sample.stop == 0.1);
    assert_int_equal(sample.stop_kind, 1);
    sy_fields_clear(&table, &sample);
}

static void test_schema__one_value_stands_for_a_list_of_one(void **state) {
    (void)state;
    Sample sample;
    g_autofree char *problems = read_section("[s]\nsymbols = \"A\"\nsize = inf\n", &sample);
    assert_string_equal(problems, "");
    assert_string_equal(sample.symbols[0], "A");
    assert_null(sample.symbols[1]);
    assert_int_equal(sample.size.n, 1);
    assert_true(isinf(sample.size.value[0]));
    assert_true(sample.upper == 1.11);
    sy_fields_clear(&table, &sample);
}

static void test_schema__a_table_of_anything_becomes_json(void **state) {
    (void)state;
    Sample sample;
    assert_reads("parameters = { window = 24, \"a b\" = \"x\\\"é\\n\", on = true, level = 0.1, "
                 "at = 2018-01-01, list = [1, [2.5], { k = -3 }], none = {} }",
                 &sample);
    assert_string_equal(
        sample.parameters.text,
        "{\"window\":24,\"a b\":\"x\\\"é\\n\",\"on\":true,\"level\":0.10000000000000001,"
        "\"at\":\"2018-01-01\",\"list\":[1,[2.5],{\"k\":-3}],\"none\":{}}");
    sy_fields_clear(&table, &sample);
    g_autofree char *unfit =
        read_section("[s]\nsymbols = [\"A\"]\nparameters = { a = 1, b = [1.0,\n nan] }", &sample);
    assert_string_equal(unfit, "t.toml:4:2: [s] parameters: a number = nan cannot be passed on: "
                               "JSON knows neither inf nor nan");
    sy_fields_clear(&table, &sample);
    g_autofree char *list = read_section("[s]\nsymbols = [\"A\"]\nparameters = [1]", &sample);
    assert_non_null(strstr(list, "t.toml:3:1: [s] parameters must be a table of anything, not"));
    sy_fields_clear(&table, &sample);
}

static void test_schema__a_word_may_stand_for_a_number(void **state) {
    (void)state;
    Sample sample;
    assert_reads("", &sample);
    assert_true(sample.cash == 100);
    sy_fields_clear(&table, &sample);
    assert_reads("cash = \"auto\"\n", &sample);
    assert_true(isnan(sample.cash));
    sy_fields_clear(&table, &sample);
    assert_reads("cash = 5\n", &sample);
    assert_true(sample.cash == 5);
    sy_fields_clear(&table, &sample);
}

static void test_schema__wrong_type_is_named_with_a_remedy(void **state) {
    (void)state;
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {"upper = \"50\"", "t.toml:3:1: [s] upper must be a number, not text \"50\"\n"
                           "  hint: remove the quotes: upper = 50"},
        {"upper = \"x\"", "t.toml:3:1: [s] upper must be a number, not text \"x\""},
        {"window = 30.0", "t.toml:3:1: [s] window must be an integer, not number 30\n"
                          "  hint: write it without a decimal point: window = 30"},
        {"window = 30.5", "t.toml:3:1: [s] window must be an integer, not number 30.5"},
        {"window = true", "t.toml:3:1: [s] window must be an integer, not boolean true"},
        {"sequential = \"False\"",
         "t.toml:3:1: [s] sequential must be true or false, not text \"False\"\n"
         "  hint: remove the quotes: sequential = false"},
        {"sequential = 1", "t.toml:3:1: [s] sequential must be true or false, not integer 1"},
        {"start = 2018", "t.toml:3:1: [s] start must be a text, not integer 2018\n"
                         "  hint: put it in quotes: start = \"2018\""},
        {"timeframe = 60", "t.toml:3:1: [s] timeframe must be a timeframe, not integer 60\n"
                           "  hint: write a count and a unit in quotes: timeframe = \"60m\""},
        {"size = [1, \"2\"]",
         "t.toml:3:12: [s] size must be a number or list of numbers, not text \"2\""},
        {"flows = [{ time = \"now\", amount = 1 }]",
         "t.toml:3:10: [s] flows: time must be a date or a moment, as \"2024-06-30\""},
        {"flows = [{ time = \"2024-01-01\" }]",
         "t.toml:3:10: [s] flows: write { time = \"2024-06-30\", amount = 100 }"},
        {"flows = [{ time = \"2024-01-01\", amount = \"1\" }]",
         "t.toml:3:10: [s] flows: write { time = \"2024-06-30\", amount = 100 }"},
        {"flows = [{ time = \"2024-01-01\", amount = 1 }, 2]",
         "t.toml:3:47: [s] flows: write { time = \"2024-06-30\", amount = 100 }"},
        {"size = []", "t.toml:3:1: [s] size is an empty list\n"
                      "  hint: give one number, or one per symbol"},
        {"size_type = true",
         "t.toml:3:1: [s] size_type must be one of amount, valuepercent100, not boolean true\n"
         "  hint: put it in quotes: size_type = \"true\""},
        {"upper = [1]", "t.toml:3:1: [s] upper must be a number, not a list of 1\n"
                        "  hint: write the one value without [ ]"},
        {"columns = { close = 1 }",
         "t.toml:3:13: [s] columns must be a table of texts, not integer 1"},
        {"columns = 1", "t.toml:3:1: [s] columns must be a table of texts, not integer 1"},
        {"cash = \"atuo\"", "t.toml:3:1: [s] cash = \"atuo\" must be a number or \"auto\""},
        {"cash = true", "t.toml:3:1: [s] cash must be a number or \"auto\", not boolean true"},
        {"stop = 0.1", "t.toml:3:1: [s] stop must be a table, not number 0.1"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_problem(cases[i].line, cases[i].expected);
}

static void test_schema__wrong_value_is_named_with_what_is_accepted(void **state) {
    (void)state;
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {"window = 5", "t.toml:3:1: [s] window = 5 is out of bounds (20 ≤ x ≤ 1000000)"},
        {"size = [1, -2]", "t.toml:3:1: [s] size = -2 is out of bounds (≥ 0)"},
        {"size_type = \"valuepercnt100\"",
         "t.toml:3:1: [s] size_type = \"valuepercnt100\" is not one of amount, valuepercent100; "
         "did you mean \"valuepercent100\"?"},
        {"leverage = 2", "t.toml:3:1: [s] leverage is not accepted: leverage is not built "
                         "yet"},
        {"windw = 50", "t.toml:3:1: [s] has no key \"windw\"\n  hint: did you mean \"window\"?"},
        {"zzzzzzz = 1", "t.toml:3:1: [s] has no key \"zzzzzzz\"\n"
                        "  hint: known keys: symbols, timeframe, start, window, upper, sequential, "
                        "size, size_type, accumulate, flows, columns, parameters, cash, stop"},
        {"stop = { kind = \"x\", far = 1 }",
         "t.toml:3:1: [s] stop: needs the key distance (number)\n"
         "  hint: Fraction of price.\n"
         "t.toml:3:10: [s] stop: kind = \"x\" is not one of fixed, trailing\n"
         "t.toml:3:22: [s] stop: has no key \"far\"\n  hint: known keys: distance, kind"},
        {"window = 50\ntrain = 60",
         "t.toml:4:1: [s] train says the same as window in line 3\n  hint: remove one of the two"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_problem(cases[i].line, cases[i].expected);
}

static void test_schema__all_problems_come_sorted_by_place(void **state) {
    (void)state;
    Sample sample;
    g_autofree char *problems = read_section("[s]\nupper = \"1\"\nnope = 1\nwindow = 0\n", &sample);
    g_auto(GStrv) lines = g_strsplit(problems, "\n", -1);
    assert_true(g_str_has_prefix(lines[0], "t.toml:1:2: [s] needs the key symbols"));
    assert_true(g_str_has_prefix(lines[2], "t.toml:2:1: "));
    assert_true(g_str_has_prefix(lines[4], "t.toml:3:1: "));
    assert_true(g_str_has_prefix(lines[6], "t.toml:4:1: "));
    assert_int_equal(sample.window, 365);
    sy_fields_clear(&table, &sample);
}

static void test_schema__absent_section_needs_its_required_keys_only(void **state) {
    (void)state;
    Sample sample;
    g_autofree char *problems = read_section("", &sample);
    assert_string_equal(problems, "t.toml: [s] needs the key symbols (list of texts)\n"
                                  "  hint: Names as the table spells them.");
    sy_fields_clear(&table, &sample);
    g_autofree char *wrong = read_section("s = 1\n", &sample);
    assert_string_equal(wrong, "t.toml:1:1: [s] must be a table of keys, not 1");
    sy_fields_clear(&table, &sample);
}

static void test_schema__two_tables_share_one_section(void **state) {
    (void)state;
    static const char text[] =
        "[s]\nsymbols = \"A\"\nsignal_model = \"twin_spread\"\nsignl_model = 1\n";
    g_autoptr(SyNode) root = sy_node_parse(text, strlen(text), "t.toml", NULL);
    g_autoptr(SyProblems) problems = sy_problems_new("t.toml");
    g_autoptr(GError) error = NULL;
    Sample sample;
    Extra extra;
    const SySchemaPart parts[] = {{&extra_table, &extra}, {&table, &sample}};
    const SyNode *section = sy_node_find(root, "s");
    sy_schema_read(section, "[s]", parts, G_N_ELEMENTS(parts), problems);
    assert_false(sy_problems_check(problems, &error));
    assert_string_equal(error->message, "t.toml:4:1: [s] has no key \"signl_model\"\n"
                                        "  hint: did you mean \"signal_model\"?");
    assert_string_equal(extra.signal_model, "twin_spread");
    assert_string_equal(sample.symbols[0], "A");
    assert_ptr_equal(sy_schema_node(section, fields, G_N_ELEMENTS(fields), "symbols"),
                     section->item[0]);
    assert_ptr_equal(sy_schema_node(section, fields, G_N_ELEMENTS(fields), "upper"), section);
    sy_fields_clear(&table, &sample);
    sy_fields_clear(&extra_table, &extra);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__fills_every_kind),
        cmocka_unit_test(test_schema__one_value_stands_for_a_list_of_one),
        cmocka_unit_test(test_schema__a_table_of_anything_becomes_json),
        cmocka_unit_test(test_schema__a_word_may_stand_for_a_number),
        cmocka_unit_test(test_schema__wrong_type_is_named_with_a_remedy),
        cmocka_unit_test(test_schema__wrong_value_is_named_with_what_is_accepted),
        cmocka_unit_test(test_schema__all_problems_come_sorted_by_place),
        cmocka_unit_test(test_schema__absent_section_needs_its_required_keys_only),
        cmocka_unit_test(test_schema__two_tables_share_one_section),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
