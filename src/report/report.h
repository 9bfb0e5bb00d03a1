/* The report model: sections of tables and plots, as data. The core builds it and writes it to one
 * file; systematica-report reads that file and renders it by four writers (html, pdf, png, csv),
 * which know nothing of strategies. */
#ifndef SY_REPORT_REPORT_H
#define SY_REPORT_REPORT_H

#include <glib.h>
#include <stdbool.h>

#include "base/time.h"

/* How a value is printed and what it is. */
typedef enum {
    SY_UNIT_TEXT,     /* only in text columns */
    SY_UNIT_NUMBER,   /* plain, four significant digits */
    SY_UNIT_COUNT,    /* whole number, thousands separated */
    SY_UNIT_FRACTION, /* shown as per cent, two decimals */
    SY_UNIT_MONEY,    /* two decimals, thousands separated */
    SY_UNIT_PRICE,    /* two decimals, more where seven significant digits need them */
    SY_UNIT_SECONDS,  /* shown as a duration, "3 d 4 h" */
    SY_UNIT_TIME,     /* seconds since the epoch as a double */
} SyReportUnit;

#define SY_REPORT_UNITS (SY_UNIT_TIME + 1)

/* The unit as the file and the page spell it: "text", "number", … */
extern const char *const sy_report_unit_names[SY_REPORT_UNITS];

typedef struct {
    char *name, *title; /* name: CSV header, stable; title: for people */
    SyReportUnit unit;
    bool right;      /* a text that stands to the right: formatted numbers */
    GPtrArray *text; /* SY_UNIT_TEXT: char *, one per row */
    GArray *number;  /* else: double, one per row; NaN = n/a */
} SyReportColumn;

typedef enum {
    SY_SERIES_LINE,
    SY_SERIES_STEP,
    SY_SERIES_AREA, /* filled towards 0 */
    SY_SERIES_BARS,
    SY_SERIES_MARK_UP,   /* triangle up: entry long */
    SY_SERIES_MARK_DOWN, /* triangle down: entry short */
    SY_SERIES_MARK_EXIT, /* cross */
    SY_SERIES_LEVEL,     /* horizontal line at y[0]: a threshold or bound; has no x */
} SySeriesKind;

#define SY_SERIES_KINDS (SY_SERIES_LEVEL + 1)
extern const char *const sy_series_kind_names[SY_SERIES_KINDS]; /* "line", "step", … */

typedef struct {
    char *name;
    SySeriesKind kind;
    int colour; /* index into the palette shared by all writers: 0 … 7 */
    bool dashed;
    bool right_axis;
    gsize n;
    double *x; /* [n] seconds since the epoch (time plots) or any number; NULL for levels */
    double *y; /* [n] NaN = gap */
} SyReportSeries;

typedef enum { SY_SECTION_TABLE, SY_SECTION_PLOT, SY_SECTION_HEATMAP } SySectionKind;

#define SY_SECTION_KINDS (SY_SECTION_HEATMAP + 1)
extern const char *const sy_section_kind_names[SY_SECTION_KINDS]; /* "table", "plot", "heatmap" */

typedef struct {
    char *id; /* stable, also the CSV file's name: "equity" */
    char *title;
    char *note; /* a sentence below the title, or NULL */
    SySectionKind kind;
    /* table: columns. heatmap: columns[0] is the row label (text), the rest are cells of one unit.
     */
    GPtrArray *columns; /* SyReportColumn */
    /* plot */
    GPtrArray *series; /* SyReportSeries */
    bool x_is_time, y_log;
    char *x_label, *y_label; /* with unit */
    SyReportUnit y_unit;
    char *y_right_label; /* NULL where no series uses the right axis */
    bool on_sheet;       /* part of the PNG overview */
    bool is_half;        /* of the sheet's width: two such sections stand side by side */
    bool is_repeat;      /* draws numbers that another section has: no file of its own in CSV */
} SyReportSection;

typedef struct {
    char *name, *value;
} SyReportFact;

typedef struct {
    char *title;           /* study name */
    char *subtitle;        /* period, timeframe, symbols */
    char *headline;        /* first line: "Before costs (fees = 0); break-even fee …" */
    SyTime created;        /* the run's time, so that bytes repeat */
    GPtrArray *facts;      /* SyReportFact: template hash, conventions, data range … */
    GPtrArray *highlights; /* SyReportFact: the six figures printed large */
    GPtrArray *warnings;   /* char * */
    GPtrArray *sections;   /* SyReportSection */
} SyReport;

SyReport *sy_report_new(const char *title, SyTime created);
void sy_report_free(SyReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyReport, sy_report_free)

void sy_report_add_fact(SyReport *report, const char *name, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void sy_report_add_highlight(SyReport *report, const char *name, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void sy_report_add_warning(SyReport *report, const char *text);

/* Sections stay owned by the report. Texts are copied; note may be NULL. */
SyReportSection *sy_report_add_table(SyReport *report, const char *id, const char *title,
                                     const char *note);
SyReportSection *sy_report_add_plot(SyReport *report, const char *id, const char *title,
                                    const char *note, const char *x_label, const char *y_label,
                                    SyReportUnit y_unit);
SyReportSection *sy_report_add_heatmap(SyReport *report, const char *id, const char *title,
                                       const char *note);
SyReportColumn *sy_section_add_column(SyReportSection *section, const char *name, const char *title,
                                      SyReportUnit unit);
void sy_column_add_text(SyReportColumn *column, const char *text);
void sy_column_add_number(SyReportColumn *column, double value);
/* x and y are copied; x NULL for levels. */
SyReportSeries *sy_section_add_series(SyReportSection *section, const char *name, SySeriesKind kind,
                                      int colour, const double *x, const double *y, gsize n);

/* The unit of a metric's unit text ("fraction", "seconds", "money", "count", "ratio"). */
SyReportUnit sy_report_unit_of(const char *metric_unit);

/* Rows of a column, and of a table or heatmap: those of its longest column. */
gsize sy_column_rows(const SyReportColumn *column);
gsize sy_section_rows(const SyReportSection *section);

/* A cell as people read it; "" beyond the column's end. Free with g_free. */
char *sy_column_format(const SyReportColumn *column, gsize row);

/* One file: a line of JSON (everything but the numbers), then the numbers as float64, little
 * endian, in the order in which the JSON names their arrays.
 *
 * file  an open file descriptor, written from where it stands
 * Errors: SY_ERROR_IO, SY_ERROR_DATA where a text is not UTF-8. */
bool sy_report_write(const SyReport *report, int file, GError **error);

/* Errors: SY_ERROR_IO, SY_ERROR_DATA where the file is not of that form (also one that is cut short
 * or has anything behind its end). */
SyReport *sy_report_read(const char *path, GError **error);

/* A value as people read it, by unit: "12.30 %", "n/a" for NaN. Free with g_free. */
char *sy_report_format(SyReportUnit unit, double value);

#endif
