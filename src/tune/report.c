/* The sections of a tuning's report, one function each. */
#include "tune/report.h"

#include <math.h>
#include <string.h>

#include "report/palette.h"
#include "tune/importance.h"
#include "tune/pareto.h"

enum { FIGURES_MOST = 6 };

static double measure_of(const SyTuneReport *tuning, const SyTrial *trial, gsize cut,
                         gsize metric) {
    return trial->measure[cut * tuning->data->tune->n_metrics + metric];
}

static SyReportUnit unit_of(const SyMetric *metric) { return sy_report_unit_of(metric->unit); }

static char *figure(const SyMetric *metric, double value) {
    return sy_report_format(unit_of(metric), value);
}

/* Axes along x have plain numbers: shares are shown in hundredths there. */
static double x_scale(const SyMetric *metric) {
    return unit_of(metric) == SY_UNIT_FRACTION ? 100 : 1;
}

static char *x_title(const SyMetric *metric, const char *where) {
    return g_strconcat(metric->title, where, unit_of(metric) == SY_UNIT_FRACTION ? " (%)" : "",
                       NULL);
}

static const SyTrial *winner_of(const SyTuneReport *tuning) {
    return tuning->outcome->shortlist[0];
}

static char *value_text(const SyParameter *parameter, double value) {
    return parameter->kind == SY_PARAMETER_CHOICE ? g_strdup(parameter->label[(gsize)value])
                                                  : sy_parameter_text(parameter, value);
}

static SyReportColumn *add_texts(SyReportSection *section, const char *name, const char *title) {
    SyReportColumn *column = sy_section_add_column(section, name, title, SY_UNIT_TEXT);
    column->right = true;
    return column;
}

static void add_text(SyReportColumn *column, char *text) {
    sy_column_add_text(column, text);
    g_free(text);
}

/* ---- head ---- */

static void add_facts(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTune *tune = data->tune;
    char from[SY_TIME_TEXT_SIZE], to[SY_TIME_TEXT_SIZE];
    sy_report_add_fact(report, "Sampler", "%s, seed %d, batches of %d", tune->sampler->name,
                       tune->config.seed, tune->config.batch);
    sy_report_add_fact(report, "Bars", "%" G_GSIZE_FORMAT ", %s to %s", data->panel->rows,
                       sy_time_format(data->panel->time[0], from),
                       sy_time_format(data->panel->time[data->panel->rows - 1], to));
    sy_report_add_fact(report, "In-sample",
                       "rows %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT ", %s to %s",
                       data->slices.in_sample.start, data->slices.in_sample.end - 1,
                       sy_time_format(data->panel->time[data->slices.in_sample.start], from),
                       sy_time_format(data->panel->time[data->slices.in_sample.end - 1], to));
    sy_report_add_fact(report, "Test", "rows %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT ", %s to %s",
                       data->slices.test.start, data->slices.test.end - 1,
                       sy_time_format(data->panel->time[data->slices.test.start], from),
                       sy_time_format(data->panel->time[data->slices.test.end - 1], to));
    sy_report_add_fact(report, "Embargo",
                       "%" G_GSIZE_FORMAT " bars before each validation and test slice",
                       data->slices.embargo);
    sy_report_add_fact(report, "Template", "%s", tune->strategy->template->document->hash);
}

static void add_highlights(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTrial *winner = winner_of(tuning);
    const SyMetric *metric = data->tune->metric[0];
    g_autofree char *train = figure(metric, sy_trial_train(data, winner, 0));
    g_autofree char *validation = figure(metric, sy_trial_validation(data, winner, 0));
    g_autofree char *test = figure(metric, measure_of(tuning, winner, sy_cut_test(data), 0));
    g_autofree char *deflated = sy_report_format(SY_UNIT_FRACTION, tuning->outcome->deflated);
    sy_report_add_highlight(report, "Trials", "%u", tuning->trials->len);
    sy_report_add_highlight(report, "Winner", "%" G_GSIZE_FORMAT, winner->number);
    sy_report_add_highlight(report, "Training", "%s", train);
    sy_report_add_highlight(report, "Validation", "%s", validation);
    sy_report_add_highlight(report, "Test", "%s", test);
    sy_report_add_highlight(report, "Deflated Sharpe", "%s", deflated);
}

