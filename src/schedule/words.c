/* The words of `every`: those of Python's `schedule` and of vectorbt's wrapper of it, as one text.
 *
 *     [every] [N [to M]] UNIT|WEEKDAY [at] [CLOCK [ZONE]]
 *
 * What they mean differs from there in one thing, on purpose: counting starts at the epoch (weeks
 * at Monday) and not at the moment of the call, so that a restart changes nothing. */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "schedule/clock.h"
#include "schedule/schedule.h"

enum { NTH_MAX = 1000 };

/* Forms of a time behind a unit. */
typedef enum { NO_CLOCK, SECONDS, MINUTES_SECONDS, HOURS_MINUTES } ClockForm;

typedef struct {
    const char *name; /* plural: + s */
    const char *timeframe;
    ClockForm form;
    SyCount count;
} Unit;

static const Unit units[] = {
    {"second", "s", NO_CLOCK, SY_COUNT_NONE},       {"minute", "m", SECONDS, SY_COUNT_MINUTES},
    {"hour", "h", MINUTES_SECONDS, SY_COUNT_HOURS}, {"day", "d", HOURS_MINUTES, SY_COUNT_DAYS},
    {"week", "w", NO_CLOCK, SY_COUNT_WEEKS},        {"month", "M", NO_CLOCK, SY_COUNT_MONTHS},
    {"year", "y", NO_CLOCK, SY_COUNT_MONTHS},
};

static const char *const form_texts[] = {
    [NO_CLOCK] = "takes no time of day",
    [SECONDS] = "takes \":SS\"",
    [MINUTES_SECONDS] = "takes \":MM\" or \"MM:SS\"",
    [HOURS_MINUTES] = "takes \"HH:MM\" or \"HH:MM:SS\"",
};

/* What the text says, part by part. */
typedef struct {
    int n, to; /* 0: not said */
    const Unit *unit;
    int weekday; /* −1: none */
    const char *clock, *zone;
} Said;

static const Unit *unit_find(const char *word) {
    static const struct {
        const char *word, *unit;
    } adverbs[] = {{"secondly", "second"}, {"minutely", "minute"}, {"hourly", "hour"},
                   {"daily", "day"},       {"weekly", "week"},     {"monthly", "month"},
                   {"yearly", "year"}};
    for (gsize i = 0; i < G_N_ELEMENTS(adverbs); i++)
        if (g_ascii_strcasecmp(word, adverbs[i].word) == 0)
            word = adverbs[i].unit;
    gsize length = strlen(word);
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        gsize whole = strlen(units[i].name);
        bool plural = length == whole + 1 && g_ascii_tolower(word[whole]) == 's';
        if ((length == whole || plural) && g_ascii_strncasecmp(word, units[i].name, whole) == 0)
            return &units[i];
    }
    /* "m", "min", "h" … as in timeframes */
    SyTimeframe one, wanted;
    if (!g_ascii_isalpha(*word) || !sy_timeframe_parse(word, &wanted, NULL))
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (sy_timeframe_parse(units[i].timeframe, &one, NULL) && sy_timeframe_equal(one, wanted))
            return &units[i];
    return NULL;
}

/* A positive count without a unit; 0 where the word is none. */
static int count_of(const char *word) {
    gsize digits = strspn(word, "0123456789");
    if (digits == 0 || word[digits] || digits > 7)
        return 0;
    return (int)g_ascii_strtoll(word, NULL, 10);
}

/* The number of words that were understood. */
static guint read_said(char *const *word, guint n, Said *said) {
    *said = (Said){.weekday = -1};
    guint i = 0;
    if (i < n && g_ascii_strcasecmp(word[i], "every") == 0)
        i++;
    if (i < n && (said->n = count_of(word[i])) > 0)
        i++;
    if (said->n && i + 1 < n && g_ascii_strcasecmp(word[i], "to") == 0 &&
        (said->to = count_of(word[i + 1])) > 0)
        i += 2;
    if (i < n && ((said->weekday = sy_weekday_find(word[i])) >= 0 ||
                  (said->unit = unit_find(word[i])) != NULL))
        i++;
    bool at = i < n && g_ascii_strcasecmp(word[i], "at") == 0;
    if (i + at < n && strchr(word[i + at], ':')) {
        i += at;
        said->clock = word[i++];
        if (i < n && g_ascii_isalpha(*word[i]))
            said->zone = word[i++];
    }
    return i;
}

static bool two_digits(const char *text, int *value) {
    if (!g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || text[0] > '5')
        return false;
    *value = (text[0] - '0') * 10 + text[1] - '0';
    return true;
}

static bool read_clock(ClockForm form, const char *text, int *hour, int *minute, int *second) {
    gsize length = strlen(text);
    *hour = *minute = *second = 0;
    switch (form) {
    case NO_CLOCK:
        return false;
    case SECONDS:
        return length == 3 && text[0] == ':' && two_digits(text + 1, second);
    case MINUTES_SECONDS:
        return (length == 3 && text[0] == ':' && two_digits(text + 1, minute)) ||
               (length == 5 && text[2] == ':' && two_digits(text, minute) &&
                two_digits(text + 3, second));
    case HOURS_MINUTES:
        return sy_clock_parse(text, hour, minute, second);
    }
    g_assert_not_reached();
}

