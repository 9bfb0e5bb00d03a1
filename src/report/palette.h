/* The colours of every report, whoever draws it: eight for series, told apart with the usual kinds
 * of colour blindness and good on paper; lighter ones for dark screens; a diverging pair for
 * heatmaps. */
#ifndef SY_REPORT_PALETTE_H
#define SY_REPORT_PALETTE_H

#define SY_PALETTE_SIZE 8

/* What a colour is used for, so that one thing has one colour in every figure. */
typedef enum {
    SY_COLOUR_STRATEGY,
    SY_COLOUR_BENCHMARK,
    SY_COLOUR_FIRST_LEG,
    SY_COLOUR_SECOND_LEG,
    SY_COLOUR_LONG,
    SY_COLOUR_SHORT,
    SY_COLOUR_EXIT,
    SY_COLOUR_LEVEL,
} SyColour;

extern const char *const sy_palette_light[SY_PALETTE_SIZE]; /* "#rrggbb", on white */
extern const char *const sy_palette_dark[SY_PALETTE_SIZE];  /* the same on a dark ground */

/* Ends of the heatmap's scale; white (or the ground) is 0. */
extern const char *const sy_palette_gain, *const sy_palette_loss;

#endif
