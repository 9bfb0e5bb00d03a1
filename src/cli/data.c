/* What the `data` commands share. */
#include "cli/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sy_data_engine_find(SyDataEngine *where, const SyCommonOptions *options, const char *engine,
                         GError **error) {
    static const SyMap none = {0};
    if (strstr(engine, "://")) {
        where->engines = &none;
        where->folder = g_get_current_dir();
        return true;
    }
    if (!sy_session_open(&where->session, options, NULL, error))
        return false;
    where->engines = &where->session.settings->engines;
    where->folder = g_strdup(where->session.workspace);
    return true;
}

bool sy_data_engine_end(const SyDataEngine *where, bool good, GError **error) {
    return sy_session_end(&where->session, good, error);
}

void sy_data_engine_clear(SyDataEngine *where) {
    sy_session_clear(&where->session);
    g_clear_pointer(&where->folder, g_free);
}

json_t *sy_data_counts_json(const SyCandleCounts *counts) {
    return json_pack("{s:I, s:I, s:I, s:I}", "rows", (json_int_t)counts->rows, "new",
                     (json_int_t)counts->added, "unchanged", (json_int_t)counts->unchanged,
                     "revised", (json_int_t)counts->revised);
}

json_t *sy_data_time_json(SyTime time) {
    char text[SY_TIME_TEXT_SIZE];
    return time == SY_TIME_NONE ? json_null() : json_string(sy_time_format(time, text));
}

json_t *sy_data_text_json(const char *text) {
    if (!text)
        return json_null();
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

void sy_data_print_json(json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT);
    puts(text);
    free(text);
    json_decref(value);
}
