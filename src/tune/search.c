/* Threads take the trials of a batch one after the other; the calling thread keeps what is
 * finished. All that they share while a batch goes on is behind one lock or never changes. */
#include "tune/search.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

/* Trials that must have been completed before any is given up. */
enum { PRUNING_NEEDS = 8 };

/* ---- pruning ---- */

typedef struct {
    const SyPast *past; /* [n] */
    gsize n;
} Median;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median stopping rule: the mean so far is behind the median of the means that the completed
 * trials of earlier batches had at this fold.
 * Source: Golovin et al. (2017), KDD '17, 1487-1496, section 3.2.2 */
static bool gives_up(gconstpointer data, const SyTrial *trial) {
    const Median *median = data;
    gsize n = 0, fold = trial->folds - 1;
    g_autofree double *means = g_new(double, MAX(median->n, 1));
    for (gsize i = 0; i < median->n; i++)
        if (median->past[i].state == SY_TRIAL_COMPLETE && !isnan(median->past[i].running[fold]))
            means[n++] = median->past[i].running[fold];
    qsort(means, n, sizeof *means, ascending);
    double middle = n ? 0.5 * (means[(n - 1) / 2] + means[n / 2]) : NAN;
    return n >= PRUNING_NEEDS && !(trial->running[fold] >= middle);
}

/* ---- one batch ---- */

typedef struct {
    const SyTuneData *data;
    const SySearchContext *context;
    const SyPast *past;
    gsize n_past;
    GPtrArray *trials;
    gsize next, end; /* numbers: the one that is taken next, and that of the next batch */
    int threads;     /* for each trial's model */
    GMutex lock;
    GCond changed;
    int working;
    GPtrArray *finished; /* SyTrial *, not yet kept */
    GError *error;       /* of the first trial that could not be run */
} Batch;

/* The next trial that is absent, or G_MAXSIZE. */
static gsize take_number(Batch *batch) {
    while (batch->next < batch->end && batch->trials->pdata[batch->next])
        batch->next++;
    bool stops = batch->error || g_atomic_int_get(batch->context->stop);
    return batch->next < batch->end && !stops ? batch->next++ : G_MAXSIZE;
}

static SyTrial *run_trial(const Batch *batch, gsize number, GError **error) {
    const SyTune *tune = batch->data->tune;
    const Median median = {.past = batch->past, .n = batch->n_past};
    const SyPruner pruner = {gives_up, &median};
    g_autoptr(SyTrial) trial = sy_trial_new(batch->data, number);
    tune->sampler->suggest(&tune->space, batch->past, batch->n_past, number, trial->value);
    bool prunes = tune->config.pruning == SY_PRUNING_MEDIAN;
    return sy_trial_run(batch->data, trial, prunes ? &pruner : NULL, batch->threads,
                        batch->context->env, error)
               ? g_steal_pointer(&trial)
               : NULL;
}

static gpointer work(gpointer data) {
    Batch *batch = data;
    g_mutex_lock(&batch->lock);
    gsize number;
    while ((number = take_number(batch)) != G_MAXSIZE) {
        g_mutex_unlock(&batch->lock);
        GError *error = NULL;
        SyTrial *trial = run_trial(batch, number, &error);
        g_mutex_lock(&batch->lock);
        if (trial)
            g_ptr_array_add(batch->finished, trial);
        else if (!batch->error)
            batch->error = error;
        else
            g_error_free(error);
        g_cond_signal(&batch->changed);
    }
    batch->working--;
    g_cond_signal(&batch->changed);
    g_mutex_unlock(&batch->lock);
    return NULL;
}

static gsize count_done(const GPtrArray *trials) {
    gsize done = 0;
    for (guint i = 0; i < trials->len; i++)
        done += trials->pdata[i] != NULL;
    return done;
}

static int by_number(gconstpointer a, gconstpointer b) {
    gsize x = (*(const SyTrial *const *)a)->number, y = (*(const SyTrial *const *)b)->number;
    return (x > y) - (x < y);
}

