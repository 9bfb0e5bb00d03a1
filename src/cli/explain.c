/* explain: a table of topics, each with the registry or the field tables that it shows. */
#include "cli/explain.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "base/csv_command.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/page.h"
#include "data/splitter.h"
#include "loader/loader.h"
#include "messenger/messenger.h"
#include "model/model.h"
#include "num/copula/copula.h"
#include "portfolio/metrics.h"
#include "portfolio/portfolio.h"
#include "signal/signal.h"
#include "template/settings.h"
#include "template/template.h"
#include "tune/definition.h"
#include "workflow/instruments.h"
#include "workflow/strategy.h"

/* One row of a registry as explain shows it. */
typedef struct {
    const char *name, *summary, *source;
    const char *section; /* of `fields`: "[model_params]" */
    const SyFieldTable *fields;
    char *facts; /* further sentences, owned; NULL = none */
} Item;

static Item loader_item(gsize i) {
    const SyLoader *loader = sy_loaders[i];
    return (Item){loader->name,   loader->summary,
                  loader->source, NULL,
                  NULL,           g_strdup("Its keys are those of [loader_params].")};
}

static Item model_item(gsize i) {
    const SyModel *model = sy_models[i];
    return (Item){
        model->name,   model->summary,
        model->source, "[model_params]",
        model->fields, g_strdup_printf("Needs %" G_GSIZE_FORMAT " symbols.", model->symbols),
    };
}

static Item copula_item(gsize i) {
    const SyCopula *family = sy_copulas[i];
    GString *facts = g_string_new(family->parameters ? "Parameters:" : "Without parameters.");
    for (gsize k = 0; k < family->parameters; k++)
        g_string_append_printf(facts, "%s %s in [%.6g, %.6g]", k ? "," : "",
                               family->parameter_names[k], family->least[k], family->most[k]);
    g_string_append_printf(facts, "%s %s%s", family->parameters ? "." : "",
                           family->rotates ? "Rotations R0, R90, R180, R270." : "Only R0.",
                           family->automatic ? " One of those that copula = \"auto\" tries." : "");
    return (Item){
        family->name, family->summary, family->source, NULL, NULL, g_string_free(facts, FALSE)};
}

static Item splitter_item(gsize i) {
    const SySplitter *splitter = &sy_splitters[i];
    return (Item){splitter->name,
                  splitter->summary,
                  NULL,
                  NULL,
                  NULL,
                  splitter->offline ? g_strdup_printf("Not live: %s.", splitter->offline) : NULL};
}

static Item signal_item(gsize i) {
    const SySignalRule *rule = sy_signal_rules[i];
    return (Item){
        rule->name,
        rule->summary,
        rule->source,
        NULL,
        NULL,
        g_strdup_printf("Needs %" G_GSIZE_FORMAT
                        " columns of output; its levels are keys of [signal].",
                        rule->columns),
    };
}

static Item metric_item(gsize i) {
    const SyMetric *metric = &sy_metrics[i];
    return (Item){
        metric->name,   metric->title,
        metric->source, NULL,
        NULL,           g_strdup_printf("Unit: %s. Formula: %s.", metric->unit, metric->formula)};
}

static Item sampler_item(gsize i) {
    const SySampler *sampler = sy_samplers[i];
    return (Item){sampler->name, sampler->summary, sampler->source, NULL, NULL, NULL};
}

static Item calendar_item(gsize i) {
    const SyCalendar *calendar = sy_calendar_find(sy_calendar_names[i]);
    return (Item){sy_calendar_name(calendar),
                  sy_calendar_title(calendar),
                  sy_calendar_source(calendar),
                  NULL,
                  NULL,
                  NULL};
}

static Item wait_item(gsize i) {
    const SyWaitRow *wait = &sy_waits[i];
    return (Item){wait->name, wait->summary, NULL, "[retry] wait", wait->fields, NULL};
}

static Item messenger_item(gsize i) {
    const SyMessenger *messenger = sy_messengers[i];
    return (Item){messenger->name,     messenger->summary, NULL,
                  "[messengers.NAME]", messenger->fields,  NULL};
}

static Item message_item(gsize i) {
    const SyMessageKind *kind = &sy_message_kinds[i];
    return (Item){kind->name, kind->summary,
                  NULL,       NULL,
                  NULL,       g_strdup_printf("Level: %s.", sy_message_level_names[kind->level])};
}

static Item variable_item(gsize i) {
    return (Item){sy_task_variables[i].name, sy_task_variables[i].help, NULL, NULL, NULL, NULL};
}

