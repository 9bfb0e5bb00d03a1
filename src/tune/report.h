/* The report of a tuning: what was tried, what won, and how much of it is to be believed. */
#ifndef SY_TUNE_REPORT_H
#define SY_TUNE_REPORT_H

#include "report/report.h"
#include "tune/outcome.h"

/* A finished tuning as its report sees it. */
typedef struct {
    const SyTuneData *data;
    const GPtrArray *trials; /* SyTrial, by number, none absent */
    const SyOutcome *outcome;
    gint64 number;  /* of the tuning in the store */
    SyTime created; /* when it began, so that bytes repeat */
} SyTuneReport;

/* The report model. Never NULL. */
SyReport *sy_tune_report_new(const SyTuneReport *tuning);

#endif
