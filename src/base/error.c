/* The table of error codes; every layer reports through it. */
#include "base/error.h"

/* As G_DEFINE_QUARK has it, but threads may fail at once. */
GQuark sy_error_quark(void) {
    static gint quark;
    if (!g_atomic_int_get(&quark))
        g_atomic_int_set(&quark, (gint)g_quark_from_static_string("systematica-error-quark"));
    return (GQuark)g_atomic_int_get(&quark);
}

/* clang-format off */
const SyErrorRow sy_errors[] = {
    {SY_ERROR_FAILED, 1, "failed", false},
    {SY_ERROR_USAGE, 2, "usage", false},
    {SY_ERROR_TEMPLATE, 3, "template", false},
    {SY_ERROR_DATA, 4, "data", false},
    {SY_ERROR_OUTDATED, 4, "outdated", false},
    {SY_ERROR_UNAVAILABLE, 4, "unavailable", true},
    {SY_ERROR_LOCKED, 4, "locked", true},
    {SY_ERROR_TRY_AGAIN, 4, "exit:75", true},
    {SY_ERROR_TIMEOUT, 4, "timeout", true},
    {SY_ERROR_IO, 1, "io", false},
    {SY_ERROR_HELD, 7, "held", false},
};
/* clang-format on */
const gsize sy_n_errors = G_N_ELEMENTS(sy_errors);

const SyErrorRow *sy_error_row(const GError *error) {
    if (error && error->domain == SY_ERROR)
        for (gsize i = 0; i < sy_n_errors; i++)
            if ((int)sy_errors[i].code == error->code)
                return &sy_errors[i];
    return &sy_errors[0];
}

bool(sy_fail)(GError **error, SyErrorCode code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, SY_ERROR, (int)code, message);
    return false;
}
