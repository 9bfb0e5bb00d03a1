/* The rows of the executors, for registry.c. */
#ifndef SY_EXECUTOR_ROWS_H
#define SY_EXECUTOR_ROWS_H

#include "executor/executor.h"

extern const SyExecutorRow sy_executor_process, sy_executor_inline;

#endif
