/* The frame of a plot: ranges from the data, ticks, grid, axis names, legend; shapes.c draws the
 * series inside. */
#include "report/plot.h"

#include <math.h>

#include "report/shapes.h"
#include "report/ticks.h"

#define LEGEND_ROW 11.0
#define TICK_GAP 4.0

typedef struct {
    double low, high;
} Range;

static void range_add(Range *range, double value, bool is_log) {
    if (!isfinite(value) || (is_log && value <= 0))
        return;
    range->low = MIN(range->low, value);
    range->high = MAX(range->high, value);
}

static bool range_is_empty(Range range) { return range.low > range.high; }

static bool stands_on_zero(const SyReportSeries *series) {
    return series->kind == SY_SERIES_AREA || series->kind == SY_SERIES_BARS;
}

static bool is_mark(const SyReportSeries *series) {
    return series->kind >= SY_SERIES_MARK_UP && series->kind <= SY_SERIES_MARK_EXIT;
}

/* Where marks lie about, as trials of a search do, those at the ends are shown whole. */
static Range range_of_x(const SyReportSection *section) {
    Range range = {INFINITY, -INFINITY};
    bool has_marks = false;
    for (guint s = 0; s < section->series->len; s++) {
        const SyReportSeries *series = g_ptr_array_index(section->series, s);
        has_marks |= is_mark(series) && series->n > 0;
        for (gsize i = 0; series->x && i < series->n; i++)
            range_add(&range, series->x[i], false);
    }
    double space = range.low == range.high            ? 0.5
                   : has_marks && !section->x_is_time ? 0.015 * (range.high - range.low)
                                                      : 0;
    if (!range_is_empty(range))
        range.low -= space, range.high += space;
    return range;
}

/* Space above and below the data; none below a base of 0. */
static Range widen(Range range, bool is_log, bool on_zero) {
    if (range_is_empty(range))
        return range;
    if (is_log) {
        double factor = range.low == range.high ? 1.1 : pow(range.high / range.low, 0.05);
        return (Range){range.low / factor, range.high * factor};
    }
    double span = range.high - range.low;
    double space = span > 0 ? span * 0.06 : MAX(fabs(range.high) * 0.05, 0.5);
    return (Range){on_zero && range.low == 0 ? 0 : range.low - space,
                   on_zero && range.high == 0 ? 0 : range.high + space};
}

static Range range_of_y(const SyReportSection *section, bool right_axis) {
    Range range = {INFINITY, -INFINITY};
    bool is_log = section->y_log && !right_axis, on_zero = false;
    for (guint s = 0; s < section->series->len; s++) {
        const SyReportSeries *series = g_ptr_array_index(section->series, s);
        if (series->right_axis != right_axis)
            continue;
        for (gsize i = 0; i < series->n; i++)
            range_add(&range, series->y[i], is_log);
        if (stands_on_zero(series) && !range_is_empty(range)) {
            on_zero = true;
            range_add(&range, 0, is_log);
        }
    }
    return widen(range, is_log, on_zero);
}

static double widest_label(SyCanvas *canvas, const GArray *ticks) {
    double width = 0;
    for (guint i = 0; i < ticks->len; i++)
        width = MAX(width, sy_canvas_text_width(canvas, SY_TEXT_SMALL,
                                                g_array_index(ticks, SyTick, i).label));
    return width;
}

/* --- legend ----------------------------------------------------------------------------------- */

/* Lays the legend out in rows, drawing it where `draw` is set. Returns its height. */
static double legend(SyCanvas *canvas, const SyReportSection *section, SyRectangle area,
                     bool draw) {
    double x = area.x, y = area.y + LEGEND_ROW / 2;
    if (section->series->len == 0)
        return 0;
    for (guint s = 0; s < section->series->len; s++) {
        const SyReportSeries *series = g_ptr_array_index(section->series, s);
        double width =
            SY_SHAPE_KEY_WIDTH + sy_canvas_text_width(canvas, SY_TEXT_SMALL, series->name);
        if (x > area.x && x + width > area.x + area.width)
            x = area.x, y += LEGEND_ROW;
        if (draw) {
            sy_shape_draw_key(canvas, series, x, y);
            sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK, series->name, x + SY_SHAPE_KEY_WIDTH,
                           y + 2.5, 0);
        }
        x += width + 12;
    }
    return y + LEGEND_ROW / 2 - area.y + 3;
}

/* --- axes ------------------------------------------------------------------------------------- */

static void draw_y_ticks(SyCanvas *canvas, const GArray *ticks, const SyAxis *axis,
                         SyRectangle frame, bool right) {
    for (guint i = 0; i < ticks->len; i++) {
        const SyTick *tick = &g_array_index(ticks, SyTick, i);
        double y = sy_axis_place(axis, tick->value);
        if (!right)
            sy_canvas_line(canvas, tick->value == 0 ? SY_INK_FAINT : SY_INK_GRID, 0.6, frame.x, y,
                           frame.x + frame.width, y);
        sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK_SOFT, tick->label,
                       right ? frame.x + frame.width + TICK_GAP : frame.x - TICK_GAP, y + 2.5,
                       right ? 0 : 1);
    }
}

/* Labels stay within the area. One that would touch the one before is left out; the grid line
 * stays. */
