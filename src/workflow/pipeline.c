/* Read this first: one function whose lines are the stages of a run. */
#include "workflow/pipeline.h"

#include "base/error.h"

const char *const sy_step_names[] = {"load",      "check", "model", "signal",
                                     "portfolio", "trade", "report"};

void sy_pipeline_step_done(const SyPipelineContext *context, SyStep step, SyTime *started) {
    if (!context->watch)
        return;
    SyTime now = sy_env_now(context->loader.env);
    context->watch->done(context->watch->data, step, *started, now);
    *started = now;
}

/* The bar that must be there; SY_TIME_NONE: any will do. */
static SyTime expected_bar(const SyStrategy *strategy, const SyPipelineContext *context) {
    if (context->bar != SY_TIME_NONE || !context->must_be_fresh)
        return context->bar;
    return sy_schedule_bar(strategy->schedule, sy_env_now(context->loader.env));
}

/* Refuses data that end before the newest bar that should be there. A live bar is there when every
 * symbol has it. */
static bool check_fresh(const SyPanel *panel, SyTime now, SyTime expected, GError **error) {
    if (expected == SY_TIME_NONE || sy_panel_complete_until(panel) >= expected)
        return true;
    char expected_text[SY_TIME_TEXT_SIZE], last_text[SY_TIME_TEXT_SIZE],
        now_text[SY_TIME_TEXT_SIZE];
    g_autoptr(GString) behind = g_string_new(NULL);
    for (gsize s = 0; s < panel->symbols; s++)
        if (panel->provenance[s].last < expected)
            g_string_append_printf(behind, "%s%s ends at %s", behind->len ? ", " : "",
                                   panel->symbol[s],
                                   panel->provenance[s].last == SY_TIME_NONE
                                       ? "no bar at all"
                                       : sy_time_format(panel->provenance[s].last, last_text));
    return sy_fail(
        error, SY_ERROR_OUTDATED,
        "outdated data: it is %s, the bar that closes at %s is expected; %s (%s); nothing is "
        "traded on old data: update the table, or look at the past with --now TIME",
        sy_time_format(now / SY_SECOND * SY_SECOND, now_text),
        sy_time_format(expected, expected_text), behind->str, panel->source);
}

/* The row that all windows count from must be there as long as it is pinned. */
static bool check_origin(const SyPanel *panel, const SyTime *origin, GError **error) {
    if (!origin || (panel->rows > 0 && panel->time[0] == *origin))
        return true;
    char pinned[SY_TIME_TEXT_SIZE], first[SY_TIME_TEXT_SIZE];
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: the bar that closes at %s is gone, the first is now %s: the strategy's "
                   "windows count from it since its first live decision; restore that bar, or "
                   "change start in [loader_params], which makes the strategy count from there",
                   panel->source, sy_time_format(*origin, pinned),
                   panel->rows ? sy_time_format(panel->time[0], first) : "none at all");
}

/* The model needs more rows than it warms up on. */
static bool check_length(const SyStrategy *strategy, const SyPanel *panel, GError **error) {
    gsize warmup = sy_model_warmup(strategy->model, strategy->model_config);
    if (panel->rows > warmup)
        return true;
    return sy_fail(error, SY_ERROR_DATA,
                   "%s: %" G_GSIZE_FORMAT " bars are too few: %s needs more than %" G_GSIZE_FORMAT
                   " for an output; load more history (start, limit) or shorten its windows",
                   panel->source, panel->rows, strategy->model->name, warmup);
}

bool sy_pipeline_run(const SyStrategy *strategy, const SyPipelineContext *context,
                     SyPipelineResult *result, GError **error) {
    *result = (SyPipelineResult){0};
    SyLoaderContext loader = context->loader;
    SyLoaderConfig config = strategy->loader_config;
    if (loader.origin) {
        config.start = NULL;
        config.limit = 0;
    }
    SyTime started = sy_env_now(context->loader.env);
    SyTime expected = expected_bar(strategy, context);
    /* a daily bar of a market is complete before the end of its interval */
    if (context->bar != SY_TIME_NONE || (loader.until == SY_TIME_NONE && expected > started))
        loader.until = expected;
    result->panel = loader.bars ? loader.bars->load(loader.bars->data, loader.until, error)
                                : strategy->loader->load(&config, &loader, error);
    if (!result->panel)
        return false;
    sy_pipeline_step_done(context, SY_STEP_LOAD, &started);
    if (!check_origin(result->panel, loader.origin, error) ||
        !check_fresh(result->panel, sy_env_now(context->loader.env), expected, error))
        return false;
    if (!check_length(strategy, result->panel, error))
        return false;
    sy_pipeline_step_done(context, SY_STEP_CHECK, &started);
    SyModelContext model = context->model;
    model.folder = loader.folder;
    result->model = strategy->model->run(strategy->model_config, result->panel, &model, error);
    if (!result->model)
        return false;
    sy_pipeline_step_done(context, SY_STEP_MODEL, &started);
    result->signals = strategy->rule->run(&strategy->signal_config, result->model->output);
    sy_pipeline_step_done(context, SY_STEP_SIGNAL, &started);
    result->prices = sy_portfolio_prices(result->panel);
    result->warning = sy_portfolio_warning(&strategy->portfolio_config, result->panel->symbols);
    result->ledger =
        sy_portfolio_simulate(&strategy->portfolio_config, &result->prices, result->signals, error);
    if (!result->ledger)
        return false;
    sy_pipeline_step_done(context, SY_STEP_PORTFOLIO, &started);
    return true;
}

void sy_pipeline_result_clear(SyPipelineResult *result) {
    sy_panel_free(result->panel);
    sy_model_result_free(result->model);
    sy_signals_free(result->signals);
    sy_ledger_free(result->ledger);
    g_free(result->warning);
    *result = (SyPipelineResult){0};
}
