/* Copulas fitted on every training slice of a pair and evaluated on the test slice that follows:
 * what all arbitrage indices are built on. */
#ifndef SY_MODEL_ROLLING_COPULA_H
#define SY_MODEL_ROLLING_COPULA_H

#include "data/fit.h"
#include "data/panel.h"
#include "model/model.h"
#include "num/copula/copula.h"

/* What is chosen from on each split. */
typedef struct {
    SyFitMethod method;
    const SyCopula *families[16]; /* [n_families]; the first of equals wins */
    gsize n_families;
    guint rotations; /* bits 1 << SyRotation */
    SyCriterion criterion;
} SyCopulaCandidates;

/* Fits every split and evaluates its test slice.
 *
 * Marginals are the empirical distributions of the training slice (num/rank.h: sy_ecdf). A row with
 * a missing price has no return, nor has the row after it: in training such rows are dropped, in
 * the test slice their h is NaN.
 *
 * panel     of two symbols; its symbols and times are named in errors
 * price     the field that returns are computed from
 * splits    SySplit
 * h         [rows × 2] set on rows of test slices: h1, h2 (num/copula/copula.h)
 * fits      SyFit, appended: one per split
 * Errors: SY_ERROR_DATA naming symbols, split, rows, times and a remedy: fewer than two complete
 *         pairs, constant returns, Kendall's tau of ±1, or one that no candidate admits; of the
 *         earliest split that has one. Then h and fits are of no use.
 * Kept:   fit and h of every split but the last, and the fit of the last, whose test slice grows
 * Cost:   splits are independent and run on context->threads threads; the result is the same, bit
 *         for bit, for any number of them.
 */
bool sy_rolling_copula(const SyPanel *panel, SyBarField price, const GArray *splits,
                       const SyCopulaCandidates *candidates, const SyModelContext *context,
                       SyMatrix *h, GArray *fits, GError **error);

#endif
