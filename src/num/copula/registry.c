/* The table of copula families. */
#include "num/copula/families.h"

#include "base/error.h"
#include "base/text.h"

const char *const sy_rotation_names[SY_ROTATIONS] = {"R0", "R90", "R180", "R270"};

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
