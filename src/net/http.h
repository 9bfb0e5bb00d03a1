/* One HTTP request and its reply. Who builds requests links no client: whoever sends them hands in
 * the function (systematica-messenger: curl.c). */
#ifndef SY_NET_HTTP_H
#define SY_NET_HTTP_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    const char *body;           /* NULL: none */
    double timeout;             /* seconds, for all of it */
} SyHttpRequest;

typedef struct {
    int status;
    double retry_after; /* seconds that the server asked for; NaN where it did not */
} SyHttpReply;

/* Errors: SY_ERROR_UNAVAILABLE where no reply came; never with the URL, which may be a secret. The
 * body of the reply is dropped, redirects are not followed. */
typedef bool (*SyHttpSend)(const SyHttpRequest *request, SyHttpReply *reply, GError **error);

bool sy_http_send(const SyHttpRequest *request, SyHttpReply *reply, GError **error);

#endif
