/* systematica doctor as a user calls it: what is in order, and what is not with what to do. */
#include "test.h"

#include <glib/gstdio.h>
#include <string.h>

#include "cli.h"
#include "pair.h"

static void test_doctor__says_what_needs_work(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    /* the pair's bars end in 2021: outdated; everything else is in order */
    g_auto(TestRun) old = test_run_expect(folder, "systematica", "doctor", 1);
    assert_non_null(strstr(old.out, "failed   templates   pair: outdated: bars end at "));
    assert_non_null(strstr(old.out, "ok       engines     research answers"));
    assert_non_null(strstr(old.out, "there is none yet: the first run makes it"));
    assert_non_null(strstr(old.err, "findings need work"));

    g_auto(TestRun) once = test_run_expect(
        folder, "run_app", "--template pair --once --no-report --now 2021-02-07T12:00:10Z", 0);
    g_auto(TestRun) kept = test_run_expect(folder, "systematica", "doctor --json", 1);
    assert_non_null(strstr(kept.out, "\"text\":\"audit chain whole, "));

    g_autofree char *template_path =
        g_build_filename(folder, ".workflow/templates/pair.toml", NULL);
    assert_true(g_file_set_contents(template_path, "[meta\n", -1, NULL));
    g_auto(TestRun) broken = test_run_expect(folder, "systematica", "doctor", 1);
    assert_non_null(strstr(broken.out, "pair.toml:1:"));

    g_autofree char *sample = g_build_filename(folder, ".workflow/templates/dale.toml", NULL);
    assert_int_equal(g_remove(template_path), 0);
    assert_int_equal(g_remove(sample), 0);
    g_auto(TestRun) none = test_run_expect(folder, "systematica", "doctor", 0);
    assert_non_null(strstr(none.out, "warning  templates   there is none"));
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_doctor__says_what_needs_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
