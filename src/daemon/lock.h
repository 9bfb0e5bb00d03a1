/* One process at a time runs a template: a lock of its study for life. Whoever has it takes the
 * study in the store (sy_store_take_study), by an epoch that fences off whoever held it before. */
#ifndef SY_DAEMON_LOCK_H
#define SY_DAEMON_LOCK_H

#include "store/slots.h"

typedef struct SyLock SyLock;

/* Takes WORKSPACE/.workflow/locks/STUDY, held until sy_lock_release or the end of the process, and
 * on a server the lock of the study in the store, which must outlive this one. Nothing is stored.
 * Errors: SY_ERROR_HELD names the holder (pid, command, since when); of the store. */
SyLock *sy_lock_take(const char *workspace, SyStore *store, const char *study, const char *holder,
                     SyTime now, GError **error);
void sy_lock_release(SyLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyLock, sy_lock_release)

#endif
