/* How a history is cut for a tuning: training rows, then validation rows, then the test slice, with
 * an embargo before each validation and test slice.
 *
 *     decided rows: | T1 | T2 | T3 |embargo| V1 |embargo| V2 |embargo| V3 |embargo| test |
 *
 * With K folds the training rows are cut into K training slices that touch, the validation rows
 * into K validation slices an embargo apart. No row is in two slices, so what is searched on the
 * training slices has not seen a validation slice, and a choice by all that is before a validation
 * slice has not seen it either. docs/decisions/0010-no-row-is-in-two-slices.md */
#ifndef SY_TUNE_SLICES_H
#define SY_TUNE_SLICES_H

#include "data/panel.h"

typedef struct {
    gsize start, end; /* rows of the panel, end excluded */
} SySlice;

/* [tune] as far as slices are concerned; texts as templates spell them. */
typedef struct {
    const char *train, *validation, *test; /* a share of the decided rows, or the time from which
                                              on; NULL train: all rows before the validation */
    const char *embargo; /* bars, or a length of time; NULL: 1 % of the decided rows */
    int folds;
} SySliceConfig;

typedef struct {
    gsize folds, embargo;
    SySlice *train, *validation; /* [folds] */
    SySlice in_sample;           /* from the first training row to the last validation row */
    SySlice test;
} SySlices;

/* Rows of a slice, at least. */
enum { SY_SLICE_ROWS = 10 };

/* Accepts a share or a time, as a check of a field row; the same for an embargo.
 * Errors: SY_ERROR_USAGE. */
bool sy_slice_check(const char *text, GError **error);
bool sy_embargo_check(const char *text, GError **error);

/* first  the first row that every trial decides
 * now    what relative times count from
 * Errors: SY_ERROR_DATA where the rows are too few for a slice, SY_ERROR_TEMPLATE where slices
 *         cross or add up to more than there is; both with the rows, times and a remedy. */
bool sy_slices_make(const SySliceConfig *config, const SyPanel *panel, gsize first, SyTime now,
                    SySlices *slices, GError **error);
void sy_slices_clear(SySlices *slices);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SySlices, sy_slices_clear)

#endif
