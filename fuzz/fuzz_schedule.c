/* Any text is a schedule or refused with a reason, as words, as cron and as a time of day; what is
 * a schedule goes forward. */
#include "fuzz.h"

#include "schedule/schedule.h"

static void try_one(const SyScheduleConfig *config) {
    const char *key = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(SySchedule) schedule =
        sy_schedule_new(config, (SyTimeframe){SY_HOUR, 0}, &key, &error);
    g_assert((schedule == NULL) == (error != NULL));
    g_assert((schedule == NULL) == (key != NULL));
    SyTime slot = 1710057600 * SY_SECOND; /* the day before New York's clocks change */
    for (int i = 0; schedule && i < 3 && slot != SY_TIME_NONE; i++) {
        SyTime next = sy_schedule_next(schedule, slot);
        g_assert(next == SY_TIME_NONE || next > slot);
        slot = next;
    }
    if (schedule) {
        g_autofree char *text = sy_schedule_describe(schedule);
        g_assert(text != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    g_autofree char *text = g_strndup((const char *)bytes, length);
    char *const new_york = (char *)"America/New_York", *const market = (char *)"XNYS";
    const SyScheduleConfig configs[] = {
        {.every = text},
        {.every = text, .timezone = new_york},
        {.every = text, .calendar = market},
        {.cron = text, .timezone = new_york, .dst = length % 3},
        {.at = text, .calendar = market},
        {.every = (char *)"5m", .until = text, .delay = text, .timezone = new_york},
        {.timezone = text, .at = (char *)"10:00"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(configs); i++)
        try_one(&configs[i]);
    return 0;
}
