/* Reads the sections that belong to plugins through the plugins' own field tables, then checks what
 * needs more than one section. All that is wrong is collected, in one reading. */
#include "workflow/strategy.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "loader/engine.h"
#include "workflow/instruments.h"
#include "workflow/pipeline.h"

/* A template while it is read. */
typedef struct {
    SyStrategy *strategy;
    SyProblems *problems;
} Reader;

static const SyNode *node_of(const Reader *reader, const char *section, const SyFieldTable *table,
                             const char *key) {
    return sy_schema_node(sy_template_section(reader->strategy->template, section), table->rows,
                          table->n, key);
}

/* Reports a name that no row of a registry has. `refused` is why a known name is not there yet. */
static void add_unknown(const Reader *reader, const SyNode *node, const char *what,
                        const char *name, const char *refused, const char *const *known, gsize n) {
    if (refused) {
        sy_problems_add(reader->problems, node, NULL, "%s \"%s\" is not available: %s", what, name,
                        refused);
        return;
    }
    g_autofree char *meant = sy_text_did_you_mean(name, known, n);
    g_autofree char *names = sy_text_list(known, n, G_MAXSIZE);
    g_autofree char *hint = g_strconcat("known: ", names, NULL);
    sy_problems_add(reader->problems, node, hint, "unknown %s \"%s\"%s", what, name, meant);
}

/* A check of a plugin that needs more than one key. Takes `reason`, which may be NULL. */
static void add_reason(const Reader *reader, const char *section, const SyFieldTable *table,
                       char *reason, const char *key) {
    if (reason)
        sy_problems_add(reader->problems, node_of(reader, section, table, key), NULL, "[%s] %s",
                        section, reason);
    g_free(reason);
}

static void read_loader(const Reader *reader) {
    SyStrategy *strategy = reader->strategy;
    const char *name = strategy->template->loader.name;
    strategy->loader = sy_loader_find(name);
    if (!strategy->loader) {
        g_autofree const char **known = g_new(const char *, sy_n_loaders);
        for (gsize i = 0; i < sy_n_loaders; i++)
            known[i] = sy_loaders[i]->name;
        add_unknown(reader, node_of(reader, "loader", &sy_template_loader_fields, "name"), "loader",
                    name, NULL, known, sy_n_loaders);
    }
    const SySchemaPart part = {&sy_loader_fields, &strategy->loader_config};
    guint before = reader->problems->found->len;
    sy_schema_read(sy_template_section(strategy->template, "loader_params"), "[loader_params]",
                   &part, 1, reader->problems);
    strategy->legs =
        strategy->loader_config.symbols ? g_strv_length(strategy->loader_config.symbols) : 0;
    strategy->timeframe = sy_loader_timeframe(&strategy->loader_config);
    if (!strategy->loader || reader->problems->found->len > before)
        return;
    const char *key = NULL;
    char *reason = strategy->loader->validate(&strategy->loader_config, &key);
    add_reason(reader, "loader_params", &sy_loader_fields, reason, key);
}

/* True if [model_params] is sound, so that what depends on it can be checked. */
static bool read_model(const Reader *reader) {
    SyStrategy *strategy = reader->strategy;
    const char *name = strategy->template->model.name;
    if (!name)
        return false; /* reported as a missing key */
    strategy->model = sy_model_find(name);
    if (!strategy->model) {
        g_autofree const char **known = g_new(const char *, sy_n_models);
        for (gsize i = 0; i < sy_n_models; i++)
            known[i] = sy_models[i]->name;
        add_unknown(reader, node_of(reader, "model", &sy_template_model_fields, "name"), "model",
                    name, sy_model_refused(name), known, sy_n_models);
        return false;
    }
    const SyFieldTable *fields = strategy->model->fields;
    strategy->model_config = g_malloc0(fields->size);
    const SySchemaPart part = {fields, strategy->model_config};
    guint before = reader->problems->found->len;
    sy_schema_read(sy_template_section(strategy->template, "model_params"), "[model_params]", &part,
                   1, reader->problems);
    bool sound = reader->problems->found->len == before;
    if (sound) {
        const char *key = NULL;
        char *reason = strategy->model->validate(strategy->model_config, &key);
        sound = reason == NULL;
        add_reason(reader, "model_params", fields, reason, key);
    }
    if (strategy->legs && strategy->legs != strategy->model->symbols)
        sy_problems_add(
            reader->problems, node_of(reader, "loader_params", &sy_loader_fields, "symbols"), NULL,
            "%s needs %" G_GSIZE_FORMAT " symbols, [loader_params] names %" G_GSIZE_FORMAT,
            strategy->model->name, strategy->model->symbols, strategy->legs);
    return sound;
}

