/* The log as a messenger: always there, and done when the daemon has written its line. */
#include "messenger/rows.h"

const SyMessenger sy_messenger_log = {
    .name = "log",
    .summary = "The log of the workspace, which has a line of it anyway; always there, without a "
               "section of its own.",
};
