/* systematica ps: where every job stands, from the store and the templates' schedules. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/data.h"
#include "cli/page.h"
#include "cli/studies.h"
#include "store/history.h"
#include "store/messages.h"
#include "workflow/jobs.h"

typedef struct {
    SyCommonOptions common;
    char *tag;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, tag, .metavar = "TEXT", .help = "Only strategies with this tag."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* A job of a template, and what the store knows of it. */
typedef struct {
    const char *study, *kind;
    const SyJobLine *line; /* NULL: it has not run yet */
    SyTime next;           /* SY_TIME_NONE where there is none, or the template is gone */
    bool due;              /* a slot has come after the last one that was decided */
    bool held;             /* the daemon holds the study's jobs: the clock is in doubt */
} Row;

static const SyJobLine *find_line(const GArray *lines, const char *study, const char *kind) {
    for (guint i = 0; i < lines->len; i++) {
        const SyJobLine *line = &g_array_index(lines, SyJobLine, i);
        if (strcmp(line->study, study) == 0 && strcmp(line->kind, kind) == 0)
            return line;
    }
    return NULL;
}

static bool is_held(const GPtrArray *alarms, const char *study) {
    for (guint i = 0; alarms && i < alarms->len; i++) {
        const SyAlarm *alarm = alarms->pdata[i];
        if (alarm->running > 0 && strcmp(alarm->kind, "clock_hold") == 0 &&
            g_strcmp0(alarm->study, study) == 0)
            return true;
    }
    return false;
}

/* What the store tells of all jobs. */
typedef struct {
    GArray *lines;         /* SyJobLine */
    GPtrArray *alarms;     /* SyAlarm */
    GHashTable *intervals; /* study → --report-every of the program that took it last */
} Stored;

