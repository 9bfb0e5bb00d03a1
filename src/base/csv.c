/* CSV: one buffer that slides over the (uncompressed) bytes; the fields of a record are unquoted
 * and terminated in place. */
#include "base/csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include <glib/gstdio.h>

#include "base/error.h"

enum { chunk = 256 * 1024, record_most = 1024 * 1024 };

struct SyCsv {
    char *path;
    gzFile file; /* NULL: they come from the source */
    SyCsvSource source;
    double size;  /* of the file, bytes */
    char *buffer; /* [capacity + 1] */
    gsize capacity;
    gsize begin, end; /* bytes read and not yet used */
    bool at_end;      /* nothing left to read */
    gsize line, next_line;
    char **names;
    SyCsvField *fields; /* [columns] */
    gsize columns, found;
};

static bool fail_at(const SyCsv *csv, GError **error, const char *what) {
    return sy_fail(error, SY_ERROR_DATA, "%s:%" G_GSIZE_FORMAT ": %s", csv->path, csv->line, what);
}

/* Reads up to a chunk behind what is there. */
static bool read_file(SyCsv *csv, GError **error) {
    int got = gzread(csv->file, csv->buffer + csv->end, chunk);
    int state;
    const char *reason = gzerror(csv->file, &state);
    if (got < 0 || (state != Z_OK && state != Z_STREAM_END))
        return sy_fail(error, SY_ERROR_IO, "%s: cannot be read to its end: %s", csv->path,
                       state == Z_ERRNO       ? g_strerror(errno)
                       : state == Z_BUF_ERROR ? "the file is truncated"
                                              : reason);
    csv->end += (gsize)got;
    csv->at_end = got < chunk;
    return true;
}

static void read_source(SyCsv *csv) {
    gsize got = csv->source.read(csv->source.data, csv->buffer + csv->end, chunk);
    csv->end += got;
    csv->at_end = got == 0;
}

/* Reads more behind what is there. */
static bool fill(SyCsv *csv, GError **error) {
    if (csv->begin) {
        memmove(csv->buffer, csv->buffer + csv->begin, csv->end - csv->begin);
        csv->end -= csv->begin;
        csv->begin = 0;
    }
    if (csv->end > record_most)
        return fail_at(csv, error, "a record is longer than 1 MiB (a quote that is never closed?)");
    if (csv->capacity - csv->end < chunk) {
        csv->capacity = csv->end + chunk;
        csv->buffer = g_realloc(csv->buffer, csv->capacity + 1);
    }
    gsize before = csv->end;
    if (!csv->file)
        read_source(csv);
    else if (!read_file(csv, error))
        return false;
    return !memchr(csv->buffer + before, '\0', csv->end - before) ||
           sy_fail(error, SY_ERROR_DATA, "%s: %s", csv->path,
                   csv->file ? "is no text" : "what it printed is no text");
}

static bool add_field(SyCsv *csv, char *text, gsize length, GError **error) {
    if (csv->columns && csv->found == csv->columns)
        return fail_at(csv, error, "more fields than the header has columns");
    bool is_full = (csv->found & (csv->found - 1)) == 0; /* at 0 and at each power of two */
    if (!csv->columns && is_full)                        /* the header itself */
        csv->fields = g_renew(SyCsvField, csv->fields, MAX(2 * csv->found, 1));
    csv->fields[csv->found++] = (SyCsvField){text, length};
    return true;
}

/* One past the end of the record that begins at `begin`, on its line feed or at the end of the
 * data; NULL where more has to be read. */
static char *record_end(const SyCsv *csv) {
    char *p = csv->buffer + csv->begin, *end = csv->buffer + csv->end;
    char *feed = memchr(p, '\n', (gsize)(end - p));
    char *stop = feed ? feed : end;
    if (!memchr(p, '"', (gsize)(stop - p)))
        return feed || csv->at_end ? stop : NULL;
    bool quoted = false;
    for (; p < end; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p == '\n' && !quoted)
            return p;
    }
    return csv->at_end ? end : NULL;
}

/* Unquotes a field that begins with a quote, in place; *p moves behind it. */
static bool read_quoted(SyCsv *csv, char **p, char *end, GError **error) {
    char *text = ++*p, *to = text;
    while (*p < end) {
        if (**p == '"') {
            if (*p + 1 == end || (*p)[1] != '"')
                break;
            ++*p;
        } else if (**p == '\n') {
            csv->next_line++;
        }
        *to++ = *(*p)++;
    }
    if (*p == end)
        return fail_at(csv, error, "a quote is never closed");
    ++*p;
    if (*p < end && **p != ',')
        return fail_at(csv, error, "text behind a closing quote");
    *to = '\0';
    return add_field(csv, text, (gsize)(to - text), error);
}

static bool split(SyCsv *csv, char *p, char *end, GError **error) {
    csv->found = 0;
    for (;;) {
        if (p < end && *p == '"') {
            if (!read_quoted(csv, &p, end, error))
                return false;
        } else {
            char *comma = memchr(p, ',', (gsize)(end - p)), *stop = comma ? comma : end;
            if (!add_field(csv, p, (gsize)(stop - p), error))
                return false;
            p = stop;
        }
        bool last = p == end;
        *p++ = '\0';
        if (last)
            return true;
    }
}

SyCsvStep sy_csv_next(SyCsv *csv, GError **error) {
    char *end;
    for (;;) {
        csv->line = csv->next_line;
        while (!(end = record_end(csv)))
            if (!fill(csv, error))
                return SY_CSV_FAILED;
        char *begin = csv->buffer + csv->begin;
        if (begin == csv->buffer + csv->end && csv->at_end)
            return SY_CSV_END;
        csv->begin = MIN((gsize)(end + 1 - csv->buffer), csv->end);
        csv->next_line++;
        if (end > begin && end[-1] == '\r')
            end--;
        if (end == begin)
            continue;
        if (!split(csv, begin, end, error))
            return SY_CSV_FAILED;
        if (csv->columns && csv->found < csv->columns) {
            fail_at(csv, error, "fewer fields than the header has columns");
            return SY_CSV_FAILED;
        }
        return SY_CSV_RECORD;
    }
}

