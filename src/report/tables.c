/* The tables of a backtest. All files are written in a folder beside the wanted one before the
 * first is moved, so what goes wrong leaves nothing behind. */
#include "report/tables.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/csv_text.h"
#include "base/error.h"
#include "portfolio/metrics.h"
#include "portfolio/series.h"
#include "report/file.h"

/* A file that is being written, in pieces, so that no more than one of them is in memory. */
typedef struct {
    GString *text;
    FILE *file;
    int problem; /* errno of what went wrong first; 0 = nothing */
} Out;

enum { PIECE = 1 << 20 };

/* --- cells: each ends with its separator ------------------------------------------------------ */

static void flush(Out *out) {
    errno = 0;
    if (fwrite(out->text->str, 1, out->text->len, out->file) < out->text->len && !out->problem)
        out->problem = errno ? errno : EIO;
    g_string_truncate(out->text, 0);
}

/* Ends a row. */
static void put_end(Out *out) {
    out->text->str[out->text->len - 1] = '\n';
    if (out->text->len >= PIECE)
        flush(out);
}

static void put_integer(Out *out, gint64 value) {
    sy_csv_append_integer(out->text, value);
    g_string_append_c(out->text, ',');
}

static void put_number(Out *out, double value) {
    sy_csv_append_number(out->text, value);
    g_string_append_c(out->text, ',');
}

static void put_text(Out *out, const char *text) {
    sy_csv_append_text(out->text, text);
    g_string_append_c(out->text, ',');
}

static void put_time(Out *out, const SyPanel *panel, gsize row) {
    sy_csv_append_time(out->text, panel->time[row]);
    g_string_append_c(out->text, ',');
}

/* --- records ---------------------------------------------------------------------------------- */

static void write_orders(const SyStrategyRun *run, Out *out) {
    g_string_append(out->text, "id,symbol,row,time,side,size_requested,size,price,fees,type,status,"
                               "reason\n");
    for (guint i = 0; i < run->ledger->orders->len; i++) {
        const SyOrderRecord *order = sy_ledger_order(run->ledger, i);
        put_integer(out, order->id);
        put_text(out, run->panel->symbol[order->column]);
        put_integer(out, (gint64)order->row);
        put_time(out, run->panel, order->row);
        put_text(out, sy_side_names[order->side]);
        put_number(out, order->size_requested);
        put_number(out, order->size);
        put_number(out, order->price);
        put_number(out, order->fees);
        put_text(out, order->type);
        put_text(out, sy_order_status_names[order->status]);
        put_text(out, order->reason);
        put_end(out);
    }
}

static void write_trade_records(const SyStrategyRun *run, const GArray *trades, Out *out) {
    g_string_append(out->text,
                    "id,symbol,size,entry_row,entry_time,entry_price,entry_fees,exit_row,"
                    "exit_time,exit_price,exit_fees,pnl,return,direction,status,"
                    "position_id\n");
    for (guint i = 0; i < trades->len; i++) {
        const SyTradeRecord *trade = &g_array_index(trades, SyTradeRecord, i);
        put_integer(out, trade->id);
        put_text(out, run->panel->symbol[trade->column]);
        put_number(out, trade->size);
        put_integer(out, (gint64)trade->entry_row);
        put_time(out, run->panel, trade->entry_row);
        put_number(out, trade->entry_price);
        put_number(out, trade->entry_fees);
        put_integer(out, (gint64)trade->exit_row);
        put_time(out, run->panel, trade->exit_row);
        put_number(out, trade->exit_price);
        put_number(out, trade->exit_fees);
        put_number(out, trade->pnl);
        put_number(out, trade->pnl_return);
        put_text(out, sy_direction_names[trade->direction]);
        put_text(out, trade->is_open ? "open" : "closed");
        put_integer(out, trade->position_id);
        put_end(out);
    }
}

static void write_trades(const SyStrategyRun *run, Out *out) {
    write_trade_records(run, run->ledger->trades, out);
}

static void write_positions(const SyStrategyRun *run, Out *out) {
    write_trade_records(run, run->ledger->positions, out);
}

/* Figures are per group where columns share cash or are grouped, else per column. */
static bool is_grouped(const SyStrategyRun *run) {
    const SyPortfolioConfig *portfolio = run->portfolio;
    return portfolio->cash_sharing || portfolio->group_by.all || portfolio->group_by.label;
}

static const char *name_of(const SyStrategyRun *run, gsize group) {
    return sy_portfolio_group_name(run->portfolio, run->ledger, run->panel->symbol, group);
}

