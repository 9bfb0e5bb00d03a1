/* The table of error codes; every layer reports through it. */
#include "base/error.h"

/* clang-format off */
G_DEFINE_QUARK(systematica-error-quark, sy_error)
/* clang-format on */

static const SyErrorRow rows[] = {
    {SY_ERROR_FAILED, 1}, {SY_ERROR_USAGE, 2},    {SY_ERROR_TEMPLATE, 3},
    {SY_ERROR_DATA, 4},   {SY_ERROR_OUTDATED, 4}, {SY_ERROR_UNAVAILABLE, 4},
    {SY_ERROR_LOCKED, 4}, {SY_ERROR_IO, 1},       {SY_ERROR_HELD, 7},
};

const SyErrorRow *sy_error_row(const GError *error) {
    if (error && error->domain == SY_ERROR)
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
            if ((int)rows[i].code == error->code)
                return &rows[i];
    return &rows[0];
}

bool(sy_fail)(GError **error, SyErrorCode code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, SY_ERROR, (int)code, message);
    return false;
}
