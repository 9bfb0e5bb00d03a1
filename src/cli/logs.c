/* systematica logs: the lines of the strategies' log files, newest last, and on request those that
 * come. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/log_file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "template/workspace.h"

typedef struct {
    SyCommonOptions common;
    bool follow;
    int lines;
    char *run;
    unsigned level;
} Options;

static const SyChoice levels[] = {
    [SY_LOG_DEBUG] = {"debug", "all that was written"},
    [SY_LOG_INFO] = {"info", "what happened"},
    [SY_LOG_WARNING] = {"warning", "what may need somebody"},
    [SY_LOG_ERROR] = {"error", "what went wrong"},
};

static bool check_run(const char *text, GError **error) {
    return g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, NULL, error);
}

static const SyField fields[] = {
    SY_FIELD(Options, follow, .also = (const char *const[]){"f", NULL},
             .help = "Also the lines that come, until Ctrl-C."),
    SY_FIELD(Options, lines, .also = (const char *const[]){"n", NULL}, .fallback = "20", .min = 0,
             .max = 1e9, .help = "How many lines of what has been written."),
    SY_FIELD(Options, run, .check = check_run, .metavar = "INTEGER",
             .help = "Only lines of this run."),
    SY_FIELD(Options, level, .fallback = "debug", SY_CHOICES(levels),
             .help = "Only lines of at least this level."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* ---- one line ---- */

/* A line that shall be shown. */
typedef struct {
    SyTime time;
    char *text; /* with its end */
} Line;

static void line_clear(gpointer line) { g_free(((Line *)line)->text); }

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static SyLogLevel level_of(const json_t *object) {
    const char *name = text_of(object, "level");
    for (SyLogLevel level = SY_LOG_DEBUG; name && level <= SY_LOG_ERROR; level++)
        if (strcmp(sy_log_level_names[level], name) == 0)
            return level;
    return SY_LOG_ERROR; /* of a newer program: rather shown than not */
}

static bool use_colour(void) {
    const char *no_color = g_getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

/* Appends a line of a file if it is asked for. What is no line of ours is left out: a file that was
 * cut by a full disk has such. */
static void add_line(const Options *options, const char *text, gsize length, GArray *lines) {
    json_t *object = json_loadb(text, length, 0, NULL);
    SyLogLevel level = level_of(object);
    json_int_t run = json_integer_value(json_object_get(object, "run"));
    const char *time = text_of(object, "time"), *message = text_of(object, "message");
    Line line;
    if (message && time && sy_time_parse_iso(time, strlen(time), &line.time) &&
        level >= (SyLogLevel)options->level &&
        (!options->run || run == g_ascii_strtoll(options->run, NULL, 10))) {
        line.text = options->common.json ? g_strdup_printf("%.*s\n", (int)length, text)
                                         : sy_log_human(line.time, level, text_of(object, "study"),
                                                        run, message, use_colour());
        g_array_append_val(lines, line);
    }
    json_decref(object);
}

/* ---- what was written ---- */

/* Appends the last `most` lines of a file's first `size` bytes that are asked for, newest first. */
static void add_last_lines(const Options *options, const char *path, gsize size, guint most,
                           GArray *lines) {
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    const char *text = file ? g_mapped_file_get_contents(file) : NULL;
    gsize end = text ? MIN(size, g_mapped_file_get_length(file)) : 0;
    while (end > 0 && lines->len < most) {
        gsize stop = text[end - 1] == '\n' ? end - 1 : end;
        const char *before = stop ? memrchr(text, '\n', stop) : NULL;
        gsize begin = before ? (gsize)(before + 1 - text) : 0;
        add_line(options, text + begin, stop - begin, lines);
        end = begin;
    }
}

/* A file that is followed. */
typedef struct {
    char *name, *path;
    int fd;
    gsize at;      /* read up to here */
    GString *rest; /* of a line whose end has not been read */
} Followed;

static void followed_free(gpointer data) {
    Followed *followed = data;
    if (followed->fd >= 0)
        close(followed->fd);
    g_string_free(followed->rest, TRUE);
    g_free(followed->name);
    g_free(followed->path);
    g_free(followed);
}

static Followed *followed_new(const char *folder, const char *name) {
    Followed *followed = g_new0(Followed, 1);
    *followed =
        (Followed){g_strdup(name), sy_log_file_path(folder, name), -1, 0, g_string_new(NULL)};
    return followed;
}

static void open_followed(Followed *followed) {
    followed->fd = open(followed->path, O_RDONLY | O_CLOEXEC);
    followed->at = 0;
}

/* The last lines of one strategy; what is behind them will be followed. */
static void add_history(const Options *options, const char *folder, Followed *followed,
                        GArray *lines) {
    g_autoptr(GPtrArray) files = sy_log_file_list(folder, followed->name);
    g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(Line));
    struct stat status;
    open_followed(followed);
    if (followed->fd >= 0 && fstat(followed->fd, &status) == 0)
        followed->at = (gsize)status.st_size;
    for (guint i = files->len; i-- > 0 && own->len < (guint)options->lines;) {
        bool current = strcmp(files->pdata[i], followed->path) == 0;
        add_last_lines(options, files->pdata[i], current ? followed->at : G_MAXSIZE,
                       (guint)options->lines, own);
    }
    for (guint i = own->len; i-- > 0;)
        g_array_append_vals(lines, &g_array_index(own, Line, i), 1);
}

static int by_time(gconstpointer a, gconstpointer b) {
    SyTime x = ((const Line *)a)->time, y = ((const Line *)b)->time;
    return x < y ? -1 : x > y;
}

