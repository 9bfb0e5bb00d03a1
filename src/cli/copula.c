/* systematica copula: every family fitted to the pairs of a file, best first. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/copula.h"
#include "cli/data.h"
#include "num/rank.h"

typedef struct {
    SyCommonOptions common;
    char **columns, **families;
    unsigned fit, rotation, criterion; /* rotation: SyRotation, or SY_ROTATIONS for auto */
    bool ranks;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, columns, .metavar = "U,V",
             .help = "The two columns; else u and v, u1 and u2, or the only two."),
    SY_FIELD(Options, fit, .fallback = "mle", .metavar = "mle|itau", SY_CHOICES(sy_fit_choices),
             .help = "How parameters are found: by maximum likelihood, or from Kendall's tau."),
    SY_FIELD(Options, families, .metavar = "A,B", .check = sy_copula_check,
             .help = "Only these; else all."),
    SY_FIELD(Options, rotation, .fallback = "auto", .metavar = "R0|R90|R180|R270|auto",
             SY_CHOICES(sy_rotation_choices),
             .help = "Rotation of families that have one; auto: the best of the four."),
    SY_FIELD(Options, criterion, .fallback = "aic", .metavar = "aic|bic|loglik",
             SY_CHOICES(sy_criterion_choices), .help = "What the order goes by."),
    SY_FIELD(Options, ranks, .help = "Turn raw data into pseudo-observations, rank / (n + 1)."),
    SY_OPTION_JSON(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* ---- the sample ---- */

typedef struct {
    SyPairs pairs;
    guint32 *rank[2]; /* [n] each */
    void *work;
    double tau;
    SyCopulaSample sample;
} Sample;

static void sample_clear(Sample *sample) {
    sy_pairs_clear(&sample->pairs);
    g_free(sample->rank[0]);
    g_free(sample->rank[1]);
    g_free(sample->work);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sample, sample_clear)

/* Ranks of one column; it becomes its pseudo-observations where that is asked for. */
static bool rank_column(Sample *sample, gsize k, bool replace, GError **error) {
    gsize n = sample->pairs.n;
    double *value = sample->pairs.value[k];
    g_autofree double *sorted = g_new(double, n);
    sample->rank[k] = g_new(guint32, n);
    sy_rank(n, value, sorted, sample->rank[k], sample->work);
    if (sorted[0] == sorted[n - 1])
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: column %s is %.15g in all %" G_GSIZE_FORMAT
                       " rows: nothing depends on a constant",
                       sample->pairs.path, sample->pairs.name[k], sorted[0], n);
    for (gsize i = 0; i < n && replace; i++)
        value[i] = sample->rank[k][i] / (2.0 * ((double)n + 1));
    return true;
}

static bool find_tau(Sample *sample, GError **error) {
    const SyPairs *pairs = &sample->pairs;
    sy_tau(pairs->n, sample->rank[0], sample->rank[1], sample->work, &sample->tau);
    if (fabs(sample->tau) < 1)
        return true;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: Kendall's tau of %s and %s is %.0f: over %" G_GSIZE_FORMAT
                   " rows %s whenever the other rises, and no copula with a density does that",
                   pairs->path, pairs->name[0], pairs->name[1], sample->tau, pairs->n,
                   sample->tau > 0 ? "each rises" : "each falls");
}

static bool sample_read(const Options *options, const char *path, Sample *sample, GError **error) {
    SyPairs *pairs = &sample->pairs;
    if (!sy_pairs_read(path, options->columns, pairs, error))
        return false;
    gsize n = pairs->n;
    if (n < 2)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: %" G_GSIZE_FORMAT " row%s: a fit needs two or more", path, n,
                       n == 1 ? "" : "s");
    if (n >= G_MAXUINT32 / 4)
        return sy_fail(error, SY_ERROR_DATA, "%s: %" G_GSIZE_FORMAT " rows are too many", path, n);
    if (!options->ranks &&
        !sy_pairs_check_unit(pairs, "; with --ranks raw data become pseudo-observations first",
                             error))
        return false;
    sample->work =
        g_malloc(MAX(MAX(sy_rank_work_size(n), sy_tau_work_size(n)), sy_copula_work_size(n)));
    if (!rank_column(sample, 0, options->ranks, error) ||
        !rank_column(sample, 1, options->ranks, error) || !find_tau(sample, error))
        return false;
    sample->sample = (SyCopulaSample){.n = n,
                                      .rank_u = sample->rank[0],
                                      .rank_v = sample->rank[1],
                                      .u = pairs->value[0],
                                      .v = pairs->value[1]};
    return true;
}

