/* Speed of ranks, copula fits and the rolling model. */
#include "bench.h"

#include <math.h>
#include <stdio.h>

#include "model/model.h"
#include "num/copula/copula.h"
#include "num/normal.h"
#include "num/rank.h"
#include "num/student.h"

enum { TRAINING = 3244, TESTING = 992, ROWS = 50000 };

/* Pairs of hourly returns of a bivariate Student distribution, ν = 4, ρ = 0.8. */
static void random_returns(gsize n, double *x, double *y) {
    g_autoptr(GRand) random = g_rand_new_with_seed(20201105);
    for (gsize i = 0; i < n; i++) {
        double z[6], square = 0;
        for (gsize j = 0; j < G_N_ELEMENTS(z); j++)
            z[j] = sy_normal_quantile(g_rand_double_range(random, 1e-12, 1));
        for (gsize j = 2; j < G_N_ELEMENTS(z); j++)
            square += z[j] * z[j];
        double scale = 0.01 / sqrt(square / 4);
        x[i] = scale * z[0];
        y[i] = scale * (0.8 * z[0] + 0.6 * z[1]);
    }
}

/* One training slice with everything a fit needs. */
typedef struct {
    double x[2][TRAINING], sorted[2][TRAINING], u[2][TRAINING];
    guint32 rank[2][TRAINING];
    SyCopulaSample sample;
    double tau;
    void *work;
    SyCopulaFit fit;
    double h[2][TRAINING];
    double sink; /* keeps the compiler from dropping what a floor computes */
} Slice;

static void rank_slice(gpointer data) {
    Slice *slice = data;
    for (gsize column = 0; column < 2; column++)
        sy_rank(TRAINING, slice->x[column], slice->sorted[column], slice->rank[column],
                slice->work);
}

static void tau_slice(gpointer data) {
    Slice *slice = data;
    sy_tau(TRAINING, slice->rank[0], slice->rank[1], slice->work, &slice->tau);
}

static void fit_student(gpointer data) {
    Slice *slice = data;
    sy_copula_fit(SY_FIT_ITAU, sy_copula_find("StudentT"), SY_R0, &slice->sample, slice->tau,
                  slice->work, &slice->fit);
}

static void choose(gpointer data) {
    Slice *slice = data;
    const SyCopula *families[16];
    gsize n = 0;
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (sy_copulas[i]->automatic)
            families[n++] = sy_copulas[i];
    sy_copula_choose(SY_FIT_ITAU, families, n, 1 << SY_R0, SY_AIC, &slice->sample, slice->tau,
                     slice->work, &slice->fit);
}

static gsize families_of(bool two_parameters, const SyCopula **families) {
    gsize n = 0;
    for (gsize i = 0; i < sy_n_copulas; i++)
        if (two_parameters || !g_str_has_prefix(sy_copulas[i]->name, "BB"))
            families[n++] = sy_copulas[i];
    return n;
}

static void maximise(Slice *slice, bool two_parameters) {
    const SyCopula *families[16];
    gsize n = families_of(two_parameters, families);
    sy_copula_choose(SY_FIT_MLE, families, n, (1 << SY_ROTATIONS) - 1, SY_AIC, &slice->sample,
                     slice->tau, slice->work, &slice->fit);
}

static void maximise_seven(gpointer slice) { maximise(slice, false); }
static void maximise_all(gpointer slice) { maximise(slice, true); }

static void both_h(gpointer data) {
    Slice *slice = data;
    SyCopulaFit fit = {.family = sy_copula_find("StudentT"), .parameter = {0.83, 2.87}};
    sy_copula_h(&fit, TRAINING, slice->u[0], slice->u[1], slice->h[0], slice->h[1]);
}

/* What a Student fit cannot do without: the quantiles of half the grid and one logarithm per pair,
 * for a single ν. */
static void floor_student(gpointer data) {
    Slice *slice = data;
    SyStudent student = sy_student_prepare(4);
    for (gsize k = 1; k <= TRAINING / 2; k++)
        slice->sink += sy_student_quantile(&student, (double)k / (TRAINING + 1));
    for (gsize i = 0; i < TRAINING; i++)
        slice->sink += log1p(slice->u[0][i]);
}

/* What the other four families need besides: three elementary functions per pair. */
static void floor_choice(gpointer data) {
    Slice *slice = data;
    floor_student(slice);
    for (gsize family = 0; family < 4; family++)
        for (gsize i = 0; i < TRAINING; i++)
            slice->sink += log(slice->u[0][i]) + log(slice->u[1][i]) + exp(-slice->u[0][i]);
}

static Slice *slice_new(void) {
    Slice *slice = g_new0(Slice, 1);
    slice->work = g_malloc(MAX(MAX(sy_rank_work_size(TRAINING), sy_tau_work_size(TRAINING)),
                               sy_copula_work_size(TRAINING)));
    random_returns(TRAINING, slice->x[0], slice->x[1]);
    rank_slice(slice);
    tau_slice(slice);
    for (gsize column = 0; column < 2; column++)
        for (gsize i = 0; i < TRAINING; i++)
            slice->u[column][i] = slice->rank[column][i] / (2.0 * (TRAINING + 1));
    slice->sample = (SyCopulaSample){.n = TRAINING,
                                     .rank_u = slice->rank[0],
                                     .rank_v = slice->rank[1],
                                     .u = slice->u[0],
                                     .v = slice->u[1]};
    return slice;
}

