/* What `copula` and `copula eval` share: pairs of numbers from a CSV file. */
#ifndef SY_CLI_COPULA_H
#define SY_CLI_COPULA_H

#include "base/field.h"
#include "num/copula/copula.h"

/* Two columns of a CSV file. */
typedef struct {
    gsize n;
    double *value[2]; /* [n] each */
    char *name[2];    /* as the header has them */
    gsize *line;      /* [n] of the file */
    const char *path; /* as given */
} SyPairs;

/* Reads them. Without `columns`: u and v, else u1 and u2, else the two there are.
 *
 * columns    NULL-terminated, or NULL
 * Errors: SY_ERROR_USAGE (not two columns), SY_ERROR_DATA with file, line and column (a column that
 * is not there, a cell that is no finite number); as sy_csv_open. */
bool sy_pairs_read(const char *path, char **columns, SyPairs *pairs, GError **error);

/* Every value lies in (0, 1). Errors: SY_ERROR_DATA with file, line, column, value and `remedy`. */
bool sy_pairs_check_unit(const SyPairs *pairs, const char *remedy, GError **error);

void sy_pairs_clear(SyPairs *pairs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyPairs, sy_pairs_clear)

#endif
