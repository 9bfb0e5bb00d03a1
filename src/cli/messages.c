/* systematica messages: the newest messages to people, and what became of them. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/data.h"
#include "cli/page.h"
#include "cli/studies.h"
#include "store/messages.h"

typedef struct {
    SyCommonOptions common;
    int number;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, number, .also = (const char *const[]){"n", NULL}, .fallback = "20", .min = 1,
             .max = 1000000, .help = "How many messages."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* "sent", or why not and when again. */
static char *state_text(const SyMessage *message) {
    g_autofree char *again =
        message->next_attempt == SY_TIME_NONE ? NULL : sy_studies_time(message->next_attempt);
    if (!*message->reason)
        return g_strdup(message->status);
    return g_strdup_printf("%s: %s%s%s", message->status, message->reason,
                           again ? "; again at " : "", again ? again : "");
}

static void show(const GPtrArray *messages) {
    static const char *const headers[] = {"message", "created (UTC)", "to",    "level",
                                          "study",   "title",         "count", "state"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < messages->len; i++) {
        const SyMessage *message = messages->pdata[i];
        g_ptr_array_add(cells, g_strdup_printf("%" G_GINT64_FORMAT, message->id));
        g_ptr_array_add(cells, sy_studies_time(message->created));
        g_ptr_array_add(cells, g_strdup(message->messenger));
        g_ptr_array_add(cells, g_strdup(message->level));
        g_ptr_array_add(cells, g_strdup(message->study ? message->study : "-"));
        g_ptr_array_add(cells, g_strdup(message->title));
        g_ptr_array_add(cells, g_strdup_printf("%" G_GINT64_FORMAT, message->count));
        g_ptr_array_add(cells, state_text(message));
    }
    SyPage page = sy_page_begin(false);
    sy_page_table(&page, headers, G_N_ELEMENTS(headers), cells);
    g_autofree char *text = sy_page_end(&page);
    fputs(text, stdout);
}

static void show_json(const GPtrArray *messages) {
    json_t *list = json_array();
    for (guint i = 0; i < messages->len; i++) {
        const SyMessage *message = messages->pdata[i];
        json_array_append_new(
            list,
            json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:s, s:i, s:o, s:o, "
                      "s:o}",
                      "message", (json_int_t)message->id, "to", message->messenger, "level",
                      message->level, "kind", message->kind, "key", message->key, "study",
                      sy_data_text_json(message->study), "run",
                      message->run ? json_integer(message->run) : json_null(), "title",
                      sy_data_text_json(message->title), "text", sy_data_text_json(message->text),
                      "count", (json_int_t)message->count, "created",
                      sy_data_time_json(message->created), "state", message->status, "attempts",
                      message->attempts, "next_attempt", sy_data_time_json(message->next_attempt),
                      "ended", sy_data_time_json(message->ended), "reason",
                      sy_data_text_json(message->reason)));
    }
    sy_data_print_json(list);
}

static bool list(const SySession *session, gconstpointer data, char **arguments, GError **error) {
    (void)arguments;
    const Options *options = data;
    g_autoptr(SyStore) store = sy_studies_open_store(session, error);
    g_autoptr(GPtrArray) messages =
        store ? sy_store_list_messages(store, (gsize)options->number, error) : NULL;
    if (messages)
        (options->common.json ? show_json : show)(messages);
    return messages != NULL;
}

const SyCommand sy_command_messages = {
    .name = "messages",
    .arguments = "",
    .summary = "List the newest messages to people: to whom, what, and whether they were sent.",
    .options = &options_table,
    .run_within = list,
};
