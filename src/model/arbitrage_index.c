/* The arbitrage indices: how far each leg of a pair has lately been dear or cheap given the other.
 *
 * A copula learnt on the training slice says how likely a return at most this high was, given the
 * other leg's; what exceeds or misses `center` is the step of an index. The five models differ in
 * what they make of the steps. */
#include "model/rolling_copula.h"

#include <math.h>

#include "base/error.h"
#include "base/text.h"
#include "data/splitter.h"
#include "num/rolling.h"

typedef struct {
    int training_window, testing_window, offset;
    char *splitter, *copula, **list_copulas;
    unsigned by;                       /* SyPeriod */
    unsigned rotation, criterion, fit; /* rotation: SyRotation, or SY_ROTATIONS for auto */
    double lower, upper, center;
    bool bound_reversion, sequential, use_close;
    /* Known to the reference, with a meaning that it does not give: fixed at their fallbacks. */
    bool marginal_dependence;
    double alpha, truncate, lower_triangle, upper_triangle;
    char *cross_tail_method;
    bool backwards;
} IndexConfig;

static bool is_auto(const char *copula) { return sy_text_equal_loosely(copula, "auto"); }

static bool check_copula(const char *name, GError **error) {
    return is_auto(name) || sy_copula_check(name, error);
}

static const char *const criterion_also[] = {"method", NULL};

#define UNKNOWN_MEANING "the reference does not say what it means"

static const SyChoice period_choices[] = {
    [SY_BY_DAY] = {"day", "days", NULL},
    [SY_BY_WEEK] = {"week", "weeks from Monday", NULL},
    [SY_BY_MONTH] = {"month", "calendar months", NULL},
};

static const SyField splitter_fields[] = {
    SY_FIELD(IndexConfig, offset, .unit = "bars", .min = 0, .max = 1e9, .fallback = "0",
             .help = "Rows left out at the start."),
    SY_FIELD(IndexConfig, by, SY_CHOICES(period_choices), .fallback = "month",
             .help = "Periods of from_grouper, UTC."),
    SY_FIELD(IndexConfig, backwards,
             .refused = "it would move every split with every new bar, and backtest and live run "
                        "would no longer agree",
             .help = "Splits counted from the newest row."),
};

/* clang-format off */
/* What all of them read. */
#define COMMON_FIELDS \
    SY_FIELD(IndexConfig, training_window, .unit = "bars", .min = 10, .max = 1e8, .fallback = "365", \
             .help = "Rows that one copula is learnt from."), \
    SY_FIELD(IndexConfig, testing_window, .unit = "bars", .min = 1, .max = 1e8, .fallback = "60", \
             .help = "Rows that it decides before the next is learnt."), \
    SY_FIELD(IndexConfig, splitter, .fallback = "from_custom_rolling", .check = sy_splitter_check, \
             .help = "How the history is cut into training and test slices: from_custom_rolling, " \
                     "from_rolling, from_expanding, from_grouper (explain splitter)."), \
    {.key = "custom_splitter_kwargs", \
     .kind = SY_FIELD_GROUP, \
     .members = splitter_fields, \
     .n_members = G_N_ELEMENTS(splitter_fields), \
     .help = "Further parameters of the splitter."}, \
    SY_FIELD(IndexConfig, copula, .fallback = "auto", .check = check_copula, \
             .help = "A family, or auto: the best of list_copulas on each training slice."), \
    SY_FIELD(IndexConfig, list_copulas, .check = sy_copula_check, \
             .help = "Families that auto chooses from; by default Clayton, Gumbel, Frank, Joe and " \
                     "StudentT."), \
    SY_FIELD(IndexConfig, rotation, SY_CHOICES(sy_rotation_choices), .fallback = "R0", \
             .help = "Rotation of families that have one; the others are tried as they are."), \
    SY_FIELD_AS("model_validation_method", IndexConfig, criterion, SY_CHOICES(sy_criterion_choices), \
                .also = criterion_also, .fallback = "aic", \
                .help = "What the choice between families goes by."), \
    SY_FIELD(IndexConfig, fit, SY_CHOICES(sy_fit_choices), .fallback = "itau", \
             .help = "How parameters are found."), \
    SY_FIELD(IndexConfig, center, .min = 0, .max = 1, .fallback = "0.5", \
             .help = "Probability at which a return is neither dear nor cheap."), \
    SY_FIELD(IndexConfig, use_close, .fallback = "true", \
             .help = "Returns of closes; false: of opens."), \
    SY_FIELD(IndexConfig, cross_tail_method, .refused = UNKNOWN_MEANING, .help = "Not available."), \
    SY_FIELD(IndexConfig, marginal_dependence, .fallback = "false", \
             .help = "Only false: " UNKNOWN_MEANING "."), \
    SY_FIELD(IndexConfig, alpha, .fallback = "0.9", .help = "Only 0.9: " UNKNOWN_MEANING "."), \
    SY_FIELD(IndexConfig, truncate, .fallback = "0.5", .help = "Only 0.5: " UNKNOWN_MEANING "."), \
    SY_FIELD(IndexConfig, lower_triangle, .fallback = "0.5", \
             .help = "Only 0.5: " UNKNOWN_MEANING "."), \
    SY_FIELD(IndexConfig, upper_triangle, .fallback = "0.5", \
             .help = "Only 0.5: " UNKNOWN_MEANING ".")

