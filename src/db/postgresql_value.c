/* Decoding of cells: one row of a table per type of the server. */
#include "db/postgresql_value.h"

#include <endian.h>
#include <math.h>
#include <string.h>

/* How a type is read from its binary form. */
struct SyPgType {
    guint number; /* in pg_type */
    SyDbType type;
    gint64 (*integer)(SyPgCell cell);
    double (*number_of)(SyPgCell cell);
    void (*text)(SyPgCell cell, char buffer[static SY_PG_TEXT_SIZE]); /* NULL: the bytes are it */
    bool (*time)(SyPgCell cell, SyTime *time);                        /* NULL: it is none */
};

/* ── integers ──────────────────────────────────────────────────────────────────────────────── */

static gint64 read_bool(SyPgCell cell) { return *cell.bytes != 0; }

static gint64 read_int2(SyPgCell cell) {
    guint16 bits;
    memcpy(&bits, cell.bytes, sizeof bits);
    return (gint16)be16toh(bits);
}

static guint32 read_word(const char *bytes) {
    guint32 bits;
    memcpy(&bits, bytes, sizeof bits);
    return be32toh(bits);
}

static guint64 read_long(const char *bytes) {
    guint64 bits;
    memcpy(&bits, bytes, sizeof bits);
    return be64toh(bits);
}

static gint64 read_int4(SyPgCell cell) { return (gint32)read_word(cell.bytes); }

static gint64 read_oid(SyPgCell cell) { return read_word(cell.bytes); }

static gint64 read_int8(SyPgCell cell) { return (gint64)read_long(cell.bytes); }

/* ── numbers ───────────────────────────────────────────────────────────────────────────────── */

