/* Real bars for tests: they are not part of the repository, so a test that wants them is skipped
 * where they are absent. */
#ifndef SY_TESTS_SUPPORT_BARS_H
#define SY_TESTS_SUPPORT_BARS_H

#include "data/panel.h"

/* The path of a file of the data folder, NULL where it is absent. That folder is within the one
 * that the environment variable SY_SHARED names, by default ../shared beside the source tree. Free
 * with g_free. */
char *test_data_file(const char *name);

/* Hourly bars of two symbols that share all their hours, closing in [start, end) ("2018-01-01"), or
 * NULL where the file is absent. */
SyPanel *test_bars(const char *first, const char *second, const char *start, const char *end);

#endif