/* Entry levels that the model's bounded output cannot reach would never fire. */
static void check_levels(const Reader *reader) {
    const SyStrategy *strategy = reader->strategy;
    if (!strategy->model->bounds)
        return;
    double lower, upper;
    strategy->model->bounds(strategy->model_config, &lower, &upper);
    const struct {
        const char *key;
        double level;
    } entries[] = {{"long_entries", strategy->signal_config.long_entries},
                   {"short_entries", strategy->signal_config.short_entries}};
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
        if (entries[i].level < lower || entries[i].level > upper)
            sy_problems_add(
                reader->problems, node_of(reader, "signal", &sy_signal_fields, entries[i].key),
                "move the level inside, or widen the bounds where [model_params] gives them",
                "[signal] %s = %g lies outside the bounds of the model, %g … %g: it would "
                "never be reached",
                entries[i].key, entries[i].level, lower, upper);
}

/* Levels that [signal] does not give are the model's, where it has some; exits are at 0. */
static void complete_levels(const Reader *reader, bool sound) {
    SyStrategy *strategy = reader->strategy;
    SySignalConfig *config = &strategy->signal_config;
    double upper = NAN, lower = NAN;
    bool has_levels = strategy->model && strategy->model->levels;
    if (has_levels && sound)
        strategy->model->levels(strategy->model_config, &upper, &lower);
    const struct {
        const char *key;
        double *level, own;
    } levels[] = {{"long_entries", &config->long_entries, upper},
                  {"long_exits", &config->long_exits, 0},
                  {"short_entries", &config->short_entries, lower},
                  {"short_exits", &config->short_exits, 0}};
    g_autofree char *hint = g_strdup_printf("%s has no levels of its own: give one, in the unit of "
                                            "its output",
                                            strategy->model ? strategy->model->name : "this model");
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (!isnan(*levels[i].level))
            continue;
        *levels[i].level = levels[i].own;
        if (!has_levels)
            sy_problems_add(reader->problems, sy_template_section(strategy->template, "signal"),
                            hint, "[signal] needs the key %s (a number)", levels[i].key);
    }
}

/* sound: the model's parameters are. */
static void read_signal(const Reader *reader, bool sound) {
    SyStrategy *strategy = reader->strategy;
    SyTemplateSignal signal;
    const SySchemaPart parts[] = {{&sy_template_signal_fields, &signal},
                                  {&sy_signal_fields, &strategy->signal_config}};
    guint before = reader->problems->found->len;
    sy_schema_read(sy_template_section(strategy->template, "signal"), "[signal]", parts,
                   G_N_ELEMENTS(parts), reader->problems);
    strategy->rule = signal.signal_model ? sy_signal_rule_find(signal.signal_model) : NULL;
    if (signal.signal_model && !strategy->rule) {
        g_autofree const char **known = g_new(const char *, sy_n_signal_rules);
        for (gsize i = 0; i < sy_n_signal_rules; i++)
            known[i] = sy_signal_rules[i]->name;
        add_unknown(reader, node_of(reader, "signal", &sy_template_signal_fields, "signal_model"),
                    "signal_model", signal.signal_model, NULL, known, sy_n_signal_rules);
    }
    if (reader->problems->found->len == before)
        complete_levels(reader, sound);
    if (sound && reader->problems->found->len == before)
        check_levels(reader);
    sy_fields_clear(&sy_template_signal_fields, &signal);
}

static void read_portfolio(const Reader *reader) {
    SyStrategy *strategy = reader->strategy;
    const SySchemaPart part = {&sy_portfolio_fields, &strategy->portfolio_config};
    guint before = reader->problems->found->len;
    sy_schema_read(sy_template_section(strategy->template, "portfolio"), "[portfolio]", &part, 1,
                   reader->problems);
    if (strategy->legs)
        sy_instruments_read(sy_template_section(strategy->template, "instruments"),
                            strategy->loader_config.symbols, &strategy->portfolio_config,
                            reader->problems);
    if (reader->problems->found->len > before || !strategy->legs)
        return;
    const char *key = NULL;
    char *reason = sy_portfolio_validate(&strategy->portfolio_config, strategy->legs, &key);
    add_reason(reader, "portfolio", &sy_portfolio_fields, reason, key);
}