/* The last lines [most] in the order of time. Lines of one file of one time keep their order. */
static void show(GArray *lines, guint most) {
    g_array_sort(lines, by_time);
    for (guint i = lines->len > most ? lines->len - most : 0; i < lines->len; i++)
        fputs(g_array_index(lines, Line, i).text, stdout);
    fflush(stdout);
}

/* ---- what comes ---- */

static void read_new(const Options *options, Followed *followed, GArray *lines) {
    char buffer[16 * 1024];
    ssize_t n;
    while (followed->fd >= 0 &&
           (n = pread(followed->fd, buffer, sizeof buffer, (off_t)followed->at)) > 0) {
        followed->at += (gsize)n;
        g_string_append_len(followed->rest, buffer, n);
    }
    gsize begin = 0;
    for (const char *end;
         (end = memchr(followed->rest->str + begin, '\n', followed->rest->len - begin));) {
        gsize stop = (gsize)(end - followed->rest->str);
        add_line(options, followed->rest->str + begin, stop - begin, lines);
        begin = stop + 1;
    }
    g_string_erase(followed->rest, 0, (gssize)begin);
}

/* Reads what came, to the end of a file that was put aside, and on in the one that replaced it. */
static void follow_file(const Options *options, Followed *followed, GArray *lines) {
    struct stat ours, named;
    read_new(options, followed, lines);
    bool other =
        stat(followed->path, &named) == 0 &&
        (followed->fd < 0 || (fstat(followed->fd, &ours) == 0 &&
                              (ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)));
    if (!other)
        return;
    read_new(options, followed, lines); /* written before it was put aside */
    if (followed->fd >= 0)
        close(followed->fd);
    open_followed(followed);
    read_new(options, followed, lines);
}

/* The strategies that have a log, "systematica" among them; those not yet in `list` are added. */
static void find_names(const char *folder, GPtrArray *list) {
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *entry;
    while (files && (entry = g_dir_read_name(files))) {
        const char *end = g_strrstr(entry, ".log");
        bool known = !end || (end[4] != '\0' && end[4] != '.');
        g_autofree char *name = known ? NULL : g_strndup(entry, (gsize)(end - entry));
        for (guint i = 0; i < list->len && !known; i++)
            known = strcmp(((const Followed *)list->pdata[i])->name, name) == 0;
        if (!known)
            g_ptr_array_add(list, followed_new(folder, name));
    }
}

/* Until a signal ends the program. */
static bool follow(const Options *options, const char *folder, const char *study, int watcher,
                   GPtrArray *list, GError **error) {
    for (;;) {
        char events[4096];
        g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line));
        g_array_set_clear_func(lines, line_clear);
        if (!study)
            find_names(folder, list);
        for (guint i = 0; i < list->len; i++)
            follow_file(options, list->pdata[i], lines);
        show(lines, G_MAXUINT);
        if (ferror(stdout))
            return true; /* main tells */
        if (read(watcher, events, sizeof events) < 0 && errno != EINTR)
            return sy_fail(error, SY_ERROR_IO, "%s cannot be watched: %s", folder,
                           g_strerror(errno));
    }
}

/* ---- the command ---- */

static bool check_known(const char *folder, const char *study, GError **error) {
    g_autoptr(GPtrArray) files = sy_log_file_list(folder, study);
    if (files->len)
        return true;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(followed_free);
    find_names(folder, list);
    g_autofree const char **names = g_new0(const char *, list->len + 1);
    for (guint i = 0; i < list->len; i++)
        names[i] = ((const Followed *)list->pdata[i])->name;
    const char *closest = sy_text_closest(study, names, list->len);
    return sy_fail(error, SY_ERROR_USAGE, "nothing has been logged for %s in %s%s%s%s", study,
                   folder, closest ? "; did you mean " : "", closest ? closest : "",
                   closest ? "?" : "");
}

static bool show_logs(const Options *options, const char *folder, const char *study,
                      GError **error) {
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(followed_free);
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(Line));
    g_array_set_clear_func(lines, line_clear);
    int watcher = -1;
    if (options->follow) { /* before the first look: nothing falls between */
        g_mkdir_with_parents(folder, 0750);
        watcher = inotify_init1(IN_CLOEXEC);
        if (watcher < 0 || inotify_add_watch(watcher, folder, IN_MODIFY | IN_CREATE | IN_MOVE) < 0)
            return sy_fail(error, SY_ERROR_IO, "%s cannot be watched: %s", folder,
                           g_strerror(errno));
    } else if (study && !check_known(folder, study, error)) {
        return false;
    }
    if (study)
        g_ptr_array_add(list, followed_new(folder, study));
    else
        find_names(folder, list);
    for (guint i = 0; i < list->len; i++)
        add_history(options, folder, list->pdata[i], lines);
    show(lines, (guint)options->lines);
    bool good = !options->follow || follow(options, folder, study, watcher, list, error);
    if (watcher >= 0)
        close(watcher);
    return good;
}

static bool run(gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    g_auto(SySession) session = {0};
    if (!sy_session_open(&session, &options->common, NULL, error))
        return sy_session_end(&session, false, error);
    g_autofree char *folder = sy_workspace_path(session.workspace, "logs");
    return sy_session_end(&session, show_logs(options, folder, arguments[0], error), error);
}

const SyCommand sy_command_logs = {
    .name = "logs",
    .arguments = "[STUDY]",
    .summary = "Show the log of a strategy, or of all.",
    .details = "Without STUDY: of all strategies and of run_app and run_all themselves, in the "
               "order of time. Times are UTC.\nThe files are .workflow/logs/STUDY.log and "
               "systematica.log, a JSON object a line; those of earlier days end with\ntheir day.",
    .least = 0,
    .most = 1,
    .options = &options_table,
    .run = run,
};
