/* What a run keeps as JSON: the data it saw, its newest rows, the account, what it decided and why,
 * and what came of it. Replays compare it, `why` tells it, the next run looks for revised bars in
 * it.
 *
 *     program   version, build, library, processor
 *     data      symbols, timeframe, rows, first, fingerprint, blocks
 *     last      time, close and output of the newest rows
 *     split     the fit that decided, or null
 *     account   decided, groups and legs: before the orders
 *     decision  bar, scale, legs, simulated and worked orders
 *
 * Times are nanoseconds, numbers have 17 digits, so that equal texts are equal bits; what is not
 * finite is null. */
#ifndef SY_WORKFLOW_FACTS_H
#define SY_WORKFLOW_FACTS_H

#include <jansson.h>

#include "workflow/cycle.h"

/* Rows that a run keeps. */
enum { SY_FACTS_ROWS = 50 };

/* Facts of a cycle whose orders have been worked and whose book is the one before them. Free with
 * json_decref. */
json_t *sy_facts_make(const SyCycle *cycle, const GArray *blocks, const char *fingerprint);

/* The text in which facts and fits are stored. Free with g_free. */
char *sy_facts_write(const json_t *facts);

/* NULL, with an error, where the text is none of ours. */
json_t *sy_facts_read(const char *text, GError **error);

/* Fits, oldest first, as JSON; the end of the last test slice, which grows, is left out. */
json_t *sy_facts_fits(const GArray *fits);

/* What sy_facts_fits depends on. Free with g_free. */
char *sy_facts_fits_digest(const GArray *fits);

/* Looks for bars that an earlier run decided on and that are different now.
 *
 * before   facts of that run
 * Returns NULL where there is none, or where the two cannot be compared (another first row, other
 * symbols): else an object with symbol, time, what, old, new and count; `text` says it to people.
 * Free with json_decref and g_free. Cost: one block of rows where nothing has changed. */
json_t *sy_facts_revised(const json_t *before, const SyPanel *panel, const GArray *blocks,
                         char **text);

#endif
