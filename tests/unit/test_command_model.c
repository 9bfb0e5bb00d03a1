/* The model "command": what a program is told, and that only complete, finite, ordered output of it
 * is believed. */
#include "test.h"

#include <string.h>

#include "base/csv_text.h"
#include "base/error.h"
#include "cli.h"
#include "model/model.h"
#include "model_pair.h"

enum { ROWS = 6 }; /* test_pair: hours from 1970-01-01T01:00:00Z, symbols A and B */

static const SyModel *model(void) { return sy_model_find("command"); }

/* Runs a shell script as the model of a panel. */
static SyModelResult *run(const char *script, const char *timeout, const char *folder,
                          const SyPanel *panel, GError **error) {
    gpointer config = test_config(model(), "timeout", timeout, NULL);
    const SyField *command = sy_field_find(model()->fields->rows, model()->fields->n, "command");
    const SyField *parameters =
        sy_field_find(model()->fields->rows, model()->fields->n, "parameters");
    assert_true(
        sy_field_set_texts(command, config, (const char *const[]){"sh", "-c", script, NULL}, NULL));
    sy_field_set_json(parameters, config, "{\"window\":3}");
    const SyModelContext context = {.threads = 1, .folder = folder};
    SyModelResult *result = model()->run(config, panel, &context, error);
    test_config_free(model(), config);
    return result;
}

#define HEAD "echo time,A,B; "
#define ROW(hour, cells) "echo 1970-01-01T0" hour ":00:00Z," cells "; "
#define REST ROW("4", "4,-4") ROW("5", "5,-5") ROW("6", "6,-6")

static void test_command_model__takes_what_is_printed(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 1);
    static const char *const scripts[] = {
        HEAD ROW("3", ",nan") REST,
        HEAD "echo 1970-01-01 03:00:00,-nan,; " REST, /* other spellings of a time */
        "cat >/dev/null; " HEAD ROW("3", ",") REST,   /* reads all */
        "exec <&-; printf '\\357\\273\\277'; " HEAD ROW("3", "NaN,null") REST, /* reads nothing */
        "printf 'time,A,B\\r\\n1970-01-01T03:00:00Z,,\\r\\n'; " REST,
        HEAD ROW("3", "\\\"\\\",NAN") REST "sleep 0.2; exec >&-; sleep 0.2",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyModelResult) result = run(scripts[i], "20s", NULL, panel, &error);
        if (!result)
            fail_msg("%s: %s", scripts[i], error->message);
        for (gsize row = 0; row < ROWS; row++) {
            double expected = row < 3 ? NAN : (double)row + 1;
            assert_near(sy_matrix_column(result->output, 0)[row], expected, 0);
            assert_near(sy_matrix_column(result->output, 1)[row], -expected, 0);
        }
        assert_int_equal(result->fits->len, 0);
        assert_true(result->lower == -INFINITY && result->upper == INFINITY);
    }
}

static void test_command_model__is_told_everything_as_csv_and_in_its_environment(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(3000, 2); /* more than a pipe holds */
    g_autofree char *folder = test_folder_new();
    sy_panel_column(panel, SY_HIGH, 1)[1] = NAN;
    const char *const script = "cat >input; env >seen; awk -F, 'NR == 1 { print "
                               "\"time,A,B\" } $2 == \"B\" { print $1 \",\" $6 \",\" $3 }' input";
    g_autoptr(GError) error = NULL;
    g_autoptr(SyModelResult) result = run(script, "20s", folder, panel, &error);
    if (!result)
        fail_msg("%s", error->message);
    for (gsize row = 0; row < panel->rows; row++) { /* to the last bit */
        assert_true(sy_matrix_column(result->output, 0)[row] ==
                    sy_panel_column(panel, SY_CLOSE, 1)[row]);
        assert_true(sy_matrix_column(result->output, 1)[row] ==
                    sy_panel_column(panel, SY_OPEN, 1)[row]);
    }
    g_autofree char *input = test_read(folder, "input"), *seen = test_read(folder, "seen");
    assert_true(
        g_str_has_prefix(input, "time,symbol,open,high,low,close,volume\n1970-01-01T01:00:00Z,A,"));
    g_autoptr(GString) gap = g_string_new("\n1970-01-01T02:00:00Z,B,");
    sy_csv_append_number(gap, sy_panel_column(panel, SY_OPEN, 1)[1]);
    g_string_append(gap, ",,");
    assert_non_null(strstr(input, gap->str)); /* the missing high is an empty cell */
    assert_non_null(strstr(seen, "SYSTEMATICA_PARAMETERS={\"window\":3}\n"));
    assert_non_null(strstr(seen, "SYSTEMATICA_SYMBOLS=A\nB\n"));
    assert_non_null(strstr(seen, "SYSTEMATICA_TIMEFRAME=1h\n"));
    assert_null(strstr(seen, "SYSTEMATICA_START"));
    g_autofree char *workspace = g_strdup_printf("SYSTEMATICA_WORKSPACE=%s\n", folder);
    assert_non_null(strstr(seen, workspace));
    test_folder_remove(folder);
}