static bool fail_words(const char *text, const char *why, GError **error) {
    return sy_fail(error, SY_ERROR_USAGE,
                   "\"%s\": %s (write \"5m\", \"5 minutes\", \"hour at :15\", \"day at 09:30\", "
                   "\"monday at 10:30\", \"5 to 10 minutes\")",
                   text, why);
}

/* A wall-clock set: a weekday, or each n-th of a unit, at a time. */
static bool make_set(const char *text, const Said *said, SyEvery *every, GError **error) {
    const Unit *unit = said->unit;
    SyClockSet *set = &every->set;
    g_assert(unit || said->weekday >= 0);
    *set = sy_clock_all();
    ClockForm form = said->weekday >= 0 ? HOURS_MINUTES : unit->form;
    int hour = 0, minute = 0, second = 0;
    if (said->clock && !read_clock(form, said->clock, &hour, &minute, &second)) {
        g_autofree char *why = g_strdup_printf(
            "a %s %s", said->weekday >= 0 ? sy_weekday_names[said->weekday] : unit->name,
            form_texts[form]);
        return fail_words(text, why, error);
    }
    sy_clock_set_time(set, hour, minute, second);
    if (said->weekday >= 0) {
        set->weekdays = 1u << said->weekday;
        return true;
    }
    guint32 each_hour = sy_clock_all().hours;
    if (form == SECONDS)
        set->minutes = sy_clock_all().minutes;
    if (form == SECONDS || form == MINUTES_SECONDS)
        set->hours = each_hour, set->each_hour = true;
    if (unit->count == SY_COUNT_WEEKS)
        set->weekdays = 1; /* Monday */
    if (unit->count == SY_COUNT_MONTHS)
        set->days = 1u << 1;
    set->nth = MAX(said->n, 1) * (strcmp(unit->name, "year") == 0 ? 12 : 1);
    set->count = set->nth > 1 ? unit->count : SY_COUNT_NONE;
    return true;
}

static bool make_interval(const char *text, const Said *said, SyEvery *every, GError **error) {
    every->is_interval = true;
    int n = MAX(said->n, 1);
    g_autofree char *length = g_strdup_printf("%d%s", n, said->unit->timeframe);
    if (!sy_timeframe_parse(length, &every->interval, error))
        return false;
    if (!said->to)
        return true;
    if (said->to <= n || !every->interval.nanoseconds)
        return fail_words(text,
                          said->to <= n ? "the second number must be the larger one"
                                        : "months and years have one length",
                          error);
    gint64 one = every->interval.nanoseconds / n;
    every->spread = one * (said->to - n);
    every->interval.nanoseconds += every->spread / 2;
    return true;
}

static bool make(const char *text, Said *said, bool local, SyEvery *every, GError **error) {
    if (said->weekday >= 0 && (said->n > 1 || said->to))
        return fail_words(text, "a weekday comes once a week; it takes no number", error);
    if (said->weekday < 0 && !said->unit) /* as vectorbt: "10:30" is daily, 10 are seconds */
        said->unit = unit_find(said->clock ? "day" : "second");
    if (said->clock && said->to)
        return fail_words(text, "an interval that varies has no time of day", error);
    bool whole_days = said->unit && said->unit->count >= SY_COUNT_DAYS;
    if (said->weekday < 0 && !said->clock && (!whole_days || !local || said->to))
        return make_interval(text, said, every, error);
    if (said->n > NTH_MAX)
        return fail_words(text, "the number is too large", error);
    every->zone = g_strdup(said->zone);
    return make_set(text, said, every, error);
}

bool sy_every_parse(const char *text, bool local, SyEvery *every, GError **error) {
    *every = (SyEvery){0};
    g_auto(GStrv) parts = g_strsplit_set(text, " ,\t", -1);
    g_autofree char **word = g_new0(char *, g_strv_length(parts) + 1);
    guint n = 0;
    for (char **part = parts; *part; part++)
        if (**part)
            word[n++] = *part;
    Said said;
    if (n > 0 && read_said(word, n, &said) == n &&
        (said.n || said.unit || said.clock || said.weekday >= 0)) {
        bool made = make(text, &said, local, every, error);
        if (!made)
            g_clear_pointer(&every->zone, g_free);
        return made;
    }
    /* "5m", "1 hour", "1h30m" */
    const char *number = n == 2 && g_ascii_strcasecmp(word[0], "every") == 0 ? word[1] : text;
    g_autofree char *glued = NULL;
    gsize digits = strspn(number, "0123456789");
    if (digits > 0 && digits <= 7 && number[digits]) {
        const Unit *unit = unit_find(number + digits);
        glued = g_strdup_printf("%.*s", (int)digits, number);
        if (unit && count_of(glued)) {
            said = (Said){.n = count_of(glued), .unit = unit, .weekday = -1};
            return make(text, &said, local, every, error);
        }
    }
    gint64 length;
    if (sy_duration_parse(number, &length, NULL) && length > 0) {
        *every = (SyEvery){.is_interval = true, .interval = {length, 0}};
        return true;
    }
    return fail_words(text, "not understood", error);
}
