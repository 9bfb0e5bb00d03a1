/* Of every model: a cut future changes neither output nor fits before the cut, nor what a signal
 * rule asks for on the newest row, and neither threads nor what was kept from earlier runs change
 * anything at all. Bit for bit. */
#include "test.h"

#include <math.h>
#include <string.h>

#include "model/model.h"
#include "signal/signal.h"

#include "model_pair.h"

enum { ROWS = 700, CUTS = 15 };

/* Configurations of ArbitrageClipIndex that take different ways through the code. */
static const struct {
    const char *key, *value;
    const char *other_key, *other_value; /* NULL: none */
} variants[] = {
    {"sequential", "false"},
    {"sequential", "true"},
    {"bound_reversion", "true"},
    {"rotation", "auto"},
    {"list_copulas", "Clayton,Gumbel,Frank,Joe,StudentT,Gaussian,Independence"},
    {"copula", "gaussian"},
    {"copula", "Joe"},
    {"use_close", "false"},
    {"method", "bic"},
    {"offset", "37"},
    {"fit", "mle"},
    {"fit", "mle", "list_copulas", "BB1,BB6,BB7,BB8,Frank"},
};

static gpointer config_of(const SyModel *model, gsize variant) {
    return test_config(model, "training_window", "150", "testing_window", "40",
                       variants[variant].key, variants[variant].value, variants[variant].other_key,
                       variants[variant].other_value, NULL);
}

/* A pair with missing prices and flat stretches, where ties and gaps occur. */
static SyPanel *rough_pair(void) {
    SyPanel *panel = test_pair(ROWS, 77);
    g_autoptr(GRand) random = g_rand_new_with_seed(78);
    for (gsize row = 1; row < ROWS; row++) {
        gsize column = g_rand_boolean(random);
        bool missing = g_rand_double(random) < 0.02, flat = g_rand_double(random) < 0.1;
        for (int field = SY_OPEN; field <= SY_CLOSE; field++) {
            double *value = sy_panel_column(panel, (SyBarField)field, column);
            if (flat)
                value[row] = value[row - 1];
            if (missing)
                value[row] = NAN;
        }
    }
    return panel;
}

static void assert_same_past(const SyModelResult *whole, const SyModelResult *part) {
    gsize rows = part->output->rows;
    for (gsize column = 0; column < whole->output->columns; column++)
        assert_memory_equal(sy_matrix_column(whole->output, column),
                            sy_matrix_column(part->output, column), rows * sizeof(double));
    assert_true(part->fits->len <= whole->fits->len);
    for (guint k = 0; k < part->fits->len; k++) {
        SyFit full = g_array_index(whole->fits, SyFit, k),
              cut = g_array_index(part->fits, SyFit, k);
        /* The newest test slice may have been cut short; what was learnt may not have changed. */
        full.split.test_end = MIN(full.split.test_end, rows);
        assert_memory_equal(&full, &cut, sizeof full);
    }
}

static void test_models__a_cut_future_changes_nothing_before_the_cut(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    for (gsize variant = 0; variant < G_N_ELEMENTS(variants); variant++) {
        gpointer config = config_of(model, variant);
        g_autoptr(SyModelResult) whole = test_model_run(model, config, panel, 1);
        for (int cut = 0; cut < CUTS; cut++) {
            gsize rows = (gsize)g_rand_int_range(random, (gint32)model->warmup(config) + 1, ROWS);
            g_autoptr(SyPanel) past = test_panel_head(panel, rows);
            g_autoptr(SyModelResult) part = test_model_run(model, config, past, 1);
            assert_same_past(whole, part);
        }
        test_config_free(model, config);
    }
}

/* Every model but `command`, with what makes several splits or windows of the rough pair. */
static const struct {
    const char *model, *key[3], *value[3];
} each[] = {
    {"ArbitrageClipIndex", {"upper", "lower", "bound_reversion"}, {"0.8", "-0.7", "true"}},
    {"ArbitrageBaseIndex", {"splitter", "copula"}, {"from_expanding", "Frank"}},
    {"ArbitrageCumulativeIndex", {"splitter", "by"}, {"from_grouper", "day"}},
    {"ArbitrageResetIndex", {"upper", "sequential"}, {"0.6", "true"}},
    {"ArbitrageRollingZscoreIndex", {"copula"}, {"Clayton"}},
    {"RollingSpreadModel", {"window", "minp"}, {"50", "20"}},
    {"RollingZscoreModel", {"window", "minp"}, {"50", "20"}},
    {"RollingZscoreModel", {"window", "minp", "use_returns"}, {"5", "3", "true"}},
    {"RollingOUProcess", {"window", "minp"}, {"50", "20"}},
};