static void write_drawdowns(const SyStrategyRun *run, Out *out) {
    bool named = run->ledger->groups > 0 && name_of(run, 0);
    g_string_append(out->text, "id,peak_row,start_row,valley_row,end_row,peak_value,valley_value,"
                               "end_value,status");
    g_string_append(out->text, !named ? "\n" : is_grouped(run) ? ",group\n" : ",symbol\n");
    for (guint i = 0; i < run->ledger->drawdowns->len; i++) {
        const SyDrawdownRecord *drawdown = sy_ledger_drawdown(run->ledger, i);
        put_integer(out, drawdown->id);
        put_integer(out, (gint64)drawdown->peak_row);
        put_integer(out, (gint64)drawdown->start_row);
        put_integer(out, (gint64)drawdown->valley_row);
        put_integer(out, (gint64)drawdown->end_row);
        put_number(out, drawdown->peak_value);
        put_number(out, drawdown->valley_value);
        put_number(out, drawdown->end_value);
        put_text(out, drawdown->is_active ? "active" : "recovered");
        if (named)
            put_text(out, name_of(run, drawdown->group));
        put_end(out);
    }
}

/* --- series ----------------------------------------------------------------------------------- */

static void put_value_head(Out *out, const char *name, const char *of) {
    g_autofree char *head = of ? g_strconcat(name, "_", of, NULL) : g_strdup(name);
    put_text(out, head);
}

static void write_value_head(const SyStrategyRun *run, Out *out) {
    bool grouped = is_grouped(run);
    put_text(out, "time");
    for (gsize g = 0; g < run->ledger->groups; g++) {
        const char *name = name_of(run, g);
        put_value_head(out, "cash", name);
        put_value_head(out, "value", name);
        put_value_head(out, "return", name);
        put_value_head(out, "gross_exposure", name);
        if (!grouped)
            put_value_head(out, "position", name);
    }
    for (gsize c = 0; grouped && c < run->ledger->columns; c++)
        put_value_head(out, "position", run->panel->symbol[c]);
    put_end(out);
}

/* The series of all groups, some rows at a time. */
typedef struct {
    gsize groups, columns;
    SySeriesReader **reader; /* [groups] */
    SySeriesBlock *block;    /* [groups], each of VALUE_ROWS rows */
    const double **position; /* [columns] within the blocks */
    double *cells;
} Series;

enum { VALUE_ROWS = 64 };

static Series series_open(const SyStrategyRun *run) {
    const SyLedger *ledger = run->ledger;
    Series series = {.groups = ledger->groups, .columns = ledger->columns};
    gsize per_group = 4 * VALUE_ROWS, used = 0;
    series.reader = g_new(SySeriesReader *, series.groups);
    series.block = g_new(SySeriesBlock, series.groups);
    series.position = g_new(const double *, series.columns);
    series.cells = g_new(double, series.groups *per_group + series.columns * VALUE_ROWS);
    double *positions = series.cells + series.groups * per_group;
    for (gsize g = 0; g < series.groups; g++) {
        double *cells = series.cells + g * per_group;
        series.reader[g] = sy_series_reader_new(ledger, run->prices, g);
        series.block[g] = (SySeriesBlock){cells,
                                          cells + VALUE_ROWS,
                                          cells + 2 * VALUE_ROWS,
                                          cells + 3 * VALUE_ROWS,
                                          positions + used * VALUE_ROWS,
                                          VALUE_ROWS};
        for (gsize c = 0; c < series.columns; c++)
            if (ledger->group_of_column[c] == g)
                series.position[c] = positions + used++ * VALUE_ROWS;
    }
    return series;
}

static void series_clear(Series *series) {
    for (gsize g = 0; g < series->groups; g++)
        sy_series_reader_free(series->reader[g]);
    g_free(series->reader);
    g_free(series->block);
    g_free(series->position);
    g_free(series->cells);
}

/* One row, `at` counted in the block. */
static void put_values(const Series *series, bool grouped, gsize at, Out *out) {
    for (gsize g = 0; g < series->groups; g++) {
        put_number(out, series->block[g].cash[at]);
        put_number(out, series->block[g].value[at]);
        put_number(out, series->block[g].returns[at]);
        put_number(out, series->block[g].gross[at]);
        if (!grouped)
            put_number(out, series->position[g][at]);
    }
    for (gsize c = 0; grouped && c < series->columns; c++)
        put_number(out, series->position[c][at]);
}

static void write_value(const SyStrategyRun *run, Out *out) {
    bool grouped = is_grouped(run);
    Series series = series_open(run);
    write_value_head(run, out);
    for (gsize first = 0; first < run->ledger->rows; first += VALUE_ROWS) {
        gsize height = MIN(run->ledger->rows - first, (gsize)VALUE_ROWS);
        for (gsize g = 0; g < series.groups; g++)
            sy_series_read(series.reader[g], height, &series.block[g]);
        for (gsize at = 0; at < height; at++) {
            put_time(out, run->panel, first + at);
            put_values(&series, grouped, at, out);
            put_end(out);
        }
    }
    series_clear(&series);
}

