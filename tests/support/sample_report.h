/* A small report with every kind of section and series, some values n/a. Seeded: always the same.
 */
#ifndef SY_TESTS_SUPPORT_SAMPLE_REPORT_H
#define SY_TESTS_SUPPORT_SAMPLE_REPORT_H

#include "report/report.h"

SyReport *sample_report(gsize points, gsize table_rows);

#endif
