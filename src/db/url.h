/* Database URLs of servers. */
#ifndef SY_DB_URL_H
#define SY_DB_URL_H

#include <glib.h>
#include <stdbool.h>

/* Reads what follows "://" of a URL in SQLAlchemy's spelling, user:password@host:port/database?
 * key=value&…, into keywords of the client library: key, value, …, NULL. Several host= are hosts to
 * be tried in turn. `masked` is the URL for messages. Errors: SY_ERROR_TEMPLATE. */
bool sy_db_url_options(const char *rest, const char *masked, char ***options, GError **error);

/* The value of a key, or NULL. */
const char *sy_db_url_option(char *const *options, const char *key);

#endif