/* Keeps what is finished, without holding the lock meanwhile. */
static bool keep_finished(Batch *batch, GError **error) {
    g_autoptr(GPtrArray) finished = batch->finished;
    batch->finished = g_ptr_array_new();
    g_mutex_unlock(&batch->lock);
    const SySearchContext *context = batch->context;
    g_ptr_array_sort(finished, by_number);
    bool good =
        finished->len == 0 ||
        context->keep(context->keep_data, (SyTrial *const *)finished->pdata, finished->len, error);
    g_mutex_lock(&batch->lock);
    for (guint i = 0; i < finished->len; i++) {
        SyTrial *trial = finished->pdata[i];
        if (good)
            batch->trials->pdata[trial->number] = trial;
        else
            sy_trial_free(trial);
    }
    return good;
}

/* Starts the threads, keeps what they finish, waits until the last has ended. */
static bool run_batch(Batch *batch, int jobs, GError **error) {
    const SySearchContext *context = batch->context;
    g_autofree GThread **thread = g_new0(GThread *, jobs);
    gint64 kept = sy_env_elapsed(context->env);
    bool good = true;
    g_mutex_lock(&batch->lock);
    batch->working = jobs;
    for (int i = 0; i < jobs; i++)
        thread[i] = g_thread_new("trial", work, batch);
    while (batch->working > 0) {
        g_cond_wait(&batch->changed, &batch->lock);
        if (context->progress)
            context->progress((double)(count_done(batch->trials) + batch->finished->len) /
                                  (double)batch->trials->len,
                              context->progress_data);
        if (good && sy_env_elapsed(context->env) - kept > SY_SECOND) {
            good = keep_finished(batch, error);
            kept = sy_env_elapsed(context->env);
            if (!good) /* no further trial begins */
                batch->next = batch->end;
        }
    }
    good = good && keep_finished(batch, error);
    g_mutex_unlock(&batch->lock);
    for (int i = 0; i < jobs; i++)
        g_thread_join(thread[i]);
    if (batch->error && good) {
        g_propagate_error(error, g_steal_pointer(&batch->error));
        good = false;
    }
    return good;
}

/* ---- all of them ---- */

static SyPast past_of(const SyTrial *trial) {
    return (SyPast){.state = trial->state,
                    .folds = trial->folds,
                    .value = trial->value,
                    .running = trial->running,
                    .score = trial->score};
}

static bool run_numbers(const SyTuneData *data, GPtrArray *trials, gsize begin, gsize end,
                        gsize n_past, int jobs, int threads, const SySearchContext *context,
                        GError **error) {
    g_autofree SyPast *past = g_new(SyPast, MAX(n_past, 1));
    for (gsize i = 0; i < n_past; i++)
        past[i] = past_of(trials->pdata[i]);
    Batch batch = {.data = data,
                   .context = context,
                   .past = past,
                   .n_past = n_past,
                   .trials = trials,
                   .next = begin,
                   .end = end,
                   .threads = threads,
                   .finished = g_ptr_array_new()};
    g_mutex_init(&batch.lock);
    g_cond_init(&batch.changed);
    bool good = run_batch(&batch, jobs, error);
    for (guint i = 0; i < batch.finished->len; i++)
        sy_trial_free(batch.finished->pdata[i]);
    g_ptr_array_unref(batch.finished);
    g_clear_error(&batch.error);
    g_mutex_clear(&batch.lock);
    g_cond_clear(&batch.changed);
    return good;
}

static bool is_done(const GPtrArray *trials, gsize begin, gsize end) {
    for (gsize i = begin; i < end; i++)
        if (!trials->pdata[i])
            return false;
    return true;
}

bool sy_search_run(const SyTuneData *data, GPtrArray *trials, const SySearchContext *context,
                   GError **error) {
    gsize size = (gsize)data->tune->config.batch, n = trials->len;
    bool first = true;
    for (gsize begin = 0; begin < n; begin += size) {
        gsize end = MIN(begin + size, n);
        if (is_done(trials, begin, end))
            continue;
        gsize absent = begin;
        while (trials->pdata[absent])
            absent++;
        /* The first trial fits with all threads what most of the others will only look up. */
        if (first &&
            !run_numbers(data, trials, absent, absent + 1, begin, 1, context->jobs, context, error))
            return false;
        first = false;
        int jobs = MIN(context->jobs, (int)(end - begin));
        if (!run_numbers(data, trials, begin, end, begin, jobs, 1, context, error))
            return false;
        if (!is_done(trials, begin, end)) /* stopped */
            return true;
    }
    return true;
}