static Item program_variable_item(gsize i) {
    const SyCsvCommandVariableRow *row = &sy_csv_command_variables[i];
    return (Item){row->name, row->help, NULL, NULL, NULL, NULL};
}

/* Keys of one section. */
typedef struct {
    const char *section;
    const SyFieldTable *fields;
} Keys;

typedef struct {
    const char *name;
    const char *also; /* another name, or NULL */
    const char *summary;
    const gsize *n_items; /* NULL: no registry */
    Item (*item)(gsize i);
    const char *(*refused)(const char *name); /* reason for names that come later, or NULL */
    Keys keys[9];
    const SySection *sections; /* [n_sections] listed with their reasons, or NULL */
    const gsize *n_sections;
} Topic;

static const Topic topics[] = {
    {.name = "template",
     .summary = "Sections of a template.",
     .sections = sy_template_sections,
     .n_sections = &sy_n_template_sections},
    {.name = "meta",
     .summary = "Name and tags of a strategy.",
     .keys = {{"[meta]", &sy_template_meta_fields}}},
    {.name = "loader",
     .also = "loader_params",
     .summary = "Where bars come from.",
     .n_items = &sy_n_loaders,
     .item = loader_item,
     .keys = {{"[loader]", &sy_template_loader_fields}, {"[loader_params]", &sy_loader_fields}}},
    {.name = "model",
     .also = "model_params",
     .summary = "What turns bars into one number per symbol and bar.",
     .n_items = &sy_n_models,
     .item = model_item,
     .refused = sy_model_refused,
     .keys = {{"[model]", &sy_template_model_fields}}},
    {.name = "command",
     .summary = "Models and loaders in any language (docs/languages.md). The program of [model] "
                "name = \"command\" reads the bars as CSV, time,symbol,open,high,low,close,volume, "
                "and prints time,SYMBOL,SYMBOL; that of [loader] name = \"command\" prints such "
                "bars. Exit code 75: try again. What is listed stands in its environment.",
     .n_items = &sy_n_csv_command_variables,
     .item = program_variable_item},
    {.name = "copula",
     .summary = "Families that copula and list_copulas of a model name.",
     .n_items = &sy_n_copulas,
     .item = copula_item},
    {.name = "splitter",
     .summary = "How a history is cut into training and test slices, where a model has a key "
                "splitter. Test slices follow one another without gap or overlap; the first begins "
                "at row 1 + offset + training_window, since row 0 has no return.",
     .n_items = &sy_n_splitters,
     .item = splitter_item},
    {.name = "signal",
     .summary = "Rules that turn a model's output into entries and exits.",
     .n_items = &sy_n_signal_rules,
     .item = signal_item,
     .keys = {{"[signal]", &sy_template_signal_fields},
              {"[signal], every rule", &sy_signal_fields}}},
    {.name = "portfolio",
     .summary = "How the portfolio is simulated.",
     .keys = {{"[portfolio]", &sy_portfolio_fields},
              {"[instruments.SYMBOL]", &sy_instrument_fields}}},
    {.name = "metric",
     .also = "stats",
     .summary = "Figures of a backtest, as stats.json names them.",
     .n_items = &sy_n_metrics,
     .item = metric_item},
    {.name = "tune",
     .also = "sampler",
     .summary =
         "Which parameters `systematica tune` tries, how, and on which slices of the history "
         "(docs/tuning.md). What is listed are the samplers.",
     .n_items = &sy_n_samplers,
     .item = sampler_item,
     .keys = {{"[tune]", &sy_tune_fields},
              {"[tune.parameters] \"section.key\"", &sy_tune_range_fields}}},
    {.name = "schedule",
     .also = "calendar",
     .summary = "When a strategy's jobs are due: one of bars, every, at, cron, session. [schedule] "
                "is the trade job's, or that of a template of tasks alone; the default is each "
                "close of a bar. [schedule.report] has the same keys; it replaces the default of "
                "--report-every. A trade slot is decided on the newest bar that is complete; a bar "
                "of a day or longer is complete once its last session has closed. What is listed "
                "are the calendars.",
     .n_items = &sy_n_calendars,
     .item = calendar_item,
     .keys = {{"[schedule], [schedule.report]", &sy_schedule_fields},
              {"[schedule]", &sy_schedule_report_fields}}},
    {.name = "retry",
     .summary = "What is tried again, how often and when: tenacity's words. What is listed are "
                "the waits. A run that waits for its next attempt holds no place, and a restart "
                "goes on with it. A trade run is never tried again later than its bar's close "
                "and --max-buffer.",
     .n_items = &sy_n_waits,
     .item = wait_item,
     .keys = {{"[retry]", &sy_retry_fields}}},
    {.name = "task",
     .summary = "Steps of your own: programs that a run starts. What is listed stands in their "
                "environment.",
     .n_items = &sy_n_task_variables,
     .item = variable_item,
     .keys = {{"[[task]]", &sy_task_fields}}},
    {.name = "notify",
     .summary = "Who is told what: of a template, and in the settings of templates that do not say "
                "and of the engine itself. What is listed are the kinds of messages. What keeps "
                "occurring is told once, then every six hours with its count, and once more when "
                "it is over. Messages wait in the store while a messenger cannot be reached, for "
                "at most 24 hours; no job waits for them.",
     .n_items = &sy_n_message_kinds,
     .item = message_item,
     .keys = {{"[notify]", &sy_notify_fields}}},
    {.name = "messenger",
     .summary = "How messages reach people.",
     .n_items = &sy_n_messengers,
     .item = messenger_item,
     .refused = sy_messenger_refused,
     .keys = {{"[messengers.NAME]", &sy_settings_messenger_fields}}},
    {.name = "report",
     .summary = "Which files a report is written to.",
     .keys = {{"[report]", &sy_template_report_fields}}},
    {.name = "trade",
     .summary = "Where orders go.",
     .keys = {{"[trade]", &sy_template_trade_fields}}},
    {.name = "settings",
     .summary = "Keys of .workflow/settings.toml; any value may be a secret, { file = \"path\" } "
                "or { env = \"NAME\" }.",
     .keys = {{"[engines.NAME]", &sy_settings_engine_fields},
              {"[store]", &sy_settings_store_fields},
              {"[executor]", &sy_settings_executor_fields},
              {"[log]", &sy_settings_log_fields},
              {"[retention]", &sy_settings_retention_fields},
              {"[messengers.NAME]", &sy_settings_messenger_fields},
              {"[notify]", &sy_notify_fields},
              {"[heartbeat]", &sy_settings_heartbeat_fields}},
     .sections = sy_settings_sections,
     .n_sections = &sy_n_settings_sections},
};