static void test_command_model__bad_output_is_refused_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *script;
        int code;
        const char *expected;
    } cases[] = {
        {"true", SY_ERROR_DATA, "printed nothing; a header line is expected"},
        {"echo", SY_ERROR_DATA, "printed nothing; a header line is expected"},
        {HEAD, SY_ERROR_DATA, "printed a header and no row"},
        {"echo hello", SY_ERROR_DATA, ":1: the header must be \"time,A,B\", not \"hello\""},
        {"echo time,B,A", SY_ERROR_DATA, "the header must be \"time,A,B\", not \"time,B,A\""},
        {"echo time,A,B,C", SY_ERROR_DATA, "the header must be"},
        {"echo time,A", SY_ERROR_DATA, "the header must be"},
        {HEAD ROW("3", "1"), SY_ERROR_DATA, ":2: fewer fields than the header"},
        {HEAD ROW("3", "1,2,3"), SY_ERROR_DATA, ":2: more fields than the header"},
        {HEAD "echo soon,1,2", SY_ERROR_DATA, ":2: time = \"soon\" is no time"},
        {HEAD "echo ,1,2", SY_ERROR_DATA, ":2: time = \"\" is no time"},
        {HEAD "echo now,1,2", SY_ERROR_DATA, ":2: time = \"now\" is no time"},
        {HEAD "echo 10800,1,2", SY_ERROR_DATA, ":2: time = \"10800\" is no time"},
        {HEAD "echo 1970-01-01T03:30:00Z,1,2", SY_ERROR_DATA,
         ":2: no bar of the input closes at 1970-01-01T03:30:00Z"},
        {HEAD ROW("3", "1,2") ROW("3", "1,2"), SY_ERROR_DATA,
         ":3: the bar that closes at 1970-01-01T03:00:00Z comes twice"},
        {HEAD ROW("3", "1,2") ROW("2", "1,2"), SY_ERROR_DATA,
         ":3: the bar that closes at 1970-01-01T02:00:00Z comes after the one of "
         "1970-01-01T03:00:00Z"},
        {HEAD ROW("3", "1,2") ROW("5", "1,2"), SY_ERROR_DATA,
         ":3: the bar that closes at 1970-01-01T04:00:00Z is left out before the one of "
         "1970-01-01T05:00:00Z"},
        {HEAD ROW("3", "1,2") ROW("4", "1,2"), SY_ERROR_DATA,
         "ends too early: the bar that closes at 1970-01-01T05:00:00Z is left out, and 1 after it"},
        {HEAD ROW("6", "1,2") ROW("7", "1,2"), SY_ERROR_DATA,
         ":3: no bar of the input closes at 1970-01-01T07:00:00Z"},
        {HEAD ROW("6", "1,two"), SY_ERROR_DATA, ":2: B = \"two\" is not a finite number"},
        {HEAD ROW("6", "inf,2"), SY_ERROR_DATA, ":2: A = \"inf\" is not a finite number"},
        {HEAD ROW("6", "1e999,2"), SY_ERROR_DATA, ":2: A = \"1e999\" is not a finite number"},
        {HEAD ROW("6", "0x1p3,2"), SY_ERROR_DATA, ":2: A = \"0x1p3\" is not a finite number"},
        {HEAD ROW("6", ","), SY_ERROR_DATA, "printed no number for any of the 6 bars"},
        {"head -c 100000 /dev/zero", SY_ERROR_DATA, "is no text"},
        {"head -c 3000000 /dev/zero | tr '\\0' x", SY_ERROR_DATA, "longer than 1 MiB"},
        {"yes", SY_ERROR_DATA, "the header must be"},
        {HEAD "yes 1970-01-01T03:00:00Z,1,2", SY_ERROR_DATA,
         ":3: the bar that closes at "
         "1970-01-01T03:00:00Z comes twice"},
        {HEAD "yes ,", SY_ERROR_DATA, ":2: fewer fields"},
        {HEAD "yes ''", SY_ERROR_TIMEOUT, "ended after its timeout of 1s"}, /* says nothing */
        {"sleep 100", SY_ERROR_TIMEOUT,
         "sh -c sleep 100: ended after its timeout of 1s; give it a longer timeout, or less to do"},
        {HEAD REST "exec >&-; sleep 100", SY_ERROR_TIMEOUT, "ended after its timeout of 1s"},
        {"echo why >&2; exit 1", SY_ERROR_FAILED, "exit code 1; it said: why"},
        {HEAD REST "exit 3", SY_ERROR_FAILED, "exit code 3"},
        {HEAD ROW("3", "1,2") "echo gone >&2; exit 2", SY_ERROR_FAILED,
         "exit code 2; it said: gone"}, /* why its output is cut */
        {HEAD "printf 1970-01-01T03; kill -SEGV $$", SY_ERROR_FAILED,
         "killed by signal 11 (Segmentation fault)"},
        {HEAD ROW("3", "1,2") "echo busy >&2; exit 75", SY_ERROR_TRY_AGAIN,
         "exit code 75, so it asks to be tried again; it said: busy"},
        {"echo Traceback >&2; echo garbage; sleep 100", SY_ERROR_DATA,
         "not \"garbage\"; it said: Traceback"},
    };
    g_autoptr(SyPanel) panel = test_pair(ROWS, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyModelResult) result = run(cases[i].script, "1s", NULL, panel, &error);
        if (result)
            fail_msg("%s was accepted", cases[i].script);
        if (error->code != cases[i].code || !strstr(error->message, cases[i].expected))
            fail_msg("%s: expected %d \"%s\", got %d \"%s\"", cases[i].script, cases[i].code,
                     cases[i].expected, error->code, error->message);
    }
}

