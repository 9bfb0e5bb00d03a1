/* The table of models, and those of the reference that are refused by name. */
#include "model/model.h"

#include "base/text.h"

extern const SyModel sy_model_arbitrage_base_index, sy_model_arbitrage_clip_index,
    sy_model_arbitrage_cumulative_index, sy_model_arbitrage_reset_index,
    sy_model_arbitrage_rolling_zscore_index, sy_model_command, sy_model_rolling_ou,
    sy_model_rolling_spread, sy_model_rolling_zscore;

const SyModel *const sy_models[] = {
    &sy_model_arbitrage_clip_index,
    &sy_model_arbitrage_base_index,
    &sy_model_arbitrage_cumulative_index,
    &sy_model_arbitrage_reset_index,
    &sy_model_arbitrage_rolling_zscore_index,
    &sy_model_rolling_spread,
    &sy_model_rolling_zscore,
    &sy_model_rolling_ou,
    &sy_model_command,
};
const gsize sy_n_models = G_N_ELEMENTS(sy_models);

const SyModel *sy_model_find(const char *name) {
    for (gsize i = 0; i < sy_n_models; i++)
        if (sy_text_equal_loosely(sy_models[i]->name, name))
            return sy_models[i];
    return NULL;
}

const char *sy_model_refused(const char *name) {
    static const struct {
        const char *name, *reason;
    } refused[] = {
        {"MetaModel", "it combines models that are not there yet"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if (sy_text_equal_loosely(refused[i].name, name))
            return refused[i].reason;
    return NULL;
}

gsize sy_model_warmup(const SyModel *model, gconstpointer config) {
    return model->warmup ? model->warmup(config) : 0;
}

void sy_model_result_free(SyModelResult *result) {
    if (!result)
        return;
    sy_matrix_free(result->output);
    if (result->fits)
        g_array_unref(result->fits);
    g_free(result);
}