static void slice_free(Slice *slice) {
    g_free(slice->work);
    g_free(slice);
}

typedef struct {
    SyPanel *panel;
    const SyModel *model;
    gpointer config;
    int threads;
} Rolling;

static void run_rolling(gpointer data) {
    Rolling *rolling = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SyModelResult) result = rolling->model->run(
        rolling->config, rolling->panel, &(SyModelContext){.threads = rolling->threads}, &error);
    if (!result)
        g_error("%s", error->message);
}

static SyPanel *random_panel(void) {
    char *symbols[] = {"A", "B", NULL};
    SyPanel *panel = sy_panel_new(ROWS, symbols, (SyTimeframe){.nanoseconds = 3600 * SY_SECOND});
    g_autofree double *x = g_new(double, ROWS), *y = g_new(double, ROWS);
    random_returns(ROWS, x, y);
    double *first = sy_panel_column(panel, SY_CLOSE, 0);
    double *second = sy_panel_column(panel, SY_CLOSE, 1);
    for (gsize row = 0; row < ROWS; row++) {
        panel->time[row] = (SyTime)row * 3600 * SY_SECOND;
        first[row] = row ? first[row - 1] * exp(x[row]) : 100;
        second[row] = row ? second[row - 1] * exp(y[row]) : 100;
    }
    return panel;
}

typedef struct {
    const char *key, *value;
} Setting;

/* The rolling model with settings of its own, on one thread and on two. */
static void bench_rolling(const char *name, const Setting *settings, gsize n, double floor_seconds,
                          const double *marks) {
    Rolling rolling = {.panel = random_panel(), .model = sy_model_find("ArbitrageClipIndex")};
    const SyFieldTable *fields = rolling.model->fields;
    rolling.config = g_malloc(fields->size);
    sy_fields_init(fields, rolling.config);
    for (gsize i = 0; i < n; i++)
        if (!sy_field_set_text(sy_field_find(fields->rows, fields->n, settings[i].key),
                               rolling.config, settings[i].value, NULL))
            g_error("%s = %s", settings[i].key, settings[i].value);
    for (rolling.threads = 1; rolling.threads <= 2; rolling.threads++) {
        g_autofree char *row = g_strdup_printf("%s, %d thread%s", name, rolling.threads,
                                               rolling.threads > 1 ? "s" : "");
        sy_bench_row(row, sy_bench_median(run_rolling, &rolling, 5),
                     floor_seconds / rolling.threads, marks[rolling.threads - 1]);
    }
    sy_fields_clear(fields, rolling.config);
    g_free(rolling.config);
    sy_panel_free(rolling.panel);
}

static void bench_rollings(double floor_seconds) {
    static const Setting by_tau[] = {{"training_window", "3244"}, {"testing_window", "992"}};
    static const Setting by_likelihood[] = {
        {"training_window", "3244"},
        {"testing_window", "992"},
        {"fit", "mle"},
        {"rotation", "auto"},
        {"list_copulas", "Clayton,Gumbel,Frank,Joe,StudentT,Gaussian,Independence"},
    };
    bench_rolling("rolling 3244/992 over 50,000 rows", by_tau, G_N_ELEMENTS(by_tau), floor_seconds,
                  (const double[]){0.4, 0.25});
    bench_rolling("the same, 7 families, mle", by_likelihood, G_N_ELEMENTS(by_likelihood),
                  floor_seconds, (const double[]){1, 0.6});
}

int main(void) {
    Slice *slice = slice_new();
    sy_bench_begin();
    sy_bench_row("ranks of 2 columns, n = 3,244", sy_bench_median(rank_slice, slice, 51), NAN, NAN);
    sy_bench_row("Kendall's tau, n = 3,244", sy_bench_median(tau_slice, slice, 51), NAN, NAN);
    sy_bench_row("Student-t fit, itau + nu, n = 3,244", sy_bench_median(fit_student, slice, 51),
                 sy_bench_median(floor_student, slice, 51), 5e-3);
    double floor_seconds = sy_bench_median(floor_choice, slice, 51);
    sy_bench_row("choice over the five families, itau, n = 3,244",
                 sy_bench_median(choose, slice, 51), floor_seconds, 8e-3);
    sy_bench_row("choice over 7 families, mle, n = 3,244",
                 sy_bench_median(maximise_seven, slice, 21), floor_seconds, 20e-3);
    sy_bench_row("choice over all families, mle, n = 3,244",
                 sy_bench_median(maximise_all, slice, 21), floor_seconds, 80e-3);
    sy_bench_row("h1 and h2 of StudentT, n = 3,244", sy_bench_median(both_h, slice, 51), NAN, 1e-3);
    gsize splits = (ROWS - 2 - TRAINING) / TESTING + 1;
    bench_rollings((double)splits * floor_seconds);
    slice_free(slice);
    return sy_bench_end();
}