static void test_command_model__a_program_that_is_not_there_is_unavailable(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 1);
    gpointer config = test_config(model(), "command", "/nonexistent/mine,x", NULL);
    g_autoptr(GError) error = NULL;
    const char *key = NULL;
    assert_null(model()->validate(config, &key));
    assert_null(model()->run(config, panel, &(SyModelContext){.threads = 1}, &error));
    assert_int_equal(error->code, SY_ERROR_UNAVAILABLE);
    assert_non_null(strstr(error->message, "/nonexistent/mine cannot be started: No such file"));
    assert_null(strstr(error->message, "text of its own"));
    test_config_free(model(), config);
}

/* As one would type it into a shell. */
static void test_command_model__a_command_in_one_text_is_explained(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = test_pair(ROWS, 1);
    gpointer config = test_config(model(), "command", "awk -f models/mine.awk", NULL);
    g_autoptr(GError) error = NULL;
    assert_null(model()->run(config, panel, &(SyModelContext){.threads = 1}, &error));
    assert_int_equal(error->code, SY_ERROR_UNAVAILABLE);
    assert_non_null(strstr(error->message,
                           "awk -f models/mine.awk cannot be started: No such file or directory; "
                           "in command each argument is a text of its own: [\"python3\", "
                           "\"models/mine.py\"]"));
    test_config_free(model(), config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_model__takes_what_is_printed),
        cmocka_unit_test(test_command_model__is_told_everything_as_csv_and_in_its_environment),
        cmocka_unit_test(test_command_model__bad_output_is_refused_with_its_line),
        cmocka_unit_test(test_command_model__a_program_that_is_not_there_is_unavailable),
        cmocka_unit_test(test_command_model__a_command_in_one_text_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
