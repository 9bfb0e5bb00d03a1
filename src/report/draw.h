/* The canvas of pictures and pages: text and colours over cairo and pango. Lengths are points; the
 * PNG sheet scales them. Used by plot, heatmap, table, png and pdf. */
#ifndef SY_REPORT_DRAW_H
#define SY_REPORT_DRAW_H

#include <glib.h>
#include <pango/pangocairo.h>

typedef struct {
    cairo_t *cairo;
    PangoLayout *layout;
    double pixel; /* the smallest width worth drawing, in points */
} SyCanvas;

typedef struct {
    double x, y, width, height;
} SyRectangle;

/* Styles of text: size and weight. */
typedef enum {
    SY_TEXT_TITLE,
    SY_TEXT_FIGURE, /* highlights; the next ones where it is too wide */
    SY_TEXT_FIGURE_SMALL,
    SY_TEXT_HEADING,
    SY_TEXT_STRONG,
    SY_TEXT_BODY,
    SY_TEXT_SMALL,
    SY_TEXT_SMALL_STRONG,
    SY_TEXT_STYLES,
} SyTextStyle;

#define SY_INK 0x1b2430u        /* text */
#define SY_INK_SOFT 0x5c6673u   /* notes, axes */
#define SY_INK_FAINT 0xc9d0d8u  /* frames */
#define SY_INK_GRID 0xe6eaeeu   /* grid lines */
#define SY_INK_ZEBRA 0xf5f7f9u  /* every second row */
#define SY_INK_GROUND 0xf1f5f9u /* boxes */
#define SY_INK_WHITE 0xffffffu
#define SY_INK_WARNING 0x9a4a00u

/* A canvas on a surface whose units are points · scale. */
SyCanvas *sy_canvas_new(cairo_surface_t *surface, double scale);
void sy_canvas_free(SyCanvas *canvas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyCanvas, sy_canvas_free)

/* "#rrggbb" as a number. */
guint32 sy_colour_parse(const char *hex);
/* Between a (share 0) and b (share 1). */
guint32 sy_colour_mix(guint32 a, guint32 b, double share);
void sy_canvas_colour(SyCanvas *canvas, guint32 colour, double opacity);

double sy_canvas_text_width(SyCanvas *canvas, SyTextStyle style, const char *text);

/* One line of text on a baseline. anchor: the share of its width that lies left of x (0, 0.5, 1).
 */
void sy_canvas_text(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text, double x,
                    double baseline, double anchor);

/* The same, cut with an ellipsis where it is wider than `width`; x is its left end. */
void sy_canvas_text_cut(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text,
                        double x, double baseline, double width);

/* Wrapped text below y. Returns its height; draws nothing where colour is SY_MEASURE. */
#define SY_MEASURE G_MAXUINT32
double sy_canvas_paragraph(SyCanvas *canvas, SyTextStyle style, guint32 colour, const char *text,
                           double x, double y, double width);

void sy_canvas_fill(SyCanvas *canvas, guint32 colour, SyRectangle area);
void sy_canvas_line(SyCanvas *canvas, guint32 colour, double width, double x1, double y1, double x2,
                    double y2);

#endif
