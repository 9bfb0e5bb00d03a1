/* Small helpers on text: loose comparison, "did you mean", lists of names. */
#ifndef SY_BASE_TEXT_H
#define SY_BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* True if the two are equal when case and everything but letters and digits is ignored:
 * "student_t" = "StudentT". ASCII only. */
bool sy_text_equal_loosely(const char *a, const char *b);

/* The candidate nearest to `word` by edit distance, or NULL where none is near enough to be what
 * the user meant (at most a third of its letters differ). Cost: O(candidates · |word|²). */
const char *sy_text_closest(const char *word, const char *const *candidates, gsize n);

/* The end of a message about a wrong name: "; did you mean "x"?", or "" where none is near. Free
 * with g_free. */
char *sy_text_did_you_mean(const char *word, const char *const *candidates, gsize n);

/* "a, b, c and 4 more": at most so many of the names, G_MAXSIZE for all. Free with g_free. */
char *sy_text_list(const char *const *names, gsize n, gsize most);

#endif
