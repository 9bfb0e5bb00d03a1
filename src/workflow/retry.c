/* The table of waits, the reader of [retry], and the decision after a failed attempt. Whoever fails
 * keeps attempt, seed and next time in the store and lets its process end: no place is held by
 * something that waits. */
#include "workflow/retry.h"

#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "schedule/schedule.h"

/* ---- waits ---- */

static double exponential(const SyWait *wait, double attempt) {
    double value = wait->multiplier * pow(wait->exp_base, attempt - 1);
    return isnan(value) ? wait->max : value; /* 0 · inf: past what a double holds */
}

static double fixed_seconds(const SyWait *wait, double attempt, double random) {
    (void)attempt;
    (void)random;
    return wait->wait;
}

static double random_seconds(const SyWait *wait, double attempt, double random) {
    (void)attempt;
    return wait->min + random * (wait->max - wait->min);
}

static double incrementing_seconds(const SyWait *wait, double attempt, double random) {
    (void)random;
    return fmax(0, fmin(wait->start + wait->increment * (attempt - 1), wait->max));
}

static double exponential_seconds(const SyWait *wait, double attempt, double random) {
    (void)random;
    return fmax(wait->min, fmin(exponential(wait, attempt), wait->max));
}

static double random_exponential_seconds(const SyWait *wait, double attempt, double random) {
    double high = exponential_seconds(wait, attempt, random);
    return isinf(high) ? high : wait->min + random * (high - wait->min);
}

static double exponential_jitter_seconds(const SyWait *wait, double attempt, double random) {
    return fmin(exponential(wait, attempt) + random * wait->jitter, wait->max);
}

/* clang-format off */
#define SECONDS .unit = "seconds", .min = 0, .max = 1e9
#define UNBOUNDED .unit = "seconds", .min = 0, .max = INFINITY
#define WAIT_MIN(value)                                                                               \
    SY_FIELD(SyWait, min, SECONDS, .fallback = value, .help = "Never shorter than this.")
#define WAIT_MAX                                                                                      \
    SY_FIELD(SyWait, max, UNBOUNDED, .fallback = "inf", .help = "Never longer than this.")
#define GROWTH                                                                                        \
    SY_FIELD(SyWait, multiplier, SECONDS, .fallback = "1", .help = "Wait after the first attempt."),   \
    SY_FIELD(SyWait, exp_base, .min = 1, .max = 1000, .fallback = "2",                                 \
             .help = "Each wait is so many times the one before.")
/* clang-format on */

static const SyField fixed_fields[] = {
    SY_FIELD(SyWait, wait, SECONDS, .required = true, .help = "The wait; fixed = 5 says the same."),
};
static const SyField random_fields[] = {
    WAIT_MIN("0"),
    SY_FIELD(SyWait, max, SECONDS, .fallback = "1", .help = "Never longer than this."),
};
static const SyField incrementing_fields[] = {
    SY_FIELD(SyWait, start, SECONDS, .fallback = "0", .help = "Wait after the first attempt."),
    SY_FIELD(SyWait, increment, .unit = "seconds", .min = -1e9, .max = 1e9, .fallback = "100",
             .help = "Added for each further attempt."),
    WAIT_MAX,
};
static const SyField exponential_fields[] = {GROWTH, WAIT_MIN("0"), WAIT_MAX};
static const SyField jitter_fields[] = {
    GROWTH,
    SY_FIELD(SyWait, jitter, SECONDS, .fallback = "1",
             .help = "A random time up to this is added, before max."),
    WAIT_MAX,
};
static const SyFieldTable fixed_table = SY_FIELD_TABLE(SyWait, fixed_fields),
                          random_table = SY_FIELD_TABLE(SyWait, random_fields),
                          incrementing_table = SY_FIELD_TABLE(SyWait, incrementing_fields),
                          exponential_table = SY_FIELD_TABLE(SyWait, exponential_fields),
                          jitter_table = SY_FIELD_TABLE(SyWait, jitter_fields);

