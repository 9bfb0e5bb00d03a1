/* From a run's results to report files: the core writes the report model, systematica-report
 * renders it. */
#ifndef SY_WORKFLOW_PUBLISH_H
#define SY_WORKFLOW_PUBLISH_H

#include "report/report.h"
#include "report/strategy.h"
#include "workflow/pipeline.h"

typedef struct {
    const char *program; /* path of systematica-report */
    const char *folder;  /* where the files go; made where missing */
    char **formats;      /* "html", "pdf", "png", "csv"; NULL-terminated */
    SyTime created;      /* the run's time */
    SyTime since;        /* the report covers bars from here on; SY_TIME_NONE: all */
    const char *name;    /* of the files; NULL: strategy-UTC, and strategy-latest points at them */
    const char *notice;  /* a sentence above the run's own warnings; NULL */
} SyPublishOptions;

/* Renders a report as FOLDER/NAME.EXT; of the options `since` and `notice` do not count, and `name`
 * must be there. paths and errors as of sy_publish_strategy. */
bool sy_publish(const SyReport *report, const SyPublishOptions *options, GPtrArray *paths,
                GError **error);

/* A finished run as reports and tables see it; borrows from both. */
SyStrategyRun sy_strategy_run(const SyStrategy *strategy, const SyPipelineResult *result);

/* Renders the strategy report as FOLDER/strategy-UTC.EXT and points strategy-latest.EXT at it.
 *
 * paths  char *, what was written, in the order of `formats`; owned by the caller
 * Errors: SY_ERROR_IO (folder, disk), SY_ERROR_FAILED (the program is absent or failed; its
 * message) */
bool sy_publish_strategy(const SyStrategy *strategy, const SyPipelineResult *result,
                         const SyPublishOptions *options, GPtrArray *paths, GError **error);

/* A time in the name of a report: "20200805T150000Z", so that names sort by time. Free with g_free.
 */
char *sy_publish_stamp(SyTime time);

/* Where the reports of a strategy go: a folder of the study's name below [report] dir or
 * .workflow/reports. Free with g_free. */
char *sy_publish_folder(const SyStrategy *strategy, const char *workspace);

/* The report of a strategy as its template asks for it. */
typedef struct {
    const char *workspace;
    const char *program; /* path of systematica-report */
    SyTime created;      /* the run's time */
    SyTime since;        /* from when on bars are shown; SY_TIME_NONE: by lookback */
    int lookback_days;   /* before the newest bar */
    const char *notice;  /* a sentence above the run's own warnings; NULL */
} SyReportOptions;

/* Publishes it in sy_publish_folder, in the formats of [report] (or html and png). paths and errors
 * as sy_publish_strategy. */
bool sy_publish_report(const SyStrategy *strategy, const SyPipelineResult *result,
                       const SyReportOptions *options, GPtrArray *paths, GError **error);

#endif
