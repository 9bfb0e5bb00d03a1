/* The rolling fit: one split after the other, or several at a time. Every thread has a workspace of
 * its own and writes only to the rows of its split, so who does which split changes nothing. */
#include "model/rolling_copula.h"

#include <math.h>

#include <string.h>

#include "base/error.h"
#include "base/program.h"
#include "num/rank.h"

/* Buffers of one thread, for the longest split. */
typedef struct {
    double *x[2];      /* [training] returns of complete pairs */
    double *sorted[2]; /* [training] */
    guint32 *rank[2];  /* [training] */
    double *u[2];      /* [longer of training, testing] pseudo-observations */
    double *h[2];      /* [testing] */
    gsize *row;        /* [testing] of each complete test pair */
    void *work;        /* of ranking, tau and the copulas */
} Workspace;

static void workspace_init(Workspace *workspace, gsize training, gsize testing) {
    gsize longer = MAX(training, testing);
    for (gsize column = 0; column < 2; column++) {
        workspace->x[column] = g_new(double, training);
        workspace->sorted[column] = g_new(double, training);
        workspace->rank[column] = g_new(guint32, training);
        workspace->u[column] = g_new(double, longer);
        workspace->h[column] = g_new(double, testing);
    }
    workspace->row = g_new(gsize, testing);
    gsize bytes = MAX(sy_rank_work_size(training), sy_tau_work_size(training));
    workspace->work = g_malloc(MAX(bytes, sy_copula_work_size(longer)));
}

static void workspace_clear(Workspace *workspace) {
    for (gsize column = 0; column < 2; column++) {
        g_free(workspace->x[column]);
        g_free(workspace->sorted[column]);
        g_free(workspace->rank[column]);
        g_free(workspace->u[column]);
        g_free(workspace->h[column]);
    }
    g_free(workspace->row);
    g_free(workspace->work);
}

/* What all threads share. */
typedef struct {
    const SyPanel *panel;
    SyBarField price;
    const double *returns[2]; /* [rows]; row 0 is NaN */
    const GArray *splits;
    const SyCopulaCandidates *candidates;
    SyMatrix *h;
    SyFit *fits;             /* [splits] */
    GError **errors;         /* [splits] */
    gsize training, testing; /* of the longest split */
    SyKept *kept;            /* [splits]; NULL: nothing is kept */
    gint next, done, failed; /* atomic: the split taken next, splits done, whether to stop */
} Rolling;