/* A value at the end of its range: the best may lie beyond. */
static void warn_of_edges(const SyTuneReport *tuning, SyReport *report) {
    const SyTune *tune = tuning->data->tune;
    for (gsize i = 0; i < tune->n_parameters; i++) {
        const SyParameter *parameter = &tune->parameter[i];
        double value = winner_of(tuning)->value[i];
        bool is_edge = value == parameter->low || value == parameter->high;
        if (parameter->kind == SY_PARAMETER_CHOICE || parameter->low == parameter->high || !is_edge)
            continue;
        g_autofree char *text = sy_parameter_text(parameter, value);
        g_autofree char *warning =
            g_strdup_printf("%s = %s is an end of its range: the best value may lie beyond it.",
                            parameter->name, text);
        sy_report_add_warning(report, warning);
    }
}

static void add_warnings(const SyTuneReport *tuning, SyReport *report) {
    const SyOutcome *outcome = tuning->outcome;
    if (!outcome->is_validated)
        sy_report_add_warning(report, sy_tune_not_validated);
    if (outcome->deflated < 0.95)
        sy_report_add_warning(
            report, "The deflated Sharpe ratio is below 95 %: the in-sample figures do not "
                    "stand out from the best of as many trials without skill.");
    if (outcome->count[SY_TRIAL_INVALID] + outcome->count[SY_TRIAL_FAILED] >
        tuning->trials->len / 2) {
        g_autofree char *warning = g_strdup_printf(
            "%" G_GSIZE_FORMAT " of %u trials were invalid or failed; trials.csv has the reasons.",
            outcome->count[SY_TRIAL_INVALID] + outcome->count[SY_TRIAL_FAILED],
            tuning->trials->len);
        sy_report_add_warning(report, warning);
    }
    warn_of_edges(tuning, report);
}

/* ---- the winner ---- */

static void add_values(const SyTuneReport *tuning, SyReport *report) {
    const SyTune *tune = tuning->data->tune;
    SyReportSection *section = sy_report_add_table(
        report, "winner", "The winner's values", "The template with these values is winner.toml.");
    section->on_sheet = true;
    SyReportColumn *name = sy_section_add_column(section, "parameter", "Parameter", SY_UNIT_TEXT);
    SyReportColumn *value = add_texts(section, "value", "Value");
    for (gsize i = 0; i < tune->n_parameters; i++) {
        sy_column_add_text(name, tune->parameter[i].name);
        add_text(value, value_text(&tune->parameter[i], winner_of(tuning)->value[i]));
    }
}

static void add_slices(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTune *tune = data->tune;
    const struct {
        const char *name;
        gsize cut;
    } rows[] = {{"In-sample (search and choice)", sy_cut_in_sample(data)},
                {"Out-of-sample (test)", sy_cut_test(data)},
                {"All bars, as a backtest", sy_cut_all(data)}};
    SyReportSection *section = sy_report_add_table(
        report, "in_sample_out_of_sample", "In-sample against out-of-sample",
        "Each slice begins flat. Nothing was chosen by the test slice; it was measured once.");
    section->on_sheet = true;
    SyReportColumn *name = sy_section_add_column(section, "slice", "Slice", SY_UNIT_TEXT);
    SyReportColumn *count = sy_section_add_column(section, "rows", "Bars", SY_UNIT_COUNT);
    for (gsize r = 0; r < G_N_ELEMENTS(rows); r++) {
        sy_column_add_text(name, rows[r].name);
        sy_column_add_number(count, (double)data->cut[rows[r].cut].prices.rows);
    }
    for (gsize m = 0; m < tune->n_metrics; m++) {
        SyReportColumn *column = sy_section_add_column(
            section, tune->metric[m]->name, tune->metric[m]->title, unit_of(tune->metric[m]));
        for (gsize r = 0; r < G_N_ELEMENTS(rows); r++)
            sy_column_add_number(column, measure_of(tuning, winner_of(tuning), rows[r].cut, m));
    }
}

