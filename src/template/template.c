/* Templates: which sections there are, the sections that belong to no plugin, and finding a
 * template by name. */
#include "template/template.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "template/workspace.h"

const SySection sy_template_sections[] = {
    {"meta", NULL},
    {"loader", NULL},
    {"loader_params", NULL},
    {"model", NULL},
    {"model_params", NULL},
    {"signal", NULL},
    {"portfolio", NULL},
    {"instruments", NULL},
    {"report", NULL},
    {"trade", NULL},
    {"schedule", NULL},
    {"retry", NULL},
    {"tune", NULL},
    {"risk", "risk limits come with order gateways; this version trades on paper only"},
    {"notify", NULL},
    {"task", NULL, true},
};
const gsize sy_n_template_sections = G_N_ELEMENTS(sy_template_sections);

static bool check_study_name(const char *text, GError **error) {
    enum { longest = 64 };
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (*text && *text != '.' && *text != '-' && strspn(text, allowed) == strlen(text) &&
        strlen(text) <= longest)
        return true;
    return sy_fail(
        error, SY_ERROR_USAGE,
        "\"%s\" is no study name: it names files and strategies, so use 1 to %d letters, "
        "digits, '.', '_' and '-', and start with a letter or digit",
        text, longest);
}

const char *const sy_template_formats[] = {"html", "pdf", "png", "csv", NULL};

bool sy_template_check_format(const char *text, GError **error) {
    if (g_strv_contains(sy_template_formats, text))
        return true;
    return sy_fail(error, SY_ERROR_USAGE, "\"%s\" is not one of html, pdf, png, csv", text);
}

static bool check_not_empty(const char *text, GError **error) {
    return *text ? true : sy_fail(error, SY_ERROR_USAGE, "the text is empty");
}

static const SyField meta_fields[] = {
    SY_FIELD(SyTemplateMeta, study_name, .required = true, .check = check_study_name,
             .help = "Name of the study; a leg is called study_name-SYMBOL. Letters, digits, '.', "
                     "'_', '-'; at most 64."),
    SY_FIELD(SyTemplateMeta, tags, .check = check_not_empty,
             .help = "Words that select templates and are shown in reports."),
};
const SyFieldTable sy_template_meta_fields = SY_FIELD_TABLE(SyTemplateMeta, meta_fields);

static const SyField loader_fields[] = {
    SY_FIELD(SyTemplateLoader, name, .fallback = "BFCData", .check = check_not_empty,
             .help = "Where bars come from; its keys are [loader_params]."),
};
const SyFieldTable sy_template_loader_fields = SY_FIELD_TABLE(SyTemplateLoader, loader_fields);

static const SyField model_fields[] = {
    SY_FIELD(SyTemplateModel, name, .required = true, .check = check_not_empty,
             .help = "The model; its keys are [model_params]."),
};
const SyFieldTable sy_template_model_fields = SY_FIELD_TABLE(SyTemplateModel, model_fields);

static const SyField signal_fields[] = {
    SY_FIELD(SyTemplateSignal, signal_model, .required = true, .check = check_not_empty,
             .help = "The rule that turns the model's output into entries and exits."),
};
const SyFieldTable sy_template_signal_fields = SY_FIELD_TABLE(SyTemplateSignal, signal_fields);

static const SyField report_fields[] = {
    SY_FIELD(SyTemplateReport, formats, .check = sy_template_check_format,
             .help = "Which files a report is written to: html, pdf, png, csv."),
    SY_FIELD(SyTemplateReport, dir, .check = check_not_empty,
             .help = "Folder of the reports; relative to the workspace."),
    {.key = "sections",
     .refused = "choosing sections comes with the full reports; all are written"},
    {.key = "slack",
     .refused = "Slack comes with an issue of its own; messages go where [notify] says"},
};
const SyFieldTable sy_template_report_fields = SY_FIELD_TABLE(SyTemplateReport, report_fields);

#define TRADE_REFUSED(name)                                                                        \
    { .key = (name), .refused = "it comes with order gateways; this version trades on paper only" }

static const SyChoice brokers[] = {
    {"paper", "fills at the close of the bar that was decided; no order leaves", NULL}};
static const SyField trade_fields[] = {
    SY_FIELD(SyTemplateTrade, broker, SY_CHOICES(brokers), .fallback = "paper",
             .help = "Where orders go; other brokers come with order gateways."),
    TRADE_REFUSED("account"),
    TRADE_REFUSED("capital"),
    TRADE_REFUSED("reinvest"),
    TRADE_REFUSED("algo"),
    TRADE_REFUSED("join"),
    TRADE_REFUSED("stops"),
    TRADE_REFUSED("leg_timeout"),
    TRADE_REFUSED("on_leg_failure"),
    TRADE_REFUSED("on_remove"),
    TRADE_REFUSED("payload"),
};
const SyFieldTable sy_template_trade_fields = SY_FIELD_TABLE(SyTemplateTrade, trade_fields);

typedef struct {
    const char *section;
    const SyFieldTable *table;
    size_t offset; /* of the struct within SyTemplate */
} Part;

static const Part parts[] = {
    {"meta", &sy_template_meta_fields, offsetof(SyTemplate, meta)},
    {"loader", &sy_template_loader_fields, offsetof(SyTemplate, loader)},
    {"model", &sy_template_model_fields, offsetof(SyTemplate, model)},
    {"report", &sy_template_report_fields, offsetof(SyTemplate, report)},
    {"trade", &sy_template_trade_fields, offsetof(SyTemplate, trade)},
    {"notify", &sy_notify_fields, offsetof(SyTemplate, notify)},
};

