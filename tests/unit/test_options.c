/* The parser of the command line. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli/options.h"

typedef struct {
    bool quiet, verbose, report;
    char *name;
    int count;
} Options;

static const SyField rows[] = {
    SY_FIELD(Options, quiet, .also = (const char *const[]){"q", NULL}, .help = "Less."),
    SY_FIELD(Options, verbose, .also = (const char *const[]){"v", NULL}, .help = "More."),
    SY_FIELD(Options, report, .fallback = "true", .help = "No report."),
    SY_FIELD(Options, name, .help = "A name."),
    SY_FIELD(Options, count, .fallback = "1", .min = -5, .max = 5, .help = "A number."),
};
static const SyFieldTable table = SY_FIELD_TABLE(Options, rows);

/* Reads the words of a line; the caller clears the options. */
static bool parse(const char *line, Options *options, GPtrArray *arguments, GError **error) {
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    sy_fields_init(&table, options);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    bool good = sy_options_parse(&table, options, (int)g_strv_length(argv), argv, found, error);
    for (guint i = 0; i < found->len; i++)
        g_ptr_array_add(arguments, g_strdup(found->pdata[i]));
    return good;
}

static void test_options__read_words_values_and_letters(void **state) {
    (void)state;
    static const struct {
        const char *line;
        Options expected;
        guint arguments;
    } cases[] = {
        {"x", {.report = true, .count = 1}, 0},
        {"x a --name b c", {.report = true, .name = "b", .count = 1}, 2},
        {"x --name=--quiet --count -2", {.report = true, .name = "--quiet", .count = -2}, 0},
        {"x -q --no-report", {.quiet = true, .count = 1}, 0},
        {"x -qv", {.quiet = true, .verbose = true, .report = true, .count = 1}, 0},
        {"x -- -q --name", {.report = true, .count = 1}, 2},
        {"x --name --quite", {.report = true, .name = "--quite", .count = 1}, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Options *expected = &cases[i].expected;
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        Options options;
        if (!parse(cases[i].line, &options, arguments, &error))
            fail_msg("%s: %s", cases[i].line, error->message);
        assert_int_equal(options.quiet, expected->quiet);
        assert_int_equal(options.verbose, expected->verbose);
        assert_int_equal(options.report, expected->report);
        assert_int_equal(g_strcmp0(options.name, expected->name), 0);
        assert_int_equal(options.count, expected->count);
        assert_int_equal(arguments->len, cases[i].arguments);
        sy_fields_clear(&table, &options);
    }
}

static void test_options__wrong_words_are_named(void **state) {
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"x --quite", "no such option: --quite; did you mean \"--quiet\"?"},
        {"x -x", "no such option: -x"},
        {"x -qx", "no such option: -qx"},
        {"x --name", "--name needs a value (TEXT)"},
        {"x --name --quiet", "--name needs a value (TEXT)"},
        {"x --name -q", "--name needs a value (TEXT)"},
        {"x --quiet=yes", "--quiet takes no value"},
        {"x --count six", "--count"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) error = NULL;
        Options options;
        assert_false(parse(cases[i].line, &options, arguments, &error));
        assert_true(g_error_matches(error, SY_ERROR, SY_ERROR_USAGE));
        if (!g_str_has_prefix(error->message, cases[i].message))
            fail_msg("%s: %s", cases[i].line, error->message);
        sy_fields_clear(&table, &options);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options__read_words_values_and_letters),
        cmocka_unit_test(test_options__wrong_words_are_named),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
