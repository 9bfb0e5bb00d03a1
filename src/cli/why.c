/* systematica why: the story of one decision, from what its run kept. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "store/facts.h"
#include "store/slots.h"
#include "workflow/facts.h"
#include "workflow/strategy.h"

typedef struct {
    SyCommonOptions common;
    char *template;
} Options;

static const SyField fields[] = {
    SY_FIELD(Options, template, .metavar = "TEXT",
             .help = "Whose decision, where several strategies decided the bar."),
    SY_OPTION_WORKSPACE(Options),
    SY_OPTION_JSON(Options),
    SY_OPTION_HELP(Options),
};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

/* A decision and where it comes from. */
typedef struct {
    SyRunRow row;
    json_t *facts;
    SyStrategy *strategy; /* as it was then */
} Story;

static void story_clear(Story *story) {
    sy_run_row_clear(&story->row);
    json_decref(story->facts);
    sy_strategy_free(story->strategy);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Story, story_clear)

/* ---- finding ---- */

static char *study_of(const SySession *session, const char *template, GError **error) {
    g_autofree char *path = sy_template_find_path(session->workspace, template, error);
    g_autoptr(SyTemplate) read = path ? sy_template_load(path, error) : NULL;
    return read ? g_strdup(read->meta.study_name) : NULL;
}

static bool find_run(const Options *options, const SySession *session, SyStore *store,
                     const char *what, gint64 *run, GError **error) {
    if (!sy_store_run_of_order(store, what, run, error))
        return false;
    if (*run)
        return true;
    SyTime bar;
    g_autoptr(GError) reason = NULL;
    if (!sy_time_parse(what, sy_env_now(&session->env), &bar, &reason))
        return sy_fail(error, SY_ERROR_USAGE,
                       "\"%s\" is neither the id of an order of this workspace nor a time (%s)",
                       what, reason->message);
    g_autofree char *study = options->template ? study_of(session, options->template, error) : NULL;
    if ((options->template && !study) || !sy_store_run_of_bar(store, study, bar, run, error))
        return false;
    char text[SY_TIME_TEXT_SIZE];
    return *run || sy_fail(error, SY_ERROR_USAGE, "no decision on the bar that closes at %s%s%s",
                           sy_time_format(bar, text), study ? " by " : "", study ? study : "");
}

static bool load_story(SyStore *store, gint64 run, Story *story, GError **error) {
    g_autofree char *text = NULL;
    if (!sy_store_load_run(store, run, &story->row, error) ||
        !sy_store_load_facts(store, run, &text, NULL, error))
        return false;
    if (!text)
        return sy_fail(error, SY_ERROR_DATA,
                       "run %" G_GINT64_FORMAT " kept no story: an older program ran it", run);
    story->facts = sy_facts_read(text, error);
    story->strategy = sy_strategy_read(story->row.template_text, strlen(story->row.template_text),
                                       story->row.study, error);
    return story->facts && story->strategy;
}

/* ---- telling ---- */

static const json_t *part(const Story *story, const char *section, const char *key) {
    return json_object_get(json_object_get(story->facts, section), key);
}

