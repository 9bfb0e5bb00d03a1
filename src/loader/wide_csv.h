/* CSV files of one value of many symbols: the first column holds the times, each other column is a
 * symbol of that name. `simulate` reads prices and signals from them. */
#ifndef SY_LOADER_WIDE_CSV_H
#define SY_LOADER_WIDE_CSV_H

#include "base/time.h"

/* Rows and symbols of such a file; the others of a set must have the same. */
typedef struct {
    char *path; /* as messages show it */
    gsize rows, symbols;
    char **symbol; /* [symbols], NULL-terminated, in the order of the file */
    SyTime *time;  /* [rows], strictly increasing */
} SyWideIndex;

void sy_wide_index_clear(SyWideIndex *index);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyWideIndex, sy_wide_index_clear)

/* Reads prices. An empty cell or nan is a missing price: NaN.
 *
 * path   CSV, plain or gzip; times as loader/stamp.h reads them
 * like   the file must have these times and these symbols, the latter in any order; NULL: any
 * index  receives the file's rows and symbols where `like` is NULL, else unused
 * Returns [symbols × rows], column-major, in the order of the index; free with g_free.
 * Errors: NULL and SY_ERROR_UNAVAILABLE (absent, unreadable), SY_ERROR_DATA "file:line: …" (no
 *         rows, no symbols, two of one name, times that do not increase, rows or symbols that
 *         differ, a cell that is no price: not a number, zero, negative, infinite).
 * Cost:   O(rows · symbols); twice the result's memory where `like` is NULL. */
double *sy_wide_read_prices(const char *path, const SyWideIndex *like, SyWideIndex *index,
                            GError **error);

/* Reads signals: 0, 1, false, true in any case. Errors: as above; every cell must be one of them.
 * flags: [symbols × rows] of `like`. */
bool sy_wide_read_flags(const char *path, const SyWideIndex *like, guint8 *flags, GError **error);

/* The distance between rows that is most frequent, the shorter of two; 0 with less than two rows.
 * Cost: O(rows · log rows). */
SyTimeframe sy_wide_spacing(const SyWideIndex *index);

#endif
