/* systematica doctor: is everything that an unattended run needs in order? A table of questions,
 * each with what was found and what to do; nothing is changed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/error.h"
#include "base/zone.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "cli/session.h"
#include "loader/engine.h"
#include "store/events.h"
#include "template/template.h"
#include "template/workspace.h"
#include "workflow/newest_bar.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {SY_OPTION_WORKSPACE(Options), SY_OPTION_JSON(Options),
                                 SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

typedef enum { GOOD, WARNING, BAD } Verdict;
static const char *const verdict_names[] = {"ok", "warning", "failed"};

typedef struct {
    const char *question; /* row of the table below */
    Verdict verdict;
    char *text;
} Finding;

typedef struct {
    const SySession *session;
    SyTime now;
    const char *question;
    GArray *findings; /* Finding */
} Doctor;

static void finding_clear(gpointer finding) { g_free(((Finding *)finding)->text); }

static void G_GNUC_PRINTF(3, 4) find(Doctor *doctor, Verdict verdict, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    const Finding finding = {doctor->question, verdict,
                             sy_settings_mask(doctor->session->settings, text)};
    g_array_append_val(doctor->findings, finding);
}

/* ---- the questions ---- */

static void ask_folders(Doctor *doctor) {
    static const char *const names[] = {"", "templates", "logs", "reports"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = sy_workspace_path(doctor->session->workspace, names[i]);
        if (access(path, R_OK | W_OK | X_OK) != 0)
            find(doctor, BAD, "%s: %s: run `systematica init`, or give this user the folder", path,
                 g_strerror(errno));
    }
    if (doctor->findings->len == 0)
        find(doctor, GOOD, "%s", doctor->session->workspace);
}

static void ask_disk(Doctor *doctor) {
    struct statvfs disk;
    g_autofree char *path = sy_workspace_path(doctor->session->workspace, "");
    if (statvfs(path, &disk) != 0 || disk.f_blocks == 0) {
        find(doctor, BAD, "%s: %s", path, g_strerror(errno));
        return;
    }
    double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    double share = (double)disk.f_bavail / (double)disk.f_blocks;
    find(doctor, share < 0.1 ? WARNING : GOOD, "%.1f GB free, %.0f %%%s", free_bytes / 1e9,
         share * 100, share < 0.1 ? ": without room nothing is decided; make some" : "");
}

static void ask_clock(Doctor *doctor) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0)
        find(doctor, WARNING, "the kernel does not say whether it is synchronised: %s",
             g_strerror(errno));
    else if (state == TIME_ERROR || (clock.status & STA_UNSYNC))
        find(doctor, WARNING,
             "not synchronised, as far as the kernel knows: run chrony or systemd-timesyncd; slots "
             "are nominal times of this clock");
    else
        find(doctor, GOOD, "synchronised, error at most %.3f s", (double)clock.maxerror / 1e6);
}

static void ask_zones(Doctor *doctor) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyZone) zone = sy_zone_open("America/New_York", &error);
    if (zone)
        find(doctor, GOOD, "the system's time zones are there");
    else
        find(doctor, BAD, "%s: install the package tzdata", error->message);
}

static void ask_programs(Doctor *doctor) {
    const SySettings *settings = doctor->session->settings;
    bool sends = settings->messengers->len > 1 || settings->heartbeat.url;
    const char *const names[] = {"systematica-report", "systematica-messenger"};
    for (gsize i = 0; i < (sends ? G_N_ELEMENTS(names) : 1); i++) {
        g_autofree char *program = sy_session_program(names[i]);
        g_autofree char *path = g_find_program_in_path(program);
        if (path)
            find(doctor, GOOD, "%s", path);
        else
            find(doctor, BAD, "%s is not there: install it beside this program, or on PATH",
                 names[i]);
    }
}

static void ask_engines(Doctor *doctor) {
    const SyMap *engines = &doctor->session->settings->engines;
    for (gsize i = 0; i < engines->n; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SyDb) db = sy_engine_open(engines->key[i], engines, doctor->session->workspace,
                                            SY_DB_READ, &error);
        if (db)
            find(doctor, GOOD, "%s answers", engines->key[i]);
        else
            find(doctor, BAD, "%s: %s", engines->key[i], error->message);
    }
    if (engines->n == 0)
        find(doctor, WARNING, "settings.toml names none: templates must give an engine or a path");
}

/* How far the bars of a strategy reach, against what the clock expects. */
static void ask_bars(Doctor *doctor, const SyStrategy *strategy) {
    const char *study = strategy->template->meta.study_name;
    const SyLoaderContext context = sy_session_loader_context(doctor->session);
    g_autoptr(GError) error = NULL;
    SyTime newest = SY_TIME_NONE, expected = sy_schedule_bar(strategy->schedule, doctor->now);
    char newest_text[SY_TIME_TEXT_SIZE], expected_text[SY_TIME_TEXT_SIZE];
    sy_time_format(expected, expected_text);
    if (!sy_newest_bar(strategy, &context, &newest, &error))
        find(doctor, BAD, "%s: %s", study, error->message);
    else if (newest == SY_TIME_NONE)
        find(doctor, BAD, "%s: there is no bar at all", study);
    else if (newest < expected)
        find(doctor, BAD, "%s: outdated: bars end at %s, the one that closes at %s is expected",
             study, sy_time_format(newest, newest_text), expected_text);
    else
        find(doctor, GOOD, "%s: the bar that closed at %s is there", study, expected_text);
}