static bool G_GNUC_PRINTF(4, 5)
    fail_split(const Rolling *rolling, gsize k, GError **error, const char *format, ...) {
    const SyPanel *panel = rolling->panel;
    const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
    char from[SY_TIME_TEXT_SIZE], to[SY_TIME_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return sy_fail(error, SY_ERROR_DATA,
                   "%s / %s: split %" G_GSIZE_FORMAT " of %u (training rows %" G_GSIZE_FORMAT
                   " to %" G_GSIZE_FORMAT ", %s to %s): %s",
                   panel->symbol[0], panel->symbol[1], k + 1, rolling->splits->len,
                   split->train_start, split->train_end - 1,
                   sy_time_format(panel->time[split->train_start], from),
                   sy_time_format(panel->time[split->train_end - 1], to), reason);
}

static bool fail_no_family(const Rolling *rolling, gsize k, double tau, GError **error) {
    g_autoptr(GString) names = g_string_new(NULL);
    for (gsize i = 0; i < rolling->candidates->n_families; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "",
                               rolling->candidates->families[i]->name);
    return fail_split(rolling, k, error,
                      "none of %s admits Kendall's tau = %.6f in the rotations asked for; set "
                      "rotation = \"auto\", or add Frank or StudentT to list_copulas",
                      names->str, tau);
}

/* Complete pairs of the training slice, their ranks and pseudo-observations. */
static bool rank_split(const Rolling *rolling, gsize k, Workspace *workspace, gsize *pairs,
                       GError **error) {
    const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
    gsize rows = split->train_end - split->train_start;
    gsize n = sy_pairs_complete(rows, rolling->returns[0] + split->train_start,
                                rolling->returns[1] + split->train_start, workspace->x[0],
                                workspace->x[1]);
    if (n < 2)
        return fail_split(rolling, k, error,
                          "of %" G_GSIZE_FORMAT " rows only %" G_GSIZE_FORMAT
                          " have a return of both symbols; start where both have bars, load "
                          "symbols that trade at the same times, or set missing_index = \"drop\"",
                          rows, n);
    for (gsize column = 0; column < 2; column++) {
        sy_rank(n, workspace->x[column], workspace->sorted[column], workspace->rank[column],
                workspace->work);
        if (workspace->sorted[column][0] == workspace->sorted[column][n - 1])
            return fail_split(rolling, k, error,
                              "all returns of %s are %.6g: nothing can be learnt from them; check "
                              "its bars, or use a longer training_window",
                              rolling->panel->symbol[column], workspace->sorted[column][0]);
        for (gsize i = 0; i < n; i++)
            workspace->u[column][i] = workspace->rank[column][i] / (2.0 * ((double)n + 1));
    }
    *pairs = n;
    return true;
}

static void set_fit(const Rolling *rolling, gsize k, gsize pairs, double tau,
                    const SyCopulaFit *chosen) {
    rolling->fits[k] = (SyFit){.split = g_array_index(rolling->splits, SySplit, k),
                               .pairs = pairs,
                               .tau = tau,
                               .family = chosen->family->name,
                               .rotation = sy_rotation_choices[chosen->rotation].name,
                               .parameters = chosen->family->parameters,
                               .parameter = {chosen->parameter[0], chosen->parameter[1]},
                               .loglik = chosen->loglik,
                               .aic = chosen->aic,
                               .bic = chosen->bic};
}

/* Finds tau of the n ranked pairs and chooses the copula. */
static bool fit_split(const Rolling *rolling, gsize k, gsize n, Workspace *workspace,
                      SyCopulaFit *chosen, GError **error) {
    double tau = 0;
    bool varies = sy_tau(n, workspace->rank[0], workspace->rank[1], workspace->work, &tau);
    g_assert(varies);
    if (fabs(tau) == 1)
        return fail_split(rolling, k, error,
                          "Kendall's tau is %.0f over %" G_GSIZE_FORMAT
                          " pairs: the two series move %s, so neither can be dear or cheap against "
                          "the other; use two different symbols, or a longer training_window",
                          tau, n, tau > 0 ? "as one" : "exactly against each other");

    SyCopulaSample sample = {.n = n,
                             .rank_u = workspace->rank[0],
                             .rank_v = workspace->rank[1],
                             .u = workspace->u[0],
                             .v = workspace->u[1]};
    const SyCopulaCandidates *candidates = rolling->candidates;
    if (!sy_copula_choose(candidates->method, candidates->families, candidates->n_families,
                          candidates->rotations, candidates->criterion, &sample, tau,
                          workspace->work, chosen))
        return fail_no_family(rolling, k, tau, error);
    set_fit(rolling, k, n, tau, chosen);
    return true;
}

/* The conditional distributions on the test slice; rows without both returns keep NaN. */
static void test_split(const Rolling *rolling, gsize k, Workspace *workspace,
                       const SyCopulaFit *chosen) {
    const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
    gsize n = 0;
    for (gsize row = split->test_start; row < split->test_end; row++) {
        if (isnan(rolling->returns[0][row]) || isnan(rolling->returns[1][row]))
            continue;
        for (gsize column = 0; column < 2; column++)
            workspace->u[column][n] = sy_ecdf(rolling->fits[k].pairs, workspace->sorted[column],
                                              rolling->returns[column][row]);
        workspace->row[n++] = row;
    }
    sy_copula_h(chosen, n, workspace->u[0], workspace->u[1], workspace->h[0], workspace->h[1]);
    for (gsize column = 0; column < 2; column++)
        for (gsize i = 0; i < n; i++)
            sy_matrix_column(rolling->h, column)[workspace->row[i]] = workspace->h[column][i];
}

/* ---- what is kept ---- */

/* A fit as it is kept, in the byte order of the machine: the processor is part of the key. */
typedef struct {
    double pairs, tau, parameter[2], loglik, aic, bic;
    char family[24];
    gint64 rotation;
} KeptFit;

/* The last split is still growing: only its fit is kept. */
static bool is_open(const Rolling *rolling, gsize k) { return k + 1 == rolling->splits->len; }

/* Where the fit ends and h begins: [2 × test rows]. */
static double *kept_h(const SyKept *kept) {
    return (double *)(void *)(kept->bytes + sizeof(KeptFit));
}

/* Digests of blocks of rows from the first that any split depends on. Training slices overlap: this
 * way each row is digested about once, not with every split that it belongs to. */
enum { BLOCK_ROWS = 64 };
typedef struct {
    gsize from, n;
    guint8 (*digest)[SY_DIGEST_SIZE]; /* [n] */
} Blocks;

static void digest_rows(const Rolling *rolling, gsize from, gsize end, SyDigest *digest) {
    sy_digest_add_count(digest, end - from);
    sy_digest_add(digest, rolling->panel->time + from, (end - from) * sizeof(SyTime));
    for (gsize column = 0; column < 2; column++)
        sy_digest_add(digest, sy_panel_column(rolling->panel, rolling->price, column) + from,
                      (end - from) * sizeof(double));
}

/* The return of a row needs the price of the row before. */
static gsize first_row(const Rolling *rolling, gsize k) {
    return g_array_index(rolling->splits, SySplit, k).train_start - 1;
}

static Blocks digest_blocks(const Rolling *rolling) {
    Blocks blocks = {.from = rolling->splits->len ? first_row(rolling, 0) : 0};
    blocks.n = rolling->splits->len ? (rolling->panel->rows - blocks.from) / BLOCK_ROWS : 0;
    blocks.digest = g_malloc(MAX(blocks.n, 1) * sizeof *blocks.digest);
    for (gsize i = 0; i < blocks.n; i++) {
        SyDigest digest;
        gsize row = blocks.from + i * BLOCK_ROWS;
        sy_digest_init(&digest);
        digest_rows(rolling, row, row + BLOCK_ROWS, &digest);
        sy_digest_end(&digest, blocks.digest[i]);
    }
    return blocks;
}

/* All of sy_rolling_copula's arguments that a split depends on: rows before the first whole block,
 * blocks, rows after the last. */
static void set_key(const Rolling *rolling, const SyDigest *common, const Blocks *blocks, gsize k,
                    SyKept *kept) {
    const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
    gsize from = first_row(rolling, k),
          end = is_open(rolling, k) ? split->train_end : split->test_end;
    gsize begin = (from - blocks->from + BLOCK_ROWS - 1) / BLOCK_ROWS,
          stop = (end - blocks->from) / BLOCK_ROWS;
    SyDigest digest = *common;
    sy_digest_add_count(&digest, split->train_end - from);
    sy_digest_add_count(&digest, end - split->train_end);
    if (begin < stop) {
        digest_rows(rolling, from, blocks->from + begin * BLOCK_ROWS, &digest);
        sy_digest_add_count(&digest, stop - begin);
        sy_digest_add(&digest, blocks->digest[begin], (stop - begin) * sizeof *blocks->digest);
        from = blocks->from + stop * BLOCK_ROWS;
    }
    digest_rows(rolling, from, end, &digest);
    sy_digest_end(&digest, kept->key);
}

static SyDigest common_key(const Rolling *rolling) {
    const SyProgram *program = sy_program();
    const SyCopulaCandidates *candidates = rolling->candidates;
    SyDigest digest;
    sy_digest_init(&digest);
    sy_digest_add_text(&digest, "rolling_copula");
    sy_digest_add_text(&digest, program->build);
    sy_digest_add_text(&digest, program->library);
    sy_digest_add_text(&digest, program->processor);
    sy_digest_add_count(&digest, candidates->method);
    sy_digest_add_count(&digest, candidates->rotations);
    sy_digest_add_count(&digest, candidates->criterion);
    sy_digest_add_count(&digest, candidates->n_families);
    for (gsize i = 0; i < candidates->n_families; i++)
        sy_digest_add_text(&digest, candidates->families[i]->name);
    return digest;
}

/* Room and keys for every split; asks the keeper for all at once. */
static void find_kept(Rolling *rolling, const SyKeeper *keeper) {
    gsize n = rolling->splits->len;
    SyDigest common = common_key(rolling);
    Blocks blocks = digest_blocks(rolling);
    rolling->kept = g_new0(SyKept, MAX(n, 1));
    for (gsize k = 0; k < n; k++) {
        const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
        gsize values = is_open(rolling, k) ? 0 : 2 * (split->test_end - split->test_start);
        SyKept *kept = &rolling->kept[k];
        kept->size = sizeof(KeptFit) + values * sizeof(double);
        kept->bytes = g_malloc0(kept->size);
        set_key(rolling, &common, &blocks, k, kept);
    }
    g_free(blocks.digest);
    keeper->find(keeper->data, rolling->kept, n);
}

/* Hands what is new to the keeper. */
static void keep_new(Rolling *rolling, const SyKeeper *keeper) {
    gsize n = 0;
    g_autofree SyKept *fresh = g_new(SyKept, MAX(rolling->splits->len, 1));
    for (gsize k = 0; k < rolling->splits->len; k++)
        if (!rolling->kept[k].found)
            fresh[n++] = rolling->kept[k];
    if (n > 0)
        keeper->keep(keeper->data, fresh, n);
}

static void forget(Rolling *rolling) {
    for (gsize k = 0; rolling->kept && k < rolling->splits->len; k++)
        g_free(rolling->kept[k].bytes);
    g_free(rolling->kept);
}

/* Reads a kept fit. False where it is none of this program's: then the split is computed. */
static bool read_fit(const Rolling *rolling, gsize k, SyCopulaFit *chosen) {
    KeptFit fit;
    memcpy(&fit, rolling->kept[k].bytes, sizeof fit);
    fit.family[sizeof fit.family - 1] = '\0';
    const SyCopula *family = sy_copula_find(fit.family);
    if (!family || fit.rotation < 0 || fit.rotation >= SY_ROTATIONS)
        return false;
    *chosen = (SyCopulaFit){.family = family,
                            .rotation = (SyRotation)fit.rotation,
                            .parameter = {fit.parameter[0], fit.parameter[1]},
                            .loglik = fit.loglik,
                            .aic = fit.aic,
                            .bic = fit.bic};
    set_fit(rolling, k, (gsize)fit.pairs, fit.tau, chosen);
    return true;
}

static void forget_unreadable(Rolling *rolling) {
    SyCopulaFit chosen;
    for (gsize k = 0; k < rolling->splits->len; k++)
        rolling->kept[k].found = rolling->kept[k].found && read_fit(rolling, k, &chosen);
}

static void write_fit(const Rolling *rolling, gsize k, const SyCopulaFit *chosen) {
    g_assert(chosen->family);
    const SyFit *found = &rolling->fits[k];
    KeptFit fit = {.pairs = (double)found->pairs,
                   .tau = found->tau,
                   .parameter = {chosen->parameter[0], chosen->parameter[1]},
                   .loglik = chosen->loglik,
                   .aic = chosen->aic,
                   .bic = chosen->bic,
                   .rotation = chosen->rotation};
    g_strlcpy(fit.family, chosen->family->name, sizeof fit.family);
    memcpy(rolling->kept[k].bytes, &fit, sizeof fit);
}

/* Copies h of a test slice between the matrix and what is kept. */
static void copy_h(const Rolling *rolling, gsize k, bool out) {
    const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
    gsize rows = split->test_end - split->test_start;
    for (gsize column = 0; column < 2; column++) {
        double *h = sy_matrix_column(rolling->h, column) + split->test_start;
        double *kept = kept_h(&rolling->kept[k]) + column * rows;
        memcpy(out ? kept : h, out ? h : kept, rows * sizeof *h);
    }
}

/* One split: from what is kept, or computed and made ready to be kept. */
static bool do_split(const Rolling *rolling, gsize k, Workspace *workspace, GError **error) {
    SyKept *kept = rolling->kept ? &rolling->kept[k] : NULL;
    SyCopulaFit chosen = {0};
    bool known = kept && kept->found && read_fit(rolling, k, &chosen);
    if (known && !is_open(rolling, k)) {
        copy_h(rolling, k, false);
        return true;
    }
    gsize pairs = 0;
    if (!rank_split(rolling, k, workspace, &pairs, error) ||
        (!known && !fit_split(rolling, k, pairs, workspace, &chosen, error)))
        return false;
    test_split(rolling, k, workspace, &chosen);
    if (kept && !known) {
        write_fit(rolling, k, &chosen);
        if (!is_open(rolling, k))
            copy_h(rolling, k, true);
    }
    return true;
}

/* Takes splits until none is left. `context` is NULL on threads that do not report progress. */
static void take_splits(Rolling *rolling, const SyModelContext *context) {
    Workspace workspace;
    workspace_init(&workspace, rolling->training, rolling->testing);
    gsize n = rolling->splits->len;
    for (;;) {
        /* A failure stops what has not begun. Splits are taken in order, so those before the
         * failed one are finished, and the earliest failure is always the one reported. */
        gsize k = (gsize)g_atomic_int_add(&rolling->next, 1);
        if (k >= n || g_atomic_int_get(&rolling->failed))
            break;
        if (!do_split(rolling, k, &workspace, &rolling->errors[k]))
            g_atomic_int_set(&rolling->failed, TRUE);
        gint done = g_atomic_int_add(&rolling->done, 1) + 1;
        if (context && context->progress)
            context->progress((double)done / (double)n, context->progress_data);
    }
    workspace_clear(&workspace);
}

static gpointer thread_main(gpointer rolling) {
    take_splits(rolling, NULL);
    return NULL;
}

static void run_threads(Rolling *rolling, const SyModelContext *context) {
    guint extra = (guint)CLAMP(context->threads, 1, (int)MAX(rolling->splits->len, 1)) - 1;
    g_autofree GThread **threads = g_new(GThread *, extra + 1);
    guint started = 0;
    /* Where the system gives no more threads, those there are do the work. */
    while (started < extra &&
           (threads[started] = g_thread_try_new("split", thread_main, rolling, NULL)))
        started++;
    take_splits(rolling, context);
    for (guint i = 0; i < started; i++)
        g_thread_join(threads[i]);
    if (started > 0 && context->progress)
        context->progress(1, context->progress_data);
}

/* Log returns of the rows that are learnt from or decided anew; NaN where this price or the one
 * before is missing. */
static void set_returns(const Rolling *rolling, SyMatrix *returns) {
    for (gsize column = 0; column < 2; column++) {
        const double *price = sy_panel_column(rolling->panel, rolling->price, column);
        double *to = sy_matrix_column(returns, column);
        gsize row = 0;
        for (gsize k = 0; k < rolling->splits->len; k++) {
            const SySplit *split = &g_array_index(rolling->splits, SySplit, k);
            if (rolling->kept && rolling->kept[k].found && !is_open(rolling, k))
                continue;
            for (row = MAX(row, split->train_start); row < split->test_end; row++)
                to[row] = log(price[row] / price[row - 1]);
        }
    }
}

bool sy_rolling_copula(const SyPanel *panel, SyBarField price, const GArray *splits,
                       const SyCopulaCandidates *candidates, const SyModelContext *context,
                       SyMatrix *h, GArray *fits, GError **error) {
    g_autoptr(SyMatrix) returns = sy_matrix_new(panel->rows, 2);
    Rolling rolling = {
        .panel = panel, .price = price, .splits = splits, .candidates = candidates, .h = h};
    for (gsize column = 0; column < 2; column++)
        rolling.returns[column] = sy_matrix_column(returns, column);
    for (guint k = 0; k < splits->len; k++) {
        const SySplit *split = &g_array_index(splits, SySplit, k);
        rolling.training = MAX(rolling.training, split->train_end - split->train_start);
        rolling.testing = MAX(rolling.testing, split->test_end - split->test_start);
    }
    g_array_set_size(fits, splits->len);
    rolling.fits = (SyFit *)(void *)fits->data;
    rolling.errors = g_new0(GError *, splits->len);
    if (context->keeper) {
        find_kept(&rolling, context->keeper);
        forget_unreadable(&rolling);
    }
    set_returns(&rolling, returns);
    run_threads(&rolling, context);
    bool ok = true;
    for (guint k = 0; k < splits->len; k++) {
        if (rolling.errors[k] && ok) {
            g_propagate_error(error, rolling.errors[k]);
            ok = false;
        } else {
            g_clear_error(&rolling.errors[k]);
        }
    }
    g_free(rolling.errors);
    if (ok && context->keeper)
        keep_new(&rolling, context->keeper);
    forget(&rolling);
    return ok;
}
