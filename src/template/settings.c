/* Settings: secrets first become the texts that they stand for, then field tables read the sections
 * as they read a template's. Messages leave through the mask. */
#include "template/settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "template/workspace.h"

#define TRADING "it comes with order gateways; this version trades on paper only"

enum { SECRET_SIZE_MAX = 64 * 1024 };

const SySection sy_settings_sections[] = {
    {"engines", NULL},
    {"store", NULL},
    {"executor", NULL},
    {"broker", TRADING},
    {"accounts", TRADING},
    {"instruments",
     "lots are [instruments.SYMBOL] of a template; the rest comes with order gateways"},
    {"messengers", NULL},
    {"notify", NULL},
    {"heartbeat", NULL},
    {"slack", "Slack comes with an issue of its own; a webhook is [messengers.NAME]"},
    {"http", "the dashboard comes later; this version serves no pages"},
    {"retention", NULL},
    {"log", NULL},
};
const gsize sy_n_settings_sections = G_N_ELEMENTS(sy_settings_sections);

static bool check_url(const char *text, GError **error) {
    const char *separator = strstr(text, "://");
    if (separator && separator > text)
        return true;
    return sy_fail(
        error, SY_ERROR_USAGE,
        "not a URL; write sqlite:///path for a file below the workspace, sqlite:////path "
        "for any file, postgresql://user:password@host/database for a server");
}

static const SyField engine_fields[] = {
    SY_FIELD(SySettingsEngine, url, .required = true, .check = check_url,
             .help = "URL of the database, as SQLAlchemy spells it: sqlite:///path or "
                     "postgresql://user:password@host/database."),
};
const SyFieldTable sy_settings_engine_fields = SY_FIELD_TABLE(SySettingsEngine, engine_fields);

static const SyField store_fields[] = {
    SY_FIELD(SySettingsStore, url, .check = check_url,
             .help = "Where runs and the paper account are kept, as an engine's url; default "
                     "sqlite:///.workflow/state.db."),
};
const SyFieldTable sy_settings_store_fields = SY_FIELD_TABLE(SySettingsStore, store_fields);

static const SyChoice on_stop_choices[] = {
    [SY_ON_STOP_FINISH] = {"finish", "they end first, within stop_wait"},
    [SY_ON_STOP_CANCEL] = {"cancel",
                           "they are ended at once, and start again with the next start within "
                           "their wait"},
};

static const SyField executor_fields[] = {
    SY_FIELD(SySettingsExecutor, jobs, .min = 1, .max = 1024,
             .help = "How many computations run at once; default: the number of cores."),
    SY_FIELD(SySettingsExecutor, memory, .fallback = "4096", .min = 0, .max = 1 << 24,
             .unit = "MiB",
             .help = "Address space that a run may take, each of its processes; one that asks for "
                     "more fails or crashes; 0: no limit."),
    SY_FIELD(SySettingsExecutor, cpu, .min = 1, .max = 1 << 24, .unit = "seconds",
             .help = "Processor time that a process of a run may use; default: no limit."),
    SY_FIELD(SySettingsExecutor, timeout, .fallback = "900", .min = 0, .above_min = true,
             .max = 1e7, .unit = "seconds",
             .help = "How long a run may take; then it is asked to end (SIGTERM)."),
    SY_FIELD(SySettingsExecutor, kill_after, .fallback = "10", .min = 0, .max = 86400,
             .unit = "seconds", .help = "How long it has to end then, before it is killed."),
    SY_FIELD(SySettingsExecutor, on_stop, .fallback = "finish", SY_CHOICES(on_stop_choices),
             .help = "What becomes of running jobs when run_app or run_all is asked to stop."),
    SY_FIELD(SySettingsExecutor, stop_wait, .fallback = "60", .min = 0, .max = 86400,
             .unit = "seconds",
             .help = "How long running jobs have to end then, before they are cancelled."),
};
const SyFieldTable sy_settings_executor_fields =
    SY_FIELD_TABLE(SySettingsExecutor, executor_fields);

