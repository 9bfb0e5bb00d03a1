/* Text and colours on a cairo surface. Fonts are named, hinting is off: widths do not depend on the
 * scale, so a page and a picture break at the same places, and bytes repeat. */
#include "report/draw.h"

#include <stdbool.h>
#include <stdlib.h>

#define FONT_FAMILY "DejaVu Sans"

static const struct {
    double size;
    bool bold;
} styles[SY_TEXT_STYLES] = {
    [SY_TEXT_TITLE] = {20, true},          [SY_TEXT_FIGURE] = {15, true},
    [SY_TEXT_FIGURE_SMALL] = {12.5, true}, [SY_TEXT_HEADING] = {11, true},
    [SY_TEXT_STRONG] = {8.5, true},        [SY_TEXT_BODY] = {8.5, false},
    [SY_TEXT_SMALL] = {7, false},          [SY_TEXT_SMALL_STRONG] = {7, true},
};

SyCanvas *sy_canvas_new(cairo_surface_t *surface, double scale) {
    SyCanvas *canvas = g_new0(SyCanvas, 1);
    canvas->cairo = cairo_create(surface);
    cairo_scale(canvas->cairo, scale, scale);
    cairo_set_antialias(canvas->cairo, CAIRO_ANTIALIAS_FAST); /* of lines; text has its own */
    canvas->pixel = 1 / scale;
    PangoContext *context = pango_cairo_create_context(canvas->cairo);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    canvas->layout = pango_layout_new(context);
    g_object_unref(context);
    return canvas;
}

void sy_canvas_free(SyCanvas *canvas) {
    if (!canvas)
        return;
    g_object_unref(canvas->layout);
    cairo_destroy(canvas->cairo);
    g_free(canvas);
}

guint32 sy_colour_parse(const char *hex) { return (guint32)strtoul(hex + 1, NULL, 16); }

guint32 sy_colour_mix(guint32 a, guint32 b, double share) {
    guint32 mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double from = (a >> shift) & 0xff, to = (b >> shift) & 0xff;
        mixed |= (guint32)(from + (to - from) * share + 0.5) << shift;
    }
    return mixed;
}

void sy_canvas_colour(SyCanvas *canvas, guint32 colour, double opacity) {
    cairo_set_source_rgba(canvas->cairo, ((colour >> 16) & 0xff) / 255.0,
                          ((colour >> 8) & 0xff) / 255.0, (colour & 0xff) / 255.0, opacity);
}

/* width < 0: one line, as long as it gets. */
static void set_text(SyCanvas *canvas, SyTextStyle style, const char *text, double width) {
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, FONT_FAMILY);
    pango_font_description_set_absolute_size(font, styles[style].size * PANGO_SCALE);
    pango_font_description_set_weight(font,
                                      styles[style].bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(canvas->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(canvas->layout, width < 0 ? -1 : (int)(width * PANGO_SCALE));
    pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_NONE);
    pango_layout_set_text(canvas->layout, text, -1);
}

static double layout_width(SyCanvas *canvas) {
    PangoRectangle logical;
    pango_layout_get_extents(canvas->layout, NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

double sy_canvas_text_width(SyCanvas *canvas, SyTextStyle style, const char *text) {
    set_text(canvas, style, text, -1);
    return layout_width(canvas);
}

static void show(SyCanvas *canvas, guint32 colour, double x, double baseline) {
    sy_canvas_colour(canvas, colour, 1);
    cairo_move_to(canvas->cairo, x, baseline);
    pango_cairo_show_layout_line(canvas->cairo, pango_layout_get_line_readonly(canvas->layout, 0));
}

void sy_canvas_text(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text, double x,
                    double baseline, double anchor) {
    set_text(canvas, style, text, -1);
    show(canvas, colour, anchor > 0 ? x - anchor * layout_width(canvas) : x, baseline);
}

void sy_canvas_text_cut(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text,
                        double x, double baseline, double width) {
    set_text(canvas, style, text, width);
    pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_END);
    show(canvas, colour, x, baseline);
}

double sy_canvas_paragraph(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text,
                           double x, double y, double width) {
    set_text(canvas, style, text, width);
    pango_layout_set_wrap(canvas->layout, PANGO_WRAP_WORD_CHAR);
    PangoRectangle logical;
    pango_layout_get_extents(canvas->layout, NULL, &logical);
    if (colour != SY_MEASURE) {
        sy_canvas_colour(canvas, colour, 1);
        cairo_move_to(canvas->cairo, x, y);
        pango_cairo_show_layout(canvas->cairo, canvas->layout);
    }
    return (double)logical.height / PANGO_SCALE;
}

void sy_canvas_fill(SyCanvas *canvas, guint32 colour, SyRectangle area) {
    sy_canvas_colour(canvas, colour, 1);
    cairo_rectangle(canvas->cairo, area.x, area.y, area.width, area.height);
    cairo_fill(canvas->cairo);
}

void sy_canvas_line(SyCanvas *canvas, guint32 colour, double width, double x1, double y1, double x2,
                    double y2) {
    sy_canvas_colour(canvas, colour, 1);
    cairo_set_line_width(canvas->cairo, width);
    cairo_move_to(canvas->cairo, x1, y1);
    cairo_line_to(canvas->cairo, x2, y2);
    cairo_stroke(canvas->cairo);
}
