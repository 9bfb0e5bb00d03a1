/* Real bars for tests: they are not part of the repository, so a test that wants them is skipped
 * where they are absent. */
#ifndef SY_TESTS_SUPPORT_BARS_H
#define SY_TESTS_SUPPORT_BARS_H

#include "data/panel.h"

/* Hourly bars of two symbols that share all their hours, closing in [start, end) ("2018-01-01"), or
 * NULL where the file is absent. The folder is named by the environment variable SY_SHARED, by
 * default ../shared beside the source tree. */
SyPanel *test_bars(const char *first, const char *second, const char *start, const char *end);

#endif