const SyWaitRow sy_waits[] = {
    [SY_WAIT_FIXED] = {"fixed", "The same wait each time.", &fixed_table, fixed_seconds},
    [SY_WAIT_RANDOM] = {"random", "Evenly random between min and max.", &random_table,
                        random_seconds},
    [SY_WAIT_INCREMENTING] = {"incrementing", "start + increment · (attempt − 1), at most max.",
                              &incrementing_table, incrementing_seconds},
    [SY_WAIT_EXPONENTIAL] = {"exponential",
                             "multiplier · exp_base^(attempt − 1), between min and max.",
                             &exponential_table, exponential_seconds},
    [SY_WAIT_RANDOM_EXPONENTIAL] = {"random_exponential",
                                    "Evenly random between min and what exponential says.",
                                    &exponential_table, random_exponential_seconds},
    [SY_WAIT_EXPONENTIAL_JITTER] = {"exponential_jitter",
                                    "multiplier · exp_base^(attempt − 1) and up to jitter, at most "
                                    "max.",
                                    &jitter_table, exponential_jitter_seconds},
    [SY_WAIT_CHAIN] = {"chain",
                       "A list of waits, one for each attempt; the last for all later ones.", NULL,
                       NULL},
};
const gsize sy_n_waits = G_N_ELEMENTS(sy_waits);

/* The next number in [0, 1). */
static double draw(guint64 *state) { return (double)(sy_random_next(state) >> 11) * 0x1p-53; }

double sy_retry_seconds(const SyRetry *retry, int attempt, guint64 seed) {
    guint64 state = seed ^ ((guint64)attempt << 48);
    double sum = 0;
    for (guint i = 0; retry->waits && i < retry->waits->len; i++) {
        const SyWait *wait = &g_array_index(retry->waits, SyWait, i);
        if (wait->kind == SY_WAIT_CHAIN)
            wait = &g_array_index(wait->chain, SyWait, MIN((guint)attempt, wait->chain->len) - 1);
        sum += sy_waits[wait->kind].seconds(wait, attempt, draw(&state));
    }
    return sum;
}

/* ---- classes of failures ---- */

/* What else is tried again, besides errors whose row says that it helps. */
static const char *const transient[] = {"http:429", "http:5xx"};

static bool matches(const char *pattern, const char *class_of_failure) {
    gsize n = strlen(pattern);
    if (g_str_has_suffix(pattern, "xx")) /* http:5xx */
        return strncmp(pattern, class_of_failure, n - 2) == 0 && strlen(class_of_failure) == n;
    return strncmp(pattern, class_of_failure, n) == 0 &&
           (class_of_failure[n] == '\0' || class_of_failure[n] == ':');
}

/* True if a class of failure is one of `patterns` ("http" is any of http:…, "http:5xx" any of 500 …
 * 599). */
static bool is_one_of(char **patterns, const char *class_of_failure) {
    for (char **pattern = patterns; pattern && *pattern; pattern++)
        if (matches(*pattern, class_of_failure))
            return true;
    return false;
}

static bool is_transient(const char *class_of_failure) {
    for (gsize i = 0; i < sy_n_errors; i++)
        if (sy_errors[i].retry_helps && strcmp(sy_errors[i].name, class_of_failure) == 0)
            return true;
    for (gsize i = 0; i < G_N_ELEMENTS(transient); i++)
        if (matches(transient[i], class_of_failure))
            return true;
    return false;
}

static bool check_class(const char *text, GError **error) {
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (gsize i = 0; i < sy_n_errors; i++)
        g_ptr_array_add(known, (gpointer)sy_errors[i].name);
    static const char *const more[] = {"http", "exit", "signal"};
    for (gsize i = 0; i < G_N_ELEMENTS(more); i++)
        g_ptr_array_add(known, (gpointer)more[i]);
    for (guint i = 0; i < known->len; i++)
        if (strcmp(known->pdata[i], text) == 0)
            return true;
    if (g_regex_match_simple("^(http:[1-5]([0-9][0-9]|xx)|(exit|signal):[0-9]{1,3})$", text, 0, 0))
        return true;
    g_autofree char *list = sy_text_list((const char *const *)known->pdata, known->len, G_MAXSIZE);
    g_autofree char *meant =
        sy_text_did_you_mean(text, (const char *const *)known->pdata, known->len);
    return sy_fail(error, SY_ERROR_USAGE,
                   "\"%s\" is no class of failures: %s, http:429, http:5xx, exit:75, signal:9%s",
                   text, list, meant);
}

