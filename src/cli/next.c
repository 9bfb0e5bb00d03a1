/* systematica next: the coming slots of all jobs, in order, local and UTC. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "workflow/jobs.h"

typedef struct {
    SyCommonOptions common;
    int number, max_buffer;
    SyTimeframe report_every;
    char *now;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, number, .also = (const char *const[]){"n", NULL}, .fallback = "10", .min = 1,
             .max = 100000, .help = "How many slots."),
    SY_FIELD(Options, max_buffer, .fallback = "500", .min = 0, .max = 86400, .unit = "seconds",
             .help = "As run_app will be told: how long a late bar is waited for."),
    SY_FIELD(Options, report_every, .metavar = "TEXT",
             .help = "As run_app will be told; otherwise as [schedule.report] says, else 1h."),
    SY_FIELD(Options, now, .metavar = "TIME", .help = "Slots after this time instead of now."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* A job and its next slot. */
typedef struct {
    const SyJob *job;
    SyTime slot; /* SY_TIME_NONE: none any more */
} Coming;

static void move_on(Coming *coming, SyTime after) {
    SyTime until = coming->job->until;
    coming->slot = sy_schedule_next(coming->job->schedule, after);
    if (until != SY_TIME_NONE && coming->slot > until)
        coming->slot = SY_TIME_NONE;
}

/* "2026-03-08 03:30:00 -04:00". Free with g_free. */
static char *local_text(const SySchedule *schedule, SyTime slot) {
    g_autoptr(SyZone) zone = sy_zone_open(sy_schedule_zone(schedule), NULL);
    SyDate date;
    gint64 clock;
    int offset;
    sy_zone_from_utc(zone, slot, &date, &clock, &offset);
    return g_strdup_printf("%04d-%02d-%02d %02d:%02d:%02d %c%02d:%02d", date.year, date.month,
                           date.day, (int)(clock / SY_HOUR), (int)(clock / SY_MINUTE % 60),
                           (int)(clock / SY_SECOND % 60), offset < 0 ? '-' : '+',
                           ABS(offset) / 3600, ABS(offset) / 60 % 60);
}

/* Seconds for which a late bar is waited for; < 0 for jobs that wait for none. */
static double wait_of(const Coming *coming) {
    if (!coming->job->probe)
        return -1;
    return (double)(sy_job_wait_ends(coming->job, coming->slot) - coming->slot) / (double)SY_SECOND;
}

static void show(const Coming *coming) {
    const SyJob *job = coming->job;
    char utc[SY_TIME_TEXT_SIZE];
    double wait = wait_of(coming);
    g_autofree char *local = local_text(job->schedule, coming->slot);
    g_autofree char *wait_text = wait < 0 ? g_strdup("-") : g_strdup_printf("%g s", wait);
    printf("%-20s  %-26s  %-18s  %7s  %-6s  %s\n", sy_time_format(coming->slot, utc), local,
           sy_schedule_zone(job->schedule), wait_text, sy_job_kind_names[job->kind], job->study);
}

static json_t *show_json(const Coming *coming) {
    const SyJob *job = coming->job;
    char utc[SY_TIME_TEXT_SIZE], bar[SY_TIME_TEXT_SIZE];
    double wait = wait_of(coming);
    g_autofree char *local = local_text(job->schedule, coming->slot);
    json_t *bar_json =
        job->probe ? json_string(sy_time_format(sy_schedule_bar(job->schedule, coming->slot), bar))
                   : json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "study", job->study, "job",
                     sy_job_kind_names[job->kind], "slot", sy_time_format(coming->slot, utc),
                     "local", local, "timezone", sy_schedule_zone(job->schedule), "bar", bar_json,
                     "wait_seconds", wait < 0 ? json_null() : json_real(wait));
}

/* The earliest of the next slots; of several at one time the job that was added first. */
static Coming *earliest(GArray *all) {
    Coming *first = NULL;
    for (guint i = 0; i < all->len; i++) {
        Coming *coming = &g_array_index(all, Coming, i);
        if (coming->slot != SY_TIME_NONE && (!first || coming->slot < first->slot))
            first = coming;
    }
    return first;
}