static void read_model_sections(const Reader *reader) {
    read_loader(reader);
    bool sound = read_model(reader);
    read_signal(reader, sound);
    read_portfolio(reader);
}

static const SyField schedule_report_fields[] = {
    SY_FIELD(SyScheduleReport, report,
             .help = "[schedule.report]: when reports are made, with the same keys; not given: as "
                     "--report-every says."),
};
const SyFieldTable sy_schedule_report_fields =
    SY_FIELD_TABLE(SyScheduleReport, schedule_report_fields);

/* Reads one table of a schedule into `config`, which it initialises, and compiles it. `more` is a
 * further part of the table, or NULL. NULL where anything is wrong with it. */
static SySchedule *read_schedule(const Reader *reader, const SyNode *node, const char *where,
                                 SyScheduleConfig *config, SyScheduleReport *more) {
    const SySchemaPart parts[] = {{&sy_schedule_fields, config},
                                  {&sy_schedule_report_fields, more}};
    guint before = reader->problems->found->len;
    sy_schema_read(node, where, parts, more ? 2 : 1, reader->problems);
    bool has_bars = reader->strategy->timeframe.nanoseconds || reader->strategy->timeframe.months;
    if (reader->problems->found->len > before ||
        (sy_strategy_has_model(reader->strategy) && !has_bars))
        return NULL;
    const char *key = NULL;
    g_autoptr(GError) reason = NULL;
    SySchedule *schedule = sy_schedule_new(config, reader->strategy->timeframe, &key, &reason);
    if (!schedule)
        sy_problems_add(
            reader->problems,
            key ? sy_schema_node(node, sy_schedule_fields.rows, sy_schedule_fields.n, key) : node,
            NULL, "%s %s", where, reason->message);
    return schedule;
}

/* A late entry is never made (workflow/cycle.h), so a slot that is caught up after its wait could
 * only fail; what it would have closed is closed on the next decided bar. */
static void check_catch_up(const Reader *reader) {
    const SyScheduleConfig *config = &reader->strategy->schedule_config;
    if (!sy_strategy_has_model(reader->strategy) ||
        (config->catchup != SY_CATCHUP_LAST && config->catchup != SY_CATCHUP_ALL))
        return;
    sy_problems_add(reader->problems, node_of(reader, "schedule", &sy_schedule_fields, "catchup"),
                    "remove it; [schedule.report] catchup is for reports",
                    "[schedule] catchup = \"%s\": a trade is never caught up: its entry would be "
                    "late, and exits come on the next decided bar",
                    config->catchup == SY_CATCHUP_LAST ? "last" : "all");
}

static void read_schedules(const Reader *reader) {
    SyStrategy *strategy = reader->strategy;
    SyScheduleReport more;
    strategy->schedule = read_schedule(reader, sy_template_section(strategy->template, "schedule"),
                                       "[schedule]", &strategy->schedule_config, &more);
    check_catch_up(reader);
    if (!more.report)
        return;
    if (!sy_strategy_has_model(strategy))
        sy_problems_add(reader->problems, more.report, NULL,
                        "[schedule.report]: this template has no model to report on");
    else
        strategy->report_schedule = read_schedule(reader, more.report, "[schedule.report]",
                                                  &strategy->report_schedule_config, NULL);
}

/* Takes the template, which may be NULL. */
static SyStrategy *from_template(SyTemplate *template, GError **error) {
    if (!template)
        return NULL;
    g_autoptr(SyStrategy) strategy = g_new0(SyStrategy, 1);
    strategy->template = template;
    const Reader reader = {strategy, template->document->problems};
    if (sy_strategy_has_model(strategy))
        read_model_sections(&reader);
    read_schedules(&reader);
    sy_retry_read(sy_template_section(template, "retry"), "[retry]", &strategy->retry,
                  reader.problems);
    strategy->tasks = sy_tasks_read(template, !sy_strategy_has_model(strategy), reader.problems);
    return sy_problems_check(reader.problems, error) ? g_steal_pointer(&strategy) : NULL;
}