static void ask_template(Doctor *doctor, GHashTable *studies, const char *name) {
    const SySession *session = doctor->session;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = sy_template_find_path(session->workspace, name, &error);
    g_autoptr(SyStrategy) strategy = path ? sy_strategy_load(path, &error) : NULL;
    if (!strategy || !sy_strategy_check_name(strategy, studies, &error) ||
        !sy_strategy_check_engine(strategy, &session->settings->engines, &error) ||
        !sy_strategy_check_notify(strategy, session->settings, &error) ||
        !sy_strategy_check_live(strategy, doctor->now, &error))
        find(doctor, BAD, "%s", error->message);
    else if (sy_strategy_has_model(strategy))
        ask_bars(doctor, strategy);
    else
        find(doctor, GOOD, "%s: tasks without a model", strategy->template->meta.study_name);
}

static void ask_templates(Doctor *doctor) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) names = sy_template_names(doctor->session->workspace, &error);
    g_autoptr(GHashTable) studies = sy_strategy_names(doctor->session->workspace);
    if (!names)
        find(doctor, BAD, "%s", error->message);
    else if (!*names)
        find(doctor, WARNING, "there is none: save one in .workflow/templates");
    for (char **name = names; name && *name; name++)
        ask_template(doctor, studies, *name);
}

static void ask_store(Doctor *doctor) {
    g_autoptr(GError) error = NULL;
    g_autoptr(SyStore) store = NULL;
    if (!sy_session_open_store(doctor->session, true, &store, &error)) {
        find(doctor, BAD, "%s", error->message);
        return;
    }
    if (!store) {
        find(doctor, GOOD, "there is none yet: the first run makes it");
        return;
    }
    SyAudit audit = {0};
    if (!sy_store_verify(store, &audit, &error))
        find(doctor, BAD, "%s", error->message);
    else if (!audit.whole)
        find(doctor, BAD, "the audit chain is broken at event %" G_GINT64_FORMAT ": %s",
             audit.broken_at, audit.reason);
    else
        find(doctor, GOOD, "audit chain whole, %" G_GINT64_FORMAT " events", audit.checked);
    sy_audit_clear(&audit);
}

static const struct {
    const char *question;
    void (*ask)(Doctor *doctor);
} questions[] = {
    {"workspace", ask_folders}, {"disk", ask_disk},           {"clock", ask_clock},
    {"time zones", ask_zones},  {"programs", ask_programs},   {"engines", ask_engines},
    {"store", ask_store},       {"templates", ask_templates},
};

/* ---- what is said ---- */

static guint count(const Doctor *doctor, Verdict verdict) {
    guint n = 0;
    for (guint i = 0; i < doctor->findings->len; i++)
        n += g_array_index(doctor->findings, Finding, i).verdict == verdict;
    return n;
}

static void show(const Doctor *doctor) {
    for (guint i = 0; i < doctor->findings->len; i++) {
        const Finding *finding = &g_array_index(doctor->findings, Finding, i);
        printf("%-8s %-11s %s\n", verdict_names[finding->verdict], finding->question,
               finding->text);
    }
}

static void show_json(const Doctor *doctor) {
    json_t *list = json_array();
    for (guint i = 0; i < doctor->findings->len; i++) {
        const Finding *finding = &g_array_index(doctor->findings, Finding, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "question", finding->question,
                                              "verdict", verdict_names[finding->verdict], "text",
                                              sy_data_text_json(finding->text)));
    }
    sy_data_print_json(list);
}

static bool examine(const SySession *session, gconstpointer data, char **arguments,
                    GError **error) {
    (void)data;
    (void)arguments;
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    g_array_set_clear_func(findings, finding_clear);
    Doctor doctor = {session, sy_env_now(&session->env), NULL, findings};
    for (gsize i = 0; i < G_N_ELEMENTS(questions); i++) {
        doctor.question = questions[i].question;
        questions[i].ask(&doctor);
    }
    (session->options->json ? show_json : show)(&doctor);
    guint bad = count(&doctor, BAD);
    return bad == 0 ||
           sy_fail(error, SY_ERROR_FAILED, "%u of %u findings need work", bad, findings->len);
}

const SyCommand sy_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "Examine what an unattended run needs: folders, clock, engines, bars, store.",
    .details = "Changes nothing. Exit code 1 where something needs work; each line says what to "
               "do.",
    .options = &options_table,
    .run_within = examine,
};