static void show_all(GArray *all, const Options *options) {
    json_t *list = options->common.json ? json_array() : NULL;
    if (!list)
        printf("%-20s  %-26s  %-18s  %7s  %-6s  %s\n", "UTC", "local", "zone", "wait", "job",
               "study");
    Coming *coming;
    for (int i = 0; i < options->number && (coming = earliest(all)); i++) {
        if (list)
            json_array_append_new(list, show_json(coming));
        else
            show(coming);
        move_on(coming, coming->slot);
    }
    if (!list)
        return;
    json_dumpf(list, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(list);
}

/* A template and its jobs. */
typedef struct {
    SyStrategy *strategy;
    SyJobs jobs;
} Loaded;

static void loaded_free(gpointer data) {
    Loaded *loaded = data;
    sy_jobs_clear(&loaded->jobs);
    sy_strategy_free(loaded->strategy);
    g_free(loaded);
}

/* Loads what can be loaded: a broken template does not hide the others. */
static bool load_all(const SySession *session, const Options *options, char **names,
                     GPtrArray *loaded, GError **error) {
    bool given = options->report_every.nanoseconds || options->report_every.months;
    const SyJobOptions job_options = {.trade = true,
                                      .report = true,
                                      .report_every =
                                          given ? options->report_every : (SyTimeframe){SY_HOUR, 0},
                                      .report_every_was_given = given,
                                      .max_buffer_seconds = options->max_buffer};
    g_autoptr(GString) problems = g_string_new(NULL);
    for (char **name = names; *name; name++) {
        g_autoptr(GError) reason = NULL;
        g_autofree char *path = sy_template_find_path(session->workspace, *name, &reason);
        SyStrategy *strategy = path ? sy_strategy_load(path, &reason) : NULL;
        if (!strategy) {
            g_string_append_printf(problems, "%s%s", problems->len ? "\n" : "", reason->message);
            continue;
        }
        Loaded *one = g_new0(Loaded, 1);
        one->strategy = strategy;
        sy_jobs_make(strategy, &job_options, &one->jobs);
        g_ptr_array_add(loaded, one);
    }
    return problems->len == 0 || sy_fail(error, SY_ERROR_TEMPLATE, "%s", problems->str);
}

static bool run_session(const SySession *session, const Options *options, char **arguments,
                        GError **error) {
    g_auto(GStrv) all = arguments[0] ? NULL : sy_template_names(session->workspace, error);
    g_autoptr(GPtrArray) loaded = g_ptr_array_new_with_free_func(loaded_free);
    if (!arguments[0] && !all)
        return false;
    bool good = load_all(session, options, arguments[0] ? arguments : all, loaded, error);
    g_autoptr(GArray) coming = g_array_new(FALSE, FALSE, sizeof(Coming));
    for (guint i = 0; i < loaded->len; i++) {
        const SyJobs *jobs = &((const Loaded *)loaded->pdata[i])->jobs;
        for (gsize k = 0; k < jobs->n; k++) {
            Coming one = {&jobs->job[k], SY_TIME_NONE};
            move_on(&one, sy_env_now(&session->env));
            g_array_append_val(coming, one);
        }
    }
    show_all(coming, options);
    return good;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    bool good = sy_session_open(&session, &options->common, options->now, error) &&
                run_session(&session, options, arguments, error);
    return sy_session_end(&session, good, error);
}

const SyCommand sy_command_next = {
    .name = "next",
    .arguments = "[TEMPLATE]…",
    .summary = "Show when jobs are due next, local and UTC.",
    .details = "Without a TEMPLATE: all templates of the workspace. wait is how long after the "
               "slot its bar is\nwaited for: max_buffer, at the latest the next slot. Local is the "
               "clock of the schedule's timezone.",
    .most = G_MAXSIZE,
    .options = &options_table,
    .run = run,
};
