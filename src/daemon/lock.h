/* One process at a time runs a template: a lock of its study for life, and an epoch in the store
 * that fences off whoever held it before. */
#ifndef SY_DAEMON_LOCK_H
#define SY_DAEMON_LOCK_H

#include "store/slots.h"

typedef struct SyLock SyLock;

/* Takes WORKSPACE/.workflow/locks/STUDY, held until sy_lock_release or the end of the process, and
 * the study in the store, which must outlive the lock. Errors: SY_ERROR_HELD names the holder (pid,
 * command, since when). */
SyLock *sy_lock_take(const char *workspace, SyStore *store, const char *study, const char *holder,
                     SyTime now, gint64 *epoch, GError **error);
void sy_lock_release(SyLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLock, sy_lock_release)

#endif
