/* systematica copula eval: what one copula says of the pairs of a file. */
#include <math.h>
#include <stdio.h>

#include "base/csv_text.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/copula.h"

typedef struct {
    SyCommonOptions common;
    char *family, **columns;
    SyNumbers params;
    unsigned rotation;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, family, .metavar = "NAME", .check = sy_copula_check,
             .help = "The family: Clayton, BB1, StudentT."),
    SY_FIELD(Options, params, .metavar = "P1[,P2]",
             .help = "Its parameters, in the order of the reference page."),
    SY_FIELD(Options, rotation, .fallback = "R0", .metavar = "R0|R90|R180|R270",
             .choices = sy_rotation_choices, .n_choices = SY_ROTATIONS, .help = "Its rotation."),
    SY_FIELD(Options, columns, .metavar = "U,V",
             .help = "The two columns; else u and v, u1 and u2, or the only two."),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* ---- which copula ---- */

/* "rho, nu" */
static char *names_of(const SyCopula *family) {
    return family->parameters == 2
               ? g_strconcat(family->parameter_names[0], ", ", family->parameter_names[1], NULL)
               : g_strdup(family->parameters ? family->parameter_names[0] : "none");
}

/* "1 <= theta <= 7", "theta >= 0"; "-1 < rho < 1" where the ends are the numbers next to those. */
static char *range_of(const SyCopula *family, gsize k) {
    double least = family->least[k], most = family->most[k];
    const char *name = family->parameter_names[k];
    if (isinf(least) && isinf(most))
        return g_strdup_printf("any number but 0");
    if (isinf(most))
        return g_strdup_printf("%s >= %.6g", name, least);
    const char *sign = round(most) > most ? "<" : "<=";
    return g_strdup_printf("%.6g %s %s %s %.6g", least, sign, name, sign, most);
}

static bool check_parameter(const SyCopula *family, gsize k, double value, GError **error) {
    bool two_sided = isinf(family->least[k]) && isinf(family->most[k]);
    if (isfinite(value) && value >= family->least[k] && value <= family->most[k] &&
        !(two_sided && value == 0))
        return true;
    g_autofree char *range = range_of(family, k);
    return sy_fail(error, SY_ERROR_USAGE, "--params: %s of %s is %.15g, out of its range: %s",
                   family->parameter_names[k], family->name, value, range);
}

static bool copula_of(const Options *options, SyCopulaFit *fit, GError **error) {
    if (!options->family)
        return sy_fail(error, SY_ERROR_USAGE, "--family is missing: as in --family Gumbel");
    const SyCopula *family = sy_copula_find(options->family);
    *fit = (SyCopulaFit){.family = family, .rotation = options->rotation};
    if (options->params.n != family->parameters) {
        g_autofree char *names = names_of(family);
        return sy_fail(error, SY_ERROR_USAGE,
                       "--params: %s has %" G_GSIZE_FORMAT
                       " parameter%s (%s), not %" G_GSIZE_FORMAT,
                       family->name, family->parameters, family->parameters == 1 ? "" : "s", names,
                       options->params.n);
    }
    for (gsize k = 0; k < family->parameters; k++) {
        fit->parameter[k] = options->params.value[k];
        if (!check_parameter(family, k, fit->parameter[k], error))
            return false;
    }
    return family->rotates || options->rotation == SY_R0 ||
           sy_fail(error, SY_ERROR_USAGE, "--rotation %s: %s has R0 only",
                   sy_rotation_choices[options->rotation].name, family->name);
}

/* ---- what it says ---- */

/* Rows of the result that are worked on at a time. */
enum { BLOCK = 1024 };

static void print_block(const SyCopulaFit *fit, gsize n, const double *u, const double *v) {
    double log_density[BLOCK], cdf[BLOCK], h1[BLOCK], h2[BLOCK];
    g_autoptr(GString) out = g_string_new(NULL);
    sy_copula_log_density(fit, n, u, v, log_density);
    sy_copula_cdf(fit, n, u, v, cdf);
    sy_copula_h(fit, n, u, v, h1, h2);
    for (gsize i = 0; i < n; i++) {
        const double cells[] = {u[i],  v[i], exp(log_density[i]), log_density[i], cdf[i],
                                h1[i], h2[i]};
        for (gsize k = 0; k < G_N_ELEMENTS(cells); k++) {
            if (k)
                g_string_append_c(out, ',');
            sy_csv_append_number(out, cells[k]);
        }
        g_string_append_c(out, '\n');
    }
    fwrite(out->str, 1, out->len, stdout);
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    SyCopulaFit fit;
    g_auto(SyPairs) pairs = {0};
    if (!copula_of(options, &fit, error) ||
        !sy_pairs_read(arguments[0], options->columns, &pairs, error) ||
        !sy_pairs_check_unit(&pairs, "", error))
        return false;
    puts("u,v,density,log_density,cdf,h1,h2");
    for (gsize start = 0; start < pairs.n; start += BLOCK)
        print_block(&fit, MIN(pairs.n - start, (gsize)BLOCK), pairs.value[0] + start,
                    pairs.value[1] + start);
    return true;
}

const SyCommand sy_command_copula_eval = {
    .name = "copula eval",
    .arguments = "FILE",
    .summary = "Evaluate one copula at the pairs of a CSV file.",
    .details =
        "Prints CSV: u, v, density, log_density, cdf = P(U <= u, V <= v), h1 = P(U <= u | V = v), "
        "h2 = P(V <= v | U = u),\nwith the digits that read back the same numbers. R90 is the "
        "copula of (1 - u, v), R180 of (1 - u, 1 - v), R270 of (u, 1 - v).",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run = run,
};
