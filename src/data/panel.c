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

char *sy_panel_fingerprint(const SyPanel *panel) {
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (gsize s = 0; s < panel->symbols; s++)
        g_checksum_update(sum, (const guchar *)panel->symbol[s],
                          (gssize)strlen(panel->symbol[s]) + 1);
    g_checksum_update(sum, (const guchar *)panel->time,
                      (gssize)(panel->rows * sizeof *panel->time));
    for (int field = 0; field < SY_BAR_FIELDS; field++)
        g_checksum_update(sum, (const guchar *)panel->value[field],
                          (gssize)(panel->rows * panel->symbols * sizeof(double)));
    return g_strdup(g_checksum_get_string(sum));
}
