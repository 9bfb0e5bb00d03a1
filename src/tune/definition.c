/* Reads [tune] and the ranges of its parameters against the field tables of the sections that they
 * name, so that a range that no template could hold is found before the first trial. */
#include "tune/definition.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

/* Trials where nobody says how many; combinations that a grid may have. */
enum { USUAL_TRIALS = 100, MOST_TRIALS = 1000000 };

static bool check_sampler(const char *name, GError **error) {
    if (sy_sampler_find(name))
        return true;
    g_autofree const char **names = g_new(const char *, sy_n_samplers);
    for (gsize i = 0; i < sy_n_samplers; i++)
        names[i] = sy_samplers[i]->name;
    g_autofree char *known = sy_text_list(names, sy_n_samplers, G_MAXSIZE);
    g_autofree char *meant = sy_text_did_you_mean(name, names, sy_n_samplers);
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is no sampler (%s)%s", name, known, meant);
}

static const SyChoice pruning_choices[] = {
    [SY_PRUNING_NONE] = {"none", "every trial is measured on every slice", NULL},
    [SY_PRUNING_MEDIAN] = {"median",
                           "a trial that is behind the median of the earlier ones after a training "
                           "slice is given up",
                           NULL},
};

static const SyChoice window_choices[] = {
    [SY_WINDOW_ROLLING] = {"rolling", "as many slices as there are folds", NULL},
    [SY_WINDOW_EXPANDING] = {"expanding", "all slices from the first row on", NULL},
};

static const SyField fields[] = {
    SY_FIELD(SyTuneConfig, objective, .check = sy_goal_check,
             .help = "The metric that is made as good as can be, or a list of several; sharpe "
                     "where it is not given."),
    SY_FIELD(SyTuneConfig, trials, .min = 0, .max = MOST_TRIALS, .fallback = "0",
             .help =
                 "How many combinations are tried; 0: 100, or all of a grid. Where there are no "
                 "more than that, each is tried once, whatever the sampler."),
    SY_FIELD(SyTuneConfig, seed, .min = 0, .max = G_MAXINT, .fallback = "1",
             .help = "Of all random numbers: the same seed gives the same trials."),
    SY_FIELD(SyTuneConfig, sampler, .fallback = "tpe", .check = check_sampler,
             .help = "How combinations are chosen: tpe, random, grid."),
    SY_FIELD(SyTuneConfig, pruning, SY_CHOICES(pruning_choices), .fallback = "none",
             .help = "Whether trials are given up before their last training slice."),
    SY_FIELD(SyTuneConfig, train, .or_number = true, .check = sy_slice_check,
             .help = "Where parameters are searched: a share of the decided rows, or the time from "
                     "which on; all rows before the validation slice where it is not given."),
    SY_FIELD(SyTuneConfig, validation, .or_number = true, .check = sy_slice_check,
             .fallback = "0.2",
             .help = "Where the winner is chosen among the best of the search; as train."),
    SY_FIELD(SyTuneConfig, test, .or_number = true, .check = sy_slice_check, .fallback = "0.2",
             .help = "What only the winner sees, once; as train."),
    SY_FIELD(SyTuneConfig, embargo, .or_number = true, .check = sy_embargo_check,
             .help = "Rows that are left out before each validation and test slice, in bars or as "
                     "a length of time; one per cent of the decided rows where it is not given."),
    SY_FIELD(SyTuneConfig, folds, .min = 1, .max = 1000, .fallback = "4",
             .help = "Into how many slices the training rows are cut, and the validation rows."),
    SY_FIELD(SyTuneConfig, window, SY_CHOICES(window_choices), .fallback = "rolling",
             .help = "What the walk-forward table chooses by before each validation slice."),
    SY_FIELD(SyTuneConfig, shortlist, .min = 1, .max = MOST_TRIALS, .fallback = "10",
             .help = "How many of the best trials of the search compete on the validation slices."),
    SY_FIELD(SyTuneConfig, batch, .min = 1, .max = 10000, .fallback = "16",
             .help = "Trials that are chosen together, knowing those before; at most so many run "
                     "at the same time."),
    SY_FIELD(SyTuneConfig, parameters, .required = true,
             .help = "[tune.parameters]: \"section.key\" = { low, high } or { values } for each "
                     "parameter; sections are model_params, signal, portfolio."),
};
const SyFieldTable sy_tune_fields = SY_FIELD_TABLE(SyTuneConfig, fields);

