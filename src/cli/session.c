/* Opening of a session: the only place where commands meet the environment. */
#include "cli/session.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "db/db.h"
#include "template/workspace.h"

const char *sy_session_environment(const char *name) { return g_getenv(name); }

const char *sy_session_asked(const SyCommonOptions *options) {
    if (options->workspace)
        return options->workspace;
    const char *variable = g_getenv("SYSTEMATICA_WORKSPACE");
    return variable && *variable ? variable : NULL;
}

char *sy_session_workspace(const SyCommonOptions *options, GError **error) {
    const char *asked = sy_session_asked(options);
    g_autofree char *here = g_get_current_dir();
    if (!asked) {
        char *found = sy_workspace_find(here);
        if (!found)
            sy_fail(
                error, SY_ERROR_USAGE,
                "no workspace: neither %s nor a folder above it holds .workflow/; make one with "
                "`systematica init`, or name one with --workspace DIR",
                here);
        return found;
    }
    g_autofree char *folder = g_canonicalize_filename(asked, here);
    g_autofree char *inside = g_build_filename(folder, ".workflow", NULL);
    if (g_file_test(inside, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&folder);
    sy_fail(error, SY_ERROR_USAGE,
            "%s is no workspace: it has no .workflow/; make one with `systematica init %s`", folder,
            asked);
    return NULL;
}

bool sy_session_open(SySession *session, const SyCommonOptions *options, const char *now,
                     GError **error) {
    *session = (SySession){.options = options, .env = sy_env_real};
    if (now) {
        g_autoptr(GError) reason = NULL;
        if (!sy_time_parse(now, sy_env_now(&sy_env_real), &session->moment, &reason))
            return sy_fail(error, SY_ERROR_USAGE, "--now: %s", reason->message);
        session->env = sy_env_fixed(&session->moment);
    }
    session->workspace = sy_session_workspace(options, error);
    if (!session->workspace)
        return false;
    session->settings = sy_settings_load(session->workspace, sy_session_environment, error);
    return session->settings != NULL;
}

bool sy_session_end(const SySession *session, bool good, GError **error) {
    if (!good && error && *error && session->settings) {
        char *masked = sy_settings_mask(session->settings, (*error)->message);
        g_free((*error)->message);
        (*error)->message = masked;
    }
    return good;
}

void sy_session_clear(SySession *session) {
    g_clear_pointer(&session->workspace, g_free);
    g_clear_pointer(&session->settings, sy_settings_free);
}

SyLoaderContext sy_session_loader_context(const SySession *session) {
    return (SyLoaderContext){
        .env = &session->env,
        .folder = session->workspace,
        .engines = &session->settings->engines,
        .until = SY_TIME_NONE,
    };
}

static char *mask(gconstpointer settings, const char *text) {
    return sy_settings_mask(settings, text);
}

SyLog *sy_session_open_log(const SySession *session, bool terminal, GError **error) {
    const SySettingsLog *settings = &session->settings->log;
    g_autofree char *folder = sy_workspace_path(session->workspace, "logs");
    const char *no_color = g_getenv("NO_COLOR");
    const SyCommonOptions *asked = session->options;
    const SyLogOptions options = {
        .env = &session->env,
        .level = asked->verbose ? SY_LOG_DEBUG : settings->level,
        .terminal_level = asked->quiet ? SY_LOG_ERROR : SY_LOG_DEBUG,
        .folder = folder,
        .keep_days = settings->keep,
        .terminal = terminal,
        .format = asked->json ? SY_LOG_JSON : settings->format,
        .colour = isatty(STDERR_FILENO) && !(no_color && *no_color),
        .mask = mask,
        .mask_data = session->settings,
    };
    return sy_log_open(&options, error);
}

bool sy_session_open_store(const SySession *session, bool only_read, SyStore **store,
                           GError **error) {
    const char *given = session->settings->store.url;
    const char *url = given ? given : "sqlite:///.workflow/state.db";
    *store = NULL;
    if (only_read && !sy_store_exists(url, session->workspace))
        return true;
    *store = sy_store_open(url, session->workspace, only_read, error);
    if (!*store && given)
        g_prefix_error(error, "[store] url in settings.toml: ");
    return *store != NULL;
}

bool sy_session_check_store(const SySession *session, GError **error) {
    SyDbUrl parsed = {0};
    const char *url = session->settings->store.url;
    bool good = !url || sy_db_url_parse(url, &parsed, error);
    sy_db_url_clear(&parsed);
    if (!good)
        g_prefix_error(error, "[store] url in settings.toml: ");
    return good;
}

int sy_session_threads(const SySession *session, int jobs) {
    if (jobs <= 0)
        jobs = session->settings->executor.jobs;
    if (jobs <= 0)
        jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return MAX(jobs, 1);
}

char *sy_session_program(const char *name) {
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : g_strdup(".");
    g_autofree char *beside = g_build_filename(folder, name, NULL);
    if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer(&beside);
    return g_strdup(name);
}

gint64 sy_session_watchdog(void) {
    const char *interval = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
    if (!interval || (pid && g_ascii_strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return MAX(g_ascii_strtoll(interval, NULL, 10), 0);
}

void sy_session_say(const SySession *session, const char *format, ...) {
    if (session->options->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s\n", text);
}
