/* Runs are compared by cells of columns: of the panel, of the output, of the four signals. */
#include "workflow/lookahead.h"

#include <math.h>

#include "base/error.h"
#include "base/hash.h"

/* One column of a run, as doubles or as booleans. */
typedef struct {
    const char *what; /* "output" */
    gsize symbol;
    const double *number; /* [rows] */
    const guint8 *flag;   /* [rows]; NULL: they are numbers */
} Column;

/* All columns of a run, in one order for every run of a strategy. */
static GArray *columns_of(const SyPipelineResult *run) {
    GArray *columns = g_array_new(FALSE, FALSE, sizeof(Column));
    const SyPanel *panel = run->panel;
    const SySignals *signals = run->signals;
    const struct {
        const char *what;
        const guint8 *value;
    } flags[] = {{"long entry", signals->long_entries},
                 {"long exit", signals->long_exits},
                 {"short entry", signals->short_entries},
                 {"short exit", signals->short_exits}};
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize s = 0; s < panel->symbols; s++) {
            const Column column = {sy_bar_field_names[field], s,
                                   sy_panel_column(panel, (SyBarField)field, s), NULL};
            g_array_append_val(columns, column);
        }
    for (gsize c = 0; c < run->model->output->columns; c++) {
        const Column column = {"output", c, sy_matrix_column(run->model->output, c), NULL};
        g_array_append_val(columns, column);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        for (gsize c = 0; c < signals->columns; c++) {
            const Column column = {flags[i].what, c, NULL, flags[i].value + c * signals->rows};
            g_array_append_val(columns, column);
        }
    return columns;
}

static double cell(const Column *column, gsize row) {
    return column->flag ? column->flag[row] : column->number[row];
}

static bool same_cell(const Column *a, const Column *b, gsize row) {
    double x = cell(a, row), y = cell(b, row);
    return (isnan(x) && isnan(y)) || (x == y && !signbit(x) == !signbit(y));
}

/* First row before `rows` in which two columns differ; `rows` where there is none. */
static gsize first_difference(const Column *a, const Column *b, gsize rows) {
    gsize row = 0;
    while (row < rows && same_cell(a, b, row))
        row++;
    return row;
}

static char *value_text(const Column *column, gsize row) {
    double value = cell(column, row);
    if (column->flag)
        return g_strdup(value != 0 ? "true" : "false");
    return isnan(value) ? g_strdup("no value") : g_strdup_printf("%.17g", value);
}

/* Two runs of the same strategy, one of which may have seen more. */
typedef struct {
    const char *name; /* of the template */
    bool late;        /* the model gives the newest rows their values later: it cannot run live */
    const SyPipelineResult *whole, *part;
} Pair;

static bool fail_bars(const Pair *pair, SyTime time, GError **error) {
    char text[SY_TIME_TEXT_SIZE], cut[SY_TIME_TEXT_SIZE];
    const SyPanel *part = pair->part->panel;
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: the past changes with the future: %s has another set of bars before %s, "
                   "the first that differs closes at %s, when it is asked for bars up to then only",
                   pair->name, part->source, sy_time_format(part->time[part->rows - 1], cut),
                   sy_time_format(time, text));
}

static bool fail_cell(const Pair *pair, const Column *a, const Column *b, gsize row,
                      GError **error) {
    const SyPanel *panel = pair->whole->panel, *part = pair->part->panel;
    char time[SY_TIME_TEXT_SIZE], cut[SY_TIME_TEXT_SIZE];
    g_autofree char *with = value_text(a, row), *without = value_text(b, row);
    sy_time_format(panel->time[row], time);
    if (part->rows == panel->rows)
        return sy_fail(error, SY_ERROR_TEMPLATE,
                       "%s: two runs over the same bars differ: %s of %s at %s (row "
                       "%" G_GSIZE_FORMAT ") is %s, then %s; the same bars must give the same "
                       "values: seed what is random",
                       pair->name, a->what, panel->symbol[a->symbol], time, row, with, without);
    return sy_fail(
        error, SY_ERROR_TEMPLATE,
        "%s: the past changes with the future: %s of %s at %s (row %" G_GSIZE_FORMAT
        ") is %s, but %s where the bars after %s do not exist yet; it may come from bars "
        "up to its own only",
        pair->name, a->what, panel->symbol[a->symbol], time, row, with, without,
        sy_time_format(part->time[part->rows - 1], cut));
}

/* The row after the last in which any column has an output; 0 where there is none. */
static gsize end_of_output(const SyPipelineResult *run) {
    const SyMatrix *output = run->model->output;
    gsize end = 0;
    for (gsize c = 0; c < output->columns; c++)
        for (gsize row = output->rows; row > end; row--)
            if (!isnan(sy_matrix_column(output, c)[row - 1]))
                end = row;
    return end;
}

