/* A PNG encoder for one kind of picture. */
#include "report/png_file.h"

#include <stdbool.h>
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

/* Feeds bytes to the compressor and appends what it gives; false where it fails. */
static bool deflate_bytes(z_stream *stream, guint8 *bytes, gsize length, int flush,
                          GByteArray *out) {
    guint8 chunk[1 << 14];
    stream->next_in = bytes;
    stream->avail_in = (uInt)length;
    int status = Z_OK;
    do {
        stream->next_out = chunk;
        stream->avail_out = sizeof chunk;
        status = deflate(stream, flush);
        g_byte_array_append(out, chunk, (guint)(sizeof chunk - stream->avail_out));
    } while (status == Z_OK && stream->avail_out == 0);
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
}

/* Every row: the filter's number, then the differences to the row above. One row is held at a time.
 */
static bool deflate_rows(z_stream *stream, const guint8 *pixels, gsize width, gsize height,
                         gsize stride, GByteArray *out) {
    gsize length = width * 3;
    g_autofree guint8 *memory = g_malloc0(3 * length + 1);
    guint8 *row = memory, *above = memory + length, *filtered = memory + 2 * length;
    filtered[0] = FILTER_UP;
    for (gsize y = 0; y < height; y++) {
        pixels_to_rgb(pixels + y * stride, width, row);
        for (gsize i = 0; i < length; i++)
            filtered[i + 1] = (guint8)(row[i] - above[i]);
        if (!deflate_bytes(stream, filtered, length + 1, Z_NO_FLUSH, out))
            return false;
        guint8 *next = above;
        above = row, row = next;
    }
    return deflate_bytes(stream, NULL, 0, Z_FINISH, out);
}

static GByteArray *compress_pixels(const guint8 *pixels, gsize width, gsize height, gsize stride) {
    z_stream stream = {0};
    if (deflateInit(&stream, DEFLATE_LEVEL) != Z_OK)
        return NULL;
    GByteArray *out = g_byte_array_new();
    bool good = deflate_rows(&stream, pixels, width, height, stride, out);
    deflateEnd(&stream);
    if (!good)
        g_clear_pointer(&out, g_byte_array_unref);
    return out;
}

GByteArray *sy_png_encode(const guint8 *pixels, gsize width, gsize height, gsize stride) {
    static const guint8 signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const guint8 format[] = {8, 2, 0, 0, 0}; /* bits, RGB, deflate, filters, no interlace */
    g_autoptr(GByteArray) compressed = compress_pixels(pixels, width, height, stride);
    if (!compressed)
        return NULL;
    g_autoptr(GByteArray) head = g_byte_array_new();
    append_u32(head, (guint32)width);
    append_u32(head, (guint32)height);
    g_byte_array_append(head, format, sizeof format);
    GByteArray *file = g_byte_array_sized_new(compressed->len + 64);
    g_byte_array_append(file, signature, sizeof signature);
    append_chunk(file, "IHDR", head->data, head->len);
    append_chunk(file, "IDAT", compressed->data, compressed->len);
    append_chunk(file, "IEND", NULL, 0);
    return file;
}