static void stored_clear(Stored *stored) {
    g_clear_pointer(&stored->lines, g_array_unref);
    g_clear_pointer(&stored->alarms, g_ptr_array_unref);
    g_clear_pointer(&stored->intervals, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stored, stored_clear)

static bool load_stored(const SySession *session, Stored *stored, GError **error) {
    SyStore *opened = NULL;
    if (!sy_session_open_store(session, true, &opened, error))
        return false;
    g_autoptr(SyStore) store = opened;
    stored->lines =
        store ? sy_store_list_jobs(store, error) : g_array_new(FALSE, FALSE, sizeof(SyJobLine));
    return stored->lines &&
           (!store || ((stored->alarms = sy_store_load_alarms(store, error)) &&
                       (stored->intervals = sy_store_report_intervals(store, error))));
}

/* As the program that runs a strategy, or ran it last, makes its jobs. */
static SyJobOptions options_of(const char *study, const Stored *stored) {
    SyJobOptions options = {.trade = true,
                            .report = true,
                            .report_every = {SY_HOUR, 0},
                            .max_buffer_seconds = SY_JOB_MAX_BUFFER_SECONDS};
    const char *text = stored->intervals ? g_hash_table_lookup(stored->intervals, study) : NULL;
    options.report_every_was_given = text && sy_timeframe_parse(text, &options.report_every, NULL);
    return options;
}

static void add_strategy(const SyStrategy *strategy, const Stored *stored, SyTime now,
                         GArray *rows) {
    const SyJobOptions options = options_of(strategy->template->meta.study_name, stored);
    g_auto(SyJobs) jobs = {0};
    sy_jobs_make(strategy, &options, &jobs);
    for (gsize i = 0; i < jobs.n; i++) {
        const SyJob *job = &jobs.job[i];
        Row row = {.study = strategy->template->meta.study_name,
                   .kind = sy_job_kind_names[job->kind],
                   .next = sy_schedule_next(job->schedule, now)};
        if (job->until != SY_TIME_NONE && row.next > job->until)
            row.next = SY_TIME_NONE;
        row.line = find_line(stored->lines, row.study, row.kind);
        row.due = row.line && row.line->last != SY_TIME_NONE &&
                  sy_schedule_previous(job->schedule, now) > row.line->last;
        row.held = is_held(stored->alarms, row.study);
        g_array_append_val(rows, row);
    }
}

static char *ended_text(const SyJobLine *line) {
    if (!line || !line->slot)
        return g_strdup("-");
    if (line->run)
        return g_strdup(line->run);
    return g_strdup_printf("%s%s%s", line->slot, *line->reason ? ": " : "", line->reason);
}

/* What the job does, as far as the store tells. */
static const char *state_word(const Row *row) {
    const SyJobLine *line = row->line;
    if (line && line->open)
        return line->open;
    return line && line->paused ? "paused" : row->held ? "held" : row->due ? "due" : "idle";
}

static char *state_text(const Row *row) {
    const SyJobLine *line = row->line;
    if (line && line->open && line->retry_at != SY_TIME_NONE) {
        g_autofree char *at = sy_studies_time(line->retry_at);
        return g_strdup_printf("backs off until %s", at);
    }
    return g_strdup(state_word(row));
}

static void show(const GArray *rows) {
    static const char *const headers[] = {"study", "job",  "state",      "last slot (UTC)",
                                          "ended", "late", "next (UTC)", "paused"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        const SyJobLine *line = row->line;
        g_ptr_array_add(cells, g_strdup(row->study));
        g_ptr_array_add(cells, g_strdup(row->kind));
        g_ptr_array_add(cells, state_text(row));
        g_ptr_array_add(cells, sy_studies_time(line ? line->last : SY_TIME_NONE));
        g_ptr_array_add(cells, ended_text(line));
        g_ptr_array_add(cells,
                        line ? sy_studies_seconds(line->last, line->started) : g_strdup("-"));
        g_ptr_array_add(cells, sy_studies_time(row->next));
        g_ptr_array_add(cells, g_strdup(line && line->paused ? line->pause_note : ""));
    }
    SyPage page = sy_page_begin(false);
    sy_page_table(&page, headers, G_N_ELEMENTS(headers), cells);
    g_autofree char *text = sy_page_end(&page);
    fputs(text, stdout);
}

static void show_json(const GArray *rows) {
    static const SyJobLine none = {.last = SY_TIME_NONE,
                                   .started = SY_TIME_NONE,
                                   .open_nominal = SY_TIME_NONE,
                                   .retry_at = SY_TIME_NONE};
    json_t *list = json_array();
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        const SyJobLine *line = row->line ? row->line : &none;
        json_t *late = line->started == SY_TIME_NONE
                           ? json_null()
                           : json_real((double)(line->started - line->last) / (double)SY_SECOND);
        json_array_append_new(
            list,
            json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
                      "study", sy_data_text_json(row->study), "job", row->kind, "state",
                      state_word(row), "running_slot", sy_data_time_json(line->open_nominal),
                      "retry_at", sy_data_time_json(line->retry_at), "last_slot",
                      sy_data_time_json(line->last), "slot", sy_data_text_json(line->slot),
                      "reason", sy_data_text_json(line->reason), "run",
                      sy_data_text_json(line->run), "late_seconds", late, "next_slot",
                      sy_data_time_json(row->next), "paused", line->paused, "pause_note",
                      line->paused ? sy_data_text_json(line->pause_note) : json_null(), "holder",
                      sy_data_text_json(line->holder)));
    }
    sy_data_print_json(list);
}

static bool list(const SySession *session, gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    g_auto(Stored) stored = {0};
    if (!load_stored(session, &stored, error))
        return false;
    g_autoptr(GPtrArray) strategies = sy_studies_load(session, options->tag);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));
    for (guint i = 0; i < strategies->len; i++)
        add_strategy(strategies->pdata[i], &stored, sy_env_now(&session->env), rows);
    (options->common.json ? show_json : show)(rows);
    return true;
}

const SyCommand sy_command_ps = {
    .name = "ps",
    .arguments = "",
    .summary = "Show every job: what it does, its last slot and how it ended, its next one.",
    .details =
        "state: planned, started or backing_off as its newest run; due where a slot has come that "
        "is not\ndecided (it waits for its bar or a place, or nothing runs the job); held where "
        "the clock is in\ndoubt; paused; or idle. The next report is by the --report-every of the "
        "program that runs "
        "the strategy,\nelse by [schedule.report], else every hour.",
    .options = &options_table,
    .run_within = list,
};