/* Columns may be nameless, but no two may be called alike. A header may have any number of them. */
static bool check_names(const SyCsv *csv, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **name = csv->names; *name; name++)
        if (**name && !g_hash_table_add(seen, *name))
            return sy_fail(error, SY_ERROR_DATA,
                           "%s:%" G_GSIZE_FORMAT ": two columns are called \"%s\"", csv->path,
                           csv->line, *name);
    return true;
}

static bool read_header(SyCsv *csv, GError **error) {
    static const char mark[] = "\xef\xbb\xbf";
    while (csv->end < strlen(mark) && !csv->at_end)
        if (!fill(csv, error))
            return false;
    if (csv->end >= strlen(mark) && memcmp(csv->buffer, mark, strlen(mark)) == 0)
        csv->begin = strlen(mark);
    SyCsvStep step = sy_csv_next(csv, error);
    if (step != SY_CSV_RECORD)
        return step == SY_CSV_END &&
               sy_fail(error, SY_ERROR_DATA, "%s: %s; a header line is expected", csv->path,
                       csv->file ? "is empty" : "printed nothing");
    csv->columns = csv->found;
    csv->names = g_new0(char *, csv->columns + 1);
    for (gsize i = 0; i < csv->columns; i++)
        csv->names[i] = g_strstrip(g_strdup(csv->fields[i].text));
    return check_names(csv, error);
}

SyCsv *sy_csv_open(const char *path, GError **error) {
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: is a folder, not a file", path);
        return NULL;
    }
    g_autoptr(SyCsv) csv = g_new0(SyCsv, 1);
    csv->path = g_strdup(path);
    csv->next_line = 1;
    csv->file = gzopen(path, "rb");
    if (!csv->file) {
        sy_fail(error, SY_ERROR_UNAVAILABLE, "%s: cannot be read: %s", path, g_strerror(errno));
        return NULL;
    }
    gzbuffer(csv->file, chunk);
    GStatBuf status;
    csv->size = g_stat(path, &status) == 0 ? (double)status.st_size : 0;
    return read_header(csv, error) ? g_steal_pointer(&csv) : NULL;
}

SyCsv *sy_csv_open_source(const char *name, const SyCsvSource *source, GError **error) {
    g_autoptr(SyCsv) csv = g_new0(SyCsv, 1);
    csv->path = g_strdup(name);
    csv->next_line = 1;
    csv->source = *source;
    return read_header(csv, error) ? g_steal_pointer(&csv) : NULL;
}

void sy_csv_free(SyCsv *csv) {
    if (!csv)
        return;
    if (csv->file)
        gzclose(csv->file);
    g_strfreev(csv->names);
    g_free(csv->fields);
    g_free(csv->buffer);
    g_free(csv->path);
    g_free(csv);
}

const char *const *sy_csv_names(const SyCsv *csv) { return (const char *const *)csv->names; }

int sy_csv_column(const SyCsv *csv, const char *name) {
    int loose = -1;
    for (int i = 0; csv->names[i]; i++) {
        if (strcmp(csv->names[i], name) == 0)
            return i;
        if (loose < 0 && g_ascii_strcasecmp(csv->names[i], name) == 0)
            loose = i;
    }
    return loose;
}

const SyCsvField *sy_csv_fields(const SyCsv *csv) { return csv->fields; }
gsize sy_csv_line(const SyCsv *csv) { return csv->line; }
double sy_csv_fraction(const SyCsv *csv) {
    return csv->size > 0 ? MIN((double)gzoffset(csv->file) / csv->size, 1) : 1;
}

const char *sy_csv_path(const SyCsv *csv) { return csv->path; }

/* Up to 15 digits and a power of ten up to 22 are exact in a double, and so is their quotient when
 * rounded once (Clinger 1990, PLDI 25(6), 92-101). False where that does not apply. */
static bool read_short_decimal(const char *p, double *value) {
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *p == '-';
    guint64 digits = 0;
    int n = 0, decimals = 0;
    p += negative;
    for (; g_ascii_isdigit(*p) && n < 16; p++, n++)
        digits = digits * 10 + (guint64)(*p - '0');
    if (*p == '.')
        for (p++; g_ascii_isdigit(*p) && n < 16; p++, n++, decimals++)
            digits = digits * 10 + (guint64)(*p - '0');
    if (*p || n == 0 || n > 15)
        return false;
    *value = (double)digits / powers[decimals];
    if (negative)
        *value = -*value;
    return true;
}

bool sy_csv_number(const SyCsvField *field, double *value) {
    const char *text = field->text, *end = text + field->length;
    while (text < end && *text == ' ')
        text++;
    while (end > text && end[-1] == ' ')
        end--;
    gsize length = (gsize)(end - text);
    bool sign = length == 4 && *text == '-'; /* as C's printf writes the NaN of 0/0 */
    *value = NAN;
    if (length == 0 ||
        (length == 3 + (gsize)sign && g_ascii_strncasecmp(text + sign, "nan", 3) == 0) ||
        (length == 4 && g_ascii_strncasecmp(text, "null", 4) == 0))
        return true;
    if (read_short_decimal(text, value))
        return true;
    char *stop = NULL;
    *value = g_ascii_strtod(text, &stop);
    bool decimal = strspn(text, "+-.0123456789eE") >= length;
    return stop == end && (decimal || isinf(*value));
}
