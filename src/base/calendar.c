/* Trading calendars as tables of rules. A holiday is a rule with the years in which it holds, so
 * that coming years need no update; what no rule gives (funerals, storms, jubilees) is a list.
 *
 * New York's tables hold from 1995, London's from 2000; before that the same rules are applied
 * without those that began later. A closure that is announced later goes into a template's
 * [schedule] closures, until a version of this program lists it. */
#include "base/calendar.h"

#include "base/text.h"

enum { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };
#define ON(weekday) (1u << (weekday))
#define AT(hour, minute) ((hour)*60 + (minute))

typedef enum {
    DAY_OF_MONTH, /* month, day */
    NTH_WEEKDAY,  /* the `day`-th `weekday` of the month; -1: the last */
    EASTER,       /* `day` days after Easter Sunday */
} DateKind;

/* Where a holiday goes that falls on a weekend. */
typedef enum {
    STAYS,
    TO_MONDAY,             /* Sunday → Monday */
    TO_NEAREST,            /* Saturday → Friday, Sunday → Monday */
    TO_NEXT_MONDAY,        /* Saturday, Sunday → Monday */
    TO_TWO_LATER,          /* Saturday → Monday, Sunday → Tuesday: of two holidays in a row */
    TO_FRIDAY_BEFORE,      /* Saturday, Sunday → Friday */
    AFTER_THANKSGIVING_DAY /* always the next day */
} Moved;

static const struct {
    int saturday, sunday, else_by;
} moves[] = {
    [STAYS] = {0, 0, 0},
    [TO_MONDAY] = {0, 1, 0},
    [TO_NEAREST] = {-1, 1, 0},
    [TO_NEXT_MONDAY] = {2, 1, 0},
    [TO_TWO_LATER] = {2, 2, 0},
    [TO_FRIDAY_BEFORE] = {-1, -2, 0},
    [AFTER_THANKSGIVING_DAY] = {1, 1, 1},
};

typedef struct {
    const char *name;
    DateKind kind;
    int month, day, weekday;
    Moved moved;
    int first, last; /* years in which the rule holds; 0: no bound */
    unsigned only;   /* ON(weekday)…: holds only where the date falls on one of these; 0: any */
    int close;       /* minutes after midnight at which the session ends early; 0: no session */
} Rule;

typedef struct {
    SyDate date;
    int close; /* as above; −1: an ordinary session although a rule says otherwise */
    const char *name;
} Special;

struct SyCalendar {
    const char *name, *title, *zone, *source;
    bool always;     /* every day, from midnight to midnight */
    int open, close; /* minutes after midnight, on the zone's wall clock */
    const Rule *rules;
    gsize n_rules;
    const Special *specials; /* by date */
    gsize n_specials;
};

#define CLOSES_13 .close = AT(13, 0)
static const Rule new_york[] = {
    /* a Saturday's New Year is not made up for: the Friday ends an accounting year */
    {"New Year's Day", DAY_OF_MONTH, 1, 1, .moved = TO_MONDAY},
    {"Martin Luther King Jr. Day", NTH_WEEKDAY, 1, 3, MONDAY, .first = 1998},
    {"Washington's Birthday", NTH_WEEKDAY, 2, 3, MONDAY},
    {"Good Friday", EASTER, .day = -2},
    {"Memorial Day", NTH_WEEKDAY, 5, -1, MONDAY},
    {"Juneteenth", DAY_OF_MONTH, 6, 19, .moved = TO_NEAREST, .first = 2022},
    {"Independence Day", DAY_OF_MONTH, 7, 4, .moved = TO_NEAREST},
    {"Labor Day", NTH_WEEKDAY, 9, 1, MONDAY},
    {"Thanksgiving Day", NTH_WEEKDAY, 11, 4, THURSDAY},
    {"Christmas Day", DAY_OF_MONTH, 12, 25, .moved = TO_NEAREST},
    {"eve of Independence Day", DAY_OF_MONTH, 7, 3, .first = 1995,
     .only = ON(MONDAY) | ON(TUESDAY) | ON(THURSDAY), CLOSES_13},
    {"eve of Independence Day", DAY_OF_MONTH, 7, 3, .first = 2013, .only = ON(WEDNESDAY),
     CLOSES_13},
    {"day after Independence Day", DAY_OF_MONTH, 7, 5, .first = 1995, .last = 2012,
     .only = ON(FRIDAY), CLOSES_13},
    {"day after Thanksgiving", NTH_WEEKDAY, 11, 4, THURSDAY, .moved = AFTER_THANKSGIVING_DAY,
     .first = 1993, CLOSES_13},
    {"Christmas Eve", DAY_OF_MONTH, 12, 24, .first = 1993,
     .only = ON(MONDAY) | ON(TUESDAY) | ON(WEDNESDAY) | ON(THURSDAY), CLOSES_13},
};

