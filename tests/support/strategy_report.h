/* A report such as a strategy over `bars` hourly bars gives, from seeded random numbers: every kind
 * of section, series and unit, gaps in time and in values. For tests of the writers. */
#ifndef SY_TESTS_SUPPORT_STRATEGY_REPORT_H
#define SY_TESTS_SUPPORT_STRATEGY_REPORT_H

#include "report/report.h"

SyReport *strategy_report_new(const char *title, gsize bars);

#endif
