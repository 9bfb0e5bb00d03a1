/* Templates: one TOML file is one strategy.
 *
 * This folder reads the file, says which sections there may be, and reads those that belong to no
 * plugin. [loader_params], [model_params], [signal] and [portfolio] are read by workflow/strategy
 * through the field tables of the registries, into the same list of problems. */
#ifndef SY_TEMPLATE_TEMPLATE_H
#define SY_TEMPLATE_TEMPLATE_H

#include "messenger/message.h"
#include "template/document.h"

/* [meta] */
typedef struct {
    char *study_name; /* letters, digits, . _ -; at most 64 */
    char **tags;      /* NULL = none */
} SyTemplateMeta;

/* [loader] */
typedef struct {
    char *name; /* default BFCData */
} SyTemplateLoader;

/* [model] */
typedef struct {
    char *name;
} SyTemplateModel;

/* [signal]: the key besides those of the rule; read both from one section (SySchemaPart). */
typedef struct {
    char *signal_model;
} SyTemplateSignal;

/* [report] */
typedef struct {
    char **formats; /* html, pdf, png, csv; NULL = not given */
    char *dir;      /* NULL = not given; relative to the workspace */
} SyTemplateReport;

/* [trade] */
typedef struct {
    unsigned broker; /* only "paper" */
} SyTemplateTrade;

extern const SyFieldTable sy_template_meta_fields;
extern const SyFieldTable sy_template_loader_fields;
extern const SyFieldTable sy_template_model_fields;
extern const SyFieldTable sy_template_signal_fields;
extern const SyFieldTable sy_template_report_fields;
extern const SyFieldTable sy_template_trade_fields;

/* All sections of the reference and ours, refused ones included. */
extern const SySection sy_template_sections[];
extern const gsize sy_n_template_sections;

typedef struct {
    SyDocument *document; /* text, hash, nodes and problems */
    SyTemplateMeta meta;
    SyTemplateLoader loader;
    SyTemplateModel model;
    SyTemplateReport report;
    SyTemplateTrade trade;
    SyNotify notify;
    bool tasks_only; /* no section of a model, but [[task]] */
} SyTemplate;

/* Loads a template. Whatever is wrong in its meaning is in document->problems, to which later
 * readers add; sy_problems_check ends the reading.
 * Errors: SY_ERROR_TEMPLATE where the file cannot be read or is not TOML. NULL on error. */
SyTemplate *sy_template_load(const char *path, GError **error);
/* The same from text [length]; `name` stands for the file in messages. */
SyTemplate *sy_template_read(const char *text, gsize length, const char *name, GError **error);
void sy_template_free(SyTemplate *tmplate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyTemplate, sy_template_free)

/* What [report] formats and --report may name, NULL-terminated. */
extern const char *const sy_template_formats[];

/* Refuses a text that names no format of reports. Errors: SY_ERROR_USAGE. */
bool sy_template_check_format(const char *text, GError **error);

/* The nodes of a section; NULL where it is absent. */
const SyNode *sy_template_section(const SyTemplate *tmplate, const char *name);

/* The file of `--template NAME`: a path where NAME holds '/' or ends in ".toml" (relative to the
 * working directory), else NAME.toml among the templates of the workspace (a folder, or NULL).
 * Errors: SY_ERROR_TEMPLATE with "did you mean" and what is there, or where the folder cannot be
 * read; SY_ERROR_USAGE without a workspace. Free with g_free. */
char *sy_template_find_path(const char *workspace, const char *name, GError **error);

/* Names of the templates of a workspace, sorted, without ".toml"; hidden files are left out.
 * Errors: SY_ERROR_IO where the folder cannot be read; NULL then. Free with g_strfreev. */
char **sy_template_names(const char *workspace, GError **error);

#endif