static const Special new_york_specials[] = {
    {{1997, 12, 26}, AT(13, 0), "day after Christmas"},
    {{1999, 12, 31}, AT(13, 0), "eve of 2000"},
    {{2001, 9, 11}, 0, "attacks of 11 September"},
    {{2001, 9, 12}, 0, "attacks of 11 September"},
    {{2001, 9, 13}, 0, "attacks of 11 September"},
    {{2001, 9, 14}, 0, "attacks of 11 September"},
    {{2003, 12, 26}, AT(13, 0), "day after Christmas"},
    {{2004, 6, 11}, 0, "mourning of Ronald Reagan"},
    {{2007, 1, 2}, 0, "mourning of Gerald Ford"},
    {{2012, 10, 29}, 0, "hurricane Sandy"},
    {{2012, 10, 30}, 0, "hurricane Sandy"},
    {{2018, 12, 5}, 0, "mourning of George H. W. Bush"},
    {{2025, 1, 9}, 0, "mourning of Jimmy Carter"},
};

#define CLOSES_12_30 .close = AT(12, 30)
static const Rule london[] = {
    {"New Year's Day", DAY_OF_MONTH, 1, 1, .moved = TO_NEXT_MONDAY},
    {"Good Friday", EASTER, .day = -2},
    {"Easter Monday", EASTER, .day = 1},
    {"Early May bank holiday", NTH_WEEKDAY, 5, 1, MONDAY, .first = 1978},
    {"Spring bank holiday", NTH_WEEKDAY, 5, -1, MONDAY},
    {"Summer bank holiday", NTH_WEEKDAY, 8, -1, MONDAY},
    {"Christmas Day", DAY_OF_MONTH, 12, 25, .moved = TO_TWO_LATER},
    {"Boxing Day", DAY_OF_MONTH, 12, 26, .moved = TO_TWO_LATER},
    {"Christmas Eve", DAY_OF_MONTH, 12, 24, .moved = TO_FRIDAY_BEFORE, CLOSES_12_30},
    {"New Year's Eve", DAY_OF_MONTH, 12, 31, .moved = TO_FRIDAY_BEFORE, CLOSES_12_30},
};

static const Special london_specials[] = {
    {{1995, 5, 1}, -1, "moved to 8 May"},
    {{1995, 5, 8}, 0, "50 years after VE Day"},
    {{1999, 12, 31}, 0, "eve of 2000"},
    {{2002, 5, 27}, -1, "moved to 4 June"},
    {{2002, 6, 3}, 0, "Golden Jubilee"},
    {{2002, 6, 4}, 0, "Spring bank holiday"},
    {{2011, 4, 29}, 0, "royal wedding"},
    {{2012, 5, 28}, -1, "moved to 4 June"},
    {{2012, 6, 4}, 0, "Spring bank holiday"},
    {{2012, 6, 5}, 0, "Diamond Jubilee"},
    {{2020, 5, 4}, -1, "moved to 8 May"},
    {{2020, 5, 8}, 0, "75 years after VE Day"},
    {{2022, 5, 30}, -1, "moved to 2 June"},
    {{2022, 6, 2}, 0, "Spring bank holiday"},
    {{2022, 6, 3}, 0, "Platinum Jubilee"},
    {{2022, 9, 19}, 0, "funeral of Elizabeth II"},
    {{2023, 5, 8}, 0, "coronation of Charles III"},
};