static void add_belief(const SyTuneReport *tuning, SyReport *report) {
    const SyOutcome *outcome = tuning->outcome;
    const struct {
        const char *name, *title;
        SyReportUnit unit;
        double value;
    } rows[] = {
        {"trials", "Combinations that were measured", SY_UNIT_COUNT, (double)outcome->n_distinct},
        {"sharpe", "Sharpe ratio of the winner, in-sample, per bar", SY_UNIT_NUMBER,
         outcome->sharpe},
        {"expected_best", "Expected of the best of as many trials without skill", SY_UNIT_NUMBER,
         outcome->expected_best},
        {"skew", "Skew of its returns", SY_UNIT_NUMBER, outcome->skew},
        {"kurtosis", "Kurtosis of its returns (3: normal)", SY_UNIT_NUMBER, outcome->kurtosis},
        {"deflated_sharpe", "Deflated Sharpe ratio: probability that it is better than that",
         SY_UNIT_FRACTION, outcome->deflated},
        {"test_probability", "Probability of a Sharpe ratio above 0, by the test slice alone",
         SY_UNIT_FRACTION, outcome->test_sharpe_probability},
    };
    SyReportSection *section = sy_report_add_table(
        report, "deflated_sharpe", "How much of it is luck",
        "Bailey and Lopez de Prado (2014), with every combination counted as an independent one. A "
        "search "
        "tries values close to each other, so this is a guide beside the validation and test "
        "figures, not in their place.");
    SyReportColumn *title = sy_section_add_column(section, "figure", "Figure", SY_UNIT_TEXT);
    SyReportColumn *value = add_texts(section, "value", "Value");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        sy_column_add_text(title, rows[i].title);
        add_text(value, sy_report_format(rows[i].unit, rows[i].value));
    }
}

/* ---- folds ---- */

static void add_folds(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyMetric *metric = data->tune->metric[0];
    SyReportSection *section = sy_report_add_table(
        report, "walk_forward", "Walk-forward",
        "For each validation slice: the trial that is best on the slices before it, what it gave "
        "on the slice itself, and the share of the other trials that it beats there; one half "
        "would be chance.");
    SyReportColumn *fold = sy_section_add_column(section, "fold", "Fold", SY_UNIT_COUNT);
    SyReportColumn *from = sy_section_add_column(section, "from", "Validation from", SY_UNIT_TIME);
    SyReportColumn *to = sy_section_add_column(section, "to", "To", SY_UNIT_TIME);
    SyReportColumn *best = sy_section_add_column(section, "best", "Best trial", SY_UNIT_COUNT);
    SyReportColumn *before = sy_section_add_column(section, "before", "Before", unit_of(metric));
    SyReportColumn *validation =
        sy_section_add_column(section, "validation", "Validation", unit_of(metric));
    SyReportColumn *beats = sy_section_add_column(section, "beats", "Beats", SY_UNIT_FRACTION);
    SyReportColumn *own_before =
        sy_section_add_column(section, "winner_before", "Winner, before", unit_of(metric));
    SyReportColumn *own_validation =
        sy_section_add_column(section, "winner_validation", "Winner, validation", unit_of(metric));
    for (gsize k = 0; k < data->slices.folds; k++) {
        const SyFoldOutcome *outcome = &tuning->outcome->fold[k];
        SySlice slice = data->slices.validation[k];
        sy_column_add_number(fold, (double)k + 1);
        sy_column_add_number(from, (double)data->panel->time[slice.start] / SY_SECOND);
        sy_column_add_number(to, (double)data->panel->time[slice.end - 1] / SY_SECOND);
        sy_column_add_number(best, outcome->best ? (double)outcome->best->number : NAN);
        sy_column_add_number(before, outcome->before);
        sy_column_add_number(validation, outcome->validation);
        sy_column_add_number(beats, outcome->beats);
        sy_column_add_number(own_before, outcome->winner_before);
        sy_column_add_number(own_validation, outcome->winner_validation);
    }
}

/* ---- trials ---- */

/* Two figures of every trial with a score, for a plot, with room for `each` of them. */
typedef struct {
    double *x, *y;
    gsize n;
} Points;

