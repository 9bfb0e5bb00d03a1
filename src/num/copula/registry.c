/* The table of copula families, and those that are refused by name. */
#include "num/copula/families.h"

#include "base/text.h"

const char *const sy_rotation_names[SY_ROTATIONS] = {"R0", "R90", "R180", "R270"};

const SyCopula *const sy_copulas[] = {
    &sy_copula_clayton, &sy_copula_gumbel,   &sy_copula_frank,        &sy_copula_joe,
    &sy_copula_student, &sy_copula_gaussian, &sy_copula_independence,
};
const gsize sy_n_copulas = G_N_ELEMENTS(sy_copulas);

const SyCopula *sy_copula_find(const char *name) {
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (sy_text_equal_loosely(sy_copulas[i]->name, name))
            return sy_copulas[i];
    return NULL;
}

const char *sy_copula_refused(const char *name) {
    static const char *const two_parameters[] = {"BB1", "BB6", "BB7", "BB8"};
    for (gsize i = 0; i < G_N_ELEMENTS(two_parameters); i++)
        if (sy_text_equal_loosely(two_parameters[i], name))
            return "has two parameters, which one Kendall's tau cannot give; it comes with the "
                   "fit by maximum likelihood";
    return NULL;
}
