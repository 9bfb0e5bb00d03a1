/* Lines, steps, areas, bars, marks and levels. Long lines are reduced to the first, lowest, highest
 * and last value of each pixel column: the picture is the same, the PDF stays small. */
#include "report/shapes.h"

#include <math.h>

#include "report/palette.h"

#define LINE_WIDTH 0.9
#define WILD_SHARE 0.15 /* of the frame's height, that a line covers per pixel column */
#define MARK_SIZE 2.6   /* half the width of a triangle */

double sy_axis_place(const SyAxis *axis, double value) {
    if (axis->is_log)
        return value > 0 ? axis->start +
                               axis->length * log(value / axis->low) / log(axis->high / axis->low)
                         : NAN;
    return axis->start + axis->length * (value - axis->low) / (axis->high - axis->low);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Collects the points of one pixel column. */
typedef struct {
    cairo_t *cairo;
    double pixel;
    bool as_steps, is_open; /* is_open: the path has a current point of this line */
    double column;          /* index of the pixel column; NaN: none begun */
    double last_y;          /* of the path, for steps */
    double x[4], y[4];      /* first, lowest, highest, last */
    double start_x;         /* where the open piece began, for areas */
    double base;            /* y of 0, for areas */
    bool as_area;
} Tracer;

static void trace_to(Tracer *tracer, double x, double y) {
    if (!tracer->is_open) {
        tracer->start_x = x;
        cairo_move_to(tracer->cairo, x, tracer->as_area ? tracer->base : y);
        if (tracer->as_area)
            cairo_line_to(tracer->cairo, x, y);
    } else {
        if (tracer->as_steps)
            cairo_line_to(tracer->cairo, x, tracer->last_y);
        cairo_line_to(tracer->cairo, x, y);
    }
    tracer->is_open = true;
    tracer->last_y = y;
}

static void trace_column(Tracer *tracer) {
    if (isnan(tracer->column))
        return;
    tracer->column = NAN;
    if (tracer->is_open && tracer->y[2] - tracer->y[1] < tracer->pixel / 2) {
        trace_to(tracer, tracer->x[3], tracer->y[3]); /* the rest would not be seen */
        return;
    }
    gsize order[4] = {0, 1, 2, 3};
    if (tracer->x[1] > tracer->x[2])
        order[1] = 2, order[2] = 1;
    double x = NAN, y = NAN;
    for (gsize i = 0; i < 4; i++) {
        if (tracer->x[order[i]] == x && tracer->y[order[i]] == y)
            continue;
        x = tracer->x[order[i]], y = tracer->y[order[i]];
        trace_to(tracer, x, y);
    }
}

static void trace_point(Tracer *tracer, double x, double y) {
    double column = floor(x / tracer->pixel);
    if (column != tracer->column) {
        trace_column(tracer);
        tracer->column = column;
        for (gsize i = 0; i < 4; i++)
            tracer->x[i] = x, tracer->y[i] = y;
    }
    if (y < tracer->y[1])
        tracer->x[1] = x, tracer->y[1] = y;
    if (y > tracer->y[2])
        tracer->x[2] = x, tracer->y[2] = y;
    tracer->x[3] = x, tracer->y[3] = y;
}

static void trace_gap(Tracer *tracer) {
    trace_column(tracer);
    if (tracer->as_area && tracer->is_open) {
        double x, y;
        cairo_get_current_point(tracer->cairo, &x, &y);
        cairo_line_to(tracer->cairo, x, tracer->base);
        cairo_close_path(tracer->cairo);
    }
    tracer->is_open = false;
}

static void trace(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x, const SyAxis *y,
                  bool as_area, double base) {
    Tracer tracer = {.cairo = canvas->cairo,
                     .pixel = canvas->pixel,
                     .as_steps = series->kind == SY_SERIES_STEP,
                     .column = NAN,
                     .as_area = as_area,
                     .base = base};
    for (gsize i = 0; i < series->n; i++) {
        double px = sy_axis_place(x, series->x[i]), py = sy_axis_place(y, series->y[i]);
        if (isfinite(px) && isfinite(py))
            trace_point(&tracer, px, py);
        else
            trace_gap(&tracer);
    }
    trace_gap(&tracer);
}

static void draw_line(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                      const SyAxis *y, double width) {
    trace(canvas, series, x, y, false, 0);
    cairo_set_line_width(canvas->cairo, width);
    cairo_stroke(canvas->cairo);
}

/* Where areas and bars start: 0, or the nearer edge of the frame. */
static double base_of(const SyAxis *y, SyRectangle frame) {
    double base = sy_axis_place(y, 0);
    return isfinite(base) ? CLAMP(base, frame.y, frame.y + frame.height) : frame.y + frame.height;
}

static void draw_area(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                      const SyAxis *y, SyRectangle frame, guint32 colour) {
    trace(canvas, series, x, y, true, base_of(y, frame));
    sy_canvas_colour(canvas, colour, 0.18);
    cairo_fill(canvas->cairo);
    sy_canvas_colour(canvas, colour, 1);
    draw_line(canvas, series, x, y, LINE_WIDTH * 0.8);
}

/* --- bars and marks --------------------------------------------------------------------------- */

/* The smallest distance of neighbours, as a width on the canvas. */
static double bar_width(const SyReportSeries *series, const SyAxis *x, double widest) {
    double least = widest;
    for (gsize i = 1; i < series->n; i++) {
        double step = sy_axis_place(x, series->x[i]) - sy_axis_place(x, series->x[i - 1]);
        if (step > 0)
            least = MIN(least, step * 0.8);
    }
    return least;
}

static void draw_bars(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                      const SyAxis *y, SyRectangle frame) {
    double width = MAX(bar_width(series, x, frame.width / 12), canvas->pixel);
    double base = base_of(y, frame);
    for (gsize i = 0; i < series->n; i++) {
        double px = sy_axis_place(x, series->x[i]), py = sy_axis_place(y, series->y[i]);
        if (isfinite(px) && isfinite(py))
            cairo_rectangle(canvas->cairo, px - width / 2, MIN(py, base), width, fabs(py - base));
    }
    cairo_fill(canvas->cairo);
}

/* A triangle touches its value with its tip; a cross lies on it. */
static void add_mark(cairo_t *cairo, SySeriesKind kind, double x, double y) {
    if (kind == SY_SERIES_MARK_EXIT) {
        double half = MARK_SIZE * 0.75;
        cairo_move_to(cairo, x - half, y - half);
        cairo_line_to(cairo, x + half, y + half);
        cairo_move_to(cairo, x - half, y + half);
        cairo_line_to(cairo, x + half, y - half);
        return;
    }
    double down = kind == SY_SERIES_MARK_UP ? 1 : -1;
    cairo_move_to(cairo, x, y);
    cairo_line_to(cairo, x - MARK_SIZE, y + down * MARK_SIZE * 1.9);
    cairo_line_to(cairo, x + MARK_SIZE, y + down * MARK_SIZE * 1.9);
    cairo_close_path(cairo);
}

static void finish_marks(SyCanvas *canvas, SySeriesKind kind, guint32 colour) {
    if (kind == SY_SERIES_MARK_EXIT) {
        cairo_set_line_width(canvas->cairo, 0.8);
        cairo_stroke(canvas->cairo);
        return;
    }
    cairo_fill_preserve(canvas->cairo);
    sy_canvas_colour(canvas, sy_colour_mix(colour, SY_INK_WHITE, 0.75), 1);
    cairo_set_line_width(canvas->cairo, 0.3);
    cairo_stroke(canvas->cairo);
}

static void draw_marks(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                       const SyAxis *y, guint32 colour) {
    for (gsize i = 0; i < series->n; i++) {
        double px = sy_axis_place(x, series->x[i]), py = sy_axis_place(y, series->y[i]);
        if (isfinite(px) && isfinite(py))
            add_mark(canvas->cairo, series->kind, px, py);
    }
    finish_marks(canvas, series->kind, colour);
}

/* --- one series ------------------------------------------------------------------------------- */

static guint32 series_colour(const SyReportSeries *series) {
    return sy_colour_parse(sy_palette_light[series->colour]);
}

/* True where a line goes up and down within most pixel columns: drawn as usual it is a solid block
 * that hides what lies below. */
static bool is_wild(const SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                    const SyAxis *y, SyRectangle frame) {
    double path = 0, before = NAN, column = NAN, columns = 0;
    for (gsize i = 0; i < series->n; i++) {
        double px = sy_axis_place(x, series->x[i]), py = sy_axis_place(y, series->y[i]);
        if (!isfinite(px) || !isfinite(py))
            continue;
        path += isnan(before) ? 0 : fabs(py - before);
        columns += floor(px / canvas->pixel) != column;
        column = floor(px / canvas->pixel);
        before = py;
    }
    return columns > 0 && path / columns > WILD_SHARE * frame.height;
}

static void draw_plain(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x,
                       const SyAxis *y, SyRectangle frame, guint32 colour) {
    bool wild = is_wild(canvas, series, x, y, frame);
    sy_canvas_colour(canvas, colour, wild ? 0.6 : 1);
    draw_line(canvas, series, x, y, wild ? LINE_WIDTH * 0.5 : LINE_WIDTH);
}

static void set_dashes(SyCanvas *canvas, const SyReportSeries *series) {
    const double dashes[] = {3, 2.2};
    if (series->dashed)
        cairo_set_dash(canvas->cairo, dashes, G_N_ELEMENTS(dashes), 0);
}

void sy_shape_draw(SyCanvas *canvas, const SyReportSeries *series, const SyAxis *x, const SyAxis *y,
                   SyRectangle frame) {
    guint32 colour = series_colour(series);
    cairo_save(canvas->cairo);
    cairo_new_path(canvas->cairo);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_BEVEL);
    sy_canvas_colour(canvas, colour, 1);
    set_dashes(canvas, series);
    switch (series->kind) {
    case SY_SERIES_LINE:
    case SY_SERIES_STEP:
        draw_plain(canvas, series, x, y, frame, colour);
        break;
    case SY_SERIES_AREA:
        draw_area(canvas, series, x, y, frame, colour);
        break;
    case SY_SERIES_BARS:
        draw_bars(canvas, series, x, y, frame);
        break;
    case SY_SERIES_LEVEL: {
        double level = sy_axis_place(y, series->y[0]);
        if (isfinite(level))
            sy_canvas_line(canvas, colour, LINE_WIDTH * 0.8, frame.x, level, frame.x + frame.width,
                           level);
        break;
    }
    default:
        draw_marks(canvas, series, x, y, colour);
    }
    cairo_restore(canvas->cairo);
}