#define BOUND_FIELDS \
    SY_FIELD(IndexConfig, lower, .fallback = "-1", .help = "Lower bound of the index, below 0."), \
    SY_FIELD(IndexConfig, upper, .fallback = "1", .help = "Upper bound of the index, above 0.")

#define SEQUENTIAL_FIELD \
    SY_FIELD(IndexConfig, sequential, .fallback = "false", \
             .help = "Start again at 0 with each test slice.")
/* clang-format on */

#define NO_BOUNDS                                                                                  \
    SY_FIELD(IndexConfig, lower, .refused = "this index has no bounds", .help = "Not available."), \
        SY_FIELD(IndexConfig, upper, .refused = "this index has no bounds",                        \
                 .help = "Not available."),                                                        \
        SY_FIELD(IndexConfig, bound_reversion, .refused = "this index has no bounds",              \
                 .help = "Not available.")

static const SyField base_fields[] = {
    COMMON_FIELDS,
    NO_BOUNDS,
    SY_FIELD(IndexConfig, sequential, .refused = "nothing is summed up", .help = "Not available."),
};

static const SyField cumulative_fields[] = {COMMON_FIELDS, SEQUENTIAL_FIELD, NO_BOUNDS};

static const SyField clip_fields[] = {
    COMMON_FIELDS,
    BOUND_FIELDS,
    SY_FIELD(IndexConfig, bound_reversion, .fallback = "false",
             .help = "After a touch of a bound, only move away from it until 0 is crossed."),
    SEQUENTIAL_FIELD,
};

static const SyField reset_fields[] = {
    COMMON_FIELDS,
    BOUND_FIELDS,
    SEQUENTIAL_FIELD,
    SY_FIELD(IndexConfig, bound_reversion, .refused = "a touched bound begins at 0 again",
             .help = "Not available."),
};

static const SyField zscore_fields[] = {
    COMMON_FIELDS,
    NO_BOUNDS,
    SY_FIELD(IndexConfig, sequential, .refused = "the score is that of the plain sum",
             .help = "Not available."),
};

static const SyFieldTable base_table = SY_FIELD_TABLE(IndexConfig, base_fields);
static const SyFieldTable cumulative_table = SY_FIELD_TABLE(IndexConfig, cumulative_fields);
static const SyFieldTable clip_table = SY_FIELD_TABLE(IndexConfig, clip_fields);
static const SyFieldTable reset_table = SY_FIELD_TABLE(IndexConfig, reset_fields);
static const SyFieldTable zscore_table = SY_FIELD_TABLE(IndexConfig, zscore_fields);

/* The first of the parameters without a meaning that differs from its fallback, or NULL. */
static const char *meaningless(const IndexConfig *config) {
    return config->marginal_dependence     ? "marginal_dependence"
           : config->alpha != 0.9          ? "alpha"
           : config->truncate != 0.5       ? "truncate"
           : config->lower_triangle != 0.5 ? "lower_triangle"
           : config->upper_triangle != 0.5 ? "upper_triangle"
                                           : NULL;
}

