/* How much each parameter matters. */
#ifndef SY_TUNE_IMPORTANCE_H
#define SY_TUNE_IMPORTANCE_H

#include "tune/sampler.h"

/* The share of the variance of the score that each parameter explains by itself, were its whole
 * scale tried evenly: main effects of a functional analysis of variance. What parameters do
 * together is in none of them, so the shares add up to 1 at most.
 *
 * The score is fitted as a sum of one function for each parameter, constant on up to ten equal
 * parts of its scale (choices: one part each). All are fitted together: a sampler that goes for
 * what is good narrows all parameters at once, so that scores would seem to depend on those that do
 * nothing.
 *
 * value       [n × parameters]
 * score       [n] none is NaN; trials with an infinite one are left out
 * importance  [parameters] in [0, 1]; all NaN where n is too small to tell (fewer than two trials
 *             for each part), or all scores are equal
 * Source: Hutter, Hoos & Leyton-Brown (2014), ICML 31, 754-762, with an additive model in place of
 *         their forests: Hastie & Tibshirani (1990), Generalized Additive Models, section 4.4 */
void sy_importance(const SyParameter *parameter, gsize parameters, const double *value,
                   const double *score, gsize n, double *importance);

#endif
