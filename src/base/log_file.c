/* Rotation without a lock on the way of a line: whoever first writes on a new day renames the file,
 * under a lock of the old one; the others see that their own day has passed and open the new one.
 */
#include "base/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME_KEY "{\"time\":\""

enum { DATE_LENGTH = 10, OPEN_TRIES = 10 };

struct SyLogFile {
    char *folder, *path;
    int fd;
    gint64 day; /* days since the epoch, of the file that fd writes */
};

char *sy_log_file_path(const char *folder, const char *name) {
    return g_strdup_printf("%s/%s.log", folder, name);
}

SyLogFile *sy_log_file_new(const char *folder, const char *name) {
    SyLogFile *file = g_new0(SyLogFile, 1);
    *file = (SyLogFile){g_strdup(folder), sy_log_file_path(folder, name), -1, 0};
    return file;
}

static void close_file(SyLogFile *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void sy_log_file_free(SyLogFile *file) {
    if (!file)
        return;
    close_file(file);
    g_free(file->folder);
    g_free(file->path);
    g_free(file);
}

static gint64 day_of(SyTime time) { return (time - (time % SY_DAY + SY_DAY) % SY_DAY) / SY_DAY; }

/* "2026-11-22" as a day; false where it is none. */
static bool parse_day(const char *text, gsize length, gint64 *day) {
    SyTime time;
    if (length < DATE_LENGTH || !sy_time_parse_iso(text, DATE_LENGTH, &time))
        return false;
    *day = day_of(time);
    return true;
}

/* The day of a file's first line; `otherwise` where it is empty or holds something else. */
static gint64 day_of_file(const char *path, gint64 otherwise) {
    char head[sizeof TIME_KEY - 1 + DATE_LENGTH];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    gint64 day = otherwise;
    if (fd >= 0)
        close(fd);
    if (n != (ssize_t)sizeof head || strncmp(head, TIME_KEY, strlen(TIME_KEY)) != 0 ||
        !parse_day(head + strlen(TIME_KEY), DATE_LENGTH, &day))
        return otherwise;
    return day;
}

/* The day in the name of a file that was put aside, "x.log.2026-11-22"; false for other names. */
static bool day_of_name(const char *name, gint64 *day) {
    const char *dot = strrchr(name, '.');
    return dot && dot - name > 4 && strncmp(dot - 4, ".log", 4) == 0 &&
           strlen(dot + 1) == DATE_LENGTH && parse_day(dot + 1, DATE_LENGTH, day);
}

/* The day that may be taken for today: a clock that runs a year ahead, since up to a week, shall
 * not make all files old. The newest file that is older than that tells how late it can be. */
static gint64 credible_day(const char *folder, gint64 today, int keep_days) {
    enum { longest_window = 7 };
    int window = MIN(keep_days, longest_window);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *name;
    gint64 day, seen = G_MININT32;
    while (files && (name = g_dir_read_name(files)))
        if (day_of_name(name, &day) && day <= today - window)
            seen = MAX(seen, day);
    return MIN(today, seen + window + 1);
}

static void remove_old(const char *folder, gint64 today, int keep_days) {
    gint64 first_kept = credible_day(folder, today, keep_days) - keep_days;
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *name;
    gint64 day;
    while (files && (name = g_dir_read_name(files)))
        if (day_of_name(name, &day) && day < first_kept) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            unlink(path);
        }
}

static bool is_current(const SyLogFile *file) {
    struct stat ours, named;
    return fstat(file->fd, &ours) == 0 && stat(file->path, &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* Puts the file of an earlier day aside, unless another process has. Where its name is taken (the
 * clock was turned back), it goes on. */
static void put_aside(SyLogFile *file, gint64 day, int keep_days) {
    flock(file->fd, LOCK_EX);
    gint64 old = day_of_file(file->path, day);
    if (is_current(file) && old < day) {
        SyDate date = sy_date_from_days(old);
        g_autofree char *aside =
            g_strdup_printf("%s.%04d-%02d-%02d", file->path, date.year, date.month, date.day);
        if (renameat2(AT_FDCWD, file->path, AT_FDCWD, aside, RENAME_NOREPLACE) == 0)
            remove_old(file->folder, day, keep_days);
    }
    flock(file->fd, LOCK_UN);
}

static bool open_file(SyLogFile *file, gint64 day, int keep_days) {
    for (int i = 0; i < OPEN_TRIES; i++) {
        close_file(file);
        file->fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (file->fd < 0)
            return false;
        if (day_of_file(file->path, day) < day)
            put_aside(file, day, keep_days);
        if (is_current(file))
            break;
    }
    file->day = day;
    return true;
}

bool sy_log_file_append(SyLogFile *file, SyTime now, int keep_days, const char *line,
                        gsize length) {
    gint64 day = day_of(now);
    struct stat status;
    bool gone = file->fd >= 0 && (fstat(file->fd, &status) != 0 || status.st_nlink == 0);
    if ((file->fd < 0 || gone || day > file->day) && !open_file(file, day, keep_days))
        return false;
    ssize_t n = write(file->fd, line, length);
    if (n >= 0 && (gsize)n < length)
        errno = ENOSPC;
    return n == (ssize_t)length;
}

static int by_text(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *sy_log_file_list(const char *folder, const char *name) {
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *current = sy_log_file_path(folder, name);
    g_autofree char *prefix = g_strdup_printf("%s.log.", name);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *entry;
    gint64 day;
    while (files && (entry = g_dir_read_name(files)))
        if (g_str_has_prefix(entry, prefix) && day_of_name(entry, &day) &&
            strlen(entry) == strlen(prefix) + DATE_LENGTH)
            g_ptr_array_add(list, g_build_filename(folder, entry, NULL));
    g_ptr_array_sort(list, by_text);
    if (access(current, F_OK) == 0)
        g_ptr_array_add(list, g_steal_pointer(&current));
    return list;
}