static const SyField range_fields[] = {
    SY_FIELD(SyTuneRange, low, .help = "The least value."),
    SY_FIELD(SyTuneRange, high, .help = "The greatest value."),
    SY_FIELD(SyTuneRange, step,
             .help = "From one value to the next; of whole numbers 1 where it is not given, of "
                     "others any number between the two."),
    SY_FIELD(SyTuneRange, log, .fallback = "false",
             .help = "Draw evenly on a logarithmic scale, for what matters by its magnitude."),
    SY_FIELD(SyTuneRange, values, .or_list = true,
             .help = "The values themselves, in place of low and high: [\"auto\", \"StudentT\"]."),
};
const SyFieldTable sy_tune_range_fields = SY_FIELD_TABLE(SyTuneRange, range_fields);

/* ---- which keys can be tuned ---- */

typedef struct {
    SyTune *tune;
    GArray *parameters; /* SyParameter */
    SyProblems *problems;
} Reader;

/* A section whose keys may be tuned; some have two tables. */
typedef struct {
    const char *name;
    const SyFieldTable *table[2];
} Tunable;

static gsize tunables_of(const SyStrategy *strategy, Tunable sections[static 3]) {
    sections[0] = (Tunable){"model_params", {strategy->model->fields, NULL}};
    sections[1] = (Tunable){"signal", {&sy_signal_fields, &sy_template_signal_fields}};
    sections[2] = (Tunable){"portfolio", {&sy_portfolio_fields, NULL}};
    return 3;
}

static void add_rows(const SyField *rows, gsize n, const char *prefix, GPtrArray *names) {
    for (gsize i = 0; i < n; i++) {
        char *name = g_strconcat(prefix, ".", rows[i].key, NULL);
        if (rows[i].kind == SY_FIELD_GROUP) {
            add_rows(rows[i].members, rows[i].n_members, name, names);
            g_free(name);
        } else {
            g_ptr_array_add(names, name);
        }
    }
}

static void unknown_parameter(const Reader *reader, const SyNode *node, const char *name) {
    Tunable sections[3];
    gsize n = tunables_of(reader->tune->strategy, sections);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (gsize s = 0; s < n; s++)
        for (gsize t = 0; t < 2 && sections[s].table[t]; t++)
            add_rows(sections[s].table[t]->rows, sections[s].table[t]->n, sections[s].name, names);
    const char *closest = sy_text_closest(name, (const char *const *)names->pdata, names->len);
    g_autofree char *meant = closest ? g_strdup_printf("did you mean \"%s\"?", closest) : NULL;
    sy_problems_add(reader->problems, node,
                    meant ? meant
                          : "write \"section.key\"; sections whose keys can be tuned: "
                            "model_params, signal, portfolio",
                    "[tune.parameters] \"%s\" is no key that can be tuned", name);
}

/* The row of "section.key" or "section.group.key"; without a field where the group is a table of
 * anything: then its members are keys that only the user's program knows. */
static bool find_key(const SyStrategy *strategy, const char *name, SyFormKey *key,
                     const SyFieldTable **table) {
    Tunable sections[3];
    gsize n = tunables_of(strategy, sections);
    g_auto(GStrv) part = g_strsplit(name, ".", 3);
    for (gsize s = 0; part[0] && part[1] && s < n; s++) {
        if (strcmp(sections[s].name, part[0]) != 0)
            continue;
        for (gsize t = 0; t < 2 && (*table = sections[s].table[t]); t++) {
            const SyField *field = sy_field_find((*table)->rows, (*table)->n, part[1]);
            *key = (SyFormKey){sections[s].name, NULL, field};
            if (field && field->kind == SY_FIELD_GROUP && part[2]) {
                key->group = field;
                key->field = sy_field_find(field->members, field->n_members, part[2]);
            }
            if (field && field->kind == SY_FIELD_JSON && part[2] && *part[2]) {
                key->group = field;
                key->field = NULL;
                return true;
            }
            if (key->field && (key->group || !part[2]))
                return true;
        }
    }
    return false;
}

static const char *why_not(const SyFormKey *key) {
    if (!key->field)
        return NULL;
    switch (key->field->kind) {
    case SY_FIELD_BOOL:
    case SY_FIELD_INT:
    case SY_FIELD_DOUBLE:
    case SY_FIELD_NUMBERS:
    case SY_FIELD_TEXT:
    case SY_FIELD_ENUM:
    case SY_FIELD_TIMEFRAME:
        return key->field->refused;
    default:
        return "only numbers, texts and true or false can be tuned";
    }
}

