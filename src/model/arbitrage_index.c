/* ArbitrageClipIndex: how far each leg of a pair has lately been dear or cheap given the other.
 *
 * A copula learnt on the training slice says how likely a return at most this high was, given the
 * other leg's; what exceeds or misses `center` is summed up between two bounds. */
#include "model/rolling_copula.h"

#include <math.h>

#include "base/error.h"
#include "base/text.h"
#include "data/splitter.h"

typedef struct {
    int training_window, testing_window, offset;
    char *splitter, *copula, **list_copulas;
    unsigned rotation, criterion, fit; /* rotation: SyRotation, or SY_ROTATIONS for auto */
    double lower, upper, center;
    bool bound_reversion, sequential, use_close;
    /* Known to the reference, with a meaning that it does not give: fixed at their fallbacks. */
    bool marginal_dependence;
    double alpha, truncate, lower_triangle, upper_triangle;
    char *cross_tail_method;
    bool backwards;
} ClipConfig;

static bool check_family(const char *name, GError **error) {
    if (sy_copula_find(name))
        return true;
    g_autofree const char **names = g_new(const char *, sy_n_copulas);
    for (gsize i = 0; i < sy_n_copulas; i++)
        names[i] = sy_copulas[i]->name;
    g_autofree char *known = sy_text_list(names, sy_n_copulas, G_MAXSIZE);
    g_autofree char *meant = sy_text_did_you_mean(name, names, sy_n_copulas);
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not a copula (%s)%s", name, known, meant);
}

static bool is_auto(const char *copula) { return sy_text_equal_loosely(copula, "auto"); }

static bool check_copula(const char *name, GError **error) {
    return is_auto(name) || check_family(name, error);
}

static const SyChoice rotation_choices[] = {
    [SY_R0] = {"R0", "as it is", NULL},
    [SY_R90] = {"R90", "first leg turned round", NULL},
    [SY_R180] = {"R180", "both legs turned round", NULL},
    [SY_R270] = {"R270", "second leg turned round", NULL},
    [SY_ROTATIONS] = {"auto", "the best of the four", NULL},
};

static const SyChoice fit_choices[] = {
    [SY_FIT_ITAU] = {"itau", "from Kendall's tau", NULL},
    [SY_FIT_MLE] = {"mle", "maximum likelihood", NULL},
};

static const SyChoice criterion_choices[] = {
    [SY_AIC] = {"aic", "2k - 2 ln L", NULL},
    [SY_BIC] = {"bic", "k ln n - 2 ln L", NULL},
    [SY_LOGLIK] = {"loglik", "ln L", NULL},
};

static const char *const criterion_also[] = {"method", NULL};

#define UNKNOWN_MEANING "the reference does not say what it means"

static const SyField offset_fields[] = {
    SY_FIELD(ClipConfig, offset, .unit = "bars", .min = 0, .max = 1e9, .fallback = "0",
             .help = "Rows left out at the start."),
    SY_FIELD(ClipConfig, backwards,
             .refused = "it would move every split with every new bar, and backtest and live run "
                        "would no longer agree",
             .help = "Splits counted from the newest row."),
};