static double read_float8(SyPgCell cell) {
    guint64 bits = read_long(cell.bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* As its shortest decimal text says, which is what a reader of texts would see: 0.1, not
 * 0.10000000149. */
static double read_float4(SyPgCell cell) {
    guint32 bits = read_word(cell.bytes);
    float value;
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double number = NAN;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        return (double)value;
    for (int digits = 6; digits <= 9; digits++) {
        char format[] = "%.0g";
        format[2] = (char)('0' + digits);
        number = g_ascii_strtod(g_ascii_formatd(text, sizeof text, format, (double)value), NULL);
        if ((float)number == value)
            break;
    }
    return number;
}

/* Digits to base 10000 behind a header of four 16-bit numbers: how many, the weight of the first,
 * the sign, the decimals shown. */
static double read_numeric(SyPgCell cell) {
    enum {
        header = 8,
        negative = 0x4000,
        not_a_number = 0xC000,
        infinite = 0xD000,
        minus = 0xF000
    };
    guint16 word[4];
    memcpy(word, cell.bytes, sizeof word);
    int digits = be16toh(word[0]), weight = (gint16)be16toh(word[1]), sign = be16toh(word[2]);
    if (sign == not_a_number)
        return NAN;
    if (sign == infinite || sign == minus)
        return sign == minus ? -INFINITY : INFINITY;
    g_autoptr(GString) text = g_string_new(sign == negative ? "-0" : "0");
    for (int i = 0; i < digits && header + 2 * (gsize)i + 2 <= cell.length; i++) {
        guint16 digit;
        memcpy(&digit, cell.bytes + header + 2 * i, sizeof digit);
        g_string_append_printf(text, "%04d", be16toh(digit));
    }
    g_string_append_printf(text, "e%d", 4 * (weight - digits + 1));
    return g_ascii_strtod(text->str, NULL);
}

/* ── times ─────────────────────────────────────────────────────────────────────────────────── */

#define DAY_MICROSECONDS G_GINT64_CONSTANT(86400000000)

static char *put(char *p, gint64 value, int digits) {
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + digits;
}

/* A day since 2000-01-01 in the calendar. Shifted to years that begin in March, so that the day
 * that comes and goes is the last of one. */
static char *put_day(char *p, gint64 day) {
    enum { to_march_of_year_zero = 730425, era_days = 146097 };
    day += to_march_of_year_zero;
    gint64 era = (day >= 0 ? day : day - era_days + 1) / era_days;
    gint64 of_era = day - era * era_days;
    gint64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    gint64 of_year = of_era - (365 * year + year / 4 - year / 100);
    gint64 month = (5 * of_year + 2) / 153;
    gint64 of_month = of_year - (153 * month + 2) / 5 + 1;
    year += era * 400 + (month >= 10);
    month += month < 10 ? 3 : -9;
    if (year < 0 || year > 9999) /* no time of a market; said as no reader of times takes it */
        return p + g_snprintf(p, SY_PG_TEXT_SIZE / 2, "year %" G_GINT64_FORMAT, year);
    p = put(p, year, 4);
    *p++ = '-';
    p = put(p, month, 2);
    *p++ = '-';
    return put(p, of_month, 2);
}

static void date_text(SyPgCell cell, char buffer[static SY_PG_TEXT_SIZE]) {
    gint64 day = read_int4(cell);
    if (day == G_MAXINT32 || day == G_MININT32)
        g_strlcpy(buffer, day > 0 ? "infinity" : "-infinity", SY_PG_TEXT_SIZE);
    else
        *put_day(buffer, day) = '\0';
}

static void stamp_text(SyPgCell cell, char buffer[static SY_PG_TEXT_SIZE]) {
    gint64 time = read_int8(cell);
    if (time == G_MAXINT64 || time == G_MININT64) {
        g_strlcpy(buffer, time > 0 ? "infinity" : "-infinity", SY_PG_TEXT_SIZE);
        return;
    }
    gint64 day = time / DAY_MICROSECONDS, rest = time % DAY_MICROSECONDS;
    if (rest < 0) {
        day--;
        rest += DAY_MICROSECONDS;
    }
    char *p = put_day(buffer, day);
    *p++ = ' ';
    p = put(p, rest / 3600000000, 2);
    *p++ = ':';
    p = put(p, rest / 60000000 % 60, 2);
    *p++ = ':';
    p = put(p, rest / 1000000 % 60, 2);
    gint64 fraction = rest % 1000000;
    if (fraction) {
        *p++ = '.';
        p = put(p, fraction, 6);
    }
    *p = '\0';
}

/* Nanoseconds since 1970 of so many units since 2000; false where they do not fit. */
static bool since_2000(gint64 count, gint64 unit, SyTime *time) {
    const SyTime year_2000 = 10957 * SY_DAY;
    return !__builtin_mul_overflow(count, unit, time) &&
           !__builtin_add_overflow(*time, year_2000, time);
}

static bool date_time(SyPgCell cell, SyTime *time) {
    return since_2000(read_int4(cell), SY_DAY, time);
}

static bool stamp_time(SyPgCell cell, SyTime *time) {
    const gint64 microsecond = 1000;
    return since_2000(read_int8(cell), microsecond, time);
}

/* ── the table ─────────────────────────────────────────────────────────────────────────────── */

static void number_text(SyPgCell cell, char buffer[static SY_PG_TEXT_SIZE]) {
    g_ascii_formatd(buffer, SY_PG_TEXT_SIZE, "%.17g", sy_pg_cell_number(cell));
}

static void integer_text(SyPgCell cell, char buffer[static SY_PG_TEXT_SIZE]) {
    g_snprintf(buffer, SY_PG_TEXT_SIZE, "%" G_GINT64_FORMAT, sy_pg_cell_integer(cell));
}

static const SyPgType types[] = {
    {16, SY_DB_INTEGER, read_bool, NULL, integer_text},
    {21, SY_DB_INTEGER, read_int2, NULL, integer_text},
    {23, SY_DB_INTEGER, read_int4, NULL, integer_text},
    {20, SY_DB_INTEGER, read_int8, NULL, integer_text},
    {26, SY_DB_INTEGER, read_oid, NULL, integer_text},
    {701, SY_DB_NUMBER, NULL, read_float8, number_text},
    {700, SY_DB_NUMBER, NULL, read_float4, number_text},
    {1700, SY_DB_NUMBER, NULL, read_numeric, number_text},
    {1114, SY_DB_TEXT, NULL, NULL, stamp_text,
     stamp_time}, /* timestamp, timestamptz: µs since 2000, UTC */
    {1184, SY_DB_TEXT, NULL, NULL, stamp_text, stamp_time},
    {1082, SY_DB_TEXT, NULL, NULL, date_text, date_time},
    {25, SY_DB_TEXT, NULL, NULL, NULL},   /* text */
    {1043, SY_DB_TEXT, NULL, NULL, NULL}, /* varchar */
    {1042, SY_DB_TEXT, NULL, NULL, NULL}, /* char(n), padded with blanks */
    {19, SY_DB_TEXT, NULL, NULL, NULL},   /* name */
    {18, SY_DB_TEXT, NULL, NULL, NULL},   /* "char" */
    {114, SY_DB_TEXT, NULL, NULL, NULL},  /* json */
    {17, SY_DB_BLOB, NULL, NULL, NULL},
};
enum { PADDED = 1042 };

/* What is read as the text that the server makes of it: names of an enumeration, UUIDs, … */
static const SyPgType other = {0, SY_DB_TEXT, NULL, NULL, NULL};

char *sy_pg_quote(const char *identifier) {
    g_auto(GStrv) parts = g_strsplit(identifier, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);
    return g_strdup_printf("\"%s\"", doubled);
}

bool sy_pg_column_init(SyPgColumn *column, guint type) {
    *column = (SyPgColumn){.type = &other};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].number == type)
            column->type = &types[i];
    return column->type != &other;
}