SyStrategy *sy_strategy_load(const char *path, GError **error) {
    return from_template(sy_template_load(path, error), error);
}

SyStrategy *sy_strategy_read(const char *text, gsize length, const char *name, GError **error) {
    return from_template(sy_template_read(text, length, name, error), error);
}

void sy_strategy_free(SyStrategy *strategy) {
    if (!strategy)
        return;
    sy_fields_clear(&sy_loader_fields, &strategy->loader_config);
    if (strategy->model_config)
        sy_fields_clear(strategy->model->fields, strategy->model_config);
    g_free(strategy->model_config);
    sy_fields_clear(&sy_signal_fields, &strategy->signal_config);
    sy_fields_clear(&sy_portfolio_fields, &strategy->portfolio_config);
    sy_retry_clear(&strategy->retry);
    g_clear_pointer(&strategy->tasks, g_ptr_array_unref);
    sy_fields_clear(&sy_schedule_fields, &strategy->schedule_config);
    sy_schedule_unref(strategy->schedule);
    sy_fields_clear(&sy_schedule_fields, &strategy->report_schedule_config);
    sy_schedule_unref(strategy->report_schedule);
    sy_template_free(strategy->template);
    g_free(strategy);
}

bool sy_strategy_check_model(const SyStrategy *strategy, const char *what, GError **error) {
    if (sy_strategy_has_model(strategy))
        return true;
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: this template has tasks and no model: there is nothing to %s",
                   strategy->template->document->name, what);
}

const SyRetry *sy_strategy_retry(const SyStrategy *strategy, const char *step) {
    for (guint i = 0; i < strategy->tasks->len; i++) {
        const SyTask *task = strategy->tasks->pdata[i];
        if (task->retry && strcmp(task->name, step) == 0)
            return &task->own;
    }
    /* these two ask others: databases, programs of the user's */
    bool usual = strcmp(step, sy_step_names[SY_STEP_LOAD]) == 0 ||
                 strcmp(step, sy_step_names[SY_STEP_MODEL]) == 0;
    bool given = sy_template_section(strategy->template, "retry") != NULL;
    return given || usual ? &strategy->retry : &sy_retry_never;
}

/* ---- checks that need more than the template ---- */

static Reader reader_of(const SyStrategy *strategy) {
    return (Reader){(SyStrategy *)strategy, strategy->template->document->problems};
}

static void check_fill_price(const Reader *reader) {
    const SyPortfolioConfig *portfolio = &reader->strategy->portfolio_config;
    const char *key = portfolio->price != SY_PRICE_CLOSE ? "price"
                      : portfolio->from_ago != 0         ? "from_ago"
                                                         : NULL;
    if (key)
        sy_problems_add(
            reader->problems, node_of(reader, "portfolio", &sy_portfolio_fields, key),
            "set price = \"close\" and from_ago = 0, or use `systematica backtest`",
            "[portfolio] %s: live orders fill at the close of the decided bar, the simulation "
            "of this template does not",
            key);
}

/* Live, each group has one account. */
static void check_groups(const Reader *reader) {
    const SyPortfolioConfig *portfolio = &reader->strategy->portfolio_config;
    if ((portfolio->group_by.all || portfolio->group_by.label) && !portfolio->cash_sharing)
        sy_problems_add(
            reader->problems, node_of(reader, "portfolio", &sy_portfolio_fields, "group_by"),
            "set cash_sharing = true, leave group_by out, or use `systematica backtest`",
            "[portfolio] group_by: live, the symbols of a group trade from one account, in the "
            "simulation of this template each has cash of its own");
}

static void check_offline(const Reader *reader) {
    const SyStrategy *strategy = reader->strategy;
    const char *key = NULL;
    const char *reason =
        strategy->model->offline ? strategy->model->offline(strategy->model_config, &key) : NULL;
    if (reason)
        sy_problems_add(reader->problems,
                        node_of(reader, "model_params", strategy->model->fields, key),
                        "use another value, or `systematica backtest`",
                        "[model_params] %s cannot run live: %s", key, reason);
}

