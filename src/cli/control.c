/* systematica pause, resume, trigger: what people ask of jobs. The store keeps it; a daemon that
 * runs is woken, one that starts later finds it. */
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/studies.h"
#include "schedule/scheduler.h"
#include "store/slots.h"

typedef struct {
    SyCommonOptions common;
    char *tag, *kind, *reason;
    bool all;
} Options;

static bool check_kind(const char *kind, GError **error) {
    SyJobKind found;
    if (sy_job_kind_find(kind, &found))
        return true;
    return sy_fail(error, SY_ERROR_USAGE, "one of trade, report, task");
}

/* clang-format off */
#define KIND_OPTION(help_text)                                                                        \
    SY_FIELD(Options, kind, .metavar = "JOB", .check = check_kind, .help = help_text)
/* clang-format on */

static const SyField pause_fields[] = {
    SY_FIELD(Options, tag, .metavar = "TEXT", .help = "All strategies with this tag."),
    SY_FIELD(Options, all, .help = "All strategies."),
    KIND_OPTION("Only this job: trade, report or task."),
    SY_FIELD(Options, reason, .fallback = "", .metavar = "TEXT", .help = "Why, for the audit."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable pause_options = SY_FIELD_TABLE(Options, pause_fields);

static const SyField trigger_fields[] = {
    KIND_OPTION("The job: trade, report or task; default trade."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_QUIET(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable trigger_options = SY_FIELD_TABLE(Options, trigger_fields);

/* What is done for each study. */
typedef bool (*Act)(const SySession *session, SyStore *store, const Options *options,
                    const char *study, GError **error);

static bool check_choice(const Options *options, const char *name, GError **error) {
    int ways = (name != NULL) + (options->tag != NULL) + options->all;
    return ways == 1 ||
           sy_fail(error, SY_ERROR_USAGE, "name one strategy, or give --tag TEXT, or --all%s",
                   ways ? ", but only one of them" : "");
}

static bool act_on_each(const SySession *session, const Options *options, const char *name, Act act,
                        GError **error) {
    SyStore *opened = NULL;
    if (!sy_session_open_store(session, false, &opened, error))
        return false;
    g_autoptr(SyStore) store = opened;
    g_auto(GStrv) studies = sy_studies_choose(session, store, name, options->tag, error);
    if (!studies)
        return false;
    for (char **study = studies; *study; study++)
        if (!act(session, store, options, *study, error))
            return false;
    sy_studies_wake(session);
    return true;
}

static bool run_act(const Options *options, const char *name, Act act, GError **error) {
    g_auto(SySession) session = {0};
    bool good = check_choice(options, name, error) &&
                sy_session_open(&session, &options->common, NULL, error) &&
                act_on_each(&session, options, name, act, error);
    return sy_session_end(&session, good, error);
}

static bool set_paused(const SySession *session, SyStore *store, const Options *options,
                       const char *study, bool paused, GError **error) {
    if (!sy_store_pause(store, study, options->kind, paused, options->reason, sy_studies_who(),
                        sy_env_now(&session->env), error))
        return false;
    sy_session_say(session, "%s: %s%s%s", study, paused ? "paused" : "resumed",
                   options->kind ? " " : "", options->kind ? options->kind : "");
    return true;
}

static bool pause_study(const SySession *session, SyStore *store, const Options *options,
                        const char *study, GError **error) {
    return set_paused(session, store, options, study, true, error);
}

static bool resume_study(const SySession *session, SyStore *store, const Options *options,
                         const char *study, GError **error) {
    return set_paused(session, store, options, study, false, error);
}

static bool trigger_study(const SySession *session, SyStore *store, const Options *options,
                          const char *study, GError **error) {
    gint64 id = 0;
    const char *kind = options->kind ? options->kind : "trade";
    if (!sy_store_add_trigger(store, study, kind, sy_studies_who(), sy_env_now(&session->env), &id,
                              error))
        return false;
    sy_session_say(session, "%s: %s will run as soon as a run_app or run_all has it", study, kind);
    return true;
}

static bool run_pause(gconstpointer data, char **arguments, GError **error) {
    return run_act(data, arguments[0], pause_study, error);
}

static bool run_resume(gconstpointer data, char **arguments, GError **error) {
    return run_act(data, arguments[0], resume_study, error);
}

static bool run_trigger(gconstpointer data, char **arguments, GError **error) {
    return run_act(data, arguments[0], trigger_study, error);
}

const SyCommand sy_command_pause = {
    .name = "pause",
    .arguments = "[STUDY]",
    .summary = "Pause jobs: their slots are skipped until they are resumed, and told of then.",
    .most = 1,
    .options = &pause_options,
    .run = run_pause,
};

const SyCommand sy_command_resume = {
    .name = "resume",
    .arguments = "[STUDY]",
    .summary = "Resume paused jobs; what they missed meanwhile is not made up.",
    .most = 1,
    .options = &pause_options,
    .run = run_resume,
};

const SyCommand sy_command_trigger = {
    .name = "trigger",
    .arguments = "STUDY",
    .summary = "Ask for a slot of a job now, besides its schedule.",
    .least = 1,
    .most = 1,
    .options = &trigger_options,
    .run = run_trigger,
};