static const SyCalendar calendars[] = {
    {"24/7", "Every day, from midnight to midnight UTC.", "UTC", "a day of UTC", .always = true},
    {"XNYS", "New York Stock Exchange and Nasdaq, 09:30 to 16:00 in New York.", "America/New_York",
     "NYSE Rule 7.2 (holidays) and the exchange's lists of holidays, early and special closings; "
     "from 1995",
     .open = AT(9, 30), .close = AT(16, 0), .rules = new_york, .n_rules = G_N_ELEMENTS(new_york),
     .specials = new_york_specials, .n_specials = G_N_ELEMENTS(new_york_specials)},
    {"XLON", "London Stock Exchange, 08:00 to 16:30 in London.", "Europe/London",
     "Banking and Financial Dealings Act 1971, gov.uk/bank-holidays, and the London Stock "
     "Exchange's business days; from 2000",
     .open = AT(8, 0), .close = AT(16, 30), .rules = london, .n_rules = G_N_ELEMENTS(london),
     .specials = london_specials, .n_specials = G_N_ELEMENTS(london_specials)},
};

const char *const sy_calendar_names[] = {"24/7", "XNYS", "XLON", NULL};
const gsize sy_n_calendars = G_N_ELEMENTS(calendars);
G_STATIC_ASSERT(G_N_ELEMENTS(sy_calendar_names) == G_N_ELEMENTS(calendars) + 1);

const SyCalendar *sy_calendar_find(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(calendars); i++)
        if (sy_text_equal_loosely(calendars[i].name, name))
            return &calendars[i];
    return NULL;
}

const char *sy_calendar_name(const SyCalendar *calendar) { return calendar->name; }
const char *sy_calendar_title(const SyCalendar *calendar) { return calendar->title; }
const char *sy_calendar_source(const SyCalendar *calendar) { return calendar->source; }
const char *sy_calendar_zone(const SyCalendar *calendar) { return calendar->zone; }

/* The zone of a calendar, opened once and kept. A system without the zone cannot run a schedule of
 * this calendar: sy_schedule_new opens it first and reports that. */
static const SyZone *zone_of(const SyCalendar *calendar) {
    static SyZone *opened[G_N_ELEMENTS(calendars)];
    SyZone **zone = &opened[calendar - calendars];
    if (g_once_init_enter(zone)) {
        g_autoptr(GError) error = NULL;
        SyZone *fresh = sy_zone_open(calendar->zone, &error);
        if (!fresh)
            g_error("calendar %s: %s", calendar->name, error->message);
        g_once_init_leave(zone, fresh);
    }
    return *zone;
}

/* Monday = 0. 1970-01-01 was a Thursday. */
static int weekday_of(gint64 days) {
    int weekday = (int)((days + THURSDAY) % 7);
    return weekday < 0 ? weekday + 7 : weekday;
}

/* Easter Sunday of the Gregorian calendar: the anonymous algorithm of "Nature" (20 April 1876), in
 * the letters of Meeus, Astronomical Algorithms, chapter 8. */
static gint64 easter(int year) {
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25,
        g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4,
        l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451,
        sum = h + l - 7 * m + 114;
    return sy_date_to_days((SyDate){year, sum / 31, sum % 31 + 1});
}

