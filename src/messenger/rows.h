/* The rows of the messengers, for registry.c. */
#ifndef SY_MESSENGER_ROWS_H
#define SY_MESSENGER_ROWS_H

#include "messenger/messenger.h"

extern const SyMessenger sy_messenger_log;
extern const SyMessenger sy_messenger_webhook;

#endif
