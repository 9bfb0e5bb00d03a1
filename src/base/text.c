/* Loose comparison of names, the search for the name that was meant, lists of names. */
#include "base/text.h"

#include <string.h>

static const char *skip_punctuation(const char *p) {
    while (*p && !g_ascii_isalnum(*p))
        p++;
    return p;
}

bool sy_text_equal_loosely(const char *a, const char *b) {
    for (;;) {
        a = skip_punctuation(a);
        b = skip_punctuation(b);
        if (g_ascii_tolower(*a) != g_ascii_tolower(*b))
            return false;
        if (!*a)
            return true;
        a++, b++;
    }
}

/* Edit distance with swaps of neighbours (optimal string alignment), ignoring case. Words above 63
 * bytes are never a slip of the finger. */
static gsize edit_distance(const char *a, const char *b) {
    enum { longest = 64 };
    gsize na = strlen(a), nb = strlen(b);
    if (na >= longest || nb >= longest)
        return longest;
    gsize rows[3][longest + 1];
    gsize *before = rows[0], *above = rows[1], *row = rows[2];
    for (gsize j = 0; j <= nb; j++)
        above[j] = j;
    for (gsize i = 1; i <= na; i++) {
        row[0] = i;
        for (gsize j = 1; j <= nb; j++) {
            char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);
            gsize best = MIN(above[j], row[j - 1]) + 1;
            best = MIN(best, above[j - 1] + (x == y ? 0 : 1));
            if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && g_ascii_tolower(a[i - 2]) == y)
                best = MIN(best, before[j - 2] + 1);
            row[j] = best;
        }
        gsize *free_row = before;
        before = above, above = row, row = free_row;
    }
    return above[nb];
}

const char *sy_text_closest(const char *word, const char *const *candidates, gsize n) {
    const char *closest = NULL;
    gsize least = MAX(strlen(word) / 3, 1) + 1;
    for (gsize i = 0; i < n; i++) {
        gsize distance = edit_distance(word, candidates[i]);
        if (distance < least)
            least = distance, closest = candidates[i];
    }
    return closest;
}

char *sy_text_did_you_mean(const char *word, const char *const *candidates, gsize n) {
    const char *closest = sy_text_closest(word, candidates, n);
    return closest ? g_strdup_printf("; did you mean \"%s\"?", closest) : g_strdup("");
}

char *sy_text_list(const char *const *names, gsize n, gsize most) {
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < MIN(n, most); i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", names[i]);
    if (n > most)
        g_string_append_printf(text, " and %" G_GSIZE_FORMAT " more", n - most);
    return g_string_free(text, FALSE);
}
