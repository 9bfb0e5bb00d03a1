/* RollingSpreadModel: how much more one leg has gained than the other over a window. */
#include <math.h>

#include "model/rolling.h"

typedef struct {
    int window, minp;
    double upper, lower;
    bool use_close;
} SpreadConfig;

static const SyField fields[] = {
    SY_FIELD(SpreadConfig, window, .unit = "bars", .min = 1, .max = 1e8, .fallback = "365",
             .help = "Rows over which the gains are compared."),
    SY_FIELD(SpreadConfig, minp, .unit = "bars", .min = 0, .max = 1e8, .fallback = "0",
             .help = "Rows from which on there is a value, over what there is by then; 0: window."),
    SY_FIELD(SpreadConfig, upper, .unit = "log return", .fallback = "0.2",
             .help = "Level of entries long, where [signal] gives none."),
    SY_FIELD(SpreadConfig, lower, .unit = "log return", .fallback = "-0.2",
             .help = "Level of entries short, where [signal] gives none."),
    SY_FIELD(SpreadConfig, use_close, .fallback = "true", .help = "Closes; false: opens."),
};
static const SyFieldTable table = SY_FIELD_TABLE(SpreadConfig, fields);

static gsize warmup(gconstpointer data) {
    const SpreadConfig *config = data;
    return (gsize)(config->minp ? config->minp : config->window);
}

static char *validate(gconstpointer data, const char **key) {
    const SpreadConfig *config = data;
    *key = "upper";
    if (!(config->lower < 0 && config->upper > 0))
        return g_strdup_printf("upper = %.15g must lie above 0, and lower = %.15g below",
                               config->upper, config->lower);
    return sy_rolling_check_minp(config->window, config->minp, key);
}

static void levels(gconstpointer data, double *upper, double *lower) {
    const SpreadConfig *config = data;
    *upper = config->upper;
    *lower = config->lower;
}

static SyModelResult *run(gconstpointer data, const SyPanel *panel, const SyModelContext *context,
                          GError **error) {
    (void)context;
    const SpreadConfig *config = data;
    gsize window = (gsize)config->window, first = warmup(config);
    if (!sy_rolling_check_rows(panel, config->window, first + 1, error))
        return NULL;
    g_autofree double *a = sy_log_prices(panel, config->use_close, 0);
    g_autofree double *b = sy_log_prices(panel, config->use_close, 1);
    double *spread = g_new(double, panel->rows);
    for (gsize row = 0; row < panel->rows; row++) {
        gsize from = row > window ? row - window : 0;
        spread[row] = row < first ? NAN : (a[row] - a[from]) - (b[row] - b[from]);
    }
    return sy_rolling_result(panel->rows, spread);
}

extern const SyModel sy_model_rolling_spread;
const SyModel sy_model_rolling_spread = {
    .name = "RollingSpreadModel",
    .summary = "Difference of the two legs' log returns over a rolling window: the leg that has "
               "fallen behind is the one to hold.",
    .source = "docs/reference.md; Gatev, Goetzmann & Rouwenhorst (2006), Review of Financial "
              "Studies 19(3), 797-827",
    .symbols = 2,
    .fields = &table,
    .validate = validate,
    .warmup = warmup,
    .levels = levels,
    .run = run,
};