static const SyChoice level_choices[] = {
    [SY_LOG_DEBUG] = {"debug", "also what is of use only where something is looked for"},
    [SY_LOG_INFO] = {"info", "what happens"},
    [SY_LOG_WARNING] = {"warning", "what may need somebody"},
    [SY_LOG_ERROR] = {"error", "what went wrong"},
};

static const SyChoice format_choices[] = {
    [SY_LOG_HUMAN] = {"human", "for people"},
    [SY_LOG_JSON] = {"json", "a JSON object a line, as in the files"},
};

static const SyField log_fields[] = {
    SY_FIELD(SySettingsLog, level, .fallback = "info", SY_CHOICES(level_choices),
             .help = "The least level of lines that are written."),
    SY_FIELD(SySettingsLog, format, .fallback = "human", SY_CHOICES(format_choices),
             .help = "How lines look on stderr; the files in .workflow/logs are always JSON."),
    SY_FIELD(SySettingsLog, keep, .fallback = "30", .min = 1, .max = 36500, .unit = "days",
             .help = "How long the files of earlier days are kept."),
};
const SyFieldTable sy_settings_log_fields = SY_FIELD_TABLE(SySettingsLog, log_fields);

static const SyField retention_fields[] = {
    SY_FIELD(SySettingsRetention, runs, .fallback = "365", .min = 0, .max = 36500, .unit = "days",
             .help = "Runs that decided nothing, and slots without one; 0: for ever. Runs with a "
                     "decision, orders and fills always stay."),
    SY_FIELD(SySettingsRetention, events, .fallback = "365", .min = 0, .max = 36500, .unit = "days",
             .help = "Events of the audit chain; a checkpoint stands for older ones. 0: for ever."),
    SY_FIELD(SySettingsRetention, cache, .fallback = "180", .min = 0, .max = 36500, .unit = "days",
             .help = "Results of splits that no run has used; 0: for ever."),
    SY_FIELD(SySettingsRetention, messages, .fallback = "90", .min = 0, .max = 36500,
             .unit = "days", .help = "Messages that were sent or failed; 0: for ever."),
    SY_FIELD(SySettingsRetention, tunings, .fallback = "365", .min = 0, .max = 36500,
             .unit = "days",
             .help = "Tunings and their trials, from their last trial on; the newest stays, and "
                     "files that they wrote. 0: for ever."),
    SY_FIELD(SySettingsRetention, reports, .fallback = "90", .min = 0, .max = 36500, .unit = "days",
             .help = "The last report of each day; all of the last 48 hours stay, and the newest. "
                     "0: all, for ever."),
    SY_FIELD(SySettingsRetention, backups, .fallback = "14", .min = 0, .max = 10000,
             .help = "How many daily copies of the store are kept; 0: none is made."),
};
const SyFieldTable sy_settings_retention_fields =
    SY_FIELD_TABLE(SySettingsRetention, retention_fields);

static bool check_not_empty(const char *text, GError **error) {
    return *text ? true : sy_fail(error, SY_ERROR_USAGE, "the text is empty");
}

static const SyField messenger_fields[] = {
    SY_FIELD(SySettingsMessengerKind, kind, .required = true, .check = check_not_empty,
             .help = "What delivers the messages; its keys are given beside it. Templates name "
                     "NAME in [notify] to."),
};
const SyFieldTable sy_settings_messenger_fields =
    SY_FIELD_TABLE(SySettingsMessengerKind, messenger_fields);

static bool check_heartbeat_url(const char *text, GError **error) {
    return g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://") ||
           sy_fail(error, SY_ERROR_USAGE, "not a URL that begins with https:// or http://");
}

