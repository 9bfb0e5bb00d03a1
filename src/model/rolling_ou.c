/* RollingOUProcess: the s-score of Avellaneda and Lee. What one leg's returns do not share with the
 * other's adds up to a process that is pulled back to a mean; the score says how many of its
 * standard deviations it is away. */
#include <math.h>

#include "model/rolling.h"
#include "num/line.h"

enum { LEAST_PAIRS = 4 }; /* three steps of the process, for a line with residuals */

typedef struct {
    int window, minp;
    bool use_close;
} OuConfig;

static const SyField fields[] = {
    SY_FIELD(OuConfig, window, .unit = "bars", .min = LEAST_PAIRS, .max = 1e6, .fallback = "365",
             .help = "Returns that the process is estimated from."),
    SY_FIELD(OuConfig, minp, .unit = "bars", .min = 0, .max = 1e6, .fallback = "0",
             .help = "Returns of both legs that a window must have, at least 4; 0: window."),
    SY_FIELD(OuConfig, use_close, .fallback = "true",
             .help = "Returns of closes; false: of opens."),
};
static const SyFieldTable table = SY_FIELD_TABLE(OuConfig, fields);

static gsize pairs_needed(const OuConfig *config) {
    return (gsize)(config->minp ? config->minp : config->window);
}

static gsize warmup(gconstpointer data) { return pairs_needed(data); }

static char *validate(gconstpointer data, const char **key) {
    const OuConfig *config = data;
    *key = "minp";
    if (config->minp && config->minp < LEAST_PAIRS)
        return g_strdup_printf("minp = %d: the process needs %d returns or more", config->minp,
                               LEAST_PAIRS);
    return sy_rolling_check_minp(config->window, config->minp, key);
}

/* x is the process: the running sum of what r1 does not share with r2; [n] each. Its last value is
 * 0, since the line has an intercept: its distance from the mean m is -m. NaN where nothing is left
 * of r1, or the process is not pulled back, or knows no chance. */
static double score(gsize n, const double *r1, const double *r2, double *x) {
    SyLine shared = sy_line(n, r2, r1);
    if (!(shared.squares > 0))
        return NAN;
    double sum = 0;
    for (gsize i = 0; i < n; i++)
        x[i] = sum += sy_line_residual(&shared, r2[i], r1[i]);
    SyLine process = sy_line(n - 1, x, x + 1);
    double b = process.slope;
    if (!(b > 0 && b < 1) || process.squares == 0)
        return NAN;
    double mean = (process.mean_y - b * process.mean_x) / (1 - b);
    double variance = process.squares / (double)(n - 2); /* of n - 1 steps, ddof 1 */
    return -mean / sqrt(variance / (1 - b * b));
}

static SyModelResult *run(gconstpointer data, const SyPanel *panel, const SyModelContext *context,
                          GError **error) {
    const OuConfig *config = data;
    gsize rows = panel->rows, window = (gsize)config->window, pairs = 0;
    if (!sy_rolling_check_rows(panel, config->window, warmup(config) + 1, error))
        return NULL;
    g_autofree double *a = sy_log_prices(panel, config->use_close, 0);
    g_autofree double *b = sy_log_prices(panel, config->use_close, 1);
    sy_differences(rows, a);
    sy_differences(rows, b);
    /* complete pairs stand side by side, so that a window of them is a slice */
    g_autofree gsize *from = g_new(gsize, rows + 1); /* pairs before each row */
    g_autofree double *process = g_new(double, window);
    double *s = g_new(double, rows);
    for (gsize row = 0; row < rows; row++) {
        from[row] = pairs;
        double r1 = a[row], r2 = b[row];
        bool complete = !isnan(r1) && !isnan(r2);
        if (complete) {
            a[pairs] = r1;
            b[pairs++] = r2;
        }
        gsize first = row + 1 > window ? from[row + 1 - window] : 0;
        s[row] = complete && pairs - first >= pairs_needed(config)
                     ? score(pairs - first, a + first, b + first, process)
                     : NAN;
        if (context->progress && row % 1024 == 0)
            context->progress((double)row / (double)rows, context->progress_data);
    }
    return sy_rolling_result(rows, s);
}

extern const SyModel sy_model_rolling_ou;
const SyModel sy_model_rolling_ou = {
    .name = "RollingOUProcess",
    .summary = "s-score: how far the part of the first leg's returns that the second does not "
               "explain has moved from its mean, as an Ornstein-Uhlenbeck process.",
    .source = "Avellaneda & Lee (2010), Quantitative Finance 10(7), 761-782",
    .symbols = 2,
    .fields = &table,
    .validate = validate,
    .warmup = warmup,
    .run = run,
};
