/* From the name or URL of an engine to an open database. */
#ifndef SY_LOADER_ENGINE_H
#define SY_LOADER_ENGINE_H

#include "base/field.h"
#include "db/db.h"

/* The URL that an engine's name stands for; a text with "://" is a URL itself. The result belongs
 * to the map or is `engine`. Errors: SY_ERROR_TEMPLATE with the names there are. */
const char *sy_engine_url(const char *engine, const SyMap *engines, GError **error);

/* True where the engine is known and of a kind that can be opened; nothing is opened.
 * Errors: as sy_engine_url and sy_db_url_parse. */
bool sy_engine_check(const char *engine, const SyMap *engines, GError **error);

/* Opens an engine, waiting a few seconds for a lock. Messages hold its name, never a password.
 * Errors: as sy_db_open and sy_engine_url. */
SyDb *sy_engine_open(const char *engine, const SyMap *engines, const char *folder, SyDbMode mode,
                     GError **error);

#endif
