/* The table of copula families. */
#include "num/copula/families.h"

#include "base/error.h"
#include "base/text.h"

static const char *const also_0[] = {"0", NULL};
static const char *const also_90[] = {"90", NULL};
static const char *const also_180[] = {"180", NULL};
static const char *const also_270[] = {"270", NULL};

const SyChoice sy_rotation_choices[SY_ROTATIONS + 1] = {
    [SY_R0] = {"R0", "as it is", also_0},
    [SY_R90] = {"R90", "first margin turned round", also_90},
    [SY_R180] = {"R180", "both margins turned round", also_180},
    [SY_R270] = {"R270", "second margin turned round", also_270},
    [SY_ROTATIONS] = {"auto", "the best of the four", NULL},
};

const SyChoice sy_fit_choices[SY_FIT_METHODS] = {
    [SY_FIT_ITAU] = {"itau", "from Kendall's tau", NULL},
    [SY_FIT_MLE] = {"mle", "maximum likelihood", NULL},
};

const SyChoice sy_criterion_choices[SY_CRITERIA] = {
    [SY_AIC] = {"aic", "2k - 2 ln L", NULL},
    [SY_BIC] = {"bic", "k ln n - 2 ln L", NULL},
    [SY_LOGLIK] = {"loglik", "ln L", NULL},
};

const SyCopula *const sy_copulas[] = {
    &sy_copula_clayton, &sy_copula_gumbel,   &sy_copula_frank,        &sy_copula_joe,
    &sy_copula_student, &sy_copula_gaussian, &sy_copula_independence, &sy_copula_bb1,
    &sy_copula_bb6,     &sy_copula_bb7,      &sy_copula_bb8,
};
const gsize sy_n_copulas = G_N_ELEMENTS(sy_copulas);

const SyCopula *sy_copula_find(const char *name) {
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (sy_text_equal_loosely(sy_copulas[i]->name, name))
            return sy_copulas[i];
    return NULL;
}

bool sy_copula_check(const char *name, GError **error) {
    if (sy_copula_find(name))
        return true;
    g_autofree const char **names = g_new(const char *, sy_n_copulas);
    for (gsize i = 0; i < sy_n_copulas; i++)
        names[i] = sy_copulas[i]->name;
    g_autofree char *known = sy_text_list(names, sy_n_copulas, G_MAXSIZE);
    g_autofree char *meant = sy_text_did_you_mean(name, names, sy_n_copulas);
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not a copula (%s)%s", name, known, meant);
}
