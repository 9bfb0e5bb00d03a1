/* Programs that run for ever, on bars that come in by the real clock. */
#ifndef SY_TESTS_SUPPORT_LIVE_H
#define SY_TESTS_SUPPORT_LIVE_H

#include "base/time.h"

/* Where bars and store of the workspaces to come are: `programs` is the URL that settings name,
 * `tests` the one that tests use for the same database (NULL: the same). NULL, NULL: files of the
 * workspace, as at first. The texts must stay. */
void live_on(const char *programs, const char *tests);

/* A workspace without templates whose engine `research` holds bars of A and B, each `seconds` long:
 * from a while ago to `ahead` bars from now. Bars of the future do not exist for programs until
 * they close, so they come in on the second. Free with g_free after test_folder_remove. */
char *live_workspace(int seconds, int ahead);

/* Stores bars of one symbol that close in [first, end). The price of a bar depends on its time
 * only. */
void live_bars(const char *folder, const char *symbol, int seconds, SyTime first, SyTime end);

/* A template over these bars; `more` are further sections. Free with g_free. */
char *live_template(const char *study, int seconds, const char *more);
void live_put_template(const char *folder, const char *file, const char *text);

/* A program that was started. */
typedef struct {
    int pid;
    char *folder, *errors; /* errors: file of its stderr, relative to the folder */
} Live;

/* Starts a program of the build folder with further environment ("NAME=value" words, may be NULL).
 * A test that ends without live_stop leaves it to be killed with the test program. */
Live live_start(const char *folder, const char *program, const char *line, const char *environment);

/* Sends a signal (0: none) and waits for the end. Returns the exit code, 128 + number where a
 * signal ended it; fails the test where it takes longer than `seconds`. */
int live_stop(Live *live, int signal, double seconds);
void live_signal(const Live *live, int signal);
char *live_errors(const Live *live); /* what it wrote to stderr so far; g_free */

/* The first column of the first row of a query on the store, NAN where there is none. */
double live_query(const char *folder, const char *sql);

/* Waits until the query gives at least `least`; fails the test after `seconds`, with what the
 * program wrote. */
void live_wait(const Live *live, const char *sql, double least, double seconds);

/* Waits until stderr holds a text. */
void live_wait_text(const Live *live, const char *text, double seconds);

#endif