static void write_signals(const SyStrategyRun *run, Out *out) {
    const SySignals *signals = run->signals;
    g_string_append(out->text, "time,symbol,long_entry,long_exit,short_entry,short_exit\n");
    for (gsize row = 0; row < signals->rows; row++)
        for (gsize c = 0; c < signals->columns; c++) {
            gsize cell = c * signals->rows + row;
            const char flags[] = {(char)('0' + signals->long_entries[cell]),  ',',
                                  (char)('0' + signals->long_exits[cell]),    ',',
                                  (char)('0' + signals->short_entries[cell]), ',',
                                  (char)('0' + signals->short_exits[cell]),   '\n'};
            put_time(out, run->panel, row);
            put_text(out, run->panel->symbol[c]);
            g_string_append_len(out->text, flags, sizeof flags);
            put_end(out);
        }
}

static void write_output(const SyStrategyRun *run, Out *out) {
    const SyMatrix *output = run->output;
    put_text(out, "time");
    for (gsize c = 0; c < output->columns; c++)
        put_text(out, output->columns == run->panel->symbols ? run->panel->symbol[c] : "output");
    put_end(out);
    for (gsize row = 0; row < output->rows; row++) {
        put_time(out, run->panel, row);
        for (gsize c = 0; c < output->columns; c++)
            put_number(out, sy_matrix_column(output, c)[row]);
        put_end(out);
    }
}

static void write_splits(const SyStrategyRun *run, Out *out) {
    g_string_append(out->text,
                    "id,train_first_row,train_last_row,test_first_row,test_last_row,"
                    "train_first_time,train_last_time,test_first_time,test_last_time,pairs,"
                    "tau,family,rotation,parameter_1,parameter_2,loglik,aic,bic\n");
    for (guint i = 0; i < run->fits->len; i++) {
        const SyFit *fit = &g_array_index(run->fits, SyFit, i);
        const gsize bounds[] = {fit->split.train_start, fit->split.train_end - 1,
                                fit->split.test_start, fit->split.test_end - 1};
        put_integer(out, i);
        for (gsize b = 0; b < G_N_ELEMENTS(bounds); b++)
            put_integer(out, (gint64)bounds[b]);
        for (gsize b = 0; b < G_N_ELEMENTS(bounds); b++)
            put_time(out, run->panel, bounds[b]);
        put_integer(out, (gint64)fit->pairs);
        put_number(out, fit->tau);
        put_text(out, fit->family);
        put_text(out, fit->rotation);
        for (gsize p = 0; p < G_N_ELEMENTS(fit->parameter); p++)
            put_number(out, p < fit->parameters ? fit->parameter[p] : NAN);
        put_number(out, fit->loglik);
        put_number(out, fit->aic);
        put_number(out, fit->bic);
        put_end(out);
    }
}

/* --- stats.json ------------------------------------------------------------------------------- */

static void put_json_text(Out *out, const char *text) {
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    g_string_append(out->text, quoted ? quoted : "null");
    free(quoted);
    json_decref(value);
}

static void put_json_time(Out *out, const SyPanel *panel, gsize row) {
    if (panel->rows == 0) {
        g_string_append(out->text, "null");
        return;
    }
    g_string_append_c(out->text, '"');
    sy_csv_append_time(out->text, panel->time[row]);
    g_string_append_c(out->text, '"');
}

static void put_stats(const SyStrategyRun *run, gsize group, const char *indent, Out *out) {
    const SyMetricInput input = run->inputs ? run->inputs[group]
                                            : sy_metric_input(run->portfolio, run->panel->timeframe,
                                                              run->ledger, run->prices, group);
    g_string_append_printf(out->text, "{\n%s  \"start\": ", indent);
    put_json_time(out, run->panel, 0);
    g_string_append_printf(out->text, ",\n%s  \"end\": ", indent);
    put_json_time(out, run->panel, run->panel->rows - 1);
    g_string_append_printf(out->text, ",\n%s  \"rows\": %" G_GSIZE_FORMAT, indent,
                           run->ledger->rows);
    for (gsize i = 0; i < sy_n_metrics; i++) {
        double value = sy_metrics[i].compute(&input);
        g_string_append_printf(out->text, ",\n%s  \"%s\": ", indent, sy_metrics[i].name);
        if (isfinite(value))
            sy_csv_append_number(out->text, value);
        else
            g_string_append(out->text, "null");
    }
    g_string_append_printf(out->text, "\n%s}", indent);
}