/* ---- the fits ---- */

typedef struct {
    SyCopulaFit *fit; /* [n], best first */
    gsize n;
    GString *by_likelihood, *wrong_sign; /* families that were left out, by reason */
} Fits;

static void fits_clear(Fits *fits) {
    g_free(fits->fit);
    if (fits->by_likelihood)
        g_string_free(fits->by_likelihood, TRUE);
    if (fits->wrong_sign)
        g_string_free(fits->wrong_sign, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fits, fits_clear)

static void leave_out(GString *list, const SyCopula *family) {
    g_string_append_printf(list, "%s%s", list->len ? ", " : "", family->name);
}

static double badness(const SyCopulaFit *fit, SyCriterion criterion) {
    const double by[SY_CRITERIA] = {
        [SY_AIC] = fit->aic, [SY_BIC] = fit->bic, [SY_LOGLIK] = -fit->loglik};
    return by[criterion];
}

/* In its place; behind others as good. */
static void insert(Fits *fits, const SyCopulaFit *fit, SyCriterion criterion) {
    gsize at = fits->n++;
    for (; at > 0 && badness(fit, criterion) < badness(&fits->fit[at - 1], criterion); at--)
        fits->fit[at] = fits->fit[at - 1];
    fits->fit[at] = *fit;
}

static bool is_asked(const Options *options, const SyCopula *family) {
    for (char **name = options->families; name && *name; name++)
        if (sy_copula_find(*name) == family)
            return true;
    return !options->families;
}

static void fit_all(const Options *options, const Sample *sample, Fits *fits) {
    guint rotations =
        options->rotation == SY_ROTATIONS ? (1 << SY_ROTATIONS) - 1 : 1u << options->rotation;
    fits->fit = g_new(SyCopulaFit, sy_n_copulas);
    fits->by_likelihood = g_string_new(NULL);
    fits->wrong_sign = g_string_new(NULL);
    for (gsize i = 0; i < sy_n_copulas; i++) {
        SyCopulaFit fit;
        if (!is_asked(options, sy_copulas[i]))
            continue;
        if (options->fit == SY_FIT_ITAU && !sy_copulas[i]->from_tau)
            leave_out(fits->by_likelihood, sy_copulas[i]);
        else if (sy_copula_choose(options->fit, &sy_copulas[i], 1, rotations, options->criterion,
                                  &sample->sample, sample->tau, sample->work, &fit))
            insert(fits, &fit, options->criterion);
        else
            leave_out(fits->wrong_sign, sy_copulas[i]);
    }
}

/* What was left out is said; where it was asked for, or nothing is left, it is an error. */
static bool check_fits(const Options *options, const Sample *sample, const Fits *fits,
                       GError **error) {
    if (fits->by_likelihood->len && options->families)
        return sy_fail(error, SY_ERROR_USAGE,
                       "--families %s: Kendall's tau is one number and cannot give two parameters; "
                       "use --fit mle",
                       fits->by_likelihood->str);
    if (fits->n == 0)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: Kendall's tau is %.6f, a dependence that %s %s not have in the "
                       "rotation asked for; use --rotation auto, or another family",
                       sample->pairs.path, sample->tau, fits->wrong_sign->str,
                       strchr(fits->wrong_sign->str, ',') ? "do" : "does");
    if (options->common.quiet)
        return true;
    if (fits->by_likelihood->len)
        fprintf(stderr, "left out: %s: they need --fit mle\n", fits->by_likelihood->str);
    if (fits->wrong_sign->len)
        fprintf(stderr, "left out: %s: Kendall's tau is %.6f, which they do not have%s\n",
                fits->wrong_sign->str, sample->tau,
                options->rotation == SY_ROTATIONS ? "" : " in this rotation");
    return true;
}

/* ---- what is shown ---- */

