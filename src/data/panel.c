/* The panel: storage and fingerprint. */
#include "data/panel.h"

#include <math.h>
#include <string.h>

const char *const sy_bar_field_names[SY_BAR_FIELDS] = {"open", "high", "low", "close", "volume"};

SyPanel *sy_panel_new(gsize rows, char **symbols, SyTimeframe timeframe) {
    SyPanel *panel = g_new0(SyPanel, 1);
    panel->rows = rows;
    panel->symbols = g_strv_length(symbols);
    panel->symbol = g_strdupv(symbols);
    panel->timeframe = timeframe;
    panel->time = g_new0(SyTime, MAX(rows, 1));
    panel->provenance = g_new0(SyProvenance, MAX(panel->symbols, 1));
    gsize cells = rows * panel->symbols;
    for (int field = 0; field < SY_BAR_FIELDS; field++) {
        panel->value[field] = g_new(double, MAX(cells, 1));
        for (gsize i = 0; i < cells; i++)
            panel->value[field][i] = NAN;
    }
    return panel;
}

void sy_panel_free(SyPanel *panel) {
    if (!panel)
        return;
    g_strfreev(panel->symbol);
    g_free(panel->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        g_free(panel->value[field]);
    g_free(panel->provenance);
    g_free(panel->source);
    g_free(panel);
}

/* How many rows a panel has up to `until`: the first that is later, by bisection. */
static gsize rows_until(const SyPanel *panel, SyTime until) {
    gsize low = 0, high = panel->rows;
    while (low < high) {
        gsize middle = low + (high - low) / 2;
        if (panel->time[middle] <= until)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What is left of a symbol's provenance when its rows end earlier. */
static void cut_provenance(SyPanel *panel, gsize symbol) {
    SyProvenance *provenance = &panel->provenance[symbol];
    const double *close = sy_panel_column(panel, SY_CLOSE, symbol);
    provenance->rows = 0;
    provenance->first = provenance->last = SY_TIME_NONE;
    for (gsize row = 0; row < panel->rows; row++) {
        if (isnan(close[row]))
            continue;
        if (provenance->rows++ == 0)
            provenance->first = panel->time[row];
        provenance->last = panel->time[row];
    }
}

SyPanel *sy_panel_until(const SyPanel *panel, SyTime until) {
    SyPanel *cut = sy_panel_new(rows_until(panel, until), panel->symbol, panel->timeframe);
    cut->source = g_strdup(panel->source);
    if (cut->rows)
        memcpy(cut->time, panel->time, cut->rows * sizeof *cut->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize symbol = 0; symbol < panel->symbols && cut->rows; symbol++)
            memcpy(sy_panel_column(cut, (SyBarField)field, symbol),
                   sy_panel_column(panel, (SyBarField)field, symbol), cut->rows * sizeof(double));
    for (gsize symbol = 0; symbol < panel->symbols; symbol++) {
        cut->provenance[symbol] = panel->provenance[symbol];
        cut_provenance(cut, symbol);
    }
    return cut;
}

double sy_panel_newest(const double *column, gsize rows) {
    while (rows > 0 && isnan(column[rows - 1]))
        rows--;
    return rows ? column[rows - 1] : NAN;
}

SyTime sy_panel_complete_until(const SyPanel *panel) {
    SyTime until = panel->symbols ? panel->provenance[0].last : SY_TIME_NONE;
    for (gsize s = 1; s < panel->symbols; s++)
        until = MIN(until, panel->provenance[s].last);
    return until;
}

static void digest_rows(const SyPanel *panel, gsize from, gsize rows, SyDigest *digest) {
    sy_digest_add(digest, panel->time + from, rows * sizeof *panel->time);
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        for (gsize s = 0; s < panel->symbols; s++)
            sy_digest_add(digest, sy_panel_column(panel, (SyBarField)field, s) + from,
                          rows * sizeof(double));
}

GArray *sy_panel_blocks(const SyPanel *panel) {
    gsize n = panel->rows / SY_PANEL_BLOCK;
    GArray *blocks = g_array_sized_new(FALSE, FALSE, sizeof(SyBlockDigest), (guint)n);
    for (gsize i = 0; i < n; i++) {
        SyDigest digest;
        SyBlockDigest block;
        sy_digest_init(&digest);
        digest_rows(panel, i * SY_PANEL_BLOCK, SY_PANEL_BLOCK, &digest);
        sy_digest_end(&digest, block.digest);
        g_array_append_val(blocks, block);
    }
    return blocks;
}

char *sy_panel_fingerprint_head(const SyPanel *panel, const GArray *blocks, gsize rows) {
    g_assert(rows <= panel->rows && blocks->len == panel->rows / SY_PANEL_BLOCK);
    gsize whole = rows / SY_PANEL_BLOCK;
    guint8 result[SY_DIGEST_SIZE];
    char *text = g_malloc(SY_DIGEST_TEXT_SIZE);
    SyDigest digest;
    sy_digest_init(&digest);
    sy_digest_add_count(&digest, panel->symbols);
    for (gsize s = 0; s < panel->symbols; s++)
        sy_digest_add_text(&digest, panel->symbol[s]);
    sy_digest_add_count(&digest, (guint64)panel->timeframe.nanoseconds);
    sy_digest_add_count(&digest, (guint64)panel->timeframe.months);
    sy_digest_add_count(&digest, rows);
    sy_digest_add(&digest, blocks->data, whole * sizeof(SyBlockDigest));
    digest_rows(panel, whole * SY_PANEL_BLOCK, rows % SY_PANEL_BLOCK, &digest);
    sy_digest_end(&digest, result);
    sy_digest_format(result, text);
    return text;
}

char *sy_panel_fingerprint(const SyPanel *panel) {
    g_autoptr(GArray) blocks = sy_panel_blocks(panel);
    return sy_panel_fingerprint_head(panel, blocks, panel->rows);
}
