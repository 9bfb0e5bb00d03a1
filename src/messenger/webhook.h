/* What a webhook sends. */
#ifndef SY_MESSENGER_WEBHOOK_H
#define SY_MESSENGER_WEBHOOK_H

#include "messenger/messenger.h"

/* The JSON object of a message. Free with g_free. */
char *sy_webhook_body(const SyMessageText *message);

/* "sha256=" and the HMAC-SHA256 of the body in hexadecimal. Free with g_free. */
char *sy_webhook_signature(const char *secret, const char *body);

#endif
