/* Hex values of the shared palette. Series colours follow Okabe and Ito (2008), "Color universal
 * design", darkened where a thin line on white would be too pale. */
#include "report/palette.h"

const char *const sy_palette_light[SY_PALETTE_SIZE] = {
    "#14508c", "#8a919c", "#0072b2", "#d55e00", "#00805e", "#b3396b", "#3f4650", "#a66f00",
};

const char *const sy_palette_dark[SY_PALETTE_SIZE] = {
    "#6cb4f5", "#9aa4b2", "#56b4e9", "#ff9a4d", "#2fc79b", "#ee86b7", "#c9d1db", "#e6b422",
};

const char *const sy_palette_gain = "#1f6fb4";
const char *const sy_palette_loss = "#c8501a";
