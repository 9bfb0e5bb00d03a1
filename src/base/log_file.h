/* One file of log lines that several processes write, begun anew each day (UTC): what was is then
 * NAME.log.2026-11-22. */
#ifndef SY_BASE_LOG_FILE_H
#define SY_BASE_LOG_FILE_H

#include "base/time.h"

typedef struct SyLogFile SyLogFile;

/* Nothing is opened yet. Never NULL. Free with sy_log_file_free. */
SyLogFile *sy_log_file_new(const char *folder, const char *name);
void sy_log_file_free(SyLogFile *file);

/* Appends a line [length], its end included, by one write. The file's day is the one that its first
 * line names, so that a line must begin with {"time":"2026-11-22. False, and errno, where it cannot
 * be written. Cost: one system call more than the write; at the first line of a day also the
 * renaming, and the removal of files of the folder that are older than keep_days; after
 * a jump of the clock that is at most eight days too early. */
bool sy_log_file_append(SyLogFile *file, SyTime now, int keep_days, const char *line, gsize length);

/* "FOLDER/NAME.log"; free with g_free. */
char *sy_log_file_path(const char *folder, const char *name);

/* The files of NAME that are there, oldest first, the current one last (char *, paths). */
GPtrArray *sy_log_file_list(const char *folder, const char *name);

#endif