static void draw_x_ticks(SyCanvas *canvas, const GArray *ticks, const SyAxis *axis,
                         SyRectangle area, SyRectangle frame) {
    double bottom = frame.y + frame.height, free_from = -INFINITY;
    for (guint i = 0; i < ticks->len; i++) {
        const SyTick *tick = &g_array_index(ticks, SyTick, i);
        double x = sy_axis_place(axis, tick->value);
        sy_canvas_line(canvas, SY_INK_GRID, 0.6, x, frame.y, x, bottom);
        sy_canvas_line(canvas, SY_INK_FAINT, 0.6, x, bottom, x, bottom + 3);
        double half = sy_canvas_text_width(canvas, SY_TEXT_SMALL, tick->label) / 2;
        double middle = CLAMP(x, area.x + half, area.x + area.width - half);
        if (middle - half < free_from)
            continue;
        sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK_SOFT, tick->label, middle, bottom + 11, 0.5);
        free_from = middle + half + 6;
    }
}

static void draw_axis_names(SyCanvas *canvas, const SyReportSection *section, SyRectangle area,
                            SyRectangle frame) {
    double above = frame.y - 5;
    if (section->y_label)
        sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK_SOFT, section->y_label, area.x, above, 0);
    if (section->y_right_label)
        sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK_SOFT, section->y_right_label,
                       area.x + area.width, above, 1);
    if (section->x_label)
        sy_canvas_text(canvas, SY_TEXT_SMALL, SY_INK_SOFT, section->x_label, frame.x + frame.width,
                       area.y + area.height - 1, 1);
}

static void draw_no_data(SyCanvas *canvas, SyRectangle area) {
    sy_canvas_fill(canvas, SY_INK_ZEBRA, area);
    sy_canvas_text(canvas, SY_TEXT_BODY, SY_INK_SOFT, "no data", area.x + area.width / 2,
                   area.y + area.height / 2, 0.5);
}

/* --- the figure ------------------------------------------------------------------------------- */

static GArray *y_ticks(Range range, double height, bool is_log, SyReportUnit unit) {
    int wanted = MAX((int)(height / 20), 2);
    return is_log ? sy_ticks_log(range.low, range.high, wanted, unit)
                  : sy_ticks_linear(range.low, range.high, wanted, unit);
}

static int layer_of(const SyReportSeries *series) {
    return is_mark(series) ? 2 : series->kind == SY_SERIES_LEVEL ? 0 : 1;
}

/* The first series lies on top; marks lie above lines, levels below them. */
static void draw_series(SyCanvas *canvas, const SyReportSection *section, const SyAxis *x,
                        const SyAxis y[2], SyRectangle frame) {
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, frame.x, frame.y, frame.width, frame.height);
    cairo_clip(canvas->cairo);
    for (int layer = 0; layer < 3; layer++)
        for (guint s = section->series->len; s-- > 0;) {
            const SyReportSeries *series = g_ptr_array_index(section->series, s);
            if (layer_of(series) == layer)
                sy_shape_draw(canvas, series, x, &y[series->right_axis], frame);
        }
    cairo_restore(canvas->cairo);
}

void sy_plot_draw(SyCanvas *canvas, const SyReportSection *section, SyRectangle area) {
    Range x_range = range_of_x(section);
    Range left = range_of_y(section, false), right = range_of_y(section, true);
    if (range_is_empty(x_range) || (range_is_empty(left) && range_is_empty(right))) {
        draw_no_data(canvas, area);
        return;
    }
    bool has_right = !range_is_empty(right);
    double legend_height = legend(canvas, section, area, true);
    double top = area.y + legend_height + (section->y_label || section->y_right_label ? 12 : 4);
    double bottom = area.y + area.height - (section->x_label ? 22 : 14);
    g_autoptr(GArray) left_ticks = y_ticks(left, bottom - top, section->y_log, section->y_unit);
    g_autoptr(GArray) right_ticks = y_ticks(right, bottom - top, false, SY_UNIT_NUMBER);
    SyRectangle frame = {area.x + widest_label(canvas, left_ticks) + TICK_GAP, top, 0,
                         bottom - top};
    double right_space = has_right ? widest_label(canvas, right_ticks) + TICK_GAP : 8;
    frame.width = area.x + area.width - right_space - frame.x;

    SyAxis x = {x_range.low, x_range.high, frame.x, frame.width, false};
    SyAxis y[2] = {{left.low, left.high, bottom, -frame.height, section->y_log},
                   {right.low, right.high, bottom, -frame.height, false}};
    int wanted = MAX((int)(frame.width / 62), 2);
    g_autoptr(GArray) x_ticks =
        section->x_is_time ? sy_ticks_time(x_range.low, x_range.high, wanted)
                           : sy_ticks_linear(x_range.low, x_range.high, wanted, SY_UNIT_NUMBER);
    draw_x_ticks(canvas, x_ticks, &x, area, frame);
    draw_y_ticks(canvas, left_ticks, &y[0], frame, false);
    draw_y_ticks(canvas, right_ticks, &y[1], frame, true);
    draw_series(canvas, section, &x, y, frame);
    sy_canvas_line(canvas, SY_INK_FAINT, 0.8, frame.x, bottom, frame.x + frame.width, bottom);
    draw_axis_names(canvas, section, area, frame);
}