static const SyField clip_fields[] = {
    SY_FIELD(ClipConfig, training_window, .unit = "bars", .min = 10, .max = 1e8, .fallback = "365",
             .help = "Rows that one copula is learnt from."),
    SY_FIELD(ClipConfig, testing_window, .unit = "bars", .min = 1, .max = 1e8, .fallback = "60",
             .help = "Rows that it decides before the next is learnt."),
    SY_FIELD(ClipConfig, splitter, .fallback = "from_custom_rolling", .check = sy_splitter_check,
             .help = "How the history is cut into training and test slices."),
    {.key = "custom_splitter_kwargs",
     .kind = SY_FIELD_GROUP,
     .members = offset_fields,
     .n_members = G_N_ELEMENTS(offset_fields),
     .help = "Further parameters of the splitter."},
    SY_FIELD(ClipConfig, copula, .fallback = "auto", .check = check_copula,
             .help = "A family, or auto: the best of list_copulas on each training slice."),
    SY_FIELD(ClipConfig, list_copulas, .check = check_family,
             .help = "Families that auto chooses from; by default Clayton, Gumbel, Frank, Joe and "
                     "StudentT."),
    SY_FIELD(ClipConfig, rotation, SY_CHOICES(rotation_choices), .fallback = "R0",
             .help = "Rotation of families that have one; the others are tried as they are."),
    SY_FIELD_AS("model_validation_method", ClipConfig, criterion, SY_CHOICES(criterion_choices),
                .also = criterion_also, .fallback = "aic",
                .help = "What the choice between families goes by."),
    SY_FIELD(ClipConfig, fit, SY_CHOICES(fit_choices), .fallback = "itau",
             .help = "How parameters are found."),
    SY_FIELD(ClipConfig, lower, .fallback = "-1", .help = "Lower bound of the index, below 0."),
    SY_FIELD(ClipConfig, upper, .fallback = "1", .help = "Upper bound of the index, above 0."),
    SY_FIELD(ClipConfig, center, .min = 0, .max = 1, .fallback = "0.5",
             .help = "Probability at which a return is neither dear nor cheap."),
    SY_FIELD(ClipConfig, bound_reversion, .fallback = "false",
             .help = "After a touch of a bound, only move away from it until 0 is crossed."),
    SY_FIELD(ClipConfig, sequential, .fallback = "false",
             .help = "Start again at 0 with each test slice."),
    SY_FIELD(ClipConfig, use_close, .fallback = "true",
             .help = "Returns of closes; false: of opens."),
    SY_FIELD(ClipConfig, cross_tail_method, .refused = UNKNOWN_MEANING, .help = "Not available."),
    SY_FIELD(ClipConfig, marginal_dependence, .fallback = "false",
             .help = "Only false: " UNKNOWN_MEANING "."),
    SY_FIELD(ClipConfig, alpha, .fallback = "0.9", .help = "Only 0.9: " UNKNOWN_MEANING "."),
    SY_FIELD(ClipConfig, truncate, .fallback = "0.5", .help = "Only 0.5: " UNKNOWN_MEANING "."),
    SY_FIELD(ClipConfig, lower_triangle, .fallback = "0.5",
             .help = "Only 0.5: " UNKNOWN_MEANING "."),
    SY_FIELD(ClipConfig, upper_triangle, .fallback = "0.5",
             .help = "Only 0.5: " UNKNOWN_MEANING "."),
};

static const SyFieldTable clip_table = SY_FIELD_TABLE(ClipConfig, clip_fields);

/* The first of the parameters without a meaning that differs from its fallback, or NULL. */
static const char *meaningless(const ClipConfig *config) {
    return config->marginal_dependence     ? "marginal_dependence"
           : config->alpha != 0.9          ? "alpha"
           : config->truncate != 0.5       ? "truncate"
           : config->lower_triangle != 0.5 ? "lower_triangle"
           : config->upper_triangle != 0.5 ? "upper_triangle"
                                           : NULL;
}

/* What is wrong with a family whose parameters Kendall's tau cannot give, or NULL. */
static char *needs_mle(const ClipConfig *config, const char *name) {
    const SyCopula *family = sy_copula_find(name);
    if (family->from_tau || config->fit != SY_FIT_ITAU)
        return NULL;
    return g_strdup_printf("\"%s\" has two parameters, which one Kendall's tau cannot give; set "
                           "fit = \"mle\", or choose another family",
                           family->name);
}

