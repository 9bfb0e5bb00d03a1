/* Drawing of the progress bar. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/env.h"

enum { bar_width = 40 };

SyProgress sy_progress_start(const char *what, bool quiet) {
    SyTime now = sy_env_now(&sy_env_real);
    return (SyProgress){what, !quiet && isatty(STDERR_FILENO) == 1, now, now, false};
}

void sy_progress_update(double fraction, gpointer data) {
    SyProgress *progress = data;
    SyTime now = sy_env_now(&sy_env_real);
    if (!progress->enabled || now - progress->started < SY_SECOND ||
        (progress->visible && now - progress->drawn < SY_SECOND / 10))
        return;
    int full = (int)(CLAMP(fraction, 0, 1) * bar_width);
    fprintf(stderr, "\r%s [%.*s%*s] %3.0f %%", progress->what, full,
            "########################################", bar_width - full, "", fraction * 100);
    fflush(stderr);
    progress->drawn = now;
    progress->visible = true;
}

void sy_progress_end(SyProgress *progress) {
    if (progress->visible)
        fputs("\r\033[K", stderr);
    progress->visible = false;
}