static gpointer config_of_each(gsize i) {
    const SyModel *model = sy_model_find(each[i].model);
    const char *const *key = each[i].key, *const *value = each[i].value;
    if (strncmp(each[i].model, "Arbitrage", strlen("Arbitrage")) == 0)
        return test_config(model, "training_window", "150", "testing_window", "40", key[0],
                           value[0], key[1], value[1], key[2], value[2], NULL);
    return test_config(model, key[0], value[0], key[1], value[1], key[2], value[2], NULL);
}

static void test_models__none_is_left_out(void **state) {
    (void)state;
    for (gsize m = 0; m < sy_n_models; m++) {
        bool found = strcmp(sy_models[m]->name, "command") == 0;
        for (gsize i = 0; i < G_N_ELEMENTS(each); i++)
            found |= sy_model_find(each[i].model) == sy_models[m];
        if (!found)
            fail_msg("%s is in no test of this file", sy_models[m]->name);
    }
}

/* What is asked for on the newest row of `part` is what `whole` asks for there. */
static void assert_same_newest(const SySignals *whole, const SySignals *part) {
    gsize row = part->rows - 1;
    for (gsize column = 0; column < part->columns; column++) {
        gsize a = column * whole->rows + row, b = column * part->rows + row;
        assert_true(whole->long_entries[a] == part->long_entries[b] &&
                    whole->long_exits[a] == part->long_exits[b] &&
                    whole->short_entries[a] == part->short_entries[b] &&
                    whole->short_exits[a] == part->short_exits[b]);
    }
}

/* A live run decides on the newest bar what the backtest decides there, whatever the rule. */
static void test_models__decide_live_what_the_backtest_decides(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    const SySignalConfig levels = {0.1, 0, -0.1, 0, true};
    for (gsize i = 0; i < G_N_ELEMENTS(each); i++) {
        const SyModel *model = sy_model_find(each[i].model);
        gpointer config = config_of_each(i);
        g_autoptr(SyModelResult) whole = test_model_run(model, config, panel, 1);
        SySignals *all[8];
        gsize entries = 0;
        assert_true(sy_n_signal_rules <= G_N_ELEMENTS(all));
        for (gsize r = 0; r < sy_n_signal_rules; r++) {
            all[r] = sy_signal_rules[r]->run(&levels, whole->output);
            for (gsize cell = 0; cell < all[r]->rows * all[r]->columns; cell++)
                entries += all[r]->long_entries[cell];
        }
        assert_true(entries > 4 * sy_n_signal_rules); /* or nothing was compared */
        for (gsize rows = model->warmup(config) + 1; rows <= ROWS; rows += 7) {
            g_autoptr(SyPanel) past = test_panel_head(panel, rows);
            g_autoptr(SyModelResult) part = test_model_run(model, config, past, 1);
            assert_same_past(whole, part);
            for (gsize r = 0; r < sy_n_signal_rules; r++) {
                g_autoptr(SySignals) live = sy_signal_rules[r]->run(&levels, part->output);
                assert_same_newest(all[r], live);
            }
        }
        for (gsize r = 0; r < sy_n_signal_rules; r++)
            sy_signals_free(all[r]);
        test_config_free(model, config);
    }
}

static void test_models__threads_change_nothing(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    for (gsize variant = 0; variant < G_N_ELEMENTS(variants); variant++) {
        gpointer config = config_of(model, variant);
        g_autoptr(SyModelResult) one = test_model_run(model, config, panel, 1);
        for (int threads = 2; threads <= 64; threads *= 4) {
            g_autoptr(SyModelResult) several = test_model_run(model, config, panel, threads);
            assert_int_equal(one->fits->len, several->fits->len);
            assert_same_past(one, several);
        }
        test_config_free(model, config);
    }
}

/* A keeper in memory that counts. */
typedef struct {
    GHashTable *bytes; /* GBytes of the key → GBytes */
    gsize asked, found, kept;
} Memory;

static void memory_find(gpointer data, SyKept *kept, gsize n) {
    Memory *memory = data;
    memory->asked += n;
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GBytes) key = g_bytes_new(kept[i].key, sizeof kept[i].key);
        GBytes *bytes = g_hash_table_lookup(memory->bytes, key);
        if (!bytes)
            continue;
        assert_int_equal(g_bytes_get_size(bytes), kept[i].size);
        memcpy(kept[i].bytes, g_bytes_get_data(bytes, NULL), kept[i].size);
        kept[i].found = true;
        memory->found++;
    }
}