/* Nobody pays the paper account anything but what its orders do. */
static void check_flows(const Reader *reader) {
    const SyPortfolioConfig *portfolio = &reader->strategy->portfolio_config;
    const char *key = portfolio->cash_deposits.n    ? "cash_deposits"
                      : portfolio->cash_earnings.n  ? "cash_earnings"
                      : portfolio->cash_dividends.n ? "cash_dividends"
                                                    : NULL;
    if (key)
        sy_problems_add(reader->problems, node_of(reader, "portfolio", &sy_portfolio_fields, key),
                        "remove it, or use `systematica backtest`",
                        "[portfolio] %s: backtest only: the cash of the paper account changes by "
                        "its orders alone",
                        key);
}

static void check_end(const Reader *reader, SyTime now) {
    const char *text = reader->strategy->loader_config.end;
    SyTime end;
    if (text && sy_time_parse(text, now, &end, NULL) && end < now)
        sy_problems_add(
            reader->problems, node_of(reader, "loader_params", &sy_loader_fields, "end"),
            "remove end, or use `systematica backtest`",
            "[loader_params] end = \"%s\" is in the past: there is no bar to decide on", text);
}

bool sy_strategy_check_live(const SyStrategy *strategy, SyTime now, GError **error) {
    const Reader reader = reader_of(strategy);
    if (!sy_strategy_has_model(strategy))
        return true;
    check_fill_price(&reader);
    check_groups(&reader);
    check_offline(&reader);
    check_flows(&reader);
    check_end(&reader, now);
    return sy_problems_check(reader.problems, error);
}

bool sy_strategy_check_engine(const SyStrategy *strategy, const SyMap *engines, GError **error) {
    const Reader reader = reader_of(strategy);
    const char *name = strategy->loader_config.engine_name;
    g_autoptr(GError) reason = NULL;
    if (name && !sy_engine_check(name, engines, &reason))
        sy_problems_add(reader.problems,
                        node_of(&reader, "loader_params", &sy_loader_fields, "engine_name"), NULL,
                        "[loader_params] engine_name: %s", reason->message);
    return sy_problems_check(reader.problems, error);
}

bool sy_strategy_check_notify(const SyStrategy *strategy, const SySettings *settings,
                              GError **error) {
    const Reader reader = reader_of(strategy);
    const char *key = NULL;
    g_autoptr(GError) reason = NULL;
    if (!sy_settings_check_notify(settings, &strategy->template->notify, &key, &reason))
        sy_problems_add(reader.problems, node_of(&reader, "notify", &sy_notify_fields, key), NULL,
                        "[notify] %s: %s", key, reason->message);
    return sy_problems_check(reader.problems, error);
}

GHashTable *sy_strategy_names(const char *workspace) {
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                              (GDestroyNotify)(void (*)(void))g_ptr_array_unref);
    /* where the folder cannot be read, no other template of it can run */
    g_auto(GStrv) templates = sy_template_names(workspace, NULL);
    for (char **name = templates; name && *name; name++) {
        g_autofree char *path = sy_template_find_path(workspace, *name, NULL);
        g_autoptr(SyTemplate) template = path ? sy_template_load(path, NULL) : NULL;
        if (!template || !template->meta.study_name)
            continue;
        GPtrArray *files = g_hash_table_lookup(names, template->meta.study_name);
        if (!files) {
            files = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(names, g_strdup(template->meta.study_name), files);
        }
        g_ptr_array_add(files, g_canonicalize_filename(path, NULL));
    }
    return names;
}

bool sy_strategy_check_name(const SyStrategy *strategy, GHashTable *names, GError **error) {
    const Reader reader = reader_of(strategy);
    const char *name = strategy->template->meta.study_name;
    g_autofree char *own = g_canonicalize_filename(strategy->template->document->name, NULL);
    const GPtrArray *files = g_hash_table_lookup(names, name);
    for (guint i = 0; files && i < files->len; i++)
        if (strcmp(files->pdata[i], own) != 0)
            sy_problems_add(
                reader.problems, node_of(&reader, "meta", &sy_template_meta_fields, "study_name"),
                "give each template a study_name of its own",
                "[meta] study_name = \"%s\" is also that of %s: they would share orders and "
                "positions",
                name, (const char *)files->pdata[i]);
    return sy_problems_check(reader.problems, error);
}