static bool takes_numbers(const SyField *field) {
    return field->kind == SY_FIELD_INT || field->kind == SY_FIELD_DOUBLE ||
           field->kind == SY_FIELD_NUMBERS;
}

/* ---- ranges ---- */

/* The value as text fits the key's row. */
static bool fits(const SyFieldTable *table, const SyParameter *parameter, const char *text,
                 GError **error) {
    const SyField *field = parameter->key.field;
    if (parameter->own)
        return true;
    g_autofree gpointer scratch = g_malloc0(table->size);
    sy_fields_init(table, scratch);
    bool good = sy_field_set_text(field, scratch, text, error);
    sy_fields_clear(table, scratch);
    return good;
}

static void add_problem(const Reader *reader, const SyParameter *parameter, const char *hint,
                        const char *text) {
    sy_problems_add(reader->problems, parameter->node, hint, "[tune.parameters] \"%s\": %s",
                    parameter->name, text);
}

static void check_end(const Reader *reader, const SyParameter *parameter, const SyFieldTable *table,
                      double value) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = sy_parameter_text(parameter, value);
    if (!fits(table, parameter, text, &error))
        add_problem(reader, parameter, NULL, error->message);
}

/* Why a range cannot be; NULL where it can. */
static const char *range_fault(const SyParameter *parameter) {
    bool whole = parameter->kind == SY_PARAMETER_WHOLE;
    if (isnan(parameter->low) || isnan(parameter->high))
        return "give low and high, or values";
    if (!isfinite(parameter->low) || !isfinite(parameter->high))
        return "low and high must be finite";
    if (parameter->low > parameter->high)
        return "low is above high: the range is empty";
    if (parameter->step < 0 || !isfinite(parameter->step))
        return "step must be above 0";
    if (whole &&
        (parameter->low != floor(parameter->low) || parameter->high != floor(parameter->high) ||
         parameter->step != floor(parameter->step)))
        return "this key takes whole numbers: low, high and step must be whole";
    if (parameter->low < parameter->high && sy_parameter_count(parameter) == 1)
        return "step is larger than the range: low would be the only value";
    if (parameter->log && !(parameter->low > 0))
        return "a logarithmic scale needs low above 0";
    if (parameter->log && parameter->step != (whole ? 1 : 0))
        return "log and step exclude each other";
    return NULL;
}

static void read_range(const Reader *reader, SyParameter *parameter, const SyFieldTable *table,
                       const SyTuneRange *range) {
    const SyField *field = parameter->key.field;
    bool whole = field->kind == SY_FIELD_INT;
    parameter->kind = whole ? SY_PARAMETER_WHOLE : SY_PARAMETER_NUMBER;
    parameter->low = range->low;
    parameter->high = range->high;
    parameter->step = !isnan(range->step) ? range->step : whole ? 1 : 0;
    parameter->log = range->log;
    const char *fault = range_fault(parameter);
    if (!takes_numbers(field))
        add_problem(reader, parameter, "list them: { values = [...] }", "the key takes no numbers");
    else if (!isnan(range->step) && range->step == 0)
        add_problem(reader, parameter, NULL, "step must be above 0");
    else if (fault)
        add_problem(reader, parameter, NULL, fault);
    else {
        check_end(reader, parameter, table, parameter->low);
        if (parameter->high != parameter->low)
            check_end(reader, parameter, table, parameter->high);
    }
}

/* A value of a list as text without quotes, or NULL where it is none that can be tuned. */
static char *label_of(const SyNode *node) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    switch (node->type) {
    case SY_NODE_TEXT:
        return g_strdup(node->text);
    case SY_NODE_BOOL:
        return g_strdup(node->boolean ? "true" : "false");
    case SY_NODE_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, node->integer);
    case SY_NODE_NUMBER:
        return g_strdup(g_ascii_dtostr(number, sizeof number, node->number));
    default:
        return NULL;
    }
}

