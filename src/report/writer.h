/* The writers of reports: one row per format. */
#ifndef SY_REPORT_WRITER_H
#define SY_REPORT_WRITER_H

#include "report/report.h"

typedef struct {
    const char *name;      /* as [report] formats spells it */
    const char *extension; /* of the path, with the dot; "" where a folder is written */
    const char *summary;   /* for people */
    /* Writes atomically; the same report gives the same bytes. Errors: SY_ERROR_IO. */
    bool (*write)(const SyReport *report, const char *path, GError **error);
} SyReportWriter;

extern const SyReportWriter sy_report_writers[];
extern const gsize sy_n_report_writers;

/* NULL where there is none. */
const SyReportWriter *sy_report_writer_find(const char *name);

#endif