static gsize items_of(const Topic *topic) { return topic->n_items ? *topic->n_items : 0; }

static const Topic *find_topic(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++)
        if (sy_text_equal_loosely(topics[i].name, name) ||
            (topics[i].also && sy_text_equal_loosely(topics[i].also, name)))
            return &topics[i];
    return NULL;
}

static char *code(const SyPage *page, const char *name) {
    return page->markdown ? g_strdup_printf("`%s`", name) : g_strdup(name);
}

static void write_item_list(SyPage *page, const Topic *topic) {
    static const char *const headers[] = {"Name", "What it is"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < items_of(topic); i++) {
        Item item = topic->item(i);
        g_ptr_array_add(cells, code(page, item.name));
        g_ptr_array_add(cells, g_strdup(item.summary));
        g_free(item.facts);
    }
    sy_page_table(page, headers, G_N_ELEMENTS(headers), cells);
}

static void write_sections(SyPage *page, const Topic *topic) {
    static const char *const headers[] = {"Section", "Accepted"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < *topic->n_sections; i++) {
        const SySection *section = &topic->sections[i];
        g_autofree char *name = g_strdup_printf("[%s]", section->name);
        g_ptr_array_add(cells, code(page, name));
        g_ptr_array_add(cells, section->refused ? g_strdup_printf("no: %s", section->refused)
                                                : g_strdup("yes"));
    }
    sy_page_table(page, headers, G_N_ELEMENTS(headers), cells);
}

static void write_topic(SyPage *page, const Topic *topic) {
    sy_page_heading(page, 2, "%s", topic->name);
    sy_page_paragraph(page, "%s", topic->summary);
    if (topic->sections)
        write_sections(page, topic);
    if (topic->item)
        write_item_list(page, topic);
    for (const Keys *keys = topic->keys; keys->section; keys++) {
        sy_page_heading(page, 3, "Keys of %s", keys->section);
        sy_page_fields(page, keys->fields->rows, keys->fields->n);
    }
}

static void write_item(SyPage *page, const Topic *topic, gsize i) {
    Item item = topic->item(i);
    g_autofree char *facts = item.facts;
    sy_page_heading(page, 3, "%s (%s)", item.name, topic->name);
    sy_page_paragraph(page, "%s", item.summary);
    if (facts)
        sy_page_paragraph(page, "%s", facts);
    if (item.source)
        sy_page_paragraph(page, "Source: %s", item.source);
    if (!item.fields)
        return;
    sy_page_heading(page, 4, "Keys of %s", item.section);
    sy_page_fields(page, item.fields->rows, item.fields->n);
}