/* What is wrong with a family whose parameters Kendall's tau cannot give, or NULL. */
static char *needs_mle(const IndexConfig *config, const char *name) {
    const SyCopula *family = sy_copula_find(name);
    if (family->from_tau || config->fit != SY_FIT_ITAU)
        return NULL;
    return g_strdup_printf("\"%s\" has two parameters, which one Kendall's tau cannot give; set "
                           "fit = \"mle\", or choose another family",
                           family->name);
}

static char *validate(gconstpointer data, const char **key) {
    const IndexConfig *config = data;
    char *problem;
    if ((*key = meaningless(config)))
        return g_strdup_printf("%s has a value of its own: " UNKNOWN_MEANING "; leave it out",
                               *key);
    if (config->list_copulas && !*config->list_copulas) {
        *key = "list_copulas";
        return g_strdup("list_copulas is empty; name a family, or leave it out");
    }
    for (char **name = config->list_copulas; name && *name; name++)
        if ((problem = needs_mle(config, *name))) {
            *key = "list_copulas";
            return problem;
        }
    if (config->by != SY_BY_MONTH && !sy_splitter_find(config->splitter)->by_period) {
        *key = "custom_splitter_kwargs";
        return g_strdup_printf("by = \"%s\" is of from_grouper; %s cuts by testing_window",
                               period_choices[config->by].name, config->splitter);
    }
    if (is_auto(config->copula))
        return NULL;
    if ((problem = needs_mle(config, config->copula))) {
        *key = "copula";
        return problem;
    }
    if (config->list_copulas) {
        *key = "list_copulas";
        return g_strdup_printf("list_copulas is what copula = \"auto\" chooses from; with copula = "
                               "\"%s\" leave it out",
                               config->copula);
    }
    const SyCopula *family = sy_copula_find(config->copula);
    if (!family->rotates && config->rotation != SY_R0 && config->rotation != SY_ROTATIONS) {
        *key = "rotation";
        return g_strdup_printf("rotation = \"%s\": %s has R0 only",
                               sy_rotation_choices[config->rotation].name, family->name);
    }
    return NULL;
}

static char *validate_bounded(gconstpointer data, const char **key) {
    const IndexConfig *config = data;
    if (!(config->lower < 0) || !isfinite(config->lower)) {
        *key = "lower";
        return g_strdup_printf("lower = %.15g must be a finite number below 0", config->lower);
    }
    if (!(config->upper > 0) || !isfinite(config->upper)) {
        *key = "upper";
        return g_strdup_printf("upper = %.15g must be a finite number above 0", config->upper);
    }
    return validate(data, key);
}

static char *validate_zscore(gconstpointer data, const char **key) {
    const IndexConfig *config = data;
    *key = "testing_window";
    if (config->testing_window < 2)
        return g_strdup_printf("testing_window = %d: the score needs the standard deviation of at "
                               "least 2 rows",
                               config->testing_window);
    return validate(data, key);
}

static void given_bounds(gconstpointer data, double *lower, double *upper) {
    const IndexConfig *config = data;
    *lower = config->lower;
    *upper = config->upper;
}

/* Of a probability less the center. */
static void step_bounds(gconstpointer data, double *lower, double *upper) {
    const IndexConfig *config = data;
    *lower = -config->center;
    *upper = 1 - config->center;
}

static void no_bounds(gconstpointer data, double *lower, double *upper) {
    (void)data;
    *lower = -INFINITY;
    *upper = INFINITY;
}

static const char *offline(gconstpointer data, const char **key) {
    const IndexConfig *config = data;
    *key = "splitter";
    return sy_splitter_find(config->splitter)->offline;
}

static SySplitting splitting_of(const IndexConfig *config) {
    return (SySplitting){.training = (gsize)config->training_window,
                         .testing = (gsize)config->testing_window,
                         .offset = (gsize)config->offset,
                         .by = config->by};
}

static gsize warmup(gconstpointer data) {
    const IndexConfig *config = data;
    const SySplitting splitting = splitting_of(config);
    return sy_split_warmup(sy_splitter_find(config->splitter), &splitting);
}

/* The score needs as many sums as it is over. */
static gsize warmup_zscore(gconstpointer data) {
    const IndexConfig *config = data;
    gsize sums = 1 + (gsize)config->offset + (gsize)config->training_window +
                 (gsize)config->testing_window - 1;
    return MAX(warmup(data), sums);
}

