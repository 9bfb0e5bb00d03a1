/* How much each parameter matters. */
#ifndef SY_TUNE_IMPORTANCE_H
#define SY_TUNE_IMPORTANCE_H

#include "tune/sampler.h"

/* The share of the variance of the trials' ranks that a parameter explains by itself: rank
 * epsilon-squared over up to ten equal parts of its scale (choices: one part each), 0 where it
 * explains no more than chance would. Ranks rather than values, so that a few very bad trials do
 * not decide; what parameters do together is not in it.
 *
 * value      [n × parameters]
 * score      [n] none is NaN
 * parameter  which of them; `parameters` in all
 * NaN where n is too small to tell (fewer than three trials for each part), or all scores are
 * equal.
 * Source: Kelley (1935), PNAS 21(9), 554-559; on ranks Kruskal & Wallis (1952), JASA 47(260),
 *         583-621 */
double sy_importance(const SyParameter *parameter, const double *value, gsize which,
                     gsize parameters, const double *score, gsize n);

#endif