void sy_shape_draw_key(SyCanvas *canvas, const SyReportSeries *series, double x, double y) {
    guint32 colour = series_colour(series);
    cairo_save(canvas->cairo);
    cairo_new_path(canvas->cairo);
    sy_canvas_colour(canvas, colour, 1);
    switch (series->kind) {
    case SY_SERIES_AREA:
    case SY_SERIES_BARS:
        sy_canvas_fill(
            canvas, sy_colour_mix(colour, SY_INK_WHITE, series->kind == SY_SERIES_AREA ? 0.6 : 0),
            (SyRectangle){x + 3, y - 3, SY_SHAPE_KEY_WIDTH - 6, 6});
        break;
    case SY_SERIES_LINE:
    case SY_SERIES_STEP:
    case SY_SERIES_LEVEL:
        set_dashes(canvas, series);
        sy_canvas_line(canvas, colour, 1.4, x, y, x + SY_SHAPE_KEY_WIDTH - 3, y);
        break;
    default:
        add_mark(canvas->cairo, series->kind, x + SY_SHAPE_KEY_WIDTH / 2,
                 series->kind == SY_SERIES_MARK_UP     ? y - MARK_SIZE
                 : series->kind == SY_SERIES_MARK_DOWN ? y + MARK_SIZE
                                                       : y);
        finish_marks(canvas, series->kind, colour);
    }
    cairo_restore(canvas->cairo);
}