static gpointer target_of(SyTemplate *tmplate, const Part *part) {
    return (char *)tmplate + part->offset;
}

void sy_template_free(SyTemplate *tmplate) {
    if (!tmplate)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        sy_fields_clear(parts[i].table, target_of(tmplate, &parts[i]));
    sy_document_free(tmplate->document);
    g_free(tmplate);
}

/* An empty list of formats would mean a report that is written nowhere. */
static void check_formats(SyTemplate *tmplate) {
    if (tmplate->report.formats && !tmplate->report.formats[0])
        sy_problems_add(
            tmplate->document->problems,
            sy_schema_node(sy_template_section(tmplate, "report"), report_fields,
                           G_N_ELEMENTS(report_fields), "formats"),
            "name at least one of html, pdf, png, csv; --no-report leaves the report out",
            "[report] formats is an empty list");
}

/* True without any section of a model: then the tasks are all there is to run. */
static bool has_tasks_only(const SyDocument *document) {
    static const char *const of_models[] = {"loader",       "loader_params", "model",
                                            "model_params", "signal",        "portfolio",
                                            "instruments",  "report",        "trade"};
    for (gsize i = 0; i < G_N_ELEMENTS(of_models); i++)
        if (sy_node_find(document->root, of_models[i]))
            return false;
    return sy_node_find(document->root, "task") != NULL;
}

static SyTemplate *from_document(SyDocument *document) {
    SyTemplate *tmplate = g_new0(SyTemplate, 1);
    tmplate->document = document;
    tmplate->tasks_only = has_tasks_only(document);
    sy_document_check_sections(document, sy_template_sections, sy_n_template_sections);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const Part *part = &parts[i];
        g_autofree char *where = g_strdup_printf("[%s]", part->section);
        SySchemaPart one = {part->table, target_of(tmplate, part)};
        if (tmplate->tasks_only && part->table == &sy_template_model_fields)
            continue; /* [model] name is required only where there is a model */
        sy_schema_read(sy_document_section(document, part->section), where, &one, 1,
                       document->problems);
    }
    check_formats(tmplate);
    return tmplate;
}

SyTemplate *sy_template_load(const char *path, GError **error) {
    SyDocument *document = sy_document_load(path, error);
    return document ? from_document(document) : NULL;
}

SyTemplate *sy_template_read(const char *text, gsize length, const char *name, GError **error) {
    SyDocument *document = sy_document_read(text, length, name, error);
    return document ? from_document(document) : NULL;
}

const SyNode *sy_template_section(const SyTemplate *tmplate, const char *name) {
    return sy_document_section(tmplate->document, name);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **sy_template_names(const char *workspace, GError **error) {
    g_autofree char *folder = sy_workspace_path(workspace, "templates");
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) listing = g_dir_open(folder, 0, &reason);
    if (!listing) {
        sy_fail(error, SY_ERROR_IO, "%s", reason->message);
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const char *name; (name = g_dir_read_name(listing));)
        if (*name != '.' && g_str_has_suffix(name, ".toml"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".toml")));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* False only where nothing has this name: a link to nowhere is there and cannot be read, which is
 * what the reader says. */
static bool is_there(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 || errno != ENOENT;
}

static bool fail_not_found(const char *workspace, const char *name, GError **error) {
    g_autoptr(GError) reason = NULL;
    g_auto(GStrv) there = sy_template_names(workspace, &reason);
    if (reason)
        return sy_fail(error, SY_ERROR_TEMPLATE, "the template \"%s\" cannot be looked up: %s",
                       name, reason->message);
    const char *const *names = (const char *const *)there;
    guint n = g_strv_length(there);
    g_autofree char *meant = sy_text_did_you_mean(name, names, n);
    g_autofree char *list = sy_text_list(names, n, G_MAXSIZE);
    g_autofree char *folder = sy_workspace_path(workspace, "templates");
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "there is no template \"%s\" in %s (there %s%s; a path holds '/' or ends in "
                   ".toml)%s",
                   name, folder, n ? "are: " : "are none", list, meant);
}

/* NAME.toml without a folder is a path; people who mean the workspace's template are told. */
static bool check_path(const char *workspace, const char *path, GError **error) {
    if (!workspace || strchr(path, '/') || is_there(path))
        return true;
    g_autofree char *folder = sy_workspace_path(workspace, "templates");
    g_autofree char *named = g_build_filename(folder, path, NULL);
    if (!is_there(named))
        return true;
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "%s: there is no such file here; the template of the workspace is called "
                   "\"%.*s\", without .toml",
                   path, (int)(strlen(path) - strlen(".toml")), path);
}

char *sy_template_find_path(const char *workspace, const char *name, GError **error) {
    if (strchr(name, '/') || g_str_has_suffix(name, ".toml"))
        return check_path(workspace, name, error) ? g_strdup(name) : NULL;
    if (!workspace) {
        sy_fail(error, SY_ERROR_USAGE,
                "no workspace here or above to look for the template \"%s\" in; make one with "
                "`systematica init`, or give --workspace DIR or the path of a file",
                name);
        return NULL;
    }
    g_autofree char *file = g_strconcat(name, ".toml", NULL);
    g_autofree char *folder = sy_workspace_path(workspace, "templates");
    g_autofree char *path = g_build_filename(folder, file, NULL);
    if (*name && is_there(path))
        return g_steal_pointer(&path);
    fail_not_found(workspace, name, error);
    return NULL;
}
