/* systematica runs: the newest runs and how they ended. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/data.h"
#include "cli/page.h"
#include "cli/studies.h"
#include "store/history.h"

typedef struct {
    SyCommonOptions common;
    int number;
    char *tag;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, number, .also = (const char *const[]){"n", NULL}, .fallback = "20", .min = 1,
             .max = 1000000, .help = "How many runs."),
    SY_FIELD(Options, tag, .metavar = "TEXT", .help = "Only strategies with this tag."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const GArray *lines) {
    static const char *const headers[] = {"run",    "study",   "job",  "slot (UTC)",
                                          "status", "attempt", "took", "message"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < lines->len; i++) {
        const SyRunLine *line = &g_array_index(lines, SyRunLine, i);
        g_ptr_array_add(cells, g_strdup_printf("%" G_GINT64_FORMAT, line->id));
        g_ptr_array_add(cells, g_strdup(line->study));
        g_ptr_array_add(cells, g_strdup(line->kind));
        g_ptr_array_add(cells, sy_studies_time(line->nominal));
        g_ptr_array_add(cells, g_strdup(sy_run_status_names[line->status]));
        g_ptr_array_add(cells, g_strdup_printf("%d", line->attempt));
        g_ptr_array_add(cells, sy_studies_seconds(line->started, line->ended));
        g_ptr_array_add(cells, g_strdup(line->message));
    }
    SyPage page = sy_page_begin(false);
    sy_page_table(&page, headers, G_N_ELEMENTS(headers), cells);
    g_autofree char *text = sy_page_end(&page);
    fputs(text, stdout);
}

static void show_json(const GArray *lines) {
    json_t *list = json_array();
    for (guint i = 0; i < lines->len; i++) {
        const SyRunLine *line = &g_array_index(lines, SyRunLine, i);
        json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "run",
                      (json_int_t)line->id, "study", sy_data_text_json(line->study), "job",
                      line->kind, "slot", sy_data_time_json(line->nominal), "status",
                      sy_run_status_names[line->status], "attempt", line->attempt, "planned",
                      sy_data_time_json(line->planned), "started", sy_data_time_json(line->started),
                      "ended", sy_data_time_json(line->ended), "retry_at",
                      sy_data_time_json(line->retry_at), "message",
                      sy_data_text_json(line->message)));
    }
    sy_data_print_json(list);
}

static bool list(const SySession *session, gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    const char *name = arguments[0];
    g_autoptr(SyStore) store = sy_studies_open_store(session, error);
    if (!store)
        return false;
    bool some = name || options->tag;
    g_auto(GStrv) studies =
        some ? sy_studies_choose(session, store, name, options->tag, error) : NULL;
    if (some && !studies)
        return false;
    g_autoptr(GArray) lines =
        sy_store_list_runs(store, (const char *const *)studies, (gsize)options->number, error);
    if (lines)
        (options->common.json ? show_json : show)(lines);
    return lines != NULL;
}

const SyCommand sy_command_runs = {
    .name = "runs",
    .arguments = "[TEMPLATE]",
    .summary = "List the newest runs and how they ended.",
    .most = 1,
    .options = &options_table,
    .run_within = list,
};
