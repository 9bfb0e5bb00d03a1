/* Samples of pairs for tests of copula fits: values with their ranks, tau and workspace. */
#ifndef SY_TESTS_SUPPORT_PAIRS_H
#define SY_TESTS_SUPPORT_PAIRS_H

#include "num/copula/copula.h"

typedef struct {
    SyCopulaSample sample; /* of the values as they are */
    double tau;
    double *u[2], *scratch; /* [n] each */
    guint32 *rank[2];
    void *work;
} Pairs;

/* Values strictly between 0 and 1, taken as they are. */
Pairs *pairs_of_values(gsize n, const double *u, const double *v);
/* Any values: their pseudo-observations are fitted. */
Pairs *pairs_of_data(gsize n, const double *x, const double *y);
/* Columns u1 and u2 of a file below the source root, as they are. */
Pairs *pairs_of_file(const char *path);
void pairs_free(Pairs *pairs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pairs, pairs_free)

/* The sum of ln c, by the rows of the families: the clear version of every fast likelihood. */
double pairs_log_likelihood(const Pairs *pairs, const SyCopulaFit *fit);

#endif
