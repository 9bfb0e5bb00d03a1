/* Cells of CSV files. Tables of tens of thousands of rows are written in a few milliseconds, so
 * integers and times are put together by hand. */
#include "base/csv_text.h"

#include <math.h>
#include <string.h>

#include "base/number_shim.h"

void sy_csv_append_integer(GString *out, gint64 value) {
    char digits[24];
    gsize at = sizeof digits;
    guint64 rest = value < 0 ? 0 - (guint64)value : (guint64)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    g_string_append_len(out, digits + at, (gssize)(sizeof digits - at));
}

void sy_csv_append_number(GString *out, double value) {
    if (isnan(value))
        return;
    if (isinf(value)) {
        g_string_append(out, value > 0 ? "inf" : "-inf");
        return;
    }
    char text[SY_NUMBER_SIZE];
    g_string_append_len(out, text, (gssize)sy_number_shortest(text, value));
}

static void put_two(char *at, int value) {
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

void sy_csv_append_time(GString *out, SyTime time) {
    if (time == SY_TIME_NONE)
        return;
    gint64 day = time / SY_DAY - (time % SY_DAY < 0 ? 1 : 0);
    gint64 rest = time - day * SY_DAY;
    SyDate date = sy_date_from_days(day);
    if (rest % SY_SECOND || date.year < 0 || date.year > 9999) {
        char buffer[SY_TIME_TEXT_SIZE];
        g_string_append(out, sy_time_format(time, buffer));
        return;
    }
    int second = (int)(rest / SY_SECOND);
    char text[] = "0000-00-00T00:00:00Z";
    put_two(text, date.year / 100);
    put_two(text + 2, date.year % 100);
    put_two(text + 5, date.month);
    put_two(text + 8, date.day);
    put_two(text + 11, second / 3600);
    put_two(text + 14, second / 60 % 60);
    put_two(text + 17, second % 60);
    g_string_append_len(out, text, sizeof text - 1);
}

void sy_csv_append_text(GString *out, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}