/* ---- reading ---- */

static const SyField stop_members[] = {
    SY_FIELD(SyRetry, attempts, .min = 1, .max = 1000,
             .help = "Stop after so many attempts; 5 where nothing is said about stopping."),
    SY_FIELD(SyRetry, delay, .check = sy_duration_check,
             .help = "Stop once so long has passed since the first attempt, as \"60s\"."),
    SY_FIELD(SyRetry, before_delay, .check = sy_duration_check,
             .help = "Stop where the next attempt would begin so long after the first."),
};

static const SyField retry_fields[] = {
    {.key = "stop",
     .kind = SY_FIELD_GROUP,
     .members = stop_members,
     .n_members = G_N_ELEMENTS(stop_members),
     .help = "When it was enough: whichever comes first."},
    SY_FIELD(SyRetry, wait,
             .help = "How long to wait after each attempt: one or more of fixed, random, "
                     "incrementing, exponential, random_exponential, exponential_jitter, chain, "
                     "which add up; { exponential = { max = 30 } } where not given."),
    SY_FIELD(SyRetry, retry_on, .check = check_class,
             .help = "What is tried again: unavailable, locked, timeout, http:429, http:5xx and "
                     "exit:75 where not given."),
    SY_FIELD(SyRetry, never_on, .check = check_class,
             .help = "What is never tried again, whatever retry_on says."),
    SY_FIELD(SyRetry, reraise, .fallback = "false",
             .help = "Report the last error as it was, without how often it was tried."),
};
const SyFieldTable sy_retry_fields = SY_FIELD_TABLE(SyRetry, retry_fields);

const SyRetry sy_retry_never = {
    .attempts = 1, .delay_seconds = INFINITY, .before_delay_seconds = INFINITY};

static void wait_clear(gpointer data) {
    SyWait *wait = data;
    if (wait->chain)
        g_array_unref(wait->chain);
}

static GArray *waits_new(void) {
    GArray *waits = g_array_new(FALSE, TRUE, sizeof(SyWait));
    g_array_set_clear_func(waits, wait_clear);
    return waits;
}

static void read_waits(const SyNode *node, const char *where, bool within_chain, GArray *waits,
                       SyProblems *problems);

static void read_chain(const SyNode *node, const char *where, SyWait *wait, SyProblems *problems) {
    wait->chain = waits_new();
    if (node->type != SY_NODE_ARRAY || node->n == 0) {
        sy_problems_add(problems, node, "chain = [{ fixed = 1 }, { fixed = 10 }]",
                        "%s must be a list of waits", where);
        return;
    }
    for (gsize i = 0; i < node->n; i++) {
        guint before = wait->chain->len;
        read_waits(node->item[i], where, true, wait->chain, problems);
        if (wait->chain->len != before + 1)
            sy_problems_add(problems, node->item[i], NULL, "%s: each member is exactly one wait",
                            where);
    }
}

/* Reads `name = …` of a table of waits. `fixed` may be a number. */
static void read_wait(const SyNode *node, SyWaitKind kind, const char *where, GArray *waits,
                      SyProblems *problems) {
    const SyWaitRow *row = &sy_waits[kind];
    g_autofree char *inner = g_strdup_printf("%s %s", where, row->name);
    SyWait wait = {0};
    g_autoptr(GError) reason = NULL;
    bool number = node->type == SY_NODE_INTEGER || node->type == SY_NODE_NUMBER;
    if (kind == SY_WAIT_CHAIN) {
        read_chain(node, inner, &wait, problems);
    } else if (kind == SY_WAIT_FIXED && number) {
        double seconds = node->type == SY_NODE_INTEGER ? (double)node->integer : node->number;
        if (!sy_field_set_number(&fixed_fields[0], &wait, seconds, &reason))
            sy_problems_add(problems, node, NULL, "%s: %s", inner, reason->message);
    } else {
        sy_schema_read(node, inner, &(SySchemaPart){row->fields, &wait}, 1, problems);
        if (wait.min > wait.max)
            sy_problems_add(problems, node, NULL, "%s: min = %g is above max = %g", inner, wait.min,
                            wait.max);
    }
    wait.kind = kind;
    g_array_append_val(waits, wait);
}

