/* What trials share: fits of splits, and whole outputs of models, each computed once.
 *
 * Promises: whoever asks for what another thread is computing waits for it; what trials get does
 * not depend on who computed it, nor on whether it was still there. */
#ifndef SY_TUNE_SHARE_H
#define SY_TUNE_SHARE_H

#include "workflow/strategy.h"

typedef struct SyShare SyShare;

/* panel: borrowed; what all models run on. folder: borrowed; of their programs, as SyModelContext.
 */
SyShare *sy_share_new(const SyPanel *panel, const char *folder);
void sy_share_free(SyShare *share);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyShare, sy_share_free)

/* The model of a strategy run over the panel, by any thread. Strategies of equal [model] and
 * [model_params] get the same run, others of equal fits the same fits.
 *
 * threads  for the run, where there is one
 * Errors: those of the model. Give the result back with sy_share_release. */
const SyModelResult *sy_share_run(SyShare *share, const SyStrategy *strategy, int threads,
                                  GError **error);
void sy_share_release(SyShare *share, const SyModelResult *result);

/* How many fits of splits were computed so far, and how many were there already. */
void sy_share_counts(SyShare *share, gsize *computed, gsize *reused);

#endif
