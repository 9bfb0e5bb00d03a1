/* Pixels as a PNG file. */
#ifndef SY_REPORT_PNG_FILE_H
#define SY_REPORT_PNG_FILE_H

#include <glib.h>

/* A PNG of 8-bit RGB from pixels of 0x00rrggbb, `stride` bytes a row. NULL where the compressor
 * fails (out of memory). Made for charts: each row is stored as its difference to the one above,
 * which is nearly all zeros, so a fast level of deflate does what libpng's search for the best
 * filter takes five times as long for.
 * Source: PNG (Portable Network Graphics) Specification, third edition, W3C */
GByteArray *sy_png_encode(const guint8 *pixels, gsize width, gsize height, gsize stride);

#endif