static char *parameters_text(const SyCopulaFit *fit) {
    GString *text = g_string_new(NULL);
    for (gsize k = 0; k < fit->family->parameters; k++)
        g_string_append_printf(text, "%s%s %.6g", k ? ", " : "", fit->family->parameter_names[k],
                               fit->parameter[k]);
    return g_string_free(text, FALSE);
}

/* What %.4f or %.6f says of a number, but never "-0.0000". */
static double without_sign_of_zero(double value, int digits) {
    double unit = pow(10, -digits);
    return fabs(value) < 0.5 * unit ? 0 : value;
}

static void show(const Options *options, const Sample *sample, const Fits *fits) {
    g_autoptr(GPtrArray) parameters = g_ptr_array_new_with_free_func(g_free);
    int width = (int)strlen("parameters");
    for (gsize i = 0; i < fits->n; i++) {
        char *text = parameters_text(&fits->fit[i]);
        g_ptr_array_add(parameters, text);
        width = MAX(width, (int)strlen(text));
    }
    printf("%s and %s: %" G_GSIZE_FORMAT " pairs, Kendall's tau %.6f, fit %s, best %s first\n\n",
           sample->pairs.name[0], sample->pairs.name[1], sample->pairs.n,
           without_sign_of_zero(sample->tau, 6), sy_fit_choices[options->fit].name,
           sy_criterion_choices[options->criterion].name);
    printf("%-12s  %-8s  %-*s  %12s  %12s  %12s  %9s  %10s  %10s\n", "family", "rotation", width,
           "parameters", "loglik", "aic", "bic", "tau", "lower tail", "upper tail");
    for (gsize i = 0; i < fits->n; i++) {
        const SyCopulaFit *fit = &fits->fit[i];
        double lower, upper;
        sy_copula_tails(fit, &lower, &upper);
        printf("%-12s  %-8s  %-*s  %12.4f  %12.4f  %12.4f  %9.6f  %10.6f  %10.6f\n",
               fit->family->name, sy_rotation_choices[fit->rotation].name, width,
               (const char *)parameters->pdata[i], without_sign_of_zero(fit->loglik, 4),
               without_sign_of_zero(fit->aic, 4), without_sign_of_zero(fit->bic, 4),
               without_sign_of_zero(sy_copula_tau(fit), 6), lower, upper);
    }
}

static json_t *fit_json(const SyCopulaFit *fit) {
    double lower, upper;
    sy_copula_tails(fit, &lower, &upper);
    json_t *parameters = json_array();
    for (gsize k = 0; k < fit->family->parameters; k++)
        json_array_append_new(parameters, json_real(fit->parameter[k]));
    return json_pack("{s:s, s:i, s:o, s:f, s:f, s:f, s:f, s:f, s:f}", "family", fit->family->name,
                     "rotation", 90 * (int)fit->rotation, "parameters", parameters, "loglik",
                     fit->loglik, "aic", fit->aic, "bic", fit->bic, "tau", sy_copula_tau(fit),
                     "lower_tail", lower, "upper_tail", upper);
}

static void show_json(const Sample *sample, const Fits *fits) {
    json_t *list = json_array();
    for (gsize i = 0; i < fits->n; i++)
        json_array_append_new(list, fit_json(&fits->fit[i]));
    sy_data_print_json(json_pack("{s:I, s:f, s:o}", "n", (json_int_t)sample->pairs.n, "tau",
                                 sample->tau, "fits", list));
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(Sample) sample = {0};
    g_auto(Fits) fits = {0};
    if (!sample_read(options, arguments[0], &sample, error))
        return false;
    fit_all(options, &sample, &fits);
    if (!check_fits(options, &sample, &fits, error))
        return false;
    if (options->common.json)
        show_json(&sample, &fits);
    else
        show(options, &sample, &fits);
    return true;
}

const SyCommand sy_command_copula = {
    .name = "copula",
    .arguments = "FILE",
    .summary = "Fit every copula family to two columns of a CSV file, best first.",
    .details = "One line for each family, in its best rotation. Values lie between 0 and 1, or "
               "are made so by --ranks.\nlower tail and upper tail are the limits of P(U <= q | V "
               "<= q) for q to 0 and of P(U > q | V > q) for q to 1.\nR90 turns the first column "
               "round (1 - u), R270 the second, R180 both.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run = run,
};
