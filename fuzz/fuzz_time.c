/* Any text is either a time or refused; one that is, is the same after printing and reading back.
 */
#include "fuzz.h"

#include <string.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    g_autofree char *text = g_strndup((const char *)bytes, length);
    g_autoptr(GError) error = NULL;
    SyTime time, iso;
    bool read = sy_time_parse(text, 1500000000 * G_GINT64_CONSTANT(1000000000), &time, &error);
    g_assert(read == (error == NULL));
    if (sy_time_parse_iso((const char *)bytes, length, &iso)) {
        char buffer[SY_TIME_TEXT_SIZE];
        const char *printed = sy_time_format(iso, buffer);
        SyTime again;
        g_assert(sy_time_parse_iso(printed, strlen(printed), &again) && again == iso);
    }
    return 0;
}
