/* Series as shapes: how each kind of series looks inside the frame of a plot. */
#ifndef SY_REPORT_SHAPES_H
#define SY_REPORT_SHAPES_H

#include "report/draw.h"
#include "report/report.h"

/* From values to points on the canvas. */
typedef struct {
    double low, high;     /* values at the ends */
    double start, length; /* canvas coordinate of `low`, and how far `high` lies from it */
    bool is_log;
} SyAxis;

/* Where a value lies; NaN for NaN and for what a logarithmic axis cannot show. */
double sy_axis_place(const SyAxis *axis, double value);

/* Draws one series within `frame` (the caller clips). */
void sy_shape_draw(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x, const SyAxis *y,
                   SyRectangle frame);

/* The series' sample of a legend: 16 points wide, centred on y. */
#define SY_SHAPE_KEY_WIDTH 16.0
void sy_shape_draw_key(SyCanvas *canvas, const SyReportSeries *series, double x, double y);

#endif