static void memory_keep(gpointer data, const SyKept *kept, gsize n) {
    Memory *memory = data;
    memory->kept += n;
    for (gsize i = 0; i < n; i++)
        g_hash_table_insert(memory->bytes, g_bytes_new(kept[i].key, sizeof kept[i].key),
                            g_bytes_new(kept[i].bytes, kept[i].size));
}

static Memory memory_new(void) {
    return (Memory){.bytes = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                                   (GDestroyNotify)(void (*)(void))g_bytes_unref,
                                                   (GDestroyNotify)(void (*)(void))g_bytes_unref)};
}

static SyModelResult *warm_run(const SyModel *model, gconstpointer config, const SyPanel *panel,
                               int threads, Memory *memory) {
    const SyKeeper keeper = {memory_find, memory_keep, memory};
    const SyModelContext context = {.threads = threads, .keeper = &keeper};
    g_autoptr(GError) error = NULL;
    SyModelResult *result = model->run(config, panel, &context, &error);
    if (!result)
        fail_msg("%s", error->message);
    return result;
}

static void assert_same(const SyModelResult *cold, const SyModelResult *warm) {
    assert_int_equal(cold->output->rows, warm->output->rows);
    assert_int_equal(cold->fits->len, warm->fits->len);
    assert_same_past(cold, warm);
}

/* One memory serves all variants, cuts, revisions and numbers of threads in a random order:
 * whatever it holds by then, a run with it equals one without. */
static void test_models__what_was_kept_changes_nothing(void **state) {
    (void)state;
    const guint32 seed = 20261122;
    print_message("# seed %u\n", seed);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(SyPanel) panel = rough_pair();
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    Memory memory = memory_new();
    const char *asked = g_getenv("SY_ROUNDS"); /* tools/check-all asks for more */
    gsize rounds = asked ? (gsize)g_ascii_strtoull(asked, NULL, 10) : 120;
    for (gsize round = 0; round < rounds; round++) {
        gsize variant = (gsize)g_rand_int_range(random, 0, G_N_ELEMENTS(variants));
        gpointer config = config_of(model, variant);
        gsize rows = (gsize)g_rand_int_range(random, (gint32)model->warmup(config) + 1, ROWS + 1);
        if (g_rand_int_range(random, 0, 12) == 0) { /* a bar is revised, for good */
            gsize row = (gsize)g_rand_int_range(random, 0, ROWS);
            gsize column = g_rand_boolean(random);
            for (int field = SY_OPEN; field <= SY_CLOSE; field++)
                sy_panel_column(panel, (SyBarField)field, column)[row] *= 1.02;
        }
        g_autoptr(SyPanel) past = test_panel_head(panel, rows);
        g_autoptr(SyModelResult) cold = test_model_run(model, config, past, 1);
        g_autoptr(SyModelResult) warm =
            warm_run(model, config, past, g_rand_int_range(random, 1, 5), &memory);
        assert_same(cold, warm);
        test_config_free(model, config);
    }
    assert_true(memory.found > memory.asked / 4); /* or nothing was tried */
    g_hash_table_unref(memory.bytes);
}

/* A live strategy: one bar more with every run. */
static void test_models__a_warm_run_computes_only_what_is_new(void **state) {
    (void)state;
    g_autoptr(SyPanel) panel = rough_pair();
    const SyModel *model = sy_model_find("ArbitrageClipIndex");
    gpointer config = config_of(model, 0);
    Memory memory = memory_new();
    for (gsize rows = model->warmup(config) + 1; rows <= ROWS; rows++) {
        g_autoptr(SyPanel) past = test_panel_head(panel, rows);
        gsize asked = memory.asked, found = memory.found, kept = memory.kept;
        g_autoptr(SyModelResult) warm = warm_run(model, config, past, 1, &memory);
        gsize splits = memory.asked - asked, computed = splits - (memory.found - found);
        bool begins = rows % 40 == (model->warmup(config) + 1) % 40; /* a split */
        assert_int_equal(splits, warm->fits->len);
        assert_int_equal(computed, !begins       ? 0
                                   : splits == 1 ? 1
                                                 : 2); /* it, and the one it closes */
        assert_int_equal(memory.kept - kept, computed);
    }
    test_config_free(model, config);
    g_hash_table_unref(memory.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__a_cut_future_changes_nothing_before_the_cut),
        cmocka_unit_test(test_models__none_is_left_out),
        cmocka_unit_test(test_models__decide_live_what_the_backtest_decides),
        cmocka_unit_test(test_models__threads_change_nothing),
        cmocka_unit_test(test_models__what_was_kept_changes_nothing),
        cmocka_unit_test(test_models__a_warm_run_computes_only_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
