/* The tables of a backtest. All texts are made before the first file is written, so what goes wrong
 * there leaves nothing behind. */
#include "report/tables.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/csv_text.h"
#include "base/error.h"
#include "portfolio/metrics.h"
#include "report/file.h"

/* --- cells: each ends with its separator ------------------------------------------------------ */

static void put_end(GString *out) { out->str[out->len - 1] = '\n'; }

static void put_integer(GString *out, gint64 value) {
    sy_csv_append_integer(out, value);
    g_string_append_c(out, ',');
}

static void put_number(GString *out, double value) {
    sy_csv_append_number(out, value);
    g_string_append_c(out, ',');
}

static void put_text(GString *out, const char *text) {
    sy_csv_append_text(out, text);
    g_string_append_c(out, ',');
}

static void put_time(GString *out, const SyPanel *panel, gsize row) {
    sy_csv_append_time(out, panel->time[row]);
    g_string_append_c(out, ',');
}

/* --- records ---------------------------------------------------------------------------------- */

static void write_orders(const SyStrategyRun *run, GString *out) {
    g_string_append(out, "id,symbol,row,time,side,size_requested,size,price,fees,type,status,"
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

static void write_trade_records(const SyStrategyRun *run, const GArray *trades, GString *out) {
    g_string_append(out, "id,symbol,size,entry_row,entry_time,entry_price,entry_fees,exit_row,"
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

static void write_trades(const SyStrategyRun *run, GString *out) {
    write_trade_records(run, run->ledger->trades, out);
}

static void write_positions(const SyStrategyRun *run, GString *out) {
    write_trade_records(run, run->ledger->positions, out);
}

/* Figures are per group where columns share cash, else per column. */
static bool is_grouped(const SyStrategyRun *run) { return run->portfolio->cash_sharing; }

static void write_drawdowns(const SyStrategyRun *run, GString *out) {
    bool grouped = is_grouped(run);
    g_string_append(out, "id,peak_row,start_row,valley_row,end_row,peak_value,valley_value,"
                         "end_value,status");
    g_string_append(out, grouped ? "\n" : ",symbol\n");
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
        if (!grouped)
            put_text(out, run->panel->symbol[drawdown->group]);
        put_end(out);
    }
}

/* --- series ----------------------------------------------------------------------------------- */

static void put_value_head(GString *out, const char *name, const char *symbol) {
    g_autofree char *head = symbol ? g_strconcat(name, "_", symbol, NULL) : g_strdup(name);
    put_text(out, head);
}

static void write_value_head(const SyStrategyRun *run, GString *out) {
    bool grouped = is_grouped(run);
    put_text(out, "time");
    for (gsize g = 0; g < run->ledger->groups; g++) {
        const char *symbol = grouped ? NULL : run->panel->symbol[g];
        put_value_head(out, "cash", symbol);
        put_value_head(out, "value", symbol);
        put_value_head(out, "return", symbol);
        put_value_head(out, "gross_exposure", symbol);
        if (!grouped)
            put_value_head(out, "position", symbol);
    }
    for (gsize c = 0; grouped && c < run->ledger->columns; c++)
        put_value_head(out, "position", run->panel->symbol[c]);
    put_end(out);
}

static void write_value(const SyStrategyRun *run, GString *out) {
    const SyLedger *ledger = run->ledger;
    bool grouped = is_grouped(run);
    gsize rows = ledger->rows;
    write_value_head(run, out);
    for (gsize row = 0; row < rows; row++) {
        put_time(out, run->panel, row);
        for (gsize g = 0; g < ledger->groups; g++) {
            put_number(out, ledger->cash[g * rows + row]);
            put_number(out, ledger->value[g * rows + row]);
            put_number(out, ledger->returns[g * rows + row]);
            put_number(out, ledger->gross[g * rows + row]);
            if (!grouped)
                put_number(out, ledger->position[g * rows + row]);
        }
        for (gsize c = 0; grouped && c < ledger->columns; c++)
            put_number(out, ledger->position[c * rows + row]);
        put_end(out);
    }
}

static void write_signals(const SyStrategyRun *run, GString *out) {
    const SySignals *signals = run->signals;
    g_string_append(out, "time,symbol,long_entry,long_exit,short_entry,short_exit\n");
    for (gsize row = 0; row < signals->rows; row++)
        for (gsize c = 0; c < signals->columns; c++) {
            gsize cell = c * signals->rows + row;
            const char flags[] = {(char)('0' + signals->long_entries[cell]),  ',',
                                  (char)('0' + signals->long_exits[cell]),    ',',
                                  (char)('0' + signals->short_entries[cell]), ',',
                                  (char)('0' + signals->short_exits[cell]),   '\n'};
            put_time(out, run->panel, row);
            put_text(out, run->panel->symbol[c]);
            g_string_append_len(out, flags, sizeof flags);
        }
}

static void write_output(const SyStrategyRun *run, GString *out) {
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

static void write_splits(const SyStrategyRun *run, GString *out) {
    g_string_append(out, "id,train_first_row,train_last_row,test_first_row,test_last_row,"
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

static void put_json_text(GString *out, const char *text) {
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    g_string_append(out, quoted ? quoted : "null");
    free(quoted);
    json_decref(value);
}

static void put_json_time(GString *out, const SyPanel *panel, gsize row) {
    if (panel->rows == 0) {
        g_string_append(out, "null");
        return;
    }
    g_string_append_c(out, '"');
    sy_csv_append_time(out, panel->time[row]);
    g_string_append_c(out, '"');
}

static void put_stats(const SyStrategyRun *run, gsize group, const char *indent, GString *out) {
    const SyMetricInput input =
        sy_metric_input(run->portfolio, run->panel->timeframe, run->ledger, run->prices, group);
    g_string_append_printf(out, "{\n%s  \"start\": ", indent);
    put_json_time(out, run->panel, 0);
    g_string_append_printf(out, ",\n%s  \"end\": ", indent);
    put_json_time(out, run->panel, run->panel->rows - 1);
    g_string_append_printf(out, ",\n%s  \"rows\": %" G_GSIZE_FORMAT, indent, run->ledger->rows);
    for (gsize i = 0; i < sy_n_metrics; i++) {
        double value = sy_metrics[i].compute(&input);
        g_string_append_printf(out, ",\n%s  \"%s\": ", indent, sy_metrics[i].name);
        if (isfinite(value))
            sy_csv_append_number(out, value);
        else
            g_string_append(out, "null");
    }
    g_string_append_printf(out, "\n%s}", indent);
}

static void write_stats(const SyStrategyRun *run, GString *out) {
    if (is_grouped(run)) {
        put_stats(run, 0, "", out);
    } else {
        g_string_append(out, "{\n  \"columns\": {");
        for (gsize c = 0; c < run->ledger->columns; c++) {
            g_string_append(out, c ? ",\n    " : "\n    ");
            put_json_text(out, run->panel->symbol[c]);
            g_string_append(out, ": ");
            put_stats(run, c, "    ", out);
        }
        g_string_append(out, "\n  }\n}");
    }
    g_string_append_c(out, '\n');
}

/* --- files ------------------------------------------------------------------------------------ */

/* What a run without a model or a rule of its own does not have. */
static bool has_signals(const SyStrategyRun *run) { return run->signals != NULL; }
static bool has_output(const SyStrategyRun *run) { return run->output != NULL; }
static bool has_splits(const SyStrategyRun *run) { return run->fits != NULL; }

static const struct {
    const char *name;
    void (*write)(const SyStrategyRun *run, GString *out);
    bool (*is_there)(const SyStrategyRun *run); /* NULL: always */
} files[] = {
    {"orders.csv", write_orders, NULL},       {"trades.csv", write_trades, NULL},
    {"positions.csv", write_positions, NULL}, {"drawdowns.csv", write_drawdowns, NULL},
    {"value.csv", write_value, NULL},         {"signals.csv", write_signals, has_signals},
    {"output.csv", write_output, has_output}, {"splits.csv", write_splits, has_splits},
    {"stats.json", write_stats, NULL},
};

/* texts: NULL for a file that the run does not have. */
static bool write_files(GString *const *texts, const char *folder, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        if (texts[i] && !sy_file_replace(path, texts[i]->str, texts[i]->len, error))
            return false;
    }
    return true;
}

static void remove_files(const char *folder) {
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

/* Writes a folder beside the wanted one and renames it. */
static bool write_new_folder(GString *const *texts, const char *folder, GError **error) {
    g_autofree char *parent = g_path_get_dirname(folder);
    if (!sy_folder_make(parent, error))
        return false;
    g_autofree char *beside = g_strconcat(folder, ".XXXXXX", NULL);
    if (!g_mkdtemp_full(beside, 0777))
        return sy_fail(error, SY_ERROR_IO, "cannot make a folder in “%s”: %s", parent,
                       g_strerror(errno));
    bool written = write_files(texts, beside, error);
    if (written && g_rename(beside, folder) != 0)
        written = sy_fail(error, SY_ERROR_IO, "cannot write “%s”: %s", folder, g_strerror(errno));
    if (!written)
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
    GString *texts[G_N_ELEMENTS(files)];
    g_autofree char *path = without_trailing_slashes(folder);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        texts[i] = NULL;
        if (files[i].is_there && !files[i].is_there(run))
            continue;
        texts[i] = g_string_sized_new(1 << 16);
        files[i].write(run, texts[i]);
    }
    bool written = g_file_test(path, G_FILE_TEST_EXISTS) ? write_files(texts, path, error)
                                                         : write_new_folder(texts, path, error);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
        if (texts[i])
            g_string_free(texts[i], TRUE);
    return written;
}
