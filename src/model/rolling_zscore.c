/* RollingZscoreModel: how far one leg is from where the other says it should be, by least squares
 * over a window. */
#include <math.h>

#include "model/rolling.h"
#include "num/line.h"
#include "num/normal.h"
#include "num/rolling.h"

enum { LEAST_PAIRS = 3 }; /* a line goes through any two points */

/* The moments have too few digits for the residuals of a fit closer than this: R² above 0.9999. */
static const double close_fit = 1e-4;

typedef struct {
    int window, minp;
    double lower_alpha, upper_alpha;
    bool use_returns, use_close;
} ZscoreConfig;

static const SyField fields[] = {
    SY_FIELD(ZscoreConfig, window, .unit = "bars", .min = LEAST_PAIRS, .max = 1e8,
             .fallback = "365", .help = "Rows of one regression."),
    SY_FIELD(ZscoreConfig, minp, .unit = "bars", .min = 0, .max = 1e8, .fallback = "0",
             .help = "Rows with both prices that a window must have, at least 3; 0: window."),
    SY_FIELD(ZscoreConfig, lower_alpha, .unit = "fraction", .min = 0, .max = 0.5, .above_min = true,
             .fallback = "0.05",
             .help = "Probability of a residual below the level of entries short, where [signal] "
                     "gives none: the level is the normal quantile."),
    SY_FIELD(ZscoreConfig, upper_alpha, .unit = "fraction", .min = 0, .max = 0.5, .above_min = true,
             .fallback = "0.05", .help = "The same above the level of entries long."),
    SY_FIELD(ZscoreConfig, use_returns, .fallback = "false",
             .help = "Regress log returns; false: log prices."),
    SY_FIELD(ZscoreConfig, use_close, .fallback = "true", .help = "Closes; false: opens."),
};
static const SyFieldTable table = SY_FIELD_TABLE(ZscoreConfig, fields);

static gsize pairs_needed(const ZscoreConfig *config) {
    return (gsize)(config->minp ? config->minp : config->window);
}

static gsize warmup(gconstpointer data) {
    const ZscoreConfig *config = data;
    return pairs_needed(config) - 1 + config->use_returns;
}

static char *validate(gconstpointer data, const char **key) {
    const ZscoreConfig *config = data;
    *key = "minp";
    if (config->minp && config->minp < LEAST_PAIRS)
        return g_strdup_printf("minp = %d: a line goes through any two points; give %d or more",
                               config->minp, LEAST_PAIRS);
    return sy_rolling_check_minp(config->window, config->minp, key);
}

static void levels(gconstpointer data, double *upper, double *lower) {
    const ZscoreConfig *config = data;
    *upper = sy_normal_quantile(1 - config->upper_alpha);
    *lower = sy_normal_quantile(config->lower_alpha);
}

/* One row's view of the two series. */
typedef struct {
    const double *a, *b; /* [row + 1] */
    gsize row, window;
    double *x, *y; /* [window] complete pairs of the window, oldest first */
} Window;

/* From the pairs themselves; NaN where all but rounding is explained. */
static double close_zscore(const Window *window) {
    gsize n = 0, end = window->row + 1;
    for (gsize i = end > window->window ? end - window->window : 0; i < end; i++)
        if (!isnan(window->a[i]) && !isnan(window->b[i])) {
            window->x[n] = window->b[i];
            window->y[n++] = window->a[i];
        }
    g_assert(n >= LEAST_PAIRS);
    SyLine line = sy_line(n, window->x, window->y);
    double residual = sy_line_residual(&line, window->x[n - 1], window->y[n - 1]);
    return line.squares > 0 ? residual / sqrt(line.squares / (double)(n - 1)) : NAN;
}

/* Residual of the newest pair over the standard deviation (ddof 1) of the window's residuals, whose
 * mean is 0 since the line has an intercept. Moments: of a as x and b as y. */
static double zscore(const SyMoments *moments, const Window *window) {
    double a = window->a[window->row], b = window->b[window->row];
    if (isnan(a) || isnan(b) || !(moments->xx > 0) || !(moments->yy > 0))
        return NAN;
    double beta = moments->xy / moments->yy;
    double squares = moments->xx - beta * moments->xy;
    if (!(squares > close_fit * moments->xx))
        return close_zscore(window);
    double residual = (a - moments->mean_x) - beta * (b - moments->mean_y);
    return residual / sqrt(squares / (double)(moments->n - 1));
}

static SyModelResult *run(gconstpointer data, const SyPanel *panel, const SyModelContext *context,
                          GError **error) {
    (void)context;
    const ZscoreConfig *config = data;
    if (!sy_rolling_check_rows(panel, config->window, warmup(config) + 1, error))
        return NULL;
    g_autofree double *a = sy_log_prices(panel, config->use_close, 0);
    g_autofree double *b = sy_log_prices(panel, config->use_close, 1);
    if (config->use_returns) {
        sy_differences(panel->rows, a);
        sy_differences(panel->rows, b);
    }
    g_autofree SyMoments *moments = g_new(SyMoments, panel->rows);
    sy_rolling_moments(panel->rows, a, b, (gsize)config->window, moments);
    gsize most = MIN((gsize)config->window, panel->rows);
    g_autofree double *x = g_new(double, most), *y = g_new(double, most);
    Window window = {.a = a, .b = b, .window = (gsize)config->window, .x = x, .y = y};
    double *z = g_new(double, panel->rows);
    for (gsize row = 0; row < panel->rows; row++) {
        window.row = row;
        z[row] = moments[row].n < pairs_needed(config) ? NAN : zscore(&moments[row], &window);
    }
    return sy_rolling_result(panel->rows, z);
}

extern const SyModel sy_model_rolling_zscore;
const SyModel sy_model_rolling_zscore = {
    .name = "RollingZscoreModel",
    .summary = "Standardised residual of the first leg's rolling least-squares line on the second.",
    .source = "docs/reference.md; Elliott, van der Hoek & Malcolm (2005), Quantitative Finance "
              "5(3), 271-276",
    .symbols = 2,
    .fields = &table,
    .validate = validate,
    .warmup = warmup,
    .levels = levels,
    .run = run,
};
