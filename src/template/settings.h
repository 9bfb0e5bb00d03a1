/* Settings of a workspace, .workflow/settings.toml; every key is optional.
 *
 * Any value may be { file = "…" } or { env = "…" }: a secret, read from there when the settings are
 * loaded. Secrets never appear in messages. Environment variables SYSTEMATICA_SECTION_KEY set the
 * keys of [executor] and [log], whatever the file says. */
#ifndef SY_TEMPLATE_SETTINGS_H
#define SY_TEMPLATE_SETTINGS_H

#include "base/field.h"
#include "base/log.h"
#include "messenger/message.h"
#include "messenger/messenger.h"
#include "template/document.h"

/* [engines.NAME] */
typedef struct {
    char *url;
} SySettingsEngine;

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
    int runs, events, cache, messages, tunings, reports;
    int backups; /* daily copies of the store; 0: none is made */
} SySettingsRetention;

/* [messengers.NAME] */
typedef struct {
    char *name;
    const SyMessenger *messenger;
    gpointer config; /* the struct of messenger->fields; NULL where it has none */
} SySettingsMessenger;

/* The key of [messengers.NAME] besides those of its kind. */
typedef struct {
    char *kind;
} SySettingsMessengerKind;

/* [heartbeat] */
typedef struct {
    char *url; /* NULL: none is sent */
    int every; /* seconds */
} SySettingsHeartbeat;

extern const SyFieldTable sy_settings_messenger_fields;
extern const SyFieldTable sy_settings_heartbeat_fields;
extern const SyFieldTable sy_settings_engine_fields;
extern const SyFieldTable sy_settings_store_fields;
extern const SyFieldTable sy_settings_executor_fields;
extern const SyFieldTable sy_settings_log_fields;
extern const SyFieldTable sy_settings_retention_fields;

/* All sections, refused ones included. */
extern const SySection sy_settings_sections[];
extern const gsize sy_n_settings_sections;

typedef struct {
    SyMap engines; /* name → URL, secrets resolved, in the order of the file */
    SySettingsStore store;
    SySettingsExecutor executor;
    SySettingsLog log;
    SySettingsRetention retention;
    SySettingsHeartbeat heartbeat;
    SyNotify notify;       /* of templates that do not say, and of the engine's own messages */
    GPtrArray *messengers; /* SySettingsMessenger, "log" first */
    GPtrArray *secrets;    /* char *: every value that came from a secret, or is one by its key */
} SySettings;

/* The messenger of a name; NULL where there is none. */
const SySettingsMessenger *sy_settings_messenger(const SySettings *settings, const char *name);

/* Every messenger that `notify` names is there. Errors: SY_ERROR_TEMPLATE with "did you mean";
 * *key is the key at fault. */
bool sy_settings_check_notify(const SySettings *settings, const SyNotify *notify, const char **key,
                              GError **error);

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