static char *clip_validate(gconstpointer data, const char **key) {
    const ClipConfig *config = data;
    char *problem;
    if (!(config->lower < 0) || !isfinite(config->lower)) {
        *key = "lower";
        return g_strdup_printf("lower = %.15g must be a number below 0", config->lower);
    }
    if (!(config->upper > 0) || !isfinite(config->upper)) {
        *key = "upper";
        return g_strdup_printf("upper = %.15g must be a number above 0", config->upper);
    }
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
                               sy_rotation_names[config->rotation], family->name);
    }
    return NULL;
}

static void clip_bounds(gconstpointer data, double *lower, double *upper) {
    const ClipConfig *config = data;
    *lower = config->lower;
    *upper = config->upper;
}

static gsize clip_warmup(gconstpointer data) {
    const ClipConfig *config = data;
    return 1 + (gsize)config->offset + (gsize)config->training_window;
}

static void candidates_add(SyCopulaCandidates *candidates, const SyCopula *family) {
    for (gsize i = 0; i < candidates->n_families; i++)
        if (candidates->families[i] == family)
            return;
    g_assert(candidates->n_families < G_N_ELEMENTS(candidates->families));
    candidates->families[candidates->n_families++] = family;
}

static SyCopulaCandidates candidates_of(const ClipConfig *config) {
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

/* The index of one column over the test slices.
 *
 * h       [rows] of one leg; NaN carries the index on unchanged
 * index   [rows] set on the rows of test slices
 */
static void accumulate(const ClipConfig *config, const GArray *splits, const double *h,
                       double *index) {
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
            value = CLAMP(value + step, config->lower, config->upper);
            if (value * touched <= 0)
                touched = 0;
            if (value >= config->upper)
                touched = 1;
            else if (value <= config->lower)
                touched = -1;
            index[row] = value;
        }
    }
}

static SyModelResult *clip_run(gconstpointer data, const SyPanel *panel,
                               const SyModelContext *context, GError **error) {
    const ClipConfig *config = data;
    gsize needed = clip_warmup(config) + 1;
    if (panel->rows < needed) {
        sy_fail(error, SY_ERROR_DATA,
                "%s / %s: %" G_GSIZE_FORMAT " rows are too few for training_window = %d%s: at "
                "least %" G_GSIZE_FORMAT " are needed; load more rows or use a shorter window",
                panel->symbol[0], panel->symbol[1], panel->rows, config->training_window,
                config->offset ? " and the splitter's offset" : "", needed);
        return NULL;
    }
    g_autoptr(GArray) splits =
        sy_split_custom_rolling(panel->rows, (gsize)config->training_window,
                                (gsize)config->testing_window, (gsize)config->offset);
    g_autoptr(SyMatrix) h = sy_matrix_new(panel->rows, 2);
    g_autoptr(SyModelResult) result = g_new0(SyModelResult, 1);
    result->output = sy_matrix_new(panel->rows, 2);
    result->fits = g_array_new(FALSE, TRUE, sizeof(SyFit));
    clip_bounds(config, &result->lower, &result->upper);
    SyCopulaCandidates candidates = candidates_of(config);
    if (!sy_rolling_copula(panel, config->use_close ? SY_CLOSE : SY_OPEN, splits, &candidates,
                           context, h, result->fits, error))
        return NULL;
    for (gsize column = 0; column < 2; column++)
        accumulate(config, splits, sy_matrix_column(h, column),
                   sy_matrix_column(result->output, column));
    return g_steal_pointer(&result);
}

extern const SyModel sy_model_arbitrage_clip_index;
const SyModel sy_model_arbitrage_clip_index = {
    .name = "ArbitrageClipIndex",
    .summary = "Running sum, between two bounds, of how unlikely each leg's return was given the "
               "other's, by a copula fitted on a rolling window.",
    .source = "Xie, Liew, Wu & Zou (2016), Journal of Trading 11(3), 41-52",
    .symbols = 2,
    .fields = &clip_table,
    .validate = clip_validate,
    .bounds = clip_bounds,
    .warmup = clip_warmup,
    .run = clip_run,
};
