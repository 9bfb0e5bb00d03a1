/* Engines by name. */
#include "loader/engine.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* The URL that an engine's name stands for; it belongs to the map or is `engine`. */
static const char *find_url(const char *engine, const SyMap *engines, GError **error) {
    if (strstr(engine, "://"))
        return engine;
    const char *url = sy_map_get(engines, engine);
    if (url)
        return url;
    const char *const *names = (const char *const *)engines->key;
    g_autofree char *meant = sy_text_did_you_mean(engine, names, engines->n);
    g_autofree char *list = sy_text_list(names, engines->n, 8);
    sy_fail(error, SY_ERROR_TEMPLATE,
            "no engine is called \"%s\"%s (settings.toml names: %s; add [engines.%s] url = "
            "\"sqlite:///path\")",
            engine, meant, engines->n ? list : "none", engine);
    return NULL;
}

bool sy_engine_check(const char *engine, const SyMap *engines, GError **error) {
    const char *url = find_url(engine, engines, error);
    SyDbUrl parsed = {0};
    bool good = url && sy_db_url_parse(url, &parsed, error);
    sy_db_url_clear(&parsed);
    return good;
}

SyDb *sy_engine_open(const char *engine, const SyMap *engines, const char *folder, SyDbMode mode,
                     GError **error) {
    enum { busy_ms = 5000 };
    const char *url = find_url(engine, engines, error);
    SyDb *db = url ? sy_db_open(url, folder, mode, busy_ms, error) : NULL;
    if (!db && url && url != engine)
        g_prefix_error(error, "engine \"%s\": ", engine);
    return db;
}