static void candidates_add(SyCopulaCandidates *candidates, const SyCopula *family) {
    for (gsize i = 0; i < candidates->n_families; i++)
        if (candidates->families[i] == family)
            return;
    g_assert(candidates->n_families < G_N_ELEMENTS(candidates->families));
    candidates->families[candidates->n_families++] = family;
}

static SyCopulaCandidates candidates_of(const IndexConfig *config) {
    SyCopulaCandidates candidates = {.method = config->fit, .criterion = config->criterion};
    candidates.rotations =
        config->rotation == SY_ROTATIONS ? (1 << SY_ROTATIONS) - 1 : 1u << config->rotation;
    if (!is_auto(config->copula)) {
        candidates_add(&candidates, sy_copula_find(config->copula));
    } else if (config->list_copulas) {
        for (char **name = config->list_copulas; *name; name++)
            candidates_add(&candidates, sy_copula_find(*name));
    } else {
        for (gsize i = 0; i < sy_n_copulas; i++)
            if (sy_copulas[i]->automatic)
                candidates_add(&candidates, sy_copulas[i]);
    }
    return candidates;
}

/* ---- from steps to an index ---- */

/* One column over the test slices.
 *
 * h       [rows] of one leg
 * index   [rows] set on the rows of test slices
 */
typedef void (*Index)(const IndexConfig *config, const GArray *splits, gsize rows, const double *h,
                      double *index);

static void index_base(const IndexConfig *config, const GArray *splits, gsize rows, const double *h,
                       double *index) {
    (void)splits; /* h is NaN outside of test slices */
    for (gsize row = 0; row < rows; row++)
        index[row] = h[row] - config->center;
}

/* The sum of the steps; a row without one carries it on. Beyond a bound it stays at the bound, or,
 * where `resets`, shows the bound and begins at 0 again. */
static void sum_up(const IndexConfig *config, const GArray *splits, double lower, double upper,
                   bool resets, const double *h, double *index) {
    double value = 0;
    int touched = 0; /* bound that was touched since 0 was crossed last: -1, 0 or 1 */
    for (guint k = 0; k < splits->len; k++) {
        const SySplit *split = &g_array_index(splits, SySplit, k);
        if (config->sequential)
            value = touched = 0;
        for (gsize row = split->test_start; row < split->test_end; row++) {
            double step = isnan(h[row]) ? 0 : h[row] - config->center;
            if (config->bound_reversion && step * touched > 0)
                step = 0;
            value = CLAMP(value + step, lower, upper);
            if (value * touched <= 0)
                touched = 0;
            if (value >= upper)
                touched = 1;
            else if (value <= lower)
                touched = -1;
            index[row] = value;
            if (resets && touched)
                value = touched = 0;
        }
    }
}

static void index_cumulative(const IndexConfig *config, const GArray *splits, gsize rows,
                             const double *h, double *index) {
    (void)rows;
    sum_up(config, splits, -INFINITY, INFINITY, false, h, index);
}

static void index_clip(const IndexConfig *config, const GArray *splits, gsize rows, const double *h,
                       double *index) {
    (void)rows;
    sum_up(config, splits, config->lower, config->upper, false, h, index);
}

static void index_reset(const IndexConfig *config, const GArray *splits, gsize rows,
                        const double *h, double *index) {
    (void)rows;
    sum_up(config, splits, config->lower, config->upper, true, h, index);
}

/* How many standard deviations (ddof 1) the sum is from its mean, over the last testing_window
 * rows; NaN until there are as many, and where it did not move. */
static void index_zscore(const IndexConfig *config, const GArray *splits, gsize rows,
                         const double *h, double *index) {
    gsize window = (gsize)config->testing_window;
    g_autofree SyMoments *moments = g_new(SyMoments, rows);
    index_cumulative(config, splits, rows, h, index);
    sy_rolling_moments(rows, index, index, window, moments);
    for (gsize row = 0; row < rows; row++)
        index[row] =
            moments[row].n == window && moments[row].xx > 0
                ? (index[row] - moments[row].mean_x) / sqrt(moments[row].xx / (double)(window - 1))
                : NAN;
}