void sy_pg_column_clear(SyPgColumn *column) {
    g_clear_pointer(&column->decoded, g_byte_array_unref);
}

SyDbType sy_pg_cell_type(SyPgCell cell) {
    return cell.bytes ? cell.column->type->type : SY_DB_NULL;
}

gint64 sy_pg_cell_integer(SyPgCell cell) {
    const SyPgType *type = cell.column->type;
    if (!cell.bytes)
        return 0;
    if (!cell.column->binary && type->type == SY_DB_INTEGER)
        return *cell.bytes == 't' ? 1 : g_ascii_strtoll(cell.bytes, NULL, 10);
    if (cell.column->binary && type->integer)
        return type->integer(cell);
    double number = sy_pg_cell_number(cell);
    return fabs(number) < 0x1p63 ? (gint64)number : 0;
}

double sy_pg_cell_number(SyPgCell cell) {
    const SyPgType *type = cell.column->type;
    if (!cell.bytes)
        return NAN;
    if (type->type == SY_DB_INTEGER)
        return (double)sy_pg_cell_integer(cell);
    if (cell.column->binary && type->number_of)
        return type->number_of(cell);
    return g_ascii_strtod(cell.bytes, NULL); /* "NaN" and "Infinity" as well */
}

bool sy_pg_cell_time(SyPgCell cell, SyTime *time) {
    const SyPgType *type = cell.column->type;
    if (!cell.bytes || !type->time)
        return false;
    return cell.column->binary ? type->time(cell, time)
                               : sy_time_parse_iso(cell.bytes, cell.length, time);
}

const char *sy_pg_cell_text(SyPgCell cell, gsize *length) {
    SyPgColumn *column = cell.column;
    const char *text = cell.bytes;
    gsize n = cell.length;
    if (text && column->binary && column->type->text) {
        column->type->text(cell, column->text);
        text = column->text;
        n = strlen(text);
    }
    if (text && column->type->number == PADDED && n && text[n - 1] == ' ') {
        while (n && text[n - 1] == ' ')
            n--;
        ((char *)text)[n] = '\0'; /* the row's own memory, read by nobody else */
    }
    if (length)
        *length = n;
    return text;
}

/* Bytes as the text \x6162…. */
static void decode_hex(SyPgCell cell, GByteArray *bytes) {
    g_byte_array_set_size(bytes, 0);
    for (gsize i = 2; i + 1 < cell.length; i += 2) {
        guint8 byte = (guint8)(g_ascii_xdigit_value(cell.bytes[i]) << 4 |
                               g_ascii_xdigit_value(cell.bytes[i + 1]));
        g_byte_array_append(bytes, &byte, 1);
    }
}

gconstpointer sy_pg_cell_blob(SyPgCell cell, gsize *length) {
    SyPgColumn *column = cell.column;
    *length = cell.length;
    if (!cell.bytes || cell.length == 0)
        return NULL;
    if (column->binary || column->type->type != SY_DB_BLOB)
        return cell.bytes;
    if (!column->decoded)
        column->decoded = g_byte_array_new();
    decode_hex(cell, column->decoded);
    *length = column->decoded->len;
    return column->decoded->len ? column->decoded->data : NULL;
}
