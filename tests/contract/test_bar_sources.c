/* What a template says of its bars means the same wherever they come from: a file of SQLite, a
 * server of PostgreSQL, a CSV file. One file of bars, imported into the databases and read as it
 * is. */
#include "test.h"

#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "loader/import.h"
#include "loader/loader.h"
#include "postgres.h"

static char *folder, *server;
static SyTime now;

enum { SQLITE, POSTGRESQL, CSV, SOURCES };
static const char *const names[SOURCES] = {"SQLite", "PostgreSQL", "CSV"};

typedef struct {
    const char *start, *end, *frequency;
    int limit;
    SyMissing missing_index;
    const char *symbols;
} Case;

static SyPanel *load(int source, const Case *c, GError **error) {
    SyLoaderConfig config;
    SyEnv env = sy_env_fixed(&now);
    SyMap engines = {0};
    SyLoaderContext context = {&env, folder, &engines, SY_TIME_NONE};
    const SyLoader *loader = sy_loader_find(source == CSV ? "CSVData" : "BFCData");
    sy_fields_init(&sy_loader_fields, &config);
    config.symbols = g_strsplit(c->symbols ? c->symbols : "A,B", ",", -1);
    config.timeframe = (SyTimeframe){SY_HOUR, 0};
    config.start = g_strdup(c->start);
    config.end = g_strdup(c->end);
    config.limit = c->limit;
    config.missing_index = c->missing_index;
    if (c->frequency)
        assert_true(sy_timeframe_parse(c->frequency, &config.frequency, NULL));
    if (source == CSV)
        config.path = g_strdup("bars.csv");
    else
        config.engine = g_strdup(source == SQLITE ? "sqlite:///bars.db" : server);
    const char *key;
    assert_null(loader->validate(&config, &key));
    SyPanel *panel = loader->load(&config, &context, error);
    SyTime newest;
    if (panel && !loader->newest(&config, &context, &newest, error))
        fail_msg("%s: %s", names[source], (*error)->message);
    if (panel)
        assert_true(newest == sy_panel_complete_until(panel));
    sy_fields_clear(&sy_loader_fields, &config);
    return panel;
}

static void assert_same(const SyPanel *a, const SyPanel *b, const char *what) {
    gsize cells = a->rows * a->symbols;
    if (a->rows != b->rows || a->symbols != b->symbols)
        fail_msg("%s: %zu rows instead of %zu", what, b->rows, a->rows);
    assert_memory_equal(a->time, b->time, a->rows * sizeof *a->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize i = 0; i < cells; i++)
            if (a->value[field][i] != b->value[field][i] &&
                !(isnan(a->value[field][i]) && isnan(b->value[field][i])))
                fail_msg("%s: field %d, cell %zu: %.17g instead of %.17g", what, field, i,
                         b->value[field][i], a->value[field][i]);
    for (gsize s = 0; s < a->symbols; s++) {
        const SyProvenance *p = &a->provenance[s], *q = &b->provenance[s];
        if (p->rows != q->rows || p->gaps != q->gaps || p->missing != q->missing ||
            p->forming != q->forming || p->first != q->first || p->last != q->last)
            fail_msg("%s: another provenance of %s", what, a->symbol[s]);
    }
}

static void test_bar_sources__give_the_same_panel_bit_for_bit(void **state) {
    (void)state;
    static const Case cases[] = {
        {.limit = 0},
        {.limit = 17},
        {.start = "2018-01-02", .end = "2018-01-04 12:00"},
        {.start = "3 days ago UTC"},
        {.start = "2018-01-03 UTC", .limit = 5},
        {.frequency = "4h"},
        {.frequency = "1d", .start = "2018-01-02"},
        {.missing_index = SY_MISSING_DROP},
        {.symbols = "B"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyPanel) first = load(SQLITE, &cases[i], &error);
        for (int source = POSTGRESQL; first && source < SOURCES; source++) {
            g_autoptr(SyPanel) panel = load(source, &cases[i], &error);
            g_autofree char *what = g_strdup_printf("case %zu, %s", i, names[source]);
            if (panel)
                assert_same(first, panel, what);
        }
        if (error)
            fail_msg("case %zu: %s", i, error->message);
    }
}

static void test_bar_sources__refuse_alike(void **state) {
    (void)state;
    static const Case cases[] = {
        {.symbols = "A,C"},
        {.start = "2019-01-01"},
        {.missing_index = SY_MISSING_RAISE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (int source = 0; source < SOURCES; source++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(SyPanel) panel = load(source, &cases[i], &error);
            if (panel || error->code != SY_ERROR_DATA)
                fail_msg("case %zu, %s: %s", i, names[source], panel ? "loaded" : error->message);
        }
}

static int start(void **state) {
    (void)state;
    folder = test_folder_new();
    test_postgres_start();
    server = test_postgres_database("sources");
    now = sy_date_to_days((SyDate){2018, 1, 6}) * SY_DAY + SY_HOUR / 2;
    /* B lacks some bars, and one of each is still forming */
    g_autoptr(GString) text = g_string_new("symbol,close_datetime,open,high,low,close,volume\n");
    for (int s = 0; s < 2; s++)
        for (int i = 1; i <= 121; i++)
            if (!s || i % 29)
                g_string_append_printf(text, "%c,%d,%.3f,200.7,0.1,%.17g,%s\n", "AB"[s],
                                       1514764800 + 3600 * i, 100 + sin(i), 100.1 + sin(i + s),
                                       i % 7 ? "12.5" : "");
    test_write(folder, "bars.csv", text->str);
    g_autofree char *path = g_build_filename(folder, "bars.csv", NULL);
    char *files[] = {path, NULL};
    const char *const urls[] = {"sqlite:///bars.db", server};
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        SyMap engines = {0};
        SyCandleCounts counts;
        SyImportOptions options = {.table = "candle", .timeframe = {SY_HOUR, 0}};
        g_autoptr(GError) error = NULL;
        if (!sy_import_files(urls[i], &engines, folder, &options, files, &counts, &error))
            fail_msg("%s", error->message);
    }
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_postgres_stop();
    test_folder_remove(folder);
    g_free(folder);
    g_free(server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bar_sources__give_the_same_panel_bit_for_bit),
        cmocka_unit_test(test_bar_sources__refuse_alike),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
