/* One scale from 0 to 1 for every kind of parameter, so that samplers need not tell them apart. */
#include "tune/parameter.h"

#include <math.h>
#include <string.h>

#include "base/csv_text.h"

enum { GRID_DIGITS = 12, DRAWN_DIGITS = 6 };
#define MOST_STEPS 0x1p52 /* that doubles count one by one */

void sy_parameter_clear(SyParameter *parameter) {
    g_free(parameter->name);
    for (gsize i = 0; i < parameter->n_choices; i++) {
        g_free(parameter->choice[i]);
        g_free(parameter->label[i]);
    }
    g_free(parameter->choice);
    g_free(parameter->label);
    if (parameter->own)
        g_free((char *)parameter->own->key);
    g_free(parameter->own);
}

/* The number that so many digits of it name. */
static double rounded(double value, int digits) {
    char text[G_ASCII_DTOSTR_BUF_SIZE], format[] = "%.00g";
    format[2] = (char)('0' + digits / 10);
    format[3] = (char)('0' + digits % 10);
    return g_ascii_strtod(g_ascii_formatd(text, sizeof text, format, value), NULL);
}

gsize sy_parameter_count(const SyParameter *parameter) {
    if (parameter->kind == SY_PARAMETER_CHOICE)
        return parameter->n_choices;
    if (!(parameter->step > 0))
        return parameter->low == parameter->high ? 1 : 0;
    /* the quotient of 0.8 and 0.05 may be a little less than 16 */
    double steps = (parameter->high - parameter->low) / parameter->step * (1 + 1e-12) + 1e-9;
    return (gsize)fmin(floor(steps), MOST_STEPS) + 1;
}

double sy_parameter_nth(const SyParameter *parameter, gsize k) {
    if (parameter->kind == SY_PARAMETER_CHOICE)
        return (double)k;
    double value = rounded(parameter->low + (double)k * parameter->step, GRID_DIGITS);
    return CLAMP(value, parameter->low, parameter->high);
}

/* Ends of the scale: of whole numbers on a logarithmic one, half a number beyond both, so that
 * each number has its part. */
static void log_ends(const SyParameter *parameter, double *from, double *to) {
    double half = parameter->step > 0 ? 0.5 * parameter->step : 0;
    *from = log(parameter->low - half);
    *to = log(parameter->high + half);
}

static double log_at(const SyParameter *parameter, double unit) {
    double from, to;
    log_ends(parameter, &from, &to);
    double value = exp(from + unit * (to - from));
    value = parameter->step > 0 ? round(value) : rounded(value, DRAWN_DIGITS);
    return CLAMP(value, parameter->low, parameter->high);
}

double sy_parameter_at(const SyParameter *parameter, double unit) {
    gsize count = sy_parameter_count(parameter);
    if (parameter->log && count != 1)
        return log_at(parameter, unit);
    if (count > 0)
        return sy_parameter_nth(parameter, MIN((gsize)(unit * (double)count), count - 1));
    double value =
        rounded(parameter->low + unit * (parameter->high - parameter->low), DRAWN_DIGITS);
    return CLAMP(value, parameter->low, parameter->high);
}

double sy_parameter_place(const SyParameter *parameter, double value) {
    gsize count = sy_parameter_count(parameter);
    if (parameter->log && count != 1) {
        double from, to;
        log_ends(parameter, &from, &to);
        return (log(value) - from) / (to - from);
    }
    if (count == 0)
        return (value - parameter->low) / (parameter->high - parameter->low);
    double k = parameter->kind == SY_PARAMETER_CHOICE ? value
               : count == 1                           ? 0
                            : round((value - parameter->low) / parameter->step);
    return (k + 0.5) / (double)count;
}

/* With a point so that TOML reads a float. */
static char *number_text(double value) {
    GString *text = g_string_new(NULL);
    sy_csv_append_number(text, value);
    if (strspn(text->str, "-0123456789") == text->len)
        g_string_append(text, ".0");
    return g_string_free(text, FALSE);
}

char *sy_parameter_text(const SyParameter *parameter, double value) {
    if (parameter->kind == SY_PARAMETER_CHOICE)
        return g_strdup(parameter->choice[(gsize)value]);
    if (parameter->kind == SY_PARAMETER_WHOLE)
        return g_strdup_printf("%.0f", value);
    return number_text(value);
}

bool sy_parameter_read(const SyParameter *parameter, const char *text, double *value) {
    if (parameter->kind == SY_PARAMETER_CHOICE) {
        for (gsize i = 0; i < parameter->n_choices; i++)
            if (strcmp(parameter->choice[i], text) == 0) {
                *value = (double)i;
                return true;
            }
        return false;
    }
    char *end = NULL;
    *value = g_ascii_strtod(text, &end);
    return end != text && !*end && *value >= parameter->low && *value <= parameter->high;
}
