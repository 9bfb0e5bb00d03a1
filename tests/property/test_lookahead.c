/* No value at a row depends on a later row: the stages run on all of history and on history cut at
 * random rows, and everything before the cut must be the same, bit for bit. */
#include "test.h"

#include <string.h>

#include "cli.h"
#include "workflow/pipeline.h"

enum { rows = 900, cuts_per_template = 12 };

static const char *const variants[] = {
    "size = 50\nsize_type = \"valuepercent100\"\ncash_sharing = true\ncall_seq = \"auto\"",
    "size = 0.5\nsize_type = \"percent\"\nfees = 0.001\nslippage = 0.0005\nprice = \"nextopen\"",
    "size = 30\nsize_type = \"value\"\nfixed_fees = 0.1\nfrom_ago = 2\nsize_granularity = 0.01",
    "size = 40\nsize_type = \"valuepercent100\"\ncash_sharing = true\ncall_seq = \"random\"\nseed "
    "= 7\n"
    "reject_prob = 0.2",
};
static const char *const model_variants[] = {"", "sequential = true\n", "bound_reversion = true\n",
                                             "rotation = \"auto\"\n", "use_close = false\n"};

/* The panel that the loader under test hands out: the first `shown` rows of the same random bars.
 */
static gsize shown;

static SyPanel *load_random(const SyLoaderConfig *config, const SyLoaderContext *context,
                            GError **error) {
    (void)context, (void)error;
    g_autoptr(GRand) random = g_rand_new_with_seed(20260101);
    SyPanel *panel = sy_panel_new(shown, config->symbols, config->timeframe);
    double log_price[2] = {9, 6};
    for (gsize row = 0; row < rows; row++) {
        double common = g_rand_double_range(random, -0.02, 0.02);
        bool missing = g_rand_double(random) < 0.01;
        for (gsize s = 0; s < 2; s++) {
            double open = exp(log_price[s]);
            log_price[s] += common + g_rand_double_range(random, -0.01, 0.01);
            double close = exp(log_price[s]);
            const double bar[SY_BAR_FIELDS] = {open, fmax(open, close) * 1.001,
                                               fmin(open, close) * 0.999, close, 10};
            if (row >= shown)
                continue;
            panel->time[row] = (SyTime)(row + 1) * SY_HOUR;
            for (int field = 0; field < SY_BAR_FIELDS; field++)
                sy_panel_column(panel, field, s)[row] = missing && s == 1 ? NAN : bar[field];
        }
    }
    for (gsize s = 0; s < 2; s++)
        panel->provenance[s] =
            (SyProvenance){.rows = shown, .first = panel->time[0], .last = panel->time[shown - 1]};
    panel->source = g_strdup("random bars");
    return panel;
}

static const SyLoader random_loader = {.name = "random", .load = load_random};

static SyStrategy *strategy_of(const char *model, const char *portfolio) {
    g_autofree char *folder = test_folder_new();
    g_autofree char *text = g_strdup_printf(
        "[meta]\nstudy_name = \"cut\"\n[loader_params]\nsymbols = [\"A\", \"B\"]\ntimeframe = "
        "\"1h\"\n"
        "table = \"candle\"\nindex_col = \"close_datetime\"\nengine = \"sqlite:///x.db\"\n"
        "[model]\nname = \"ArbitrageClipIndex\"\n[model_params]\ntraining_window = 150\n"
        "testing_window = 40\nlower = -1.5\nupper = 1.5\n%s[signal]\nsignal_model = "
        "\"twin_spread\"\n"
        "long_entries = 0.7\nlong_exits = 0\nshort_entries = -0.7\nshort_exits = "
        "0\n[portfolio]\n%s\n",
        model, portfolio);
    test_write(folder, "cut.toml", text);
    g_autofree char *path = g_build_filename(folder, "cut.toml", NULL);
    g_autoptr(GError) error = NULL;
    SyStrategy *strategy = sy_strategy_load(path, &error);
    if (!strategy)
        fail_msg("%s", error->message);
    strategy->loader = &random_loader;
    test_folder_remove(folder);
    return strategy;
}

static void run(const SyStrategy *strategy, gsize count, SyPipelineResult *result) {
    const SyPipelineContext context = {
        .loader = {.env = &sy_env_real}, .model = {.threads = 1}, .bar = SY_TIME_NONE};
    g_autoptr(GError) error = NULL;
    shown = count;
    if (!sy_pipeline_run(strategy, &context, result, &error))
        fail_msg("%s", error->message);
}

/* Columns of two column-major arrays of different lengths agree on the first `count` rows. */
static void assert_same_rows(const char *what, const void *whole, gsize whole_rows,
                             const void *part, gsize count, gsize columns, gsize size) {
    for (gsize c = 0; c < columns; c++)
        if (memcmp((const char *)whole + c * whole_rows * size,
                   (const char *)part + c * count * size, count * size) != 0)
            fail_msg("%s of column %zu changes with the future beyond row %zu", what, c, count);
}

static void assert_same_past(const SyPipelineResult *whole, const SyPipelineResult *part,
                             gsize count) {
    const SyLedger *a = whole->ledger, *b = part->ledger;
    assert_same_rows("output", whole->model->output->value, rows, part->model->output->value, count,
                     2, sizeof(double));
    assert_same_rows("long entries", whole->signals->long_entries, rows,
                     part->signals->long_entries, count, 2, 1);
    assert_same_rows("short exits", whole->signals->short_exits, rows, part->signals->short_exits,
                     count, 2, 1);
    assert_same_rows("position", a->position, rows, b->position, count, 2, sizeof(double));
    assert_same_rows("value", a->value, rows, b->value, count, a->groups, sizeof(double));
    guint before = 0;
    while (before < a->orders->len && sy_ledger_order(a, before)->row < count)
        before++;
    if (a->groups == 1) { /* without sharing, orders of the columns follow one another */
        assert_int_equal(before, b->orders->len);
        for (guint i = 0; i < before; i++) {
            assert_int_equal(sy_ledger_order(a, i)->row, sy_ledger_order(b, i)->row);
            assert_true(sy_ledger_order(a, i)->size == sy_ledger_order(b, i)->size);
        }
    }
}

static void test_stages__a_cut_future_changes_nothing_before_the_cut(void **state) {
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(4711);
    guint orders = 0;
    for (gsize v = 0; v < G_N_ELEMENTS(variants); v++)
        for (gsize m = 0; m < G_N_ELEMENTS(model_variants); m++) {
            g_autoptr(SyStrategy) strategy = strategy_of(model_variants[m], variants[v]);
            g_auto(SyPipelineResult) whole = {0};
            run(strategy, rows, &whole);
            orders += whole.ledger->orders->len;
            for (int cut = 0; cut < cuts_per_template; cut++) {
                gsize count = (gsize)g_rand_int_range(random, 200, rows);
                g_auto(SyPipelineResult) part = {0};
                run(strategy, count, &part);
                assert_same_past(&whole, &part, count);
            }
        }
    assert_true(orders > 200); /* the comparison has something to compare */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages__a_cut_future_changes_nothing_before_the_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