static void write_stats(const SyStrategyRun *run, Out *out) {
    if (run->ledger->groups > 0 && !name_of(run, 0)) {
        put_stats(run, 0, "", out);
    } else {
        g_string_append_printf(out->text, "{\n  \"%s\": {", is_grouped(run) ? "groups" : "columns");
        for (gsize g = 0; g < run->ledger->groups; g++) {
            g_string_append(out->text, g ? ",\n    " : "\n    ");
            put_json_text(out, name_of(run, g));
            g_string_append(out->text, ": ");
            put_stats(run, g, "    ", out);
        }
        g_string_append(out->text, "\n  }\n}");
    }
    g_string_append_c(out->text, '\n');
}

/* --- files ------------------------------------------------------------------------------------ */

/* What a run without a model or a rule of its own does not have. */
static bool has_signals(const SyStrategyRun *run) { return run->signals != NULL; }
static bool has_output(const SyStrategyRun *run) { return run->output != NULL; }
static bool has_splits(const SyStrategyRun *run) { return run->fits != NULL; }

static const struct {
    const char *name;
    void (*write)(const SyStrategyRun *run, Out *out);
    bool (*is_there)(const SyStrategyRun *run); /* NULL: always */
} files[] = {
    {"orders.csv", write_orders, NULL},       {"trades.csv", write_trades, NULL},
    {"positions.csv", write_positions, NULL}, {"drawdowns.csv", write_drawdowns, NULL},
    {"value.csv", write_value, NULL},         {"signals.csv", write_signals, has_signals},
    {"output.csv", write_output, has_output}, {"splits.csv", write_splits, has_splits},
    {"stats.json", write_stats, NULL},
};

static bool is_there(const SyStrategyRun *run, gsize file) {
    return !files[file].is_there || files[file].is_there(run);
}

static bool write_file(const SyStrategyRun *run, gsize index, const char *path, GError **error) {
    Out out = {.file = fopen(path, "wx")};
    if (!out.file)
        return sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", path, g_strerror(errno));
    out.text = g_string_sized_new(1 << 16);
    files[index].write(run, &out);
    flush(&out);
    if ((fflush(out.file) != 0 || fsync(fileno(out.file)) != 0) && !out.problem)
        out.problem = errno;
    if (fclose(out.file) != 0 && !out.problem)
        out.problem = errno;
    g_string_free(out.text, TRUE);
    return !out.problem ||
           sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", path, g_strerror(out.problem));
}

/* Path of a file within a folder. Free with g_free. */
static char *path_of(const char *folder, gsize file) {
    return g_build_filename(folder, files[file].name, NULL);
}

static void remove_files(const char *folder) {
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = path_of(folder, i);
        g_unlink(path);
    }
    g_rmdir(folder);
}

/* Moves the files of one folder into another, each in one step. */
static bool move_files(const SyStrategyRun *run, const char *from, const char *to, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *source = path_of(from, i), *target = path_of(to, i);
        if (is_there(run, i) && g_rename(source, target) != 0)
            return sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", target, g_strerror(errno));
    }
    return true;
}

/* A folder beside the wanted one, which becomes it where there is none yet; else its files are
 * moved over once all of them are written. */
static bool write_folder(const SyStrategyRun *run, const char *folder, GError **error) {
    g_autofree char *parent = g_path_get_dirname(folder);
    if (!sy_folder_make(parent, error))
        return false;
    if (g_file_test(folder, G_FILE_TEST_EXISTS) && !g_file_test(folder, G_FILE_TEST_IS_DIR))
        return sy_fail(error, SY_ERROR_IO, "cannot write into “%s”: it is no folder", folder);
    g_autofree char *beside = g_strconcat(folder, ".XXXXXX", NULL);
    if (!g_mkdtemp_full(beside, 0777))
        return sy_fail(error, SY_ERROR_IO, "cannot make a folder in “%s”: %s", parent,
                       g_strerror(errno));
    bool written = true;
    for (gsize i = 0; written && i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = path_of(beside, i);
        written = !is_there(run, i) || write_file(run, i, path, error);
    }
    if (written && g_file_test(folder, G_FILE_TEST_EXISTS))
        written = move_files(run, beside, folder, error);
    else if (written && g_rename(beside, folder) != 0)
        written = sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", folder, g_strerror(errno));
    remove_files(beside);
    return written;
}

/* "results/" names the same folder as "results". */
static char *without_trailing_slashes(const char *folder) {
    gsize length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    return g_strndup(folder, length);
}

bool sy_tables_write(const SyStrategyRun *run, const char *folder, GError **error) {
    g_autofree char *path = without_trailing_slashes(folder);
    return write_folder(run, path, error);
}
