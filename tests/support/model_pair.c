/* Made-up pairs and configured models. */
#include "model_pair.h"

#include <math.h>
#include <string.h>

#include "test.h"

SyPanel *test_pair(gsize rows, guint32 seed) {
    char *symbols[] = {"A", "B", NULL};
    SyPanel *panel = sy_panel_new(rows, symbols, (SyTimeframe){.nanoseconds = SY_HOUR});
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    double close[2] = {100, 40};
    for (gsize row = 0; row < rows; row++) {
        double radius = 0.01 * sqrt(-2 * log(g_rand_double_range(random, 1e-12, 1)));
        double angle = 2 * M_PI * g_rand_double(random);
        double scale = pow(g_rand_double_range(random, 1e-9, 1), -0.25);
        double step[2] = {scale * radius * cos(angle), 0};
        step[1] = 0.8 * step[0] + 0.6 * scale * radius * sin(angle);
        panel->time[row] = (SyTime)(row + 1) * SY_HOUR;
        for (gsize column = 0; column < 2; column++) {
            double open = close[column];
            close[column] *= exp(step[column]);
            sy_panel_column(panel, SY_OPEN, column)[row] = open;
            sy_panel_column(panel, SY_CLOSE, column)[row] = close[column];
            sy_panel_column(panel, SY_HIGH, column)[row] = fmax(open, close[column]);
            sy_panel_column(panel, SY_LOW, column)[row] = fmin(open, close[column]);
            sy_panel_column(panel, SY_VOLUME, column)[row] = 1;
        }
    }
    return panel;
}

SyPanel *test_panel_head(const SyPanel *panel, gsize rows) {
    SyPanel *head = sy_panel_new(rows, panel->symbol, panel->timeframe);
    memcpy(head->time, panel->time, rows * sizeof *head->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize symbol = 0; symbol < panel->symbols; symbol++)
            memcpy(sy_panel_column(head, field, symbol), sy_panel_column(panel, field, symbol),
                   rows * sizeof(double));
    return head;
}

/* Keys of inline tables are found too. */
static const SyField *find_field(const SyField *rows, gsize n, const char *key) {
    const SyField *found = sy_field_find(rows, n, key);
    for (gsize i = 0; i < n && !found; i++)
        if (rows[i].kind == SY_FIELD_GROUP)
            found = find_field(rows[i].members, rows[i].n_members, key);
    return found;
}

gpointer test_config(const SyModel *model, ...) {
    gpointer config = g_malloc(model->fields->size);
    sy_fields_init(model->fields, config);
    va_list arguments;
    va_start(arguments, model);
    for (const char *key; (key = va_arg(arguments, const char *));) {
        const char *value = va_arg(arguments, const char *);
        const SyField *field = find_field(model->fields->rows, model->fields->n, key);
        g_autoptr(GError) error = NULL;
        if (!field || !sy_field_set_text(field, config, value, &error))
            fail_msg("%s = %s: %s", key, value, error ? error->message : "no such key");
    }
    va_end(arguments);
    return config;
}

void test_config_free(const SyModel *model, gpointer config) {
    sy_fields_clear(model->fields, config);
    g_free(config);
}

SyModelResult *test_model_run(const SyModel *model, gconstpointer config, const SyPanel *panel,
                              int threads) {
    g_autoptr(GError) error = NULL;
    SyModelResult *result =
        model->run(config, panel, &(SyModelContext){.threads = threads}, &error);
    if (!result)
        fail_msg("%s", error->message);
    return result;
}