static Points points_new(const SyTuneReport *tuning, gsize each) {
    gsize n = tuning->outcome->n_scored, size = each * n + 1;
    return (Points){g_new(double, size), g_new(double, size), n};
}

static void points_clear(Points *points) {
    g_free(points->x);
    g_free(points->y);
}

static void add_points(SyReportSection *section, const char *name, int colour,
                       const Points *points) {
    sy_section_add_series(section, name, SY_SERIES_MARK_EXIT, colour, points->x, points->y,
                          points->n);
}

static void add_winner_mark(SyReportSection *section, double x, double y) {
    sy_section_add_series(section, "Winner", SY_SERIES_MARK_UP, SY_COLOUR_SHORT, &x, &y, 1);
}

static void add_history(const SyTuneReport *tuning, SyReport *report) {
    const SyTune *tune = tuning->data->tune;
    g_autofree char *label = g_strdup_printf("%s, training", tune->metric[0]->title);
    SyReportSection *section = sy_report_add_plot(report, "history", "The search",
                                                  "Trials as they came, and the best so "
                                                  "far, on the training slices.",
                                                  "Trial", label, unit_of(tune->metric[0]));
    section->on_sheet = true;
    gsize n = tuning->trials->len;
    g_autofree double *x = g_new(double, n), *y = g_new(double, n), *best = g_new(double, n);
    double most = NAN;
    for (gsize i = 0; i < n; i++) {
        const SyTrial *trial = tuning->trials->pdata[i];
        x[i] = (double)i;
        y[i] = trial->state == SY_TRIAL_COMPLETE ? sy_trial_train(tuning->data, trial, 0) : NAN;
        if (!isnan(y[i]) && !(sy_tune_oriented(tune, 0, most) >= sy_tune_oriented(tune, 0, y[i])))
            most = y[i];
        best[i] = most;
    }
    sy_section_add_series(section, "Trials", SY_SERIES_MARK_EXIT, SY_COLOUR_BENCHMARK, x, y, n);
    sy_section_add_series(section, "Best so far", SY_SERIES_STEP, SY_COLOUR_STRATEGY, x, best, n);
}

