/* Every file of templates/ runs as it stands, and its figures are those that were looked at and
 * kept.
 *
 * Bars: `data synth` up to a fixed time. Kept: tests/golden/NAME.json, the stats.json of a
 * backtest; SY_GOLDEN_WRITE=1 writes them anew (look at the difference before you commit it). */
#include "test.h"

#include <jansson.h>
#include <string.h>

#include "cli.h"

static const char now[] = "2026-08-05T15:00:00Z";

static json_t *load(const char *folder, const char *path) {
    g_autofree char *text = test_read(folder, path);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    if (!root)
        fail_msg("%s: %s", path, error.text);
    return root;
}

/* Numbers agree to nine digits (another compiler may sum in another order); all else is equal. */
static void assert_same(const char *name, json_t *kept, json_t *found) {
    const char *key;
    json_t *expected;
    assert_int_equal(json_object_size(kept), json_object_size(found));
    json_object_foreach(kept, key, expected) {
        json_t *value = json_object_get(found, key);
        if (!json_is_number(expected) || !json_is_number(value)) {
            if (!json_equal(expected, value))
                fail_msg("%s: %s is not what it was", name, key);
            continue;
        }
        double a = json_number_value(expected), b = json_number_value(value);
        if (fabs(a - b) > 1e-9 * fmax(1, fabs(a)))
            fail_msg("%s: %s = %.15g, was %.15g", name, key, b, a);
    }
}

static void check_template(const char *workspace, const char *root, const char *name) {
    g_autofree char *line = g_strdup_printf("backtest '%s/templates/%s.toml' --out '%s' --now %s",
                                            root, name, name, now);
    g_autofree char *stats = g_strdup_printf("%s/stats.json", name);
    g_autofree char *kept_path = g_strdup_printf("tests/golden/%s.json", name);
    g_auto(TestRun) run = test_run_expect(workspace, "systematica", line, 0);
    if (g_getenv("SY_GOLDEN_WRITE")) {
        g_autofree char *text = test_read(workspace, stats);
        test_write(root, kept_path, text);
    }
    json_t *kept = load(root, kept_path), *found = load(workspace, stats);
    assert_same(name, kept, found);
    json_decref(kept);
    json_decref(found);
}

static void test_templates__give_the_figures_that_were_kept(void **state) {
    (void)state;
    const char *root = g_getenv("SY_SOURCE_ROOT");
    g_autofree char *workspace = test_folder_new(),
                    *folder = g_build_filename(root, "templates", NULL);
    g_autofree char *synth = g_strdup_printf("data synth --end %s", now);
    g_auto(TestRun) made = test_run_expect(workspace, "systematica", "init", 0);
    g_auto(TestRun) bars = test_run_expect(workspace, "systematica", synth, 0);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *file;
    int count = 0;
    while ((file = g_dir_read_name(dir))) {
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".toml"));
        check_template(workspace, root, name);
        count++;
    }
    g_dir_close(dir);
    assert_true(count >= 2);
    test_folder_remove(workspace);
}

/* What `init` writes is the sample of the reference, byte for byte. */
static void test_sample__is_what_init_writes(void **state) {
    (void)state;
    g_autofree char *workspace = test_folder_new();
    g_auto(TestRun) made = test_run_expect(workspace, "systematica", "init", 0);
    g_autofree char *written = test_read(workspace, ".workflow/templates/dale.toml");
    g_autofree char *sample = test_read(g_getenv("SY_SOURCE_ROOT"), "templates/dale.toml");
    assert_string_equal(written, sample);
    test_folder_remove(workspace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates__give_the_figures_that_were_kept),
        cmocka_unit_test(test_sample__is_what_init_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