/* The rows of `part` must be the first rows of `whole`. */
static bool compare(const Pair *pair, GError **error) {
    const SyPanel *whole = pair->whole->panel, *part = pair->part->panel;
    for (gsize row = 0; row < part->rows; row++)
        if (row >= whole->rows || whole->time[row] != part->time[row])
            return fail_bars(pair, part->time[row], error);
    g_autoptr(GArray) a = columns_of(pair->whole), b = columns_of(pair->part);
    gsize first = part->rows, decided = pair->late ? end_of_output(pair->part) : part->rows;
    guint at = 0, bars = SY_BAR_FIELDS * (guint)part->symbols;
    for (guint i = 0; i < a->len; i++) {
        gsize end = i < bars ? first : MIN(first, decided);
        gsize row =
            first_difference(&g_array_index(a, Column, i), &g_array_index(b, Column, i), end);
        if (row < end) {
            first = row;
            at = i;
        }
    }
    return first == part->rows || fail_cell(pair, &g_array_index(a, Column, at),
                                            &g_array_index(b, Column, at), first, error);
}

/* The first row in which any column has an output; rows where there is none. */
static gsize first_output(const SyPipelineResult *run) {
    const SyMatrix *output = run->model->output;
    gsize first = output->rows;
    for (gsize c = 0; c < output->columns; c++)
        for (gsize row = 0; row < first; row++)
            if (!isnan(sy_matrix_column(output, c)[row]))
                first = row;
    return first;
}

/* Rows that are kept at a cut: one of each of `cuts` equal parts of (first, last], the last of the
 * last. */
static gsize rows_at(int cut, int cuts, gsize first, gsize last, guint64 *random) {
    gsize span = last - first, from = first + span * (gsize)cut / (gsize)cuts,
          to = first + span * (gsize)(cut + 1) / (gsize)cuts;
    return cut == cuts - 1 ? last : from + 1 + sy_random_next(random) % (to - from);
}

/* A run as it was when `until` was the newest bar, with the first row pinned as live runs do. */
static bool run_until(const SyStrategy *strategy, const SyPipelineContext *context, SyTime until,
                      const SyTime *origin, SyPipelineResult *run, GError **error) {
    SyPipelineContext cut = *context;
    cut.loader.until = until;
    cut.loader.origin = origin;
    cut.model.keeper = NULL;
    cut.model.progress = NULL;
    return sy_pipeline_run(strategy, &cut, run, error);
}

static bool is_late(const SyStrategy *strategy) {
    const char *key;
    return strategy->model->offline && strategy->model->offline(strategy->model_config, &key);
}

static void tell(const SyPipelineContext *context, int runs, int all) {
    if (context->model.progress)
        context->model.progress((double)runs / all, context->model.progress_data);
}

static bool try_cut(const SyStrategy *strategy, const SyPipelineContext *context,
                    const SyPipelineResult *whole, gsize rows, GError **error) {
    const char *name = strategy->template->document->name;
    const SyPanel *panel = whole->panel;
    char text[SY_TIME_TEXT_SIZE];
    g_auto(SyPipelineResult) part = {0};
    if (!run_until(strategy, context, panel->time[rows - 1], &panel->time[0], &part, error)) {
        g_prefix_error(error, "%s: with the bars after %s cut off: ", name,
                       sy_time_format(panel->time[rows - 1], text));
        return false;
    }
    const Pair pair = {name, is_late(strategy), whole, &part};
    if (part.panel->rows < rows)
        return fail_bars(&pair, panel->time[part.panel->rows], error);
    return compare(&pair, error);
}

bool sy_lookahead_check(const SyStrategy *strategy, const SyPipelineContext *context,
                        SyLookahead *found, GError **error) {
    const char *name = strategy->template->document->name;
    SyTime until = context->loader.until != SY_TIME_NONE ? context->loader.until
                                                         : sy_env_now(context->loader.env);
    g_auto(SyPipelineResult) whole = {0}, again = {0};
    tell(context, 0, 1);
    if (!run_until(strategy, context, until, NULL, &whole, error) ||
        !run_until(strategy, context, until, &whole.panel->time[0], &again, error)) {
        g_prefix_error(error, "%s: ", name);
        return false;
    }
    if (!compare(&(Pair){name, false, &whole, &again}, error))
        return false;
    gsize rows = whole.panel->rows, output = first_output(&whole),
          first = MAX(output, sy_model_warmup(strategy->model, strategy->model_config));
    if (first + 2 > rows)
        return sy_fail(error, SY_ERROR_DATA,
                       "%s: %" G_GSIZE_FORMAT " bars are too few to cut anything off: at least two "
                       "must have an output",
                       name, rows);
    *found = (SyLookahead){.rows = rows,
                           .first = whole.panel->time[output],
                           .cuts = (int)MIN(rows - 1 - first, SY_LOOKAHEAD_CUTS)};
    guint64 random = 1; /* the same places each time */
    for (int cut = 0; cut < found->cuts; cut++) {
        tell(context, cut + 2, found->cuts + 2);
        gsize kept = rows_at(cut, found->cuts, first, rows - 1, &random);
        if (!try_cut(strategy, context, &whole, kept, error))
            return false;
    }
    return true;
}
