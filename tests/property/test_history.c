/* A panel cut at a moment is the panel that the loader would have given at that moment: what lets a
 * replay load its history once. */
#include "test.h"

#include "cli.h"
#include "pair.h"
#include "workflow/strategy.h"

static SyPanel *load(const SyStrategy *strategy, const char *folder, const SyMap *engines,
                     SyTime until) {
    const SyEnv env = sy_env_fixed(&until);
    const SyLoaderContext context = {
        .env = &env, .folder = folder, .engines = engines, .until = until};
    GError *error = NULL;
    SyPanel *panel = strategy->loader->load(&strategy->loader_config, &context, &error);
    g_assert_no_error(error);
    return panel;
}

static void test_panel_until__is_what_the_loader_gives_then(void **state) {
    (void)state;
    g_autofree char *folder = test_pair_workspace();
    g_autofree char *path = g_build_filename(folder, ".workflow/templates/pair.toml", NULL);
    g_autofree char *url = g_strdup_printf("sqlite:///%s/.workflow/research.db", folder);
    char *keys[] = {(char *)"research", NULL}, *values[] = {url, NULL};
    const SyMap engines = {keys, values, 1};
    GError *error = NULL;
    g_autoptr(SyStrategy) strategy = sy_strategy_load(path, &error);
    g_assert_no_error(error);
    g_autoptr(SyPanel) whole = load(strategy, folder, &engines, test_pair_time(TEST_PAIR_ROWS - 1));
    assert_int_equal(whole->rows, TEST_PAIR_ROWS);
    for (int row = 0; row < TEST_PAIR_ROWS; row += 37)
        for (int shift = 0; shift < 2; shift++) {
            SyTime until = test_pair_time(row) + shift * SY_MINUTE;
            g_autoptr(SyPanel) then = load(strategy, folder, &engines, until);
            g_autoptr(SyPanel) cut = sy_panel_until(whole, until);
            g_autofree char *expected = sy_panel_fingerprint(then);
            g_autofree char *found = sy_panel_fingerprint(cut);
            assert_string_equal(found, expected);
            assert_true(sy_panel_complete_until(cut) == sy_panel_complete_until(then));
            for (gsize s = 0; s < cut->symbols; s++)
                assert_int_equal(cut->provenance[s].rows, then->provenance[s].rows);
        }
    g_autoptr(SyPanel) none = sy_panel_until(whole, test_pair_time(0) - 1);
    assert_int_equal(none->rows, 0);
    assert_true(sy_panel_complete_until(none) == SY_TIME_NONE);
    test_folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panel_until__is_what_the_loader_gives_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