/* needed: as warmup. */
static SyModelResult *run_index(const IndexConfig *config, Index index, gsize needed,
                                const SyPanel *panel, const SyModelContext *context,
                                GError **error) {
    if (panel->rows <= needed) {
        sy_fail(error, SY_ERROR_DATA,
                "%s / %s: %" G_GSIZE_FORMAT " rows are too few for training_window = %d%s: at "
                "least %" G_GSIZE_FORMAT " are needed; load more rows or use a shorter window",
                panel->symbol[0], panel->symbol[1], panel->rows, config->training_window,
                config->offset ? " and the splitter's offset" : "", needed + 1);
        return NULL;
    }
    const SySplitting splitting = splitting_of(config);
    g_autoptr(GArray) splits =
        sy_split(sy_splitter_find(config->splitter), &splitting, panel->time, panel->rows);
    g_autoptr(SyMatrix) h = sy_matrix_new(panel->rows, 2);
    g_autoptr(SyModelResult) result = g_new0(SyModelResult, 1);
    result->output = sy_matrix_new(panel->rows, 2);
    result->fits = g_array_new(FALSE, TRUE, sizeof(SyFit));
    SyCopulaCandidates candidates = candidates_of(config);
    if (!sy_rolling_copula(panel, config->use_close ? SY_CLOSE : SY_OPEN, splits, &candidates,
                           context, h, result->fits, error))
        return NULL;
    for (gsize column = 0; column < 2; column++)
        index(config, splits, panel->rows, sy_matrix_column(h, column),
              sy_matrix_column(result->output, column));
    return g_steal_pointer(&result);
}

/* ---- the rows ---- */

#define PAPER "Xie, Liew, Wu & Zou (2016), Journal of Trading 11(3), 41-52"

/* A model of the table: its run hands over what it makes of the steps. */
#define ARBITRAGE_MODEL(id, its_index, its_bounds, its_warmup, ...)                                \
    static SyModelResult *run_##id(gconstpointer config, const SyPanel *panel,                     \
                                   const SyModelContext *context, GError **error) {                \
        SyModelResult *result =                                                                    \
            run_index(config, its_index, its_warmup(config), panel, context, error);               \
        if (result)                                                                                \
            its_bounds(config, &result->lower, &result->upper);                                    \
        return result;                                                                             \
    }                                                                                              \
    extern const SyModel sy_model_arbitrage_##id;                                                  \
    const SyModel sy_model_arbitrage_##id = {.symbols = 2,                                         \
                                             .source = PAPER,                                      \
                                             .offline = offline,                                   \
                                             .warmup = its_warmup,                                 \
                                             .run = run_##id,                                      \
                                             __VA_ARGS__}

ARBITRAGE_MODEL(base_index, index_base, step_bounds, warmup, .name = "ArbitrageBaseIndex",
                .summary = "How unlikely each leg's return was given the other's, by a copula "
                           "fitted on a rolling window, less the center.",
                .fields = &base_table, .validate = validate, .bounds = step_bounds);
ARBITRAGE_MODEL(cumulative_index, index_cumulative, no_bounds, warmup,
                .name = "ArbitrageCumulativeIndex",
                .summary = "Running sum, without bounds, of the steps of ArbitrageBaseIndex.",
                .fields = &cumulative_table, .validate = validate);
ARBITRAGE_MODEL(clip_index, index_clip, given_bounds, warmup, .name = "ArbitrageClipIndex",
                .summary = "Running sum, between two bounds, of how unlikely each leg's return was "
                           "given the other's, by a copula fitted on a rolling window.",
                .fields = &clip_table, .validate = validate_bounded, .bounds = given_bounds);
ARBITRAGE_MODEL(reset_index, index_reset, given_bounds, warmup, .name = "ArbitrageResetIndex",
                .summary = "Running sum of the steps of ArbitrageBaseIndex that begins at 0 again "
                           "after it has touched a bound.",
                .fields = &reset_table, .validate = validate_bounded, .bounds = given_bounds);
ARBITRAGE_MODEL(rolling_zscore_index, index_zscore, no_bounds, warmup_zscore,
                .name = "ArbitrageRollingZscoreIndex",
                .summary = "Standard deviations between ArbitrageCumulativeIndex and its mean over "
                           "the last testing_window rows.",
                .fields = &zscore_table, .validate = validate_zscore);