/* Texts in quotes, with the escapes of TOML. */
static char *toml_of(const SyNode *node, const char *label) {
    if (node->type != SY_NODE_TEXT)
        return g_strdup(label);
    GString *text = g_string_new("\"");
    for (const char *p = label; *p; p++)
        if (*p == '"' || *p == '\\')
            g_string_append_printf(text, "\\%c", *p);
        else if ((guchar)*p < ' ' || *p == 0x7f)
            g_string_append_printf(text, "\\u%04x", (guchar)*p);
        else
            g_string_append_c(text, *p);
    return g_string_free(g_string_append_c(text, '"'), FALSE);
}

static bool is_of_kind(const SyNode *node, const SyParameter *parameter) {
    const SyField *field = parameter->key.field;
    if (parameter->own)
        return true;
    bool is_number = node->type == SY_NODE_INTEGER || node->type == SY_NODE_NUMBER;
    if (field->kind == SY_FIELD_INT)
        return node->type == SY_NODE_INTEGER;
    if (takes_numbers(field))
        return is_number || (field->word && node->type == SY_NODE_TEXT);
    if (field->kind == SY_FIELD_BOOL)
        return node->type == SY_NODE_BOOL;
    return node->type == SY_NODE_TEXT ||
           (field->kind == SY_FIELD_ENUM && node->type == SY_NODE_BOOL);
}

static bool has_choice(const SyParameter *parameter, const char *text) {
    for (gsize i = 0; i < parameter->n_choices; i++)
        if (strcmp(parameter->choice[i], text) == 0)
            return true;
    return false;
}

static void read_values(const Reader *reader, SyParameter *parameter, const SyFieldTable *table,
                        const SyTuneRange *range) {
    const SyNode *list = range->values;
    const SyField *field = parameter->key.field;
    parameter->kind = SY_PARAMETER_CHOICE;
    if (!isnan(range->low) || !isnan(range->high) || !isnan(range->step) || range->log)
        add_problem(reader, parameter, NULL, "values stand in place of low, high, step and log");
    if (list->type != SY_NODE_ARRAY || list->n == 0) {
        add_problem(reader, parameter, "as in { values = [\"auto\", \"StudentT\"] }",
                    "values must be a list with at least one value");
        return;
    }
    parameter->choice = g_new0(char *, list->n);
    parameter->label = g_new0(char *, list->n);
    for (gsize i = 0; i < list->n; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *label = label_of(list->item[i]);
        g_autofree char *toml = label ? toml_of(list->item[i], label) : NULL;
        g_autofree char *shown = sy_node_show(list->item[i]);
        if (!label || !is_of_kind(list->item[i], parameter)) {
            g_autofree char *wanted = sy_field_describe(field);
            g_autofree char *text = g_strdup_printf("%s is no value of it (%s)", shown, wanted);
            add_problem(reader, parameter, NULL, text);
        } else if (has_choice(parameter, toml)) {
            g_autofree char *text = g_strdup_printf("%s stands twice in values", shown);
            add_problem(reader, parameter, NULL, text);
        } else if (!fits(table, parameter, label, &error)) {
            add_problem(reader, parameter, NULL, error->message);
        } else {
            parameter->choice[parameter->n_choices] = g_steal_pointer(&toml);
            parameter->label[parameter->n_choices++] = g_steal_pointer(&label);
        }
    }
}

