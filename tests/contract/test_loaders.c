/* What every row of the loader registry promises. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "loader/loader.h"

static void test_loaders__rows_are_complete_and_found_by_loose_names(void **state) {
    (void)state;
    assert_true(sy_n_loaders >= 2);
    for (gsize i = 0; i < sy_n_loaders; i++) {
        const SyLoader *loader = sy_loaders[i];
        assert_non_null(loader->name);
        assert_true(strlen(loader->summary) > 10 && strlen(loader->source) > 3);
        assert_non_null(loader->validate);
        assert_non_null(loader->load);
        g_autofree char *lower = g_ascii_strdown(loader->name, -1);
        assert_ptr_equal(sy_loader_find(lower), loader);
    }
    assert_null(sy_loader_find("YahooData"));
}

/* What a loader cannot honour it does not accept: a key of one loader is refused by the others. */
static void test_loaders__refuse_the_keys_of_others(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *owner;
    } owned[] = {{"engine", "sqlite:///x.db", "BFCData"},
                 {"engine_name", "x", "BFCData"},
                 {"table", "x", "BFCData"},
                 {"query", "SELECT 1", "BFCData"},
                 {"path", "x.csv", "CSVData"},
                 {"command", "true", "command"},
                 {"timeout", "5s", "command"}};
    for (gsize i = 0; i < sy_n_loaders; i++)
        for (gsize k = 0; k < G_N_ELEMENTS(owned); k++) {
            SyLoaderConfig config;
            sy_fields_init(&sy_loader_fields, &config);
            config.symbols = g_strsplit("A", ",", -1);
            config.timeframe = (SyTimeframe){SY_HOUR, 0};
            const SyField *field =
                sy_field_find(sy_loader_fields.rows, sy_loader_fields.n, owned[k].key);
            assert_true(sy_field_set_text(field, &config, owned[k].value, NULL));
            const char *key = NULL;
            g_autofree char *reason = sy_loaders[i]->validate(&config, &key);
            g_autofree char *expected =
                g_strdup_printf("is a key of %s, not of %s", owned[k].owner, sy_loaders[i]->name);
            bool own = strcmp(owned[k].owner, sy_loaders[i]->name) == 0;
            assert_int_equal(reason && strcmp(reason, expected) == 0, !own);
            if (!own)
                assert_string_equal(key, owned[k].key);
            sy_fields_clear(&sy_loader_fields, &config);
        }
}

static void test_loaders__every_key_has_a_help_and_a_fallback_that_parses(void **state) {
    (void)state;
    SyLoaderConfig config;
    sy_fields_init(&sy_loader_fields, &config);
    for (gsize i = 0; i < sy_loader_fields.n; i++)
        assert_true(strlen(sy_loader_fields.rows[i].help) > 10);
    assert_int_equal(config.missing_index, SY_MISSING_NAN);
    assert_int_equal(config.missing_columns, SY_MISSING_RAISE);
    assert_int_equal(config.index_is, SY_INDEX_BY_NAME);
    sy_fields_clear(&sy_loader_fields, &config);
}

static void test_loaders__what_names_no_source_is_refused_with_a_key_of_the_table(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_loaders; i++) {
        SyLoaderConfig config;
        sy_fields_init(&sy_loader_fields, &config);
        config.symbols = g_strsplit("A", ",", -1);
        config.timeframe = (SyTimeframe){SY_HOUR, 0};
        const char *key = NULL;
        g_autofree char *reason = sy_loaders[i]->validate(&config, &key);
        assert_non_null(reason);
        assert_non_null(sy_field_find(sy_loader_fields.rows, sy_loader_fields.n, key));
        sy_fields_clear(&sy_loader_fields, &config);
    }
}

static void test_loaders__an_absent_source_is_unavailable_and_named(void **state) {
    (void)state;
    for (gsize i = 0; i < sy_n_loaders; i++) {
        SyLoaderConfig config;
        sy_fields_init(&sy_loader_fields, &config);
        config.symbols = g_strsplit("A,B", ",", -1);
        config.timeframe = (SyTimeframe){SY_HOUR, 0};
        const char *name = sy_loaders[i]->name;
        if (strcmp(name, "BFCData") == 0)
            config.engine = g_strdup("sqlite:///absent.db");
        else if (strcmp(name, "CSVData") == 0)
            config.path = g_strdup("absent-{symbol}.csv");
        else if (strcmp(name, "command") == 0)
            config.command = g_strsplit("/nonexistent/absent", ",", -1);
        const char *key;
        assert_null(sy_loaders[i]->validate(&config, &key));
        SyTime now = SY_DAY;
        SyEnv env = sy_env_fixed(&now);
        SyMap engines = {0};
        SyLoaderContext context = {&env, "/nonexistent", &engines, SY_TIME_NONE};
        g_autoptr(GError) error = NULL;
        assert_null(sy_loaders[i]->load(&config, &context, &error));
        assert_int_equal(error->code, SY_ERROR_UNAVAILABLE);
        assert_non_null(strstr(error->message, "/nonexistent/absent"));
        g_clear_error(&error);
        SyTime newest;
        assert_false(sy_loaders[i]->newest(&config, &context, &newest, &error));
        assert_int_equal(error->code, SY_ERROR_UNAVAILABLE);
        sy_fields_clear(&sy_loader_fields, &config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loaders__rows_are_complete_and_found_by_loose_names),
        cmocka_unit_test(test_loaders__refuse_the_keys_of_others),
        cmocka_unit_test(test_loaders__every_key_has_a_help_and_a_fallback_that_parses),
        cmocka_unit_test(test_loaders__what_names_no_source_is_refused_with_a_key_of_the_table),
        cmocka_unit_test(test_loaders__an_absent_source_is_unavailable_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