static const SyField heartbeat_fields[] = {
    SY_FIELD(SySettingsHeartbeat, url, .check = check_heartbeat_url,
             .help = "URL that is asked for by GET while slots are on time: no bar is late beyond "
                     "its wait, no slot was missed, the store can be written, no job is held. A "
                     "monitor there tells when it stops. Never shown."),
    SY_FIELD(SySettingsHeartbeat, every, .fallback = "60", .min = 1, .max = 86400,
             .unit = "seconds", .help = "How often."),
};
const SyFieldTable sy_settings_heartbeat_fields =
    SY_FIELD_TABLE(SySettingsHeartbeat, heartbeat_fields);

/* Where a secret comes from. */
typedef struct {
    char *file, *env;
} Source;

static const SyField source_fields[] = {
    SY_FIELD(Source, file, .help = "File that holds the value; relative to the workspace."),
    SY_FIELD(Source, env, .help = "Environment variable that holds the value."),
};
static const SyFieldTable source_table = SY_FIELD_TABLE(Source, source_fields);

typedef struct {
    const char *workspace;
    SyGetEnvironment get_environment;
    GPtrArray *secrets;
    SyProblems *problems;
} Resolver;

static bool is_secret(const SyNode *node) {
    return node->type == SY_NODE_TABLE && node->inline_table &&
           (sy_node_find(node, "file") || sy_node_find(node, "env"));
}

/* The text of a secret file without its last line end, or NULL and a reason. */
static char *read_secret_file(const Resolver *resolver, const char *name, char **reason) {
    g_autofree char *path = g_canonicalize_filename(name, resolver->workspace);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!sy_document_text(path, &text, &length, &error)) {
        *reason = g_strdup_printf("the secret is in %s", error->message);
        return NULL;
    }
    if (length && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length && text[length - 1] == '\r')
        text[--length] = '\0';
    if (length > 0 && length <= SECRET_SIZE_MAX && g_utf8_validate_len(text, length, NULL))
        return g_steal_pointer(&text);
    *reason = g_strdup_printf("the secret file %s is %s", path,
                              length == 0                ? "empty"
                              : length > SECRET_SIZE_MAX ? "larger than 64 KiB"
                                                         : "no UTF-8 text");
    return NULL;
}

static char *read_secret_variable(const Resolver *resolver, const char *name, char **reason) {
    const char *value = resolver->get_environment(name);
    if (value && *value && g_utf8_validate(value, -1, NULL))
        return g_strdup(value);
    *reason = g_strdup_printf("the environment variable %s is %s", name,
                              !value   ? "not set"
                              : *value ? "no UTF-8 text"
                                       : "empty");
    return NULL;
}

/* The node becomes a text, also where its secret cannot be had: that problem is enough. */
static void become_text(SyNode *node, char *text) {
    for (gsize i = 0; i < node->n; i++)
        sy_node_free(node->item[i]);
    g_clear_pointer(&node->item, g_free);
    node->n = 0;
    node->type = SY_NODE_TEXT;
    node->inline_table = false;
    node->text = text;
    node->secret = true;
}

static void resolve(const Resolver *resolver, SyNode *node) {
    Source source;
    g_autofree char *reason = NULL;
    char *value = NULL;
    g_autofree char *where = g_strdup_printf("%s:", node->key ? node->key : "the list's secret");
    sy_schema_read(node, where, &(SySchemaPart){&source_table, &source}, 1, resolver->problems);
    if (source.file && source.env)
        reason = g_strdup("give the secret as file or as env, not both");
    else if (source.file)
        value = read_secret_file(resolver, source.file, &reason);
    else if (source.env)
        value = read_secret_variable(resolver, source.env, &reason);
    if (reason)
        sy_problems_add(resolver->problems, node, NULL, "%s %s", where, reason);
    if (value)
        g_ptr_array_add(resolver->secrets, g_strdup(value));
    become_text(node, value ? value : g_strdup(""));
    node->unusable = value == NULL;
    sy_fields_clear(&source_table, &source);
}

static void resolve_all(const Resolver *resolver, SyNode *node) {
    if (is_secret(node)) {
        resolve(resolver, node);
        return;
    }
    for (gsize i = 0; i < node->n; i++)
        resolve_all(resolver, node->item[i]);
}