static bool is_known(const Reader *reader, const SyFormKey *key, const char *name) {
    for (guint i = 0; i < reader->parameters->len; i++) {
        const SyParameter *parameter = &g_array_index(reader->parameters, SyParameter, i);
        if ((key->field && parameter->key.field == key->field) ||
            strcmp(parameter->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_whole(const SyNode *range, const char *key) {
    const SyNode *node = sy_node_find(range, key);
    return !node || node->type == SY_NODE_INTEGER;
}

/* A row for a key that only the user's program knows: whole numbers where its range is written in
 * whole numbers. */
static SyField *own_field(const char *key, const SyNode *range) {
    SyField *field = g_new0(SyField, 1);
    field->key = g_strdup(key);
    field->kind = is_whole(range, "low") && is_whole(range, "high") && is_whole(range, "step")
                      ? SY_FIELD_INT
                      : SY_FIELD_DOUBLE;
    return field;
}

static void read_parameter(const Reader *reader, const SyNode *node, const char *name) {
    SyFormKey key = {0};
    const SyFieldTable *table = NULL;
    if (g_str_has_prefix(name, "loader") || g_str_has_prefix(name, "model.")) {
        sy_problems_add(reader->problems, node, "tune each in a template of its own",
                        "[tune.parameters] \"%s\" cannot be tuned: trials of other bars or of "
                        "another model could not be compared",
                        name);
        return;
    }
    if (!find_key(reader->tune->strategy, name, &key, &table)) {
        unknown_parameter(reader, node, name);
        return;
    }
    const char *reason = why_not(&key);
    if (reason || is_known(reader, &key, name)) {
        sy_problems_add(reader->problems, node, NULL, "[tune.parameters] \"%s\" %s: %s", name,
                        reason ? "cannot be tuned" : "is given twice",
                        reason ? reason : "remove one of the two");
        return;
    }
    SyParameter parameter = {.name = g_strdup(name), .key = key, .node = node};
    if (!key.field) {
        parameter.own = own_field(strchr(strchr(name, '.') + 1, '.') + 1, node);
        parameter.key.field = parameter.own;
    }
    SyTuneRange range;
    const SySchemaPart part = {&sy_tune_range_fields, &range};
    g_autofree char *where = g_strdup_printf("[tune.parameters] \"%s\"", name);
    guint before = reader->problems->found->len;
    sy_schema_read(node, where, &part, 1, reader->problems);
    if (reader->problems->found->len == before)
        (range.values ? read_values : read_range)(reader, &parameter, table, &range);
    sy_fields_clear(&sy_tune_range_fields, &range);
    g_array_append_val(reader->parameters, parameter);
}

/* "signal.long_entries" = { … } or, with the dot outside of quotes or as a header of its own,
 * signal.long_entries = { … }: a table of a section. */
static void read_parameters(const Reader *reader, const SyNode *table, const char *prefix) {
    Tunable sections[3];
    gsize n = tunables_of(reader->tune->strategy, sections);
    for (gsize i = 0; i < table->n; i++) {
        const SyNode *node = table->item[i];
        g_autofree char *name = g_strconcat(prefix, node->key, NULL);
        bool is_section = false;
        for (gsize s = 0; s < n; s++)
            is_section |= !*prefix && strcmp(sections[s].name, name) == 0;
        if (is_section && node->type == SY_NODE_TABLE) {
            g_autofree char *longer = g_strconcat(name, ".", NULL);
            read_parameters(reader, node, longer);
        } else {
            read_parameter(reader, node, name);
        }
    }
}

/* ---- the whole ---- */

static const SyNode *node_of(const SyTune *tune, const char *key) {
    return sy_schema_node(sy_template_section(tune->strategy->template, "tune"),
                          sy_tune_fields.rows, sy_tune_fields.n, key);
}

static void set_goals(SyTune *tune) {
    static char *const usual[] = {"sharpe", NULL};
    char *const *names =
        tune->config.objective && *tune->config.objective ? tune->config.objective : usual;
    gsize n = g_strv_length((char **)names);
    tune->metric = g_new0(const SyMetric *, n + 1);
    for (gsize i = 0; i < n; i++)
        tune->metric[tune->n_goals++] = sy_metric_find(names[i]);
    while (tune->sharpe < n && strcmp(names[tune->sharpe], "sharpe") != 0)
        tune->sharpe++;
    tune->n_metrics = n + (tune->sharpe == n);
    tune->metric[tune->sharpe] = sy_metric_find("sharpe");
}

static void check_goals(const SyTune *tune, SyProblems *problems) {
    if (tune->config.objective && !*tune->config.objective)
        sy_problems_add(problems, node_of(tune, "objective"), "leave it out to take sharpe",
                        "[tune] objective names no metric");
    for (gsize i = 0; i < tune->n_goals; i++)
        for (gsize k = 0; k < i; k++)
            if (tune->metric[i] == tune->metric[k])
                sy_problems_add(problems, node_of(tune, "objective"), NULL,
                                "[tune] objective names %s twice", tune->metric[i]->name);
    if (tune->config.pruning != SY_PRUNING_NONE && tune->n_goals > 1)
        sy_problems_add(
            problems, node_of(tune, "pruning"), "leave pruning out",
            "[tune] pruning needs one objective: of several none decides which trial is "
            "behind");
    if (tune->config.pruning != SY_PRUNING_NONE && tune->config.folds < 2)
        sy_problems_add(problems, node_of(tune, "pruning"), "set folds to 2 or more",
                        "[tune] pruning gives trials up between folds, and there is one fold");
}

static void check_positions(const SyTune *tune, SyProblems *problems) {
    const SyNumbers *held = &tune->strategy->portfolio_config.init_position;
    for (gsize i = 0; i < held->n; i++)
        if (held->value[i] != 0) {
            sy_problems_add(
                problems,
                sy_schema_node(sy_template_section(tune->strategy->template, "portfolio"),
                               sy_portfolio_fields.rows, sy_portfolio_fields.n, "init_position"),
                "remove it for the tuning",
                "[portfolio] init_position: each slice of a tuning begins flat");
            return;
        }
}

static void check_grid(SyTune *tune, int trials, SyProblems *problems) {
    for (gsize i = 0; i < tune->n_parameters; i++)
        if (sy_parameter_count(&tune->parameter[i]) == 0) {
            sy_problems_add(problems, tune->parameter[i].node,
                            "give it a step, or values; or use sampler = \"tpe\" or \"random\"",
                            "[tune.parameters] \"%s\": a grid needs a countable set of values",
                            tune->parameter[i].name);
            return;
        }
    gsize size = sy_space_count(&tune->space);
    g_autofree char *text = size == G_MAXSIZE ? g_strdup("more than can be counted")
                                              : g_strdup_printf("%" G_GSIZE_FORMAT, size);
    if (size > MOST_TRIALS)
        sy_problems_add(problems, node_of(tune, "sampler"),
                        "use larger steps, fewer parameters, or sampler = \"tpe\"",
                        "[tune] the grid has %s combinations, at most %d can be tried", text,
                        MOST_TRIALS);
    else if (trials > 0 && (gsize)trials < size)
        sy_problems_add(problems, node_of(tune, "trials"),
                        "raise trials, use larger steps, or sampler = \"random\"",
                        "[tune] the grid has %s combinations, trials = %d would leave some out",
                        text, trials);
    tune->trials = MIN(size, MOST_TRIALS);
}

/* Where there are no more combinations than trials, each is tried once: no sampler does better, and
 * the same trial twice would tell nothing. */
static void set_trials(SyTune *tune, int asked, SyProblems *problems) {
    int trials = asked > 0 ? asked : tune->config.trials;
    if (tune->sampler->needs_counts) {
        check_grid(tune, trials, problems);
        return;
    }
    gsize size = sy_space_count(&tune->space);
    tune->trials = trials > 0 ? (gsize)trials : USUAL_TRIALS;
    if (size > 0 && size <= tune->trials) {
        tune->trials = size;
        tune->sampler = sy_sampler_find("grid");
    }
}

static bool make_form(SyTune *tune, GError **error) {
    const SyDocument *document = tune->strategy->template->document;
    g_autofree SyFormKey *key = g_new(SyFormKey, tune->n_parameters + 1);
    g_auto(GStrv) value = g_new0(char *, tune->n_parameters + 2);
    for (gsize i = 0; i < tune->n_parameters; i++) {
        key[i] = tune->parameter[i].key;
        value[i] = sy_parameter_text(&tune->parameter[i], sy_parameter_at(&tune->parameter[i], 0));
    }
    const SyFieldTable *meta = &sy_template_meta_fields;
    key[tune->n_parameters] =
        (SyFormKey){"meta", NULL, sy_field_find(meta->rows, meta->n, "study_name")};
    value[tune->n_parameters] = g_strdup("\"\""); /* it is there */
    tune->form = sy_form_new(document->text, document->length, document->name, key,
                             (const char *const *)value, tune->n_parameters + 1, error);
    return tune->form != NULL;
}

static void read_tune(SyTune *tune, int trials, SyProblems *problems) {
    const SyNode *section = sy_template_section(tune->strategy->template, "tune");
    const SySchemaPart part = {&sy_tune_fields, &tune->config};
    sy_schema_read(section, "[tune]", &part, 1, problems);
    Reader reader = {tune, g_array_new(FALSE, TRUE, sizeof(SyParameter)), problems};
    if (tune->config.parameters)
        read_parameters(&reader, tune->config.parameters, "");
    tune->n_parameters = reader.parameters->len;
    tune->parameter = (SyParameter *)(void *)g_array_free(reader.parameters, FALSE);
    if (tune->config.parameters && tune->config.parameters->n == 0)
        sy_problems_add(problems, tune->config.parameters,
                        "as in \"signal.long_entries\" = { low = 0.1, high = 0.9 }",
                        "[tune.parameters] names no parameter: there is nothing to tune");
    set_goals(tune);
    check_goals(tune, problems);
    check_positions(tune, problems);
    tune->sampler = sy_sampler_find(tune->config.sampler);
    tune->space =
        (SySpace){tune->parameter, tune->n_parameters, tune->n_goals, (guint64)tune->config.seed};
    if (problems->found->len == 0)
        set_trials(tune, trials, problems);
}

SyTune *sy_tune_read(const SyStrategy *strategy, int trials, GError **error) {
    const SyDocument *document = strategy->template->document;
    if (!sy_strategy_check_model(strategy, "tune", error))
        return NULL;
    if (!sy_template_section(strategy->template, "tune")) {
        sy_fail(error, SY_ERROR_TEMPLATE,
                "%s: there is no section [tune]: name what to tune, as in\n  [tune]\n  objective = "
                "\"sharpe\"\n  [tune.parameters]\n  \"signal.long_entries\" = { low = 0.1, high = "
                "0.9, step = 0.05 }",
                document->name);
        return NULL;
    }
    g_autoptr(SyTune) tune = g_new0(SyTune, 1);
    tune->strategy = strategy;
    read_tune(tune, trials, document->problems);
    if (!sy_problems_check(document->problems, error) || !make_form(tune, error))
        return NULL;
    return g_steal_pointer(&tune);
}

bool sy_tune_check(const SyStrategy *strategy, GError **error) {
    if (!sy_template_section(strategy->template, "tune"))
        return true;
    g_autoptr(SyTune) tune = sy_tune_read(strategy, 0, error);
    return tune != NULL;
}

void sy_tune_free(SyTune *tune) {
    if (!tune)
        return;
    sy_fields_clear(&sy_tune_fields, &tune->config);
    for (gsize i = 0; i < tune->n_parameters; i++)
        sy_parameter_clear(&tune->parameter[i]);
    g_free(tune->parameter);
    g_free(tune->metric);
    sy_form_free(tune->form);
    g_free(tune);
}

double sy_tune_oriented(const SyTune *tune, gsize goal, double value) {
    return sy_goal_find(tune->metric[goal]->name)->least ? -value : value;
}

static char *fill(const SyTune *tune, const double *value, const char *suffix) {
    enum { longest = 64 }; /* as [meta] study_name */
    const char *name = tune->strategy->template->meta.study_name;
    g_auto(GStrv) text = g_new0(char *, tune->n_parameters + 2);
    for (gsize i = 0; i < tune->n_parameters; i++)
        text[i] = sy_parameter_text(&tune->parameter[i], value[i]);
    text[tune->n_parameters] =
        g_strdup_printf("\"%.*s%s\"", (int)(longest - strlen(suffix)), name, suffix);
    return sy_form_fill(tune->form, (const char *const *)text);
}

char *sy_tune_text(const SyTune *tune, const double *value) { return fill(tune, value, ""); }

char *sy_tune_winner_text(const SyTune *tune, const double *value) {
    return fill(tune, value, "-tuned");
}

/* ---- warm-up ---- */

/* Of the model with the values at one end of the unit scale, of one parameter or (only = NULL) of
 * all. */
static gsize warmup_at(const SyTune *tune, const SyParameter *only, double unit) {
    const SyModel *model = tune->strategy->model;
    g_autofree gpointer config = g_malloc0(model->fields->size);
    g_autoptr(SyProblems) problems = sy_problems_new("");
    const SySchemaPart part = {model->fields, config};
    sy_schema_read(sy_template_section(tune->strategy->template, "model_params"), "", &part, 1,
                   problems);
    for (gsize i = 0; i < tune->n_parameters; i++) {
        const SyParameter *parameter = &tune->parameter[i];
        if (strcmp(parameter->key.section, "model_params") != 0 || parameter->own ||
            (only && only != parameter))
            continue;
        double value = sy_parameter_at(parameter, unit);
        g_autofree char *text = parameter->kind == SY_PARAMETER_CHOICE
                                    ? g_strdup(parameter->label[(gsize)value])
                                    : sy_parameter_text(parameter, value);
        sy_field_set_text(parameter->key.field, config, text, NULL);
    }
    gsize rows = sy_model_warmup(model, config);
    sy_fields_clear(model->fields, config);
    return rows;
}

gsize sy_tune_warmup(const SyTune *tune) {
    gsize most = MAX(warmup_at(tune, NULL, 0), warmup_at(tune, NULL, 1));
    for (gsize i = 0; i < tune->n_parameters; i++) {
        const SyParameter *parameter = &tune->parameter[i];
        gsize count = parameter->kind == SY_PARAMETER_CHOICE ? parameter->n_choices : 2;
        for (gsize k = 0; k < count; k++)
            most =
                MAX(most, warmup_at(tune, parameter,
                                    ((double)k + (count > 2 ? 0.5 : (double)k)) / (double)count));
    }
    return most;
}

/* ---- what a tuning depends on ---- */

static int by_key(gconstpointer a, gconstpointer b) {
    return g_strcmp0((*(const SyNode *const *)a)->key, (*(const SyNode *const *)b)->key);
}

static bool is_tuned(const SyTune *tune, const SyNode *node) {
    for (gsize i = 0; i < tune->n_parameters; i++)
        if (sy_form_node(tune->strategy->template->document->root, &tune->parameter[i].key) == node)
            return true;
    return false;
}

static void digest_node(const SyTune *tune, const SyNode *node, SyDigest *digest) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree SyNode **item = NULL;
    sy_digest_add_text(digest, node->key ? node->key : "");
    sy_digest_add_count(digest, (guint64)node->type);
    switch (node->type) {
    case SY_NODE_TABLE:
    case SY_NODE_ARRAY:
        item = g_memdup2(node->item, node->n * sizeof *item);
        if (node->type == SY_NODE_TABLE && node->n)
            qsort(item, node->n, sizeof *item, by_key);
        for (gsize i = 0; i < node->n; i++)
            if (!is_tuned(tune, item[i]))
                digest_node(tune, item[i], digest);
        sy_digest_add_text(digest, "end");
        break;
    case SY_NODE_TEXT:
    case SY_NODE_TIME:
        sy_digest_add_text(digest, node->text);
        break;
    case SY_NODE_INTEGER:
        sy_digest_add_count(digest, (guint64)node->integer);
        break;
    case SY_NODE_NUMBER:
        sy_digest_add_text(digest, g_ascii_dtostr(number, sizeof number, node->number));
        break;
    case SY_NODE_BOOL:
        sy_digest_add_count(digest, node->boolean);
        break;
    }
}

/* [tune] but for what decides no trial: how many there are, and what is made of them. */
static void digest_tune(const SyTune *tune, const SyNode *section, SyDigest *digest) {
    static const char *const free_keys[] = {"trials", "shortlist", "window", NULL};
    SyNode copy = *section;
    g_autofree SyNode **item = g_new0(SyNode *, MAX(section->n, 1));
    copy.item = item;
    copy.n = 0;
    for (gsize i = 0; i < section->n; i++)
        if (!g_strv_contains(free_keys, section->item[i]->key))
            copy.item[copy.n++] = section->item[i];
    digest_node(tune, &copy, digest);
}

char *sy_tune_digest(const SyTune *tune) {
    static const char *const sections[] = {"loader",       "loader_params", "model",
                                           "model_params", "signal",        "portfolio"};
    const SyTemplate *template = tune->strategy->template;
    SyDigest digest;
    guint8 result[SY_DIGEST_SIZE];
    char text[SY_DIGEST_TEXT_SIZE];
    sy_digest_init(&digest);
    sy_digest_add_text(&digest, template->meta.study_name);
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        const SyNode *node = sy_template_section(template, sections[i]);
        if (node)
            digest_node(tune, node, &digest);
    }
    digest_tune(tune, sy_template_section(template, "tune"), &digest);
    sy_digest_add_text(&digest, tune->sampler->name); /* not always the one that [tune] names */
    sy_digest_end(&digest, result);
    return g_strdup(sy_digest_format(result, text));
}

/* ---- values as JSON ---- */

json_t *sy_tune_values_json(const SyTune *tune, const double *value) {
    json_t *json = json_object();
    for (gsize i = 0; i < tune->n_parameters; i++) {
        g_autofree char *text = sy_parameter_text(&tune->parameter[i], value[i]);
        json_object_set_new(json, tune->parameter[i].name, json_string(text));
    }
    return json;
}

bool sy_tune_values_read(const SyTune *tune, const json_t *json, double *value) {
    for (gsize i = 0; i < tune->n_parameters; i++) {
        const char *text = json_string_value(json_object_get(json, tune->parameter[i].name));
        if (!text || !sy_parameter_read(&tune->parameter[i], text, &value[i]))
            return false;
    }
    return json_object_size(json) == tune->n_parameters;
}
