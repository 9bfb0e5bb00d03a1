/* From the name or URL of an engine to an open database. */
#ifndef SY_LOADER_ENGINE_H
#define SY_LOADER_ENGINE_H

#include "base/field.h"
#include "db/db.h"

/* True where the engine is known and of a kind that can be opened; nothing is opened. A text with
 * "://" is a URL itself. Errors: SY_ERROR_TEMPLATE with the names there are; as sy_db_url_parse. */
bool sy_engine_check(const char *engine, const SyMap *engines, GError **error);

/* Opens an engine, waiting a few seconds for a lock. Messages hold its name, never a password.
 * Errors: as sy_db_open and sy_engine_check. */
SyDb *sy_engine_open(const char *engine, const SyMap *engines, const char *folder, SyDbMode mode,
                     GError **error);

#endif
