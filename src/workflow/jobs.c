/* From [schedule] to the jobs of the scheduler. What the sections say is read once for `check` and
 * once where jobs are made, by the same functions, so that both say the same. */
#include "workflow/jobs.h"

#include "base/error.h"
#include "workflow/newest_bar.h"

/* [schedule] or [schedule.report], read. */
typedef struct {
    SyScheduleConfig config;
    const SyNode *node; /* NULL: absent */
    const char *where;
    bool sound; /* its keys could be read */
} Section;

static void section_clear(Section *section) {
    sy_fields_clear(&sy_schedule_fields, &section->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Section, section_clear)

/* [schedule] without the table in it, so that the rows of both read both. */
static Section read_section(const SyNode *node, const char *where, const char *without,
                            SyProblems *problems) {
    Section section = {.node = node, .where = where};
    SyNode view = node ? *node : (SyNode){0};
    g_autofree SyNode **item = g_new(SyNode *, MAX(view.n, 1));
    gsize n = 0;
    for (gsize i = 0; i < view.n; i++)
        if (!without || g_strcmp0(view.item[i]->key, without) != 0)
            item[n++] = view.item[i];
    view.item = item;
    view.n = n;
    guint before = problems->found->len;
    sy_schema_read(node ? &view : NULL, where,
                   &(SySchemaPart){&sy_schedule_fields, &section.config}, 1, problems);
    section.sound = problems->found->len == before;
    return section;
}

static const SyNode *node_of(const Section *section, const char *key) {
    return key ? sy_schema_node(section->node, sy_schedule_fields.rows, sy_schedule_fields.n, key)
               : section->node;
}

/* Fills all of a job but who it is and what it waits for. */
static void read_job(const Section *section, SyTimeframe bars, SyJob *job, SyProblems *problems) {
    const SyScheduleConfig *config = &section->config;
    const char *key = NULL;
    g_autoptr(GError) reason = NULL;
    if (!section->sound)
        return;
    job->schedule = sy_schedule_new(config, bars, &key, &reason);
    if (!job->schedule) {
        sy_problems_add(problems, node_of(section, key), NULL, "%s %s", section->where,
                        reason->message);
        return;
    }
    const SyScheduleTiming *timing = sy_schedule_timing(job->schedule);
    job->delay = timing->delay;
    job->jitter = timing->jitter;
    job->start_deadline = timing->start_deadline;
    job->timeout = timing->timeout;
    job->catchup = config->catchup;
    job->catchup_window = timing->catchup_window;
    job->catchup_max = config->catchup_max;
    job->overlap = config->overlap;
    job->until = timing->until;
    job->max_runs = config->max_runs;
}

/* Reads what the template says of when. A job whose schedule stays NULL has no section of its own.
 */
static void read_jobs(const SyStrategy *strategy, SyJob *main_job, SyJob *report,
                      SyProblems *problems) {
    const SyNode *schedule = sy_template_section(strategy->template, "schedule");
    const SyNode *reports = sy_node_find(schedule, "report");
    g_auto(Section) main_section = read_section(schedule, "[schedule]", "report", problems);
    read_job(&main_section, strategy->timeframe, main_job, problems);
    if (!reports)
        return;
    g_auto(Section) report_section = read_section(reports, "[schedule.report]", NULL, problems);
    read_job(&report_section, strategy->timeframe, report, problems);
}

void sy_jobs_check(const SyStrategy *strategy, SyProblems *problems) {
    SyJob main_job = {0}, report = {0};
    read_jobs(strategy, &main_job, &report, problems);
    g_clear_pointer(&main_job.schedule, sy_schedule_unref);
    g_clear_pointer(&report.schedule, sy_schedule_unref);
}

static void add_job(SyJobs *jobs, const SyStrategy *strategy, SyJobKind kind, SyJob *job,
                    gint64 max_buffer) {
    job->study = strategy->template->meta.study_name;
    job->kind = kind;
    job->max_buffer = MAX(max_buffer, job->delay + job->jitter + SY_SECOND);
    jobs->job[jobs->n++] = *job;
    job->schedule = NULL;
}

bool sy_jobs_make(const SyStrategy *strategy, const SyJobOptions *options, SyJobs *jobs,
                  GError **error) {
    *jobs = (SyJobs){0};
    SyJob main_job = {0}, report = {.until = SY_TIME_NONE};
    g_autoptr(SyProblems) problems = sy_problems_new(strategy->template->document->name);
    read_jobs(strategy, &main_job, &report, problems);
    if (!report.schedule || options->report_every_was_given) {
        g_clear_pointer(&report.schedule, sy_schedule_unref);
        report.schedule = sy_schedule_new_every(options->report_every);
    }
    bool models = sy_strategy_has_model(strategy);
    gint64 max_buffer = options->max_buffer_seconds * SY_SECOND;
    bool good = sy_problems_check(problems, error);
    if (good && models && options->trade) {
        main_job.probe = jobs->probe = sy_newest_bar_key(strategy);
        add_job(jobs, strategy, SY_JOB_TRADE, &main_job, max_buffer);
    } else if (good && !models)
        add_job(jobs, strategy, SY_JOB_TASK, &main_job, max_buffer);
    if (good && models && options->report)
        add_job(jobs, strategy, SY_JOB_REPORT, &report, max_buffer);
    g_clear_pointer(&main_job.schedule, sy_schedule_unref);
    g_clear_pointer(&report.schedule, sy_schedule_unref);
    return good;
}

void sy_jobs_clear(SyJobs *jobs) {
    for (gsize i = 0; i < jobs->n; i++)
        sy_schedule_unref(jobs->job[i].schedule);
    g_free(jobs->probe);
    *jobs = (SyJobs){0};
}

SyTime sy_job_wait_ends(const SyJob *job, SyTime nominal) {
    SyTime next = sy_schedule_next(job->schedule, nominal), end = nominal + job->max_buffer;
    return next == SY_TIME_NONE ? end : MIN(end, next);
}
