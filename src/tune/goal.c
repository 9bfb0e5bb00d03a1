/* The table of goals. A metric that says what a strategy is rather than how good (beta, the count
 * of trades that are open) is none. */
#include "tune/goal.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

const SyGoal sy_goals[] = {
    {"end_value", false},
    {"total_return", false},
    {"annualised_return", false},
    {"annualised_volatility", true},
    {"sharpe", false},
    {"sortino", false},
    {"calmar", false},
    {"omega", false},
    {"max_drawdown", false}, /* at most 0: the nearer to it the better */
    {"max_drawdown_duration", true},
    {"max_gross_exposure", true},
    {"total_time_exposure", true},
    {"total_orders", true},
    {"total_fees", true},
    {"win_rate", false},
    {"worst_trade", false},
    {"avg_winning_trade", false},
    {"avg_losing_trade", false}, /* below 0, as the next two */
    {"var_5", false},
    {"cvar_5", false},
    {"profit_factor", false},
    {"expectancy", false},
    {"sqn", false},
    {"tail_ratio", false},
    {"skew", false},
    {"kurtosis", true},
    {"ulcer_index", true},
    {"kelly", false},
    {"alpha", false},
    {"information_ratio", false},
};
const gsize sy_n_goals = G_N_ELEMENTS(sy_goals);

const SyGoal *sy_goal_find(const char *name) {
    for (gsize i = 0; i < sy_n_goals; i++)
        if (strcmp(sy_goals[i].name, name) == 0)
            return &sy_goals[i];
    return NULL;
}

bool sy_goal_check(const char *name, GError **error) {
    if (sy_goal_find(name))
        return true;
    const char *names[G_N_ELEMENTS(sy_goals)];
    for (gsize i = 0; i < sy_n_goals; i++)
        names[i] = sy_goals[i].name;
    g_autofree char *list = sy_text_list(names, sy_n_goals, G_MAXSIZE);
    if (sy_metric_find(name))
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" is a metric that is neither good nor bad; goals are: %s", name,
                       list);
    g_autofree char *meant = sy_text_did_you_mean(name, names, sy_n_goals);
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is no metric (goals are: %s)%s", name, list,
                   meant);
}

double sy_goal_measure(const SyMetric *metric, const SyPortfolioConfig *config,
                       SyTimeframe timeframe, const SyLedger *ledger, const SyPrices *prices) {
    double sum = 0;
    for (gsize g = 0; g < ledger->groups; g++) {
        const SyMetricInput input = sy_metric_input(config, timeframe, ledger, prices, g);
        sum += metric->compute(&input);
    }
    return sum / (double)ledger->groups;
}
