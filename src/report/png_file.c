/* A PNG encoder for one kind of picture. */
#include "report/png_file.h"

#include <string.h>
#include <zlib.h>

#define FILTER_UP 2
#define DEFLATE_LEVEL 3

static void append_u32(GByteArray *file, guint32 value) {
    guint32 big_endian = GUINT32_TO_BE(value);
    g_byte_array_append(file, (const guint8 *)&big_endian, sizeof big_endian);
}

/* Length, type, content, check sum of type and content. */
static void append_chunk(GByteArray *file, const char *type, const guint8 *content, gsize length) {
    append_u32(file, (guint32)length);
    guint start = file->len;
    g_byte_array_append(file, (const guint8 *)type, 4);
    g_byte_array_append(file, content, (guint)length);
    append_u32(file, (guint32)crc32(0, file->data + start, file->len - start));
}

static void pixels_to_rgb(const guint8 *row, gsize width, guint8 *rgb) {
    for (gsize x = 0; x < width; x++) {
        guint32 pixel;
        memcpy(&pixel, row + x * sizeof pixel, sizeof pixel);
        rgb[x * 3] = (guint8)(pixel >> 16);
        rgb[x * 3 + 1] = (guint8)(pixel >> 8);
        rgb[x * 3 + 2] = (guint8)pixel;
    }
}

/* The filter's number, then the differences to the row above, for every row. */
static guint8 *filter_rows(const guint8 *pixels, gsize width, gsize height, gsize stride) {
    gsize length = width * 3;
    guint8 *filtered = g_malloc(height * (length + 1));
    g_autofree guint8 *rgb = g_malloc(2 * length);
    guint8 *row = rgb, *above = rgb + length;
    memset(above, 0, length);
    for (gsize y = 0; y < height; y++) {
        guint8 *out = filtered + y * (length + 1);
        pixels_to_rgb(pixels + y * stride, width, row);
        out[0] = FILTER_UP;
        for (gsize i = 0; i < length; i++)
            out[i + 1] = (guint8)(row[i] - above[i]);
        guint8 *next = above;
        above = row, row = next;
    }
    return filtered;
}

GByteArray *sy_png_encode(const guint8 *pixels, gsize width, gsize height, gsize stride) {
    static const guint8 signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    gsize length = height * (width * 3 + 1);
    uLongf compressed_length = compressBound(length);
    g_autofree guint8 *filtered = filter_rows(pixels, width, height, stride);
    g_autofree guint8 *compressed = g_malloc(compressed_length);
    if (compress2(compressed, &compressed_length, filtered, length, DEFLATE_LEVEL) != Z_OK)
        return NULL;
    GByteArray *file = g_byte_array_new();
    g_byte_array_append(file, signature, sizeof signature);
    GByteArray *head = g_byte_array_new();
    append_u32(head, (guint32)width);
    append_u32(head, (guint32)height);
    static const guint8 format[] = {8, 2, 0, 0, 0}; /* bits, RGB, deflate, filters, no interlace */
    g_byte_array_append(head, format, sizeof format);
    append_chunk(file, "IHDR", head->data, head->len);
    append_chunk(file, "IDAT", compressed, compressed_length);
    append_chunk(file, "IEND", NULL, 0);
    g_byte_array_unref(head);
    return file;
}