static void read_waits(const SyNode *node, const char *where, bool within_chain, GArray *waits,
                       SyProblems *problems) {
    const char *names[G_N_ELEMENTS(sy_waits)];
    for (gsize i = 0; i < sy_n_waits; i++)
        names[i] = sy_waits[i].name;
    gsize known = within_chain ? SY_WAIT_CHAIN : sy_n_waits; /* a chain holds no chain */
    for (gsize i = 0; node->type == SY_NODE_TABLE && i < node->n; i++) {
        gsize kind = 0;
        while (kind < known && strcmp(names[kind], node->item[i]->key) != 0)
            kind++;
        if (kind < known) {
            read_wait(node->item[i], (SyWaitKind)kind, where, waits, problems);
            continue;
        }
        g_autofree char *meant = sy_text_did_you_mean(node->item[i]->key, names, known);
        g_autofree char *list = sy_text_list(names, known, G_MAXSIZE);
        g_autofree char *hint = g_strconcat("waits: ", list, NULL);
        sy_problems_add(problems, node->item[i], hint, "%s has no \"%s\"%s", where,
                        node->item[i]->key, meant);
    }
}

static double seconds_of(const char *text) {
    gint64 length = 0;
    return text && sy_duration_parse(text, &length, NULL) ? (double)length / (double)SY_SECOND
                                                          : INFINITY;
}

void sy_retry_read(const SyNode *node, const char *where, SyRetry *retry, SyProblems *problems) {
    sy_schema_read(node, where, &(SySchemaPart){&sy_retry_fields, retry}, 1, problems);
    const SyNode *stop = sy_node_find(node, "stop");
    if (stop && stop->type == SY_NODE_TABLE && stop->n == 0)
        sy_problems_add(problems, stop, "give attempts, delay or before_delay",
                        "%s stop = {} would never stop", where);
    if (!stop)
        retry->attempts = 5;
    retry->delay_seconds = seconds_of(retry->delay);
    retry->before_delay_seconds = seconds_of(retry->before_delay);
    retry->waits = waits_new();
    if (retry->wait) {
        g_autofree char *inner = g_strdup_printf("%s wait:", where);
        read_waits(retry->wait, inner, false, retry->waits, problems);
        return;
    }
    const SyWait usual = {
        .kind = SY_WAIT_EXPONENTIAL, .multiplier = 1, .exp_base = 2, .min = 0, .max = 30};
    g_array_append_val(retry->waits, usual);
}

void sy_retry_clear(SyRetry *retry) {
    sy_fields_clear(&sy_retry_fields, retry);
    g_clear_pointer(&retry->waits, g_array_unref);
}

/* ---- deciding ---- */

SyRetryVerdict sy_retry_next(const SyRetry *retry, const SyFailure *failure, SyTime *next_attempt) {
    static const double longest = 1e9; /* seconds: some 32 years, and a time that int64 holds */
    const char *what = failure->class_of_failure;
    bool wanted = retry->retry_on ? is_one_of(retry->retry_on, what) : is_transient(what);
    if (!wanted || is_one_of(retry->never_on, what))
        return SY_RETRY_USELESS;
    double wait = isnan(failure->retry_after)
                      ? sy_retry_seconds(retry, failure->attempt, failure->seed)
                      : failure->retry_after;
    wait = fmin(wait, longest);
    double passed = (double)(failure->now - failure->first) / (double)SY_SECOND;
    if ((retry->attempts > 0 && failure->attempt >= retry->attempts) ||
        passed >= retry->delay_seconds || passed + wait >= retry->before_delay_seconds)
        return SY_RETRY_STOPPED;
    *next_attempt = failure->now + (SyTime)(wait * (double)SY_SECOND);
    return SY_RETRY_AGAIN;
}