static void read_section(SyDocument *document, const char *name, const SyFieldTable *table,
                         gpointer target) {
    g_autofree char *where = g_strdup_printf("[%s]", name);
    sy_schema_read(sy_document_section(document, name), where, &(SySchemaPart){table, target}, 1,
                   document->problems);
}

/* What the environment sets wins: SYSTEMATICA_EXECUTOR_JOBS is [executor] jobs. */
static void read_variables(const Resolver *resolver, const char *section, const SyFieldTable *table,
                           gpointer target) {
    for (gsize i = 0; i < table->n; i++) {
        g_autofree char *joined = g_strdup_printf("SYSTEMATICA_%s_%s", section, table->rows[i].key);
        g_autofree char *name = g_ascii_strup(joined, -1);
        const char *value = resolver->get_environment(name);
        g_autoptr(GError) reason = NULL;
        if (value && *value && !sy_field_set_text(&table->rows[i], target, value, &reason))
            sy_problems_add(resolver->problems, NULL, NULL, "the environment variable %s: %s", name,
                            reason->message);
    }
}

static void read_engines(SyDocument *document, SyMap *engines) {
    const SyNode *section = sy_document_section(document, "engines");
    gsize n = section ? section->n : 0;
    engines->key = g_new0(char *, n);
    engines->value = g_new0(char *, n);
    for (gsize i = 0; i < n; i++) {
        SySettingsEngine engine;
        g_autofree char *where = g_strdup_printf("[engines.%s]", section->item[i]->key);
        sy_schema_read(section->item[i], where,
                       &(SySchemaPart){&sy_settings_engine_fields, &engine}, 1, document->problems);
        if (engine.url) {
            engines->key[engines->n] = g_strdup(section->item[i]->key);
            engines->value[engines->n++] = g_strdup(engine.url);
        }
        sy_fields_clear(&sy_settings_engine_fields, &engine);
    }
}

/* ---- messengers ---- */

static void messenger_free(gpointer data) {
    SySettingsMessenger *one = data;
    if (one->config)
        sy_fields_clear(one->messenger->fields, one->config);
    g_free(one->config);
    g_free(one->name);
    g_free(one);
}

static void add_secret(SySettings *settings, const char *text) {
    if (text && *text)
        g_ptr_array_add(settings->secrets, g_strdup(text));
}

/* What its keys say is a secret, also where it stands in the file. */
static void add_secrets(SySettings *settings, const SySettingsMessenger *one) {
    const SyFieldTable *fields = one->messenger->fields;
    for (const char *const *key = one->messenger->secret_keys; key && *key; key++) {
        const SyField *field = sy_field_find(fields->rows, fields->n, *key);
        add_secret(settings, *(char **)((char *)one->config + field->offset));
    }
}

static void add_unknown_kind(SyProblems *problems, const SyNode *node, const char *kind) {
    g_autofree const char **known = g_new(const char *, sy_n_messengers);
    for (gsize i = 0; i < sy_n_messengers; i++)
        known[i] = sy_messengers[i]->name;
    const char *reason = sy_messenger_refused(kind);
    g_autofree char *meant = sy_text_did_you_mean(kind, known, sy_n_messengers);
    g_autofree char *names = sy_text_list(known, sy_n_messengers, G_MAXSIZE);
    g_autofree char *hint = g_strconcat("known: ", names, NULL);
    if (reason)
        sy_problems_add(problems, node, NULL, "messenger \"%s\" is not available: %s", kind,
                        reason);
    else
        sy_problems_add(problems, node, hint, "unknown messenger \"%s\"%s", kind, meant);
}

