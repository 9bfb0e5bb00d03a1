/* A small workspace with a random pair: bars that tests can reason about. */
#ifndef SY_TESTS_SUPPORT_PAIR_H
#define SY_TESTS_SUPPORT_PAIR_H

#include "base/time.h"

enum { TEST_PAIR_ROWS = 900 };

/* Close time of a row's bar: hourly from 2021-01-01T01:00:00Z. */
SyTime test_pair_time(int row);

/* The bars of the symbols A and B as CSV with open_datetime, rows [first, end). Free with g_free.
 */
char *test_pair_csv(int first, int end);

/* [loader_params] … [portfolio] of a template over the pair that trades often; `portfolio` are the
 * lines of [portfolio]. Free with g_free. */
char *test_pair_template(const char *study, const char *portfolio);

/* A folder with a workspace in it: settings, the template pair.toml (50 % of equity per leg), bars
 * imported. Free with g_free after test_folder_remove. */
char *test_pair_workspace(void);

/* The same over databases of one's own; NULL: the usual ones, files of the workspace. */
char *test_pair_workspace_on(const char *engine_url, const char *store_url);

#endif