static void add_generalisation(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyMetric *metric = data->tune->metric[0];
    g_autofree char *x_label = x_title(metric, ", training");
    double scale = x_scale(metric);
    g_autofree char *y_label = g_strdup_printf("%s, validation", metric->title);
    SyReportSection *section = sy_report_add_plot(
        report, "generalisation", "Training against validation",
        "Where the two do not go together, the search found what only holds on the training "
        "slices.",
        x_label, y_label, unit_of(metric));
    section->on_sheet = true;
    Points points = points_new(tuning, 1);
    for (gsize i = 0; i < points.n; i++) {
        points.x[i] = scale * sy_trial_train(data, tuning->outcome->order[i], 0);
        points.y[i] = sy_trial_validation(data, tuning->outcome->order[i], 0);
    }
    add_points(section, "Trials", SY_COLOUR_BENCHMARK, &points);
    add_winner_mark(section, scale * sy_trial_train(data, winner_of(tuning), 0),
                    sy_trial_validation(data, winner_of(tuning), 0));
    points_clear(&points);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between two neighbours of a front: what one of them is at least as good as, in both goals. */
static void add_corner(const SyTune *tune, const double *a, const double *b, Points *front) {
    bool is_first_worse[2];
    for (gsize g = 0; g < 2; g++)
        is_first_worse[g] = sy_tune_oriented(tune, g, a[g]) < sy_tune_oriented(tune, g, b[g]);
    front->x[front->n] = is_first_worse[0] ? a[0] : b[0];
    front->y[front->n++] = is_first_worse[1] ? a[1] : b[1];
}

/* The front of the first two goals on the training slices. */
static void add_front(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTune *tune = data->tune;
    if (tune->n_goals < 2)
        return;
    double scale = x_scale(tune->metric[0]);
    g_autofree char *x_label = x_title(tune->metric[0], "");
    SyReportSection *section = sy_report_add_plot(
        report, "pareto_front", "Pareto front",
        "Trials of the front: no other is better in one of these two goals and as good in the "
        "other, on the training slices.",
        x_label, tune->metric[1]->title, unit_of(tune->metric[1]));
    section->on_sheet = true;
    Points all = points_new(tuning, 1), front = points_new(tuning, 2); /* with its corners */
    g_autofree double *score = g_new(double, 2 * all.n + 1);
    g_autofree gsize *rank = g_new(gsize, all.n + 1);
    for (gsize i = 0; i < all.n; i++) {
        const SyTrial *trial = tuning->outcome->order[i];
        all.x[i] = scale * sy_trial_train(data, trial, 0);
        all.y[i] = sy_trial_train(data, trial, 1);
        score[2 * i] = trial->score[0];
        score[2 * i + 1] = trial->score[1];
    }
    sy_pareto_rank(score, all.n, 2, rank);
    g_autofree double *pair = g_new(double, 2 * all.n + 1);
    gsize n = 0;
    for (gsize i = 0; i < all.n; i++)
        if (rank[i] == 0) {
            pair[2 * n] = all.x[i];
            pair[2 * n++ + 1] = all.y[i];
        }
    qsort(pair, n, 2 * sizeof *pair, ascending);
    front.n = 0;
    for (gsize i = 0; i < n; i++) {
        if (i > 0)
            add_corner(tune, pair + 2 * (i - 1), pair + 2 * i, &front);
        front.x[front.n] = pair[2 * i];
        front.y[front.n++] = pair[2 * i + 1];
    }
    add_points(section, "Trials", SY_COLOUR_BENCHMARK, &all);
    sy_section_add_series(section, "Front", SY_SERIES_LINE, SY_COLOUR_STRATEGY, front.x, front.y,
                          front.n);
    add_winner_mark(section, scale * sy_trial_train(data, winner_of(tuning), 0),
                    sy_trial_train(data, winner_of(tuning), 1));
    points_clear(&all);
    points_clear(&front);
}

/* ---- parameters ---- */

static double *values_of(const SyTuneReport *tuning, double *score) {
    const SyTune *tune = tuning->data->tune;
    gsize n = tuning->outcome->n_scored;
    double *value = g_new(double, n * tune->n_parameters + 1);
    for (gsize i = 0; i < n; i++) {
        memcpy(value + i * tune->n_parameters, tuning->outcome->order[i]->value,
               tune->n_parameters * sizeof *value);
        score[i] = tuning->outcome->order[i]->score[0];
    }
    return value;
}

static void add_importance(const SyTuneReport *tuning, SyReport *report) {
    const SyTune *tune = tuning->data->tune;
    gsize n = tuning->outcome->n_scored;
    g_autofree double *score = g_new(double, n + 1);
    g_autofree double *value = values_of(tuning, score);
    SyReportSection *section = sy_report_add_table(
        report, "importance", "Importance of the parameters",
        "Share of the variance on the training slices that a parameter explains by itself; what is "
        "missing to 100 % is what they do together, and chance. n/a: too few trials to tell.");
    section->on_sheet = true;
    SyReportColumn *name = sy_section_add_column(section, "parameter", "Parameter", SY_UNIT_TEXT);
    SyReportColumn *share =
        sy_section_add_column(section, "importance", "Importance", SY_UNIT_FRACTION);
    g_autofree double *importance = g_new(double, tune->n_parameters);
    sy_importance(tune->parameter, tune->n_parameters, value, score, n, importance);
    for (gsize i = 0; i < tune->n_parameters; i++) {
        sy_column_add_text(name, tune->parameter[i].name);
        sy_column_add_number(share, importance[i]);
    }
}

/* Each number that was tuned against what the trials gave. */
static void add_effects(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTune *tune = data->tune;
    const SyMetric *metric = tune->metric[0];
    gsize shown = 0;
    for (gsize i = 0; i < tune->n_parameters && shown < FIGURES_MOST; i++) {
        const SyParameter *parameter = &tune->parameter[i];
        if (parameter->kind == SY_PARAMETER_CHOICE)
            continue;
        g_autofree char *id = g_strdup_printf("effect_%" G_GSIZE_FORMAT, ++shown);
        g_autofree char *label = g_strdup_printf("%s, training", metric->title);
        SyReportSection *section = sy_report_add_plot(report, id, parameter->name, NULL,
                                                      parameter->name, label, unit_of(metric));
        Points points = points_new(tuning, 1);
        for (gsize k = 0; k < points.n; k++) {
            points.x[k] = tuning->outcome->order[k]->value[i];
            points.y[k] = sy_trial_train(data, tuning->outcome->order[k], 0);
        }
        add_points(section, "Trials", SY_COLOUR_BENCHMARK, &points);
        add_winner_mark(section, winner_of(tuning)->value[i],
                        sy_trial_train(data, winner_of(tuning), 0));
        points_clear(&points);
    }
}

static void add_shortlist(const SyTuneReport *tuning, SyReport *report) {
    const SyTuneData *data = tuning->data;
    const SyTune *tune = data->tune;
    const SyOutcome *outcome = tuning->outcome;
    SyReportSection *section = sy_report_add_table(
        report, "shortlist", "The shortlist",
        "The best trials of the search, as they came out on the validation slices; the first is "
        "the winner.");
    SyReportColumn *number = sy_section_add_column(section, "trial", "Trial", SY_UNIT_COUNT);
    for (gsize i = 0; i < outcome->n_shortlist; i++)
        sy_column_add_number(number, (double)outcome->shortlist[i]->number);
    for (gsize g = 0; g < tune->n_goals; g++) {
        const SyMetric *metric = tune->metric[g];
        g_autofree char *train = g_strdup_printf("%s_train", metric->name),
                        *validation = g_strdup_printf("%s_validation", metric->name),
                        *train_title = g_strdup_printf("%s, training", metric->title);
        SyReportColumn *on_train =
            sy_section_add_column(section, train, train_title, unit_of(metric));
        SyReportColumn *on_validation =
            sy_section_add_column(section, validation, "validation", unit_of(metric));
        for (gsize i = 0; i < outcome->n_shortlist; i++) {
            sy_column_add_number(on_train, sy_trial_train(data, outcome->shortlist[i], g));
            sy_column_add_number(on_validation,
                                 sy_trial_validation(data, outcome->shortlist[i], g));
        }
    }
    for (gsize p = 0; p < tune->n_parameters; p++) {
        SyReportColumn *column =
            add_texts(section, tune->parameter[p].name, strchr(tune->parameter[p].name, '.') + 1);
        for (gsize i = 0; i < outcome->n_shortlist; i++)
            add_text(column, value_text(&tune->parameter[p], outcome->shortlist[i]->value[p]));
    }
}

SyReport *sy_tune_report_new(const SyTuneReport *tuning) {
    const SyTune *tune = tuning->data->tune;
    const SyTemplate *template = tune->strategy->template;
    g_autofree char *title =
        g_strdup_printf("%s, tuning %" G_GINT64_FORMAT, template->meta.study_name, tuning->number);
    g_autofree char *symbols = g_strjoinv(", ", tune->strategy->loader_config.symbols);
    SyReport *report = sy_report_new(title, tuning->created / SY_SECOND * SY_SECOND);
    report->subtitle = g_strdup_printf(
        "%s over %s, %u trials: %" G_GSIZE_FORMAT " complete, %" G_GSIZE_FORMAT
        " pruned, %" G_GSIZE_FORMAT " invalid, %" G_GSIZE_FORMAT " failed",
        tune->strategy->model->name, symbols, tuning->trials->len,
        tuning->outcome->count[SY_TRIAL_COMPLETE], tuning->outcome->count[SY_TRIAL_PRUNED],
        tuning->outcome->count[SY_TRIAL_INVALID], tuning->outcome->count[SY_TRIAL_FAILED]);
    add_facts(tuning, report);
    add_highlights(tuning, report);
    add_warnings(tuning, report);
    add_values(tuning, report);
    add_slices(tuning, report);
    add_belief(tuning, report);
    add_history(tuning, report);
    add_generalisation(tuning, report);
    add_front(tuning, report);
    add_importance(tuning, report);
    add_effects(tuning, report);
    add_folds(tuning, report);
    add_shortlist(tuning, report);
    return report;
}
