/* [instruments.SYMBOL]: what is so of a symbol wherever it is traded. */
#ifndef SY_WORKFLOW_INSTRUMENTS_H
#define SY_WORKFLOW_INSTRUMENTS_H

#include "portfolio/portfolio.h"
#include "template/schema.h"

typedef struct {
    double lot; /* units; NaN = not given */
} SyInstrument;
extern const SyFieldTable sy_instrument_fields;

/* Reads the section into the portfolio: a lot is the granularity of its symbol where
 * size_granularity gives none. What is wrong goes to `problems`.
 *
 * section  NULL: there is none
 * symbols  of the columns, NULL-terminated
 * config   its own section has been read */
void sy_instruments_read(const SyNode *section, char **symbols, SyPortfolioConfig *config,
                         SyProblems *problems);

#endif
