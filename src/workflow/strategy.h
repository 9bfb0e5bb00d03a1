/* A template with every section read into the structs of the plugins it names. */
#ifndef SY_WORKFLOW_STRATEGY_H
#define SY_WORKFLOW_STRATEGY_H

#include "loader/loader.h"
#include "model/model.h"
#include "portfolio/portfolio.h"
#include "schedule/schedule.h"
#include "signal/signal.h"
#include "template/settings.h"
#include "template/template.h"
#include "workflow/task.h"

/* Without a model (sy_strategy_has_model) the loader, the model and the rule are NULL, and the
 * timeframe and the legs are 0: there is nothing to simulate, trade or report. */
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
    SyRetry retry;    /* [retry], or 5 attempts where there is none */
    GPtrArray *tasks; /* SyTask, in the order in which they run */
    /* [schedule]: of the trade job, or of the tasks where there is no model; without it each close
     * of the bars. Always there. */
    SyScheduleConfig schedule_config;
    SySchedule *schedule;
    /* [schedule.report]: NULL: not given, so as --report-every says. */
    SyScheduleConfig report_schedule_config;
    SySchedule *report_schedule;
} SyStrategy;

/* The key of [schedule] besides those of sy_schedule_fields. */
typedef struct {
    const struct SyNode *report; /* [schedule.report] */
} SyScheduleReport;
extern const SyFieldTable sy_schedule_report_fields;

/* Reads a template file and checks every key of it.
 * Errors: SY_ERROR_TEMPLATE with all that is wrong, each with its place, one per line. */
SyStrategy *sy_strategy_load(const char *path, GError **error);
/* The same from text [length], as the store keeps it; `name` stands for the file in messages. */
SyStrategy *sy_strategy_read(const char *text, gsize length, const char *name, GError **error);
void sy_strategy_free(SyStrategy *strategy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyStrategy, sy_strategy_free)

/* False for a template of [meta], [schedule], [retry] and [[task]] alone. */
static inline bool sy_strategy_has_model(const SyStrategy *strategy) {
    return !strategy->template->tasks_only;
}

/* Refuses a template without a model; `what` is what was to be done: "simulate".
 * Errors: SY_ERROR_TEMPLATE. */
bool sy_strategy_check_model(const SyStrategy *strategy, const char *what, GError **error);

/* How the failure of a step is tried again: a task by its own retry; else as [retry] says; without
 * it loading and the model 5 times and anything else once. */
const SyRetry *sy_strategy_retry(const SyStrategy *strategy, const char *step);

/* Everything that keeps a sound template from being run on live bars, in a backtest all of it is
 * fine: fills at another price than the decided close, an `end` in the past. Errors:
 * SY_ERROR_TEMPLATE, each problem at its place. */
bool sy_strategy_check_live(const SyStrategy *strategy, SyTime now, GError **error);

/* The engine that the template names is one of `engines`, of a kind that can be read.
 * Errors: SY_ERROR_TEMPLATE at its place. */
bool sy_strategy_check_engine(const SyStrategy *strategy, const SyMap *engines, GError **error);

/* The messengers that [notify] names are there. Errors: SY_ERROR_TEMPLATE at their place. */
bool sy_strategy_check_notify(const SyStrategy *strategy, const SySettings *settings,
                              GError **error);

/* study_name → GPtrArray of the files (char *, canonical) that have it, over the templates of a
 * workspace. Files that are no TOML are left out: they cannot run. Free with g_hash_table_unref.
 * Cost: reads every template. */
GHashTable *sy_strategy_names(const char *workspace);

/* No other file has the strategy's study_name: two would share orders and positions.
 * Errors: SY_ERROR_TEMPLATE at its place, with the other file. */
bool sy_strategy_check_name(const SyStrategy *strategy, GHashTable *names, GError **error);

#endif