static gint64 nth_weekday(int year, int month, int weekday, int nth) {
    if (nth > 0) {
        gint64 first = sy_date_to_days((SyDate){year, month, 1});
        return first + (weekday - weekday_of(first) + 7) % 7 + 7 * (nth - 1);
    }
    gint64 last = sy_date_to_days((SyDate){year + month / 12, month % 12 + 1, 1}) - 1;
    return last - (weekday_of(last) - weekday + 7) % 7;
}

/* The day that a rule gives in a year, before it is moved. */
static gint64 rule_day(const Rule *rule, int year) {
    switch (rule->kind) {
    case DAY_OF_MONTH:
        return sy_date_to_days((SyDate){year, rule->month, rule->day});
    case NTH_WEEKDAY:
        return nth_weekday(year, rule->month, rule->weekday, rule->day);
    case EASTER:
        return easter(year) + rule->day;
    }
    g_assert_not_reached();
}

static bool rule_holds(const Rule *rule, SyDate date, gint64 days) {
    if ((rule->first && date.year < rule->first) || (rule->last && date.year > rule->last))
        return false;
    gint64 day = rule_day(rule, date.year);
    int weekday = weekday_of(day);
    if (rule->only && !(rule->only & ON(weekday)))
        return false;
    return days == day + (weekday == SATURDAY ? moves[rule->moved].saturday
                          : weekday == SUNDAY ? moves[rule->moved].sunday
                                              : moves[rule->moved].else_by);
}

/* Minutes after midnight at which the market closes on a day; 0 where it does not open. */
static int close_of(const SyCalendar *calendar, SyDate date, gint64 days) {
    int weekday = weekday_of(days), close = calendar->close;
    if (weekday == SATURDAY || weekday == SUNDAY)
        return 0;
    for (gsize i = 0; i < calendar->n_specials; i++) {
        const Special *special = &calendar->specials[i];
        if (special->date.day == date.day && special->date.month == date.month &&
            special->date.year == date.year)
            return special->close < 0 ? calendar->close : special->close;
    }
    for (gsize i = 0; i < calendar->n_rules; i++)
        if (rule_holds(&calendar->rules[i], date, days))
            close = MIN(close, calendar->rules[i].close);
    return close;
}

static SyTime instant_of(const SyCalendar *calendar, SyDate date, int minutes) {
    SyTime instant[2];
    sy_zone_to_utc(zone_of(calendar), date, minutes * SY_MINUTE, SY_DST_ONCE_SHIFT, instant);
    return instant[0];
}

static bool session_of(const SyCalendar *calendar, gint64 days, SyMarketSession *session) {
    SyDate date = sy_date_from_days(days);
    if (calendar->always) {
        *session = (SyMarketSession){date, days * SY_DAY, (days + 1) * SY_DAY, false};
        return true;
    }
    int close = close_of(calendar, date, days);
    if (!close)
        return false;
    *session = (SyMarketSession){date, instant_of(calendar, date, calendar->open),
                                 instant_of(calendar, date, close), close < calendar->close};
    return true;
}

bool sy_calendar_session(const SyCalendar *calendar, SyDate date, SyMarketSession *session) {
    return session_of(calendar, sy_date_to_days(date), session);
}

/* Days since 1970 of the market's date at an instant. */
static gint64 day_at(const SyCalendar *calendar, SyTime time) {
    SyDate date;
    gint64 clock;
    int offset;
    sy_zone_from_utc(zone_of(calendar), time, &date, &clock, &offset);
    return sy_date_to_days(date);
}

SyMarketSession sy_calendar_next(const SyCalendar *calendar, SyTime time) {
    SyMarketSession session;
    for (gint64 day = day_at(calendar, time);; day++)
        if (session_of(calendar, day, &session) && session.close > time)
            return session;
}

SyMarketSession sy_calendar_previous(const SyCalendar *calendar, SyTime time) {
    SyMarketSession session;
    for (gint64 day = day_at(calendar, time);; day--)
        if (session_of(calendar, day, &session) && session.close <= time)
            return session;
}