static double real(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_in(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const char *time_in(const json_t *object, const char *key,
                           char buffer[static SY_TIME_TEXT_SIZE]) {
    return sy_time_format(json_integer_value(json_object_get(object, key)), buffer);
}

/* The newest value of a column of the kept rows. */
static double newest(const Story *story, const char *key, gsize leg) {
    const json_t *column = json_array_get(part(story, "last", key), leg);
    const json_t *value = json_array_get(column, json_array_size(column) - 1);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void tell_head(const Story *story) {
    char bar[SY_TIME_TEXT_SIZE], first[SY_TIME_TEXT_SIZE], started[SY_TIME_TEXT_SIZE];
    const json_t *data = json_object_get(story->facts, "data");
    printf("%s, bar %s: run %" G_GINT64_FORMAT ", started %s, template %.12s\n", story->row.study,
           time_in(json_object_get(story->facts, "decision"), "bar", bar), story->row.id,
           sy_time_format(story->row.started, started), story->row.template_hash);
    printf("data     %" JSON_INTEGER_FORMAT " bars since %s, fingerprint %.12s\n",
           json_integer_value(json_object_get(data, "rows")), time_in(data, "first", first),
           text_in(data, "fingerprint"));
}

static void tell_split(const Story *story) {
    const json_t *split = json_object_get(story->facts, "split");
    char from[SY_TIME_TEXT_SIZE], to[SY_TIME_TEXT_SIZE], test[SY_TIME_TEXT_SIZE];
    if (!json_is_object(split))
        return;
    printf("model    %s, split %" JSON_INTEGER_FORMAT " learnt from %s to %s, decides since %s\n",
           story->strategy->model->name, json_integer_value(json_object_get(split, "number")),
           time_in(split, "train_from", from), time_in(split, "train_to", to),
           time_in(split, "test_from", test));
    printf("         tau %.6f, %s %s(", real(split, "tau"), text_in(split, "family"),
           text_in(split, "rotation"));
    const json_t *parameters = json_object_get(split, "parameters");
    for (gsize i = 0; i < json_array_size(parameters); i++)
        printf("%s%.6g", i ? ", " : "", json_number_value(json_array_get(parameters, i)));
    printf("), log-likelihood %.2f, AIC %.2f\n", real(split, "loglik"), real(split, "aic"));
}

static void tell_legs(const Story *story) {
    static const char *const names[] = {"short", "flat", "long"};
    const SySignalConfig *levels = &story->strategy->signal_config;
    const json_t *legs = part(story, "decision", "legs");
    printf("signal   %s: long enters at %g, leaves at %g; short enters at %g, leaves at %g\n",
           story->strategy->rule->name, levels->long_entries, levels->long_exits,
           levels->short_entries, levels->short_exits);
    for (gsize i = 0; i < json_array_size(legs); i++) {
        const json_t *leg = json_array_get(legs, i);
        json_int_t wanted = json_integer_value(json_object_get(leg, "wanted"));
        char since[SY_TIME_TEXT_SIZE];
        printf("%s\n", text_in(leg, "symbol"));
        printf("  output %+.6f, close %.8g\n", newest(story, "output", i),
               newest(story, "close", i));
        printf("  wanted %s since %s, held %.8g: %s (%s)\n", names[CLAMP(wanted, -1, 1) + 1],
               time_in(leg, "since", since), real(leg, "held"), text_in(leg, "action"),
               text_in(leg, "reason"));
    }
}

static void tell_sizing(const Story *story) {
    const json_t *groups = part(story, "account", "groups"),
                 *scale = part(story, "decision", "scale");
    for (gsize g = 0; g < json_array_size(groups); g++) {
        const json_t *group = json_array_get(groups, g);
        printf("sizing   equity %.2f, cash %.2f, began with %.2f; the simulation's sizes times "
               "%.6g\n",
               real(group, "equity"), real(group, "cash"), real(group, "capital"),
               json_number_value(json_array_get(scale, g)));
    }
}

static void tell_orders(const Story *story, const char *asked) {
    const json_t *simulated = part(story, "decision", "simulated"),
                 *orders = part(story, "decision", "orders");
    for (gsize i = 0; i < json_array_size(simulated); i++) {
        const json_t *order = json_array_get(simulated, i);
        printf("simulated %s %s %.8g at %.8g, %s%s%s\n", text_in(order, "side"),
               text_in(order, "symbol"), real(order, "size"), real(order, "price"),
               text_in(order, "status"), *text_in(order, "reason") ? ": " : "",
               text_in(order, "reason"));
    }
    if (json_array_size(orders) == 0)
        printf("order    none\n");
    for (gsize i = 0; i < json_array_size(orders); i++) {
        const json_t *order = json_array_get(orders, i);
        printf("order    %s %s %.8g asked, %.8g filled at %.8g (decided at %.8g), fees %.2f, "
               "%s%s%s  (%s%s)\n",
               text_in(order, "side"), text_in(order, "symbol"), real(order, "size_requested"),
               real(order, "size"), real(order, "price"), real(order, "decision_price"),
               real(order, "fees"), text_in(order, "state"), *text_in(order, "reason") ? ": " : "",
               text_in(order, "reason"), text_in(order, "id"),
               strcmp(text_in(order, "id"), asked) == 0 ? ": the one asked for" : "");
    }
}

static void tell_json(const Story *story) {
    const SySignalConfig *levels = &story->strategy->signal_config;
    json_t *root = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:{s:f, s:f, s:f, s:f}, s:O}", "run", (json_int_t)story->row.id,
        "study_name", story->row.study, "template_hash", story->row.template_hash, "model",
        story->strategy->model->name, "signal", story->strategy->rule->name, "levels",
        "long_entries", levels->long_entries, "long_exits", levels->long_exits, "short_entries",
        levels->short_entries, "short_exits", levels->short_exits, "facts", story->facts);
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    puts(text);
    free(text);
    json_decref(root);
}

static bool why(const SySession *session, gconstpointer data, char **arguments, GError **error) {
    const Options *options = data;
    const char *what = arguments[0];
    g_autoptr(SyStore) store = NULL;
    g_auto(Story) story = {0};
    gint64 run = 0;
    if (!sy_session_open_store(session, true, &store, error))
        return false;
    if (!store)
        return sy_fail(error, SY_ERROR_USAGE, "%s: nothing was run here yet", session->workspace);
    if (!find_run(options, session, store, what, &run, error) ||
        !load_story(store, run, &story, error))
        return false;
    if (options->common.json) {
        tell_json(&story);
        return true;
    }
    tell_head(&story);
    tell_split(&story);
    tell_legs(&story);
    tell_sizing(&story);
    tell_orders(&story, what);
    return true;
}

const SyCommand sy_command_why = {
    .name = "why",
    .arguments = "ORDER_ID|TIME",
    .summary = "Tell the story of one decision: bar, model, signal, sizing, orders.",
    .details = "The decision is named by the id of one of its orders, or by the time at which its "
               "bar closed. All is told from what the run kept, not from the data as they are now.",
    .least = 1,
    .most = 1,
    .options = &options_table,
    .run_within = why,
};
