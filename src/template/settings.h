/* Settings of a workspace, .workflow/settings.toml; every key is optional.
 *
 * Any value may be { file = "…" } or { env = "…" }: a secret, read from there when the settings are
 * loaded. Secrets never appear in messages. Environment variables SYSTEMATICA_SECTION_KEY set the
 * keys of [executor] and [log], whatever the file says. */
#ifndef SY_TEMPLATE_SETTINGS_H
#define SY_TEMPLATE_SETTINGS_H

#include "base/field.h"
#include "base/log.h"
#include "template/document.h"

/* [engines.NAME], [messengers.NAME] */
typedef struct {
    char *url;
} SySettingsUrl;

/* [store] */
typedef struct {
    char *url; /* NULL = not given */
} SySettingsStore;

/* What becomes of running jobs when the daemon is asked to stop. */
typedef enum { SY_ON_STOP_FINISH, SY_ON_STOP_CANCEL } SyOnStop;

/* [executor] */
typedef struct {
    int jobs;         /* processes or threads at once; 0 = number of cores */
    int memory;       /* MiB that a process of a run may take; 0 = no limit */
    int cpu;          /* seconds of processor time of a process; 0 = no limit */
    double timeout;   /* seconds that a run may take */
    int kill_after;   /* seconds from SIGTERM to SIGKILL */
    unsigned on_stop; /* SyOnStop */
    int stop_wait;    /* seconds that running jobs have to end, then they are cancelled */
} SySettingsExecutor;

/* [log] */
typedef struct {
    unsigned level, format; /* SyLogLevel, SyLogFormat */
    int keep;               /* days */
} SySettingsLog;

/* [retention]: days, 0 = for ever */
typedef struct {
    int runs, events, cache;
    int backups; /* daily copies of the store; 0: none is made */
} SySettingsRetention;

extern const SyFieldTable sy_settings_engine_fields;
extern const SyFieldTable sy_settings_messenger_fields;
extern const SyFieldTable sy_settings_store_fields;
extern const SyFieldTable sy_settings_executor_fields;
extern const SyFieldTable sy_settings_log_fields;
extern const SyFieldTable sy_settings_retention_fields;

/* All sections, refused ones included. */
extern const SySection sy_settings_sections[];
extern const gsize sy_n_settings_sections;

typedef struct {
    SyMap engines, messengers; /* name → URL, secrets resolved, in the order of the file */
    SySettingsStore store;
    SySettingsExecutor executor;
    SySettingsLog log;
    SySettingsRetention retention;
    GPtrArray *secrets; /* char *: every value that came from a secret */
} SySettings;

/* The value of an environment variable, or NULL. */
typedef const char *(*SyGetEnvironment)(const char *name);

/* Loads the settings of a workspace (a folder); without a file all is default. Secret files are
 * relative to the folder.
 * Errors: SY_ERROR_TEMPLATE with all that is wrong. NULL on error. */
SySettings *sy_settings_load(const char *workspace, SyGetEnvironment get_environment,
                             GError **error);
/* The same from text [length]; `name` stands for the file in messages. */
SySettings *sy_settings_read(const char *text, gsize length, const char *name,
                             const char *workspace, SyGetEnvironment get_environment,
                             GError **error);
void sy_settings_free(SySettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SySettings, sy_settings_free)

/* `text` with every secret in it replaced by ***. Whatever may hold a setting goes through this
 * before it is shown or stored. Free with g_free. Cost: O(secrets · |text|). */
char *sy_settings_mask(const SySettings *settings, const char *text);

#endif