static void read_messenger_of(SyDocument *document, const SyNode *node, const char *where,
                              const SyMessenger *messenger, SySettings *settings) {
    const SyFieldTable *fields = messenger->fields;
    SySettingsMessengerKind kind;
    SySettingsMessenger *one = g_new0(SySettingsMessenger, 1);
    *one = (SySettingsMessenger){.name = g_strdup(node->key),
                                 .messenger = messenger,
                                 .config = fields ? g_malloc0(fields->size) : NULL};
    const SySchemaPart parts[] = {{&sy_settings_messenger_fields, &kind}, {fields, one->config}};
    sy_schema_read(node, where, parts, fields ? 2 : 1, document->problems);
    sy_fields_clear(&sy_settings_messenger_fields, &kind);
    if (fields)
        add_secrets(settings, one);
    g_ptr_array_add(settings->messengers, one);
}

static void read_messenger(SyDocument *document, const SyNode *node, SySettings *settings) {
    g_autofree char *where = g_strdup_printf("[messengers.%s]", node->key);
    const SyNode *named = sy_node_find(node, "kind");
    const char *name = named && named->type == SY_NODE_TEXT ? named->text : NULL;
    const SyMessenger *messenger = name ? sy_messenger_find(name) : NULL;
    if (sy_text_equal_loosely(node->key, sy_messengers[0]->name)) {
        sy_problems_add(document->problems, node, "give it another name",
                        "%s: log is always there and has no section", where);
        return;
    }
    if (messenger)
        read_messenger_of(document, node, where, messenger, settings);
    else if (name)
        add_unknown_kind(document->problems, named, name);
    else
        sy_problems_add(document->problems, node, "kind = \"webhook\"", "%s says no kind", where);
}

static void read_messengers(SyDocument *document, SySettings *settings) {
    const SyNode *section = sy_document_section(document, "messengers");
    SySettingsMessenger *log = g_new0(SySettingsMessenger, 1);
    *log = (SySettingsMessenger){g_strdup(sy_messengers[0]->name), sy_messengers[0], NULL};
    g_ptr_array_add(settings->messengers, log);
    for (gsize i = 0; section && i < section->n; i++)
        read_messenger(document, section->item[i], settings);
}

const SySettingsMessenger *sy_settings_messenger(const SySettings *settings, const char *name) {
    for (guint i = 0; i < settings->messengers->len; i++) {
        const SySettingsMessenger *one = settings->messengers->pdata[i];
        if (strcmp(one->name, name) == 0)
            return one;
    }
    return NULL;
}

static bool check_messenger(const SySettings *settings, const char *name, GError **error) {
    if (sy_settings_messenger(settings, name))
        return true;
    g_autofree const char **known = g_new(const char *, settings->messengers->len);
    for (guint i = 0; i < settings->messengers->len; i++)
        known[i] = ((const SySettingsMessenger *)settings->messengers->pdata[i])->name;
    g_autofree char *meant = sy_text_did_you_mean(name, known, settings->messengers->len);
    g_autofree char *names = sy_text_list(known, settings->messengers->len, G_MAXSIZE);
    return sy_fail(error, SY_ERROR_TEMPLATE,
                   "no messenger \"%s\" in settings.toml (there are: %s; another one is "
                   "[messengers.%s])%s",
                   name, names, name, meant);
}

bool sy_settings_check_notify(const SySettings *settings, const SyNotify *notify, const char **key,
                              GError **error) {
    *key = "to";
    for (char **name = notify->to; name && *name; name++)
        if (!check_messenger(settings, *name, error))
            return false;
    *key = "fallback";
    return !notify->fallback || check_messenger(settings, notify->fallback, error);
}

static void read_notify(SyDocument *document, SySettings *settings) {
    const char *key = NULL;
    g_autoptr(GError) reason = NULL;
    read_section(document, "notify", &sy_notify_fields, &settings->notify);
    if (!sy_settings_check_notify(settings, &settings->notify, &key, &reason))
        sy_problems_add(document->problems,
                        sy_schema_node(sy_document_section(document, "notify"),
                                       sy_notify_fields.rows, sy_notify_fields.n, key),
                        NULL, "[notify] %s: %s", key, reason->message);
}

