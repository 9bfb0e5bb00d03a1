/* systematica next: the coming slots of all jobs, in order, local and UTC. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "schedule/scheduler.h"
#include "workflow/strategy.h"

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
    SY_FIELD(Options, report_every, .fallback = "1h", .metavar = "TEXT",
             .help = "As run_app will be told: reports of templates without [schedule.report]."),
    SY_FIELD(Options, now, .metavar = "TIME", .help = "Slots after this time instead of now."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* A job and its next slot. */
typedef struct {
    SyStrategy *strategy; /* borrowed */
    SyJobKind kind;
    SySchedule *schedule; /* borrowed */
    SyTime slot;          /* SY_TIME_NONE: none any more */
} Job;

static void move_on(Job *job, SyTime after) {
    SyTime until = sy_schedule_timing(job->schedule)->until;
    job->slot = sy_schedule_next(job->schedule, after);
    if (until != SY_TIME_NONE && job->slot > until)
        job->slot = SY_TIME_NONE;
}

static void add_job(GArray *jobs, SyStrategy *strategy, SyJobKind kind, SySchedule *schedule,
                    SyTime now) {
    Job job = {strategy, kind, schedule, SY_TIME_NONE};
    if (!schedule)
        return;
    move_on(&job, now);
    g_array_append_val(jobs, job);
}

static void add_jobs(GArray *jobs, SyStrategy *strategy, SySchedule *reports, SyTime now) {
    bool trades = sy_strategy_has_model(strategy);
    add_job(jobs, strategy, trades ? SY_JOB_TRADE : SY_JOB_TASK, strategy->schedule, now);
    if (trades)
        add_job(jobs, strategy, SY_JOB_REPORT,
                strategy->report_schedule ? strategy->report_schedule : reports, now);
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
static double wait_of(const Job *job, const Options *options) {
    if (job->kind != SY_JOB_TRADE)
        return -1;
    return (double)sy_strategy_wait(job->strategy, job->slot, options->max_buffer * SY_SECOND) /
           (double)SY_SECOND;
}

static void show(const Job *job, const Options *options) {
    char utc[SY_TIME_TEXT_SIZE];
    double wait = wait_of(job, options);
    g_autofree char *local = local_text(job->schedule, job->slot);
    g_autofree char *wait_text = wait < 0 ? g_strdup("-") : g_strdup_printf("%g s", wait);
    printf("%-20s  %-26s  %-18s  %7s  %-6s  %s\n", sy_time_format(job->slot, utc), local,
           sy_schedule_zone(job->schedule), wait_text, sy_job_kind_names[job->kind],
           job->strategy->template->meta.study_name);
}

static json_t *job_json(const Job *job, const Options *options) {
    char utc[SY_TIME_TEXT_SIZE], bar_text[SY_TIME_TEXT_SIZE];
    double wait = wait_of(job, options);
    g_autofree char *local = local_text(job->schedule, job->slot);
    SyTime bar = sy_schedule_bar(job->schedule, job->slot);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "study", job->strategy->template->meta.study_name,
        "job", sy_job_kind_names[job->kind], "slot", sy_time_format(job->slot, utc), "local", local,
        "timezone", sy_schedule_zone(job->schedule), "bar",
        job->kind == SY_JOB_TRADE ? json_string(sy_time_format(bar, bar_text)) : json_null(),
        "wait_seconds", wait < 0 ? json_null() : json_real(wait));
}

/* The earliest of the jobs' next slots; of several at one time the job that was added first. */
static Job *earliest(GArray *jobs) {
    Job *first = NULL;
    for (guint i = 0; i < jobs->len; i++) {
        Job *job = &g_array_index(jobs, Job, i);
        if (job->slot != SY_TIME_NONE && (!first || job->slot < first->slot))
            first = job;
    }
    return first;
}

static void show_all(GArray *jobs, const Options *options) {
    json_t *list = options->common.json ? json_array() : NULL;
    if (!list)
        printf("%-20s  %-26s  %-18s  %7s  %-6s  %s\n", "UTC", "local", "zone", "wait", "job",
               "study");
    for (int i = 0; i < options->number; i++) {
        Job *job = earliest(jobs);
        if (!job)
            break;
        if (list)
            json_array_append_new(list, job_json(job, options));
        else
            show(job, options);
        move_on(job, job->slot);
    }
    if (!list)
        return;
    json_dumpf(list, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(list);
}

/* Loads what can be loaded: a broken template does not hide the others. */
static bool load_all(const SySession *session, char **names, GPtrArray *strategies,
                     GError **error) {
    g_autoptr(GString) problems = g_string_new(NULL);
    for (char **name = names; *name; name++) {
        g_autoptr(GError) reason = NULL;
        g_autofree char *path = sy_template_find_path(session->workspace, *name, &reason);
        SyStrategy *strategy = path ? sy_strategy_load(path, &reason) : NULL;
        if (strategy)
            g_ptr_array_add(strategies, strategy);
        else
            g_string_append_printf(problems, "%s%s", problems->len ? "\n" : "", reason->message);
    }
    return problems->len == 0 || sy_fail(error, SY_ERROR_TEMPLATE, "%s", problems->str);
}

static bool run_session(const SySession *session, const Options *options, char **arguments,
                        GError **error) {
    g_auto(GStrv) all = arguments[0] ? NULL : sy_template_names(session->workspace, error);
    g_autoptr(GPtrArray) strategies =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))sy_strategy_free);
    if (!arguments[0] && !all)
        return false;
    bool good = load_all(session, arguments[0] ? arguments : all, strategies, error);
    g_autoptr(SySchedule) reports = sy_schedule_new_every(options->report_every);
    g_autoptr(GArray) jobs = g_array_new(FALSE, FALSE, sizeof(Job));
    for (guint i = 0; i < strategies->len; i++)
        add_jobs(jobs, strategies->pdata[i], reports, sy_env_now(&session->env));
    show_all(jobs, options);
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
