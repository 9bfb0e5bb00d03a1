/* Bars of several symbols on one time index: what loaders hand to models. */
#ifndef SY_DATA_PANEL_H
#define SY_DATA_PANEL_H

#include <glib.h>

#include "base/digest.h"
#include "base/time.h"

typedef enum { SY_OPEN, SY_HIGH, SY_LOW, SY_CLOSE, SY_VOLUME, SY_BAR_FIELDS } SyBarField;

/* Name of a field as columns and files spell it: "open" … "volume". */
extern const char *const sy_bar_field_names[SY_BAR_FIELDS];

/* What a loader did to get one symbol's bars. */
typedef struct {
    gsize rows;         /* kept */
    gsize duplicates;   /* earlier rows of the same time that a later one replaced */
    gsize gaps;         /* places where at least one expected bar is absent */
    gsize missing;      /* bars absent in those places */
    gsize forming;      /* newest bars dropped because they close after now */
    SyTime first, last; /* close times; SY_TIME_NONE where rows = 0 */
} SyProvenance;

/* One contiguous array per column. Times are close times: a row is known at time[row]. Strictly
 * increasing. NaN marks a missing value; prices that are present are finite and > 0. */
typedef struct {
    gsize rows, symbols;
    char **symbol; /* [symbols], NULL-terminated */
    SyTimeframe timeframe;
    SyTime *time;                 /* [rows] */
    double *value[SY_BAR_FIELDS]; /* each [symbols × rows]: column s starts at s·rows */
    SyProvenance *provenance;     /* [symbols] */
    char *source;                 /* for people: "research:candle", a path; never a password */
} SyPanel;

/* A panel with all values NaN. Never NULL. Symbols are copied. */
SyPanel *sy_panel_new(gsize rows, char **symbols, SyTimeframe timeframe);
void sy_panel_free(SyPanel *panel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyPanel, sy_panel_free)

/* Column of one field and symbol: [rows]. */
static inline double *sy_panel_column(const SyPanel *panel, SyBarField field, gsize symbol) {
    return panel->value[field] + symbol * panel->rows;
}

/* The panel as it was at `until`: its rows up to there, as a panel of its own. Of the provenance
 * `rows`, `first` and `last` are of the kept rows, the rest stays that of the whole.
 * Cost: O(rows × symbols). */
SyPanel *sy_panel_until(const SyPanel *panel, SyTime until);

/* The newest value of a column [rows] that is not missing; NaN where all are. */
double sy_panel_newest(const double *column, gsize rows);

/* Close time up to which every symbol has its bars: the earliest of their newest closes;
 * SY_TIME_NONE where a symbol has none. */
SyTime sy_panel_complete_until(const SyPanel *panel);

/* Digests of blocks of SY_PANEL_BLOCK rows, all values of theirs: from these the fingerprint of any
 * number of first rows is a small step, and two runs can say which block has changed. */
enum { SY_PANEL_BLOCK = 512 };
typedef struct {
    guint8 digest[SY_DIGEST_SIZE];
} SyBlockDigest;

/* SyBlockDigest of every whole block. Cost: O(rows × symbols), the digest of 2 MB for 22,744 bars
 * of two symbols. */
GArray *sy_panel_blocks(const SyPanel *panel);

/* Fingerprint of the first `rows` rows: symbols, timeframe, times and all values, bit for bit, as
 * 64 hex digits. Two panels that begin with the same rows have the same fingerprint of those.
 *
 * blocks  of sy_panel_blocks(panel)
 * rows    ≤ panel->rows
 * Free with g_free. Cost: at most one block. */
char *sy_panel_fingerprint_head(const SyPanel *panel, const GArray *blocks, gsize rows);

/* The same of all rows, for those who need no blocks. */
char *sy_panel_fingerprint(const SyPanel *panel);

#endif