static void read_sections(const Resolver *resolver, SyDocument *document, SySettings *settings) {
    sy_document_check_sections(document, sy_settings_sections, sy_n_settings_sections);
    read_engines(document, &settings->engines);
    read_section(document, "store", &sy_settings_store_fields, &settings->store);
    read_section(document, "executor", &sy_settings_executor_fields, &settings->executor);
    read_section(document, "log", &sy_settings_log_fields, &settings->log);
    read_section(document, "retention", &sy_settings_retention_fields, &settings->retention);
    read_messengers(document, settings);
    read_notify(document, settings);
    read_section(document, "heartbeat", &sy_settings_heartbeat_fields, &settings->heartbeat);
    add_secret(settings, settings->heartbeat.url);
    read_variables(resolver, "executor", &sy_settings_executor_fields, &settings->executor);
    read_variables(resolver, "log", &sy_settings_log_fields, &settings->log);
}

static SySettings *settings_new(void) {
    SySettings *settings = g_new0(SySettings, 1);
    settings->secrets = g_ptr_array_new_with_free_func(g_free);
    settings->messengers = g_ptr_array_new_with_free_func(messenger_free);
    return settings;
}

/* Longest first: a secret that begins with another must not leave its rest behind the mask. */
static int longest_first(gconstpointer a, gconstpointer b) {
    gsize x = strlen(*(const char *const *)a), y = strlen(*(const char *const *)b);
    return x > y ? -1 : x < y;
}

SySettings *sy_settings_read(const char *text, gsize length, const char *name,
                             const char *workspace, SyGetEnvironment get_environment,
                             GError **error) {
    g_autoptr(SyDocument) document = sy_document_read(text, length, name, error);
    if (!document)
        return NULL;
    g_autoptr(SySettings) settings = settings_new();
    const Resolver resolver = {workspace, get_environment, settings->secrets, document->problems};
    resolve_all(&resolver, document->root);
    read_sections(&resolver, document, settings);
    g_ptr_array_sort(settings->secrets, longest_first);
    g_autoptr(GError) problems = NULL;
    if (sy_problems_check(document->problems, &problems))
        return g_steal_pointer(&settings);
    g_autofree char *masked = sy_settings_mask(settings, problems->message);
    sy_fail(error, SY_ERROR_TEMPLATE, "%s", masked);
    return NULL;
}

SySettings *sy_settings_load(const char *workspace, SyGetEnvironment get_environment,
                             GError **error) {
    g_autofree char *path = sy_workspace_path(workspace, "settings.toml");
    struct stat status;
    /* only a name that is not there means the defaults; a link to nowhere does not */
    if (lstat(path, &status) != 0 && errno == ENOENT)
        return sy_settings_read("", 0, path, workspace, get_environment, error);
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!sy_document_text(path, &text, &length, error))
        return NULL;
    return sy_settings_read(text, length, path, workspace, get_environment, error);
}

void sy_settings_free(SySettings *settings) {
    if (!settings)
        return;
    sy_map_clear(&settings->engines);
    sy_fields_clear(&sy_settings_store_fields, &settings->store);
    sy_fields_clear(&sy_settings_executor_fields, &settings->executor);
    sy_fields_clear(&sy_settings_log_fields, &settings->log);
    sy_fields_clear(&sy_settings_retention_fields, &settings->retention);
    sy_fields_clear(&sy_notify_fields, &settings->notify);
    sy_fields_clear(&sy_settings_heartbeat_fields, &settings->heartbeat);
    g_ptr_array_unref(settings->messengers);
    g_ptr_array_unref(settings->secrets);
    g_free(settings);
}

char *sy_settings_mask(const SySettings *settings, const char *text) {
    GString *masked = g_string_new(text);
    for (guint i = 0; i < settings->secrets->len; i++)
        g_string_replace(masked, settings->secrets->pdata[i], "***", 0);
    return g_string_free(masked, FALSE);
}
