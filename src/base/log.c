/* One line to the file of its strategy and, for people, to the terminal. */
#include "base/log.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log_file.h"

#define OWN_NAME "systematica"

const char *const sy_log_level_names[] = {
    [SY_LOG_DEBUG] = "debug",
    [SY_LOG_INFO] = "info",
    [SY_LOG_WARNING] = "warning",
    [SY_LOG_ERROR] = "error",
    NULL,
};

static const char *const colours[] = {
    [SY_LOG_DEBUG] = "\033[2m",
    [SY_LOG_INFO] = "",
    [SY_LOG_WARNING] = "\033[33m",
    [SY_LOG_ERROR] = "\033[31m",
};

struct SyLog {
    SyLogOptions options;
    char *folder;
    GMutex lock;
    GHashTable *files; /* name → SyLogFile, of the day of the last line */
    gint64 day;        /* since the epoch */
    pid_t pid;
};

static void free_file(gpointer data) { sy_log_file_free(data); }

SyLog *sy_log_open(const SyLogOptions *options, GError **error) {
    if (options->folder && g_mkdir_with_parents(options->folder, 0750) != 0) {
        sy_fail(error, SY_ERROR_IO, "the folder of the logs, %s, cannot be made: %s",
                options->folder, g_strerror(errno));
        return NULL;
    }
    SyLog *log = g_new0(SyLog, 1);
    log->options = *options;
    log->folder = g_strdup(options->folder);
    log->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_file);
    log->pid = getpid();
    g_mutex_init(&log->lock);
    return log;
}

void sy_log_close(SyLog *log) {
    if (!log)
        return;
    g_hash_table_unref(log->files);
    g_mutex_clear(&log->lock);
    g_free(log->folder);
    g_free(log);
}

static char *json_line(SyTime time, SyLogLevel level, const char *study, gint64 run, gint64 pid,
                       const char *message) {
    char text[SY_TIME_TEXT_SIZE];
    json_t *line = json_object();
    json_object_set_new(line, "time", json_string(sy_time_format(time, text)));
    json_object_set_new(line, "level", json_string(sy_log_level_names[level]));
    if (study)
        json_object_set_new(line, "study", json_string(study));
    if (run)
        json_object_set_new(line, "run", json_integer(run));
    json_object_set_new(line, "pid", json_integer(pid));
    json_object_set_new(line, "message", json_string(message));
    char *dumped = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    char *ended = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    return ended;
}

char *sy_log_human(SyTime time, SyLogLevel level, const char *study, gint64 run,
                   const char *message, bool colour) {
    char text[SY_TIME_TEXT_SIZE];
    const char *begin = colour ? colours[level] : "";
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%s  %s%-7s%s  ",
                           sy_time_format(time - (time % SY_SECOND + SY_SECOND) % SY_SECOND, text),
                           begin, sy_log_level_names[level], *begin ? "\033[0m" : "");
    if (study)
        g_string_append_printf(line, "%s", study);
    if (run)
        g_string_append_printf(line, "%s#%" G_GINT64_FORMAT, study ? " " : "", run);
    g_string_append_printf(line, "%s%s\n", study || run ? "  " : "", message);
    return g_string_free(line, FALSE);
}

/* Whole, or not at all: there is nobody left to tell. */
static void write_error(const char *line) {
    ssize_t n = write(STDERR_FILENO, line, strlen(line));
    (void)n;
}

static bool write_file(SyLog *log, SyTime now, const char *study, const char *line) {
    const char *name = study ? study : OWN_NAME;
    if (now / SY_DAY != log->day) /* all are opened anew; what nobody writes any more is closed */
        g_hash_table_remove_all(log->files);
    log->day = now / SY_DAY;
    SyLogFile *file = g_hash_table_lookup(log->files, name);
    if (!file) {
        file = sy_log_file_new(log->folder, name);
        g_hash_table_insert(log->files, g_strdup(name), file);
    }
    return sy_log_file_append(file, now, log->options.keep_days, line, strlen(line));
}

void sy_log_set_mask_data(SyLog *log, gconstpointer mask_data) {
    g_mutex_lock(&log->lock);
    log->options.mask_data = mask_data;
    g_mutex_unlock(&log->lock);
}

/* Under the lock, so that nobody masks with what was freed. */
static char *mask_message(SyLog *log, char *valid) {
    if (!log->options.mask)
        return valid;
    g_mutex_lock(&log->lock);
    char *message = log->options.mask(log->options.mask_data, valid);
    g_mutex_unlock(&log->lock);
    g_free(valid);
    return message;
}

void sy_log(SyLog *log, SyLogLevel level, const char *study, gint64 run, const char *format, ...) {
    const SyLogOptions *options = &log->options;
    if (level < options->level)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *raw = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *message = mask_message(log, g_utf8_make_valid(raw, -1));
    SyTime now = sy_env_now(options->env);
    g_autofree char *json = json_line(now, level, study, run, log->pid, message);
    g_autofree char *shown = options->format == SY_LOG_JSON
                                 ? g_strdup(json)
                                 : sy_log_human(now, level, study, run, message, options->colour);
    g_mutex_lock(&log->lock);
    bool written = !log->folder || write_file(log, now, study, json);
    if ((options->terminal && level >= options->terminal_level) || !written)
        write_error(shown);
    g_mutex_unlock(&log->lock);
}