static const SyField *find_key(const Topic *topic, const char *name, const char **section) {
    for (const Keys *keys = topic->keys; keys->section; keys++) {
        const SyField *field = sy_field_find(keys->fields->rows, keys->fields->n, name);
        *section = keys->section;
        if (field)
            return field;
    }
    return NULL;
}

static void write_key(SyPage *page, const char *section, const SyField *field) {
    sy_page_heading(page, 3, "%s of %s", field->key, section);
    sy_page_fields(page, field, 1);
}

static void write_topics(SyPage *page) {
    static const char *const headers[] = {"Section", "What it is"};
    g_autoptr(GPtrArray) cells = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++) {
        g_ptr_array_add(cells, (gpointer)topics[i].name);
        g_ptr_array_add(cells, (gpointer)topics[i].summary);
    }
    sy_page_heading(page, 2, "systematica explain SECTION [NAME]");
    sy_page_table(page, headers, G_N_ELEMENTS(headers), cells);
}

const char **sy_explain_sections(void) {
    const char **names = g_new0(const char *, G_N_ELEMENTS(topics) + 1);
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++)
        names[i] = topics[i].name;
    return names;
}

const char **sy_explain_names(const char *section) {
    const Topic *topic = find_topic(section);
    GPtrArray *names = g_ptr_array_new();
    for (gsize i = 0; topic && i < items_of(topic); i++) {
        Item item = topic->item(i);
        g_ptr_array_add(names, (gpointer)item.name);
        g_free(item.facts);
    }
    for (const Keys *keys = topic ? topic->keys : NULL; keys && keys->section; keys++)
        for (gsize i = 0; i < keys->fields->n; i++)
            g_ptr_array_add(names, (gpointer)keys->fields->rows[i].key);
    g_ptr_array_add(names, NULL);
    return (const char **)g_ptr_array_free(names, FALSE);
}

static void fail_unknown(const char *what, const char *name, const char **known, GError **error) {
    gsize n = g_strv_length((char **)known);
    g_autofree char *meant = sy_text_did_you_mean(name, known, n);
    g_autofree char *list = sy_text_list(known, n, G_MAXSIZE);
    sy_fail(error, SY_ERROR_USAGE, "%s \"%s\" (%s%s)%s", what, name,
            n ? "there are: " : "it has no names", list, meant);
}

static bool write_named(SyPage *page, const Topic *topic, const char *name, GError **error) {
    const char *section = NULL;
    const SyField *field = find_key(topic, name, &section);
    if (field) {
        write_key(page, section, field);
        return true;
    }
    g_autofree const char **names = sy_explain_names(topic->name);
    for (gsize i = 0; i < items_of(topic); i++)
        if (sy_text_equal_loosely(names[i], name)) {
            write_item(page, topic, i);
            return true;
        }
    const char *reason = topic->refused ? topic->refused(name) : NULL;
    if (reason)
        return sy_fail(error, SY_ERROR_USAGE, "%s %s is not there yet: %s", topic->name, name,
                       reason);
    g_autofree char *what = g_strdup_printf("%s has no", topic->name);
    fail_unknown(what, name, names, error);
    return false;
}

char *sy_explain(const char *section, const char *name, GError **error) {
    SyPage page = sy_page_begin(false);
    const Topic *topic = section ? find_topic(section) : NULL;
    bool done = true;
    if (!section) {
        write_topics(&page);
    } else if (!topic) {
        g_autofree const char **known = sy_explain_sections();
        fail_unknown("there is nothing to explain about", section, known, error);
        done = false;
    } else if (!name) {
        write_topic(&page, topic);
    } else {
        done = write_named(&page, topic, name, error);
    }
    g_autofree char *text = sy_page_end(&page);
    return done ? g_steal_pointer(&text) : NULL;
}

static void write_command(SyPage *page, const SyCommand *command) {
    g_autofree char *help = sy_command_help(command, "systematica");
    sy_page_heading(page, 3, "%s", command->name);
    sy_page_code(page, help);
}

char *sy_explain_markdown(void) {
    SyPage page = sy_page_begin(true);
    sy_page_heading(&page, 1, "Reference");
    sy_page_paragraph(&page, "Written by `systematica explain --markdown` from the tables that the "
                             "program itself reads; edit those, not this file.");
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++) {
        write_topic(&page, &topics[i]);
        for (gsize k = 0; k < items_of(&topics[i]); k++)
            write_item(&page, &topics[i], k);
    }
    sy_page_heading(&page, 2, "commands");
    for (gsize i = 0; i < sy_n_commands; i++)
        write_command(&page, sy_commands[i]);
    return sy_page_end(&page);
}
