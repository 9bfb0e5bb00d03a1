/* A template with every section read into the structs of the plugins it names. */
#ifndef SY_WORKFLOW_STRATEGY_H
#define SY_WORKFLOW_STRATEGY_H

#include "loader/loader.h"
#include "model/model.h"
#include "portfolio/portfolio.h"
#include "signal/signal.h"
#include "template/template.h"

typedef struct {
    SyTemplate *template;
    const SyLoader *loader;
    SyLoaderConfig loader_config;
    const SyModel *model;
    gpointer model_config; /* the struct of model->fields */
    const SySignalRule *rule;
    SySignalConfig signal_config;
    SyPortfolioConfig portfolio_config;
    SyTimeframe timeframe; /* of the bars that the model sees */
    gsize legs;
} SyStrategy;

/* Reads a template file and checks every key of it.
 * Errors: SY_ERROR_TEMPLATE with all that is wrong, each with its place, one per line. */
SyStrategy *sy_strategy_load(const char *path, GError **error);
void sy_strategy_free(SyStrategy *strategy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyStrategy, sy_strategy_free)

/* Notes the study_name of a strategy in `seen` (text → text, both freed by the table), which holds
 * those of the templates before it. Two templates of one name would share orders and positions.
 * Errors: SY_ERROR_TEMPLATE where the name is taken, with both files. */
bool sy_strategy_claim_name(const SyStrategy *strategy, GHashTable *seen, GError **error);

#endif
