/* What a service manager is told: systemd's datagrams, without its library. */
#ifndef SY_DAEMON_NOTIFY_H
#define SY_DAEMON_NOTIFY_H

#include <glib.h>
#include <stdbool.h>

/* Sends one state ("READY=1", "STATUS=…"; several by line feeds) to a socket named as NOTIFY_SOCKET
 * names it: a path, or @NAME in the abstract namespace. socket NULL or "": nobody listens, true.
 * Errors: SY_ERROR_IO; a caller may well go on. Cost: one datagram, never waits. */
bool sy_notify(const char *socket, const char *state, GError **error);

#endif
