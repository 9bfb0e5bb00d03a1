/* What the files of the daemon share. Nobody outside of this folder includes it, save its test
 * under a virtual clock. */
#ifndef SY_DAEMON_STATE_H
#define SY_DAEMON_STATE_H

#include "daemon/clocks.h"
#include "daemon/daemon.h"
#include "daemon/lock.h"
#include "daemon/upkeep.h"
#include "daemon/watch.h"
#include "executor/executor.h"
#include "store/events.h"

/* One version of a template. Looks at its newest bar, in other threads, hold it as well. */
typedef struct {
    gint references;
    SyStrategy *strategy;
} SyVersion;

SyVersion *sy_version_new(SyStrategy *strategy); /* takes it */
SyVersion *sy_version_ref(SyVersion *version);
void sy_version_unref(SyVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SyVersion, sy_version_unref)

/* One job of a strategy. */
typedef struct {
    bool known;     /* it has or had a number */
    bool wanted;    /* the template and the command line want it */
    bool scheduled; /* the scheduler has it: wanted, not paused, not removed */
    bool paused;
    bool late;    /* its last slot had no bar in time, or was missed */
    guint number; /* the scheduler's, while scheduled and until its runs have ended */
    SyJob job;    /* while wanted; texts borrowed from the strategy and its SyJobs */
} SyLiveJob;

/* One strategy that this daemon runs: it holds the study's lock. */
typedef struct {
    char *study, *path;
    SyVersion *version; /* that runs */
    SyJobs jobs;
    SyLiveJob job[SY_N_JOB_KINDS];
    SyLock *lock;
    gint64 epoch;
    guint runs;   /* that have not ended */
    bool removed; /* its template is gone: it stays until its runs have ended */
    bool lost;    /* removed, since another process has taken it over */
} SyLive;

/* A run that has not ended. */
typedef struct {
    gint64 id;
    guint job; /* the scheduler's number */
    SyTime nominal;
    SyLive *live;
    SyJobKind kind;
    int attempt;            /* the one that goes on or comes next, by the row */
    gint64 started;         /* of the attempt, ns of the monotonic clock; -1 while none goes on */
    gint64 patience;        /* how long it is tried to start, where its processes do not come up */
    int unclaimed;          /* processes in a row that ended before they claimed it */
    gint64 unclaimed_since; /* ns of the monotonic clock */
    char *problem;          /* of the last of them */
    bool cancelled;         /* for its time or a later slot */
    bool interrupted;       /* by our own stop: it starts again with the next life */
} SyLiveRun;

/* What was decided of a slot, until the store has it. The job's number and version may be others by
 * then. */
typedef struct {
    SySlotAction action;
    SyLive *live;
    SyJobKind kind;
    SyTime decided;
    SyVersion *version; /* that runs */
    char *request;      /* NULL where nothing runs */
} SyUndecided;

/* How a run ended, as far as the daemon knows: the store may know better, or not know yet. */
typedef struct {
    gint64 run;
    SyRunStatus status;
    char *message;
    bool gave_up; /* it backs off, and there shall be no further attempt */
} SyEnding;

typedef struct SyProbe SyProbe;

typedef struct SyDaemon SyDaemon;

struct SyDaemon {
    const SyDaemonOptions *options;
    const SyEnv *env;
    SyStore *store;
    SyLog *log;
    const SySettings *settings; /* that count now */
    GPtrArray *read_settings;   /* by reloads, that may still be read; the last are `settings` */
    GMainContext *context;
    SyScheduler *scheduler;
    const SyExecutorRow *executor_row;
    SyExecutor *executor;

    GPtrArray *lives;    /* SyLive, in the order of their start */
    GHashTable *by_job;  /* the scheduler's number of a job (in it) → SyLive */
    GHashTable *refused; /* file → hash of its text that cannot run */
    GHashTable *locks;   /* study → SyLock, of those that the start is yet to take up */
    GPtrArray *unread;   /* char *, names of files that are looked at once the store answers */
    GHashTable *runs;    /* id → SyLiveRun */
    GHashTable *by_slot; /* the same by job and nominal time (sy_run_index_new) */
    GArray *events;      /* SySchedulerEvent, for the next step */
    GArray *actions;     /* SySlotAction, of a step */
    GArray *undecided;   /* SyUndecided that the store has not taken yet */
    GArray *endings;     /* SyEnding that the store has not taken yet */
    GHashTable *probes;  /* key → SyProbe */
    GHashTable *engines; /* name → what probe.c knows of it */
    guint looks;         /* that threads are at */
    int looks_stop;      /* descriptor that is readable once no look is of use any more */
    /* Looks for the newest bar of a probe; the scheduler gets an event. */
    void (*look)(SyDaemon *daemon, const char *key);
    GThreadPool *prober;
    SyUpkeep *upkeep;
    SyWatch *watch;
    SyClocks clocks;
    gint64 store_retry; /* ns of the monotonic clock: when the store is tried again; 0: it works */
    guint executing;    /* runs with an attempt going on */
    GPtrArray *sources; /* GSource */
    int alarm, signals, wake; /* descriptors */
    /* messages to people */
    bool posts;                /* false in a replay */
    GArray *told;              /* SyEvent for the audit chain, texts owned, not stored yet */
    GHashTable *alarms;        /* key → SyAlarm */
    GPtrArray *changed_alarms; /* SyAlarm of the table, not stored yet */
    GPtrArray *messages;       /* SyMessage, not stored yet */
    SyTime next_message;       /* when one is due; SY_TIME_NONE: none waits */
    SyProcess messenger;       /* that delivers messages; fd is -1 while none runs */
    gint64 messenger_ends;     /* ns of the monotonic clock: when it is killed */
    gint64 messenger_after;    /* … when one may be started again */
    gint64 next_heartbeat, next_look;
    const char *heartbeat_rests; /* why; NULL: it does not */
    gint64 store_silent; /* ns of the monotonic clock: since when the store is; 0: it works */
    gint64 seen_event;   /* the newest that was looked at for commands; -1: none yet */
    char *status;        /* as the service manager was told */
    SyTime started;
    bool stopping;
    /* ns of the monotonic clock; 0: not */
    gint64 stop_by;   /* when running jobs are cancelled */
    gint64 store_by;  /* when a stop no longer waits for the store */
    gint64 steady_at; /* when the wall clock counts as steady after a step */
    gint64 sweep_at;  /* when probes are looked through for those that nobody needs */
    int killed_by;    /* the second signal */
    GError *fatal;
};

/* ---- daemon.c ---- */

/* A daemon in memory: no job, no descriptor, no process yet. Real ones open theirs, a replay has
 * its own executor and look. */
void sy_daemon_init(SyDaemon *daemon, const SyDaemonOptions *options);
void sy_daemon_clear(SyDaemon *daemon);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SyDaemon, sy_daemon_clear)

/* ---- tell.c ---- */

/* Something happened that is worth keeping: a log line, and for WARNING and ERROR an event of the
 * audit chain, each time, and what the policy of alarms makes of it for people: one message for a
 * cause (messenger/message.h) that goes on, by `kind` and study. */
void sy_tell(SyDaemon *daemon, SyLogLevel level, const char *kind, const char *study, gint64 run,
             const char *format, ...) G_GNUC_PRINTF(6, 7);

/* The same about something else than the study: one of its jobs, a file. */
void sy_tell_about(SyDaemon *daemon, SyLogLevel level, const char *kind, const char *study,
                   const char *about, gint64 run, const char *format, ...) G_GNUC_PRINTF(7, 8);

void sy_told_clear(SyEvent *event);

/* ---- post.c ---- */

/* Takes up the alarms and messages of an earlier life; from here on people are told. */
bool sy_post_open(SyDaemon *daemon, GError **error);

/* Tells people, as the table of kinds says. `about` NULL: the study, or the engine. `text` is
 * masked. */
void sy_post_tell(SyDaemon *daemon, const char *kind, const char *study, const char *about,
                  gint64 run, const char *text);

/* A cause (messenger/message.h) is over. Cost: a look into a table where nobody was told. */
void sy_post_over(SyDaemon *daemon, const char *cause, const char *study, const char *about);

/* Queues in the store what was told since, in one transaction. */
void sy_post_flush(SyDaemon *daemon);

/* Once a second: looks at the disk, reminds, starts systematica-messenger where a message or the
 * heartbeat is due and none runs. */
void sy_post_look(SyDaemon *daemon);

/* Queues what is left; a daemon that is halted waits some seconds for its last messages. */
void sy_post_close(SyDaemon *daemon);

/* Tells the service manager. */
void sy_daemon_notify(SyDaemon *daemon, const char *state);

/* ---- templates.c ---- */

/* Loads the template or all of the folder, takes their locks, and puts their jobs. What cannot run
 * is told. Errors: SY_ERROR_HELD; SY_ERROR_TEMPLATE where the one template cannot run. */
bool sy_templates_start(SyDaemon *daemon, GError **error);

/* Looks at files (char *, names in the folder) again; NULL: at all. */
void sy_templates_changed(SyDaemon *daemon, const GPtrArray *names);

/* Frees what was removed and has no run any more. */
void sy_templates_sweep(SyDaemon *daemon);
void sy_live_free(SyLive *live);

/* Begins to run a strategy under a lock (NULL: none is needed) and its epoch, and takes up what an
 * earlier life left. Takes strategy and lock. Errors: of the store. */
bool sy_live_start(SyDaemon *daemon, const char *path, SyStrategy *strategy, SyLock *lock,
                   gint64 epoch, GError **error);

/* The strategy and kind of a job of the scheduler; NULL where it is gone. */
SyLive *sy_live_of_job(SyDaemon *daemon, guint job, SyJobKind *kind);

/* A job of it, as messages are folded by: "STUDY/trade". Free with g_free. */
char *sy_live_about(const SyLive *live, const char *kind);

/* Gives a job to the scheduler, or takes it away; slots after `from` count. Those between `last`,
 * the newest with a row (SY_TIME_NONE: none), and `from` are skipped: the job was paused. */
void sy_live_schedule(SyDaemon *daemon, SyLive *live, SyJobKind kind, SyTime last, SyTime from);
/* From when on the slots of a job count, by its record: after the last that has a row, and after a
 * resume, less the time for which a slot found late still runs. A job without any row is new:
 * nothing from before it was there was missed. */
SyTime sy_live_count_from(const SyDaemon *daemon, const SyLiveJob *job, const SyJobRecord *record);
void sy_live_unschedule(SyDaemon *daemon, SyLive *live, SyJobKind kind, const char *reason);

/* The operator says that the clock is right: a job that is held goes on, and what a wrong clock has
 * decided ahead of it is not decided again. */
void sy_live_release(SyDaemon *daemon, SyLive *live, SyJobKind kind);

/* Another process has taken the strategy over: it stops here, at once, and stores nothing more. The
 * daemon ends where it was the last one. */
void sy_live_lose(SyDaemon *daemon, SyLive *live, const GError *error);

/* ---- decide.c ---- */

/* Carries out the actions of a step: stores what was decided, starts runs. */
void sy_carry_out(SyDaemon *daemon, const GArray *actions);

/* Tries again what the store did not take. */
void sy_decide_again(SyDaemon *daemon);
GArray *sy_undecided_new(void);

/* ---- supervise.c ---- */

/* Looks after the runs of a strategy that did not end in an earlier life, before its jobs are
 * scheduled: kills what is left of their processes, ends those whose job does not go on. Returns
 * the others (SyRunRow, cleared with the array). Errors: of the store; all of it may be done
 * again. */
GArray *sy_recover(SyDaemon *daemon, const SyLive *live, GError **error);

/* Hands what sy_recover returned to the scheduler, once it has their jobs. */
void sy_runs_restore(SyDaemon *daemon, SyLive *live, const GArray *rows);

/* A run of a job (the scheduler's number), of which no attempt goes on. */
SyLiveRun *sy_run_add(SyDaemon *daemon, SyLive *live, SyJobKind kind, guint job, SyTime nominal,
                      gint64 id, int attempt);
SyLiveRun *sy_run_find(const SyDaemon *daemon, guint job, SyTime nominal);
void sy_run_free(SyLiveRun *run);

/* The strategy is another's: its attempts end here, and what becomes of them is not stored. */
void sy_runs_lose(SyDaemon *daemon, const SyLive *live);
GHashTable *sy_run_index_new(void);

/* Starts an attempt of a run in a process of its own. */
void sy_run_start(SyDaemon *daemon, SyLiveRun *run);
void sy_run_cancel(SyDaemon *daemon, SyLiveRun *run, SyRunStatus status);
/* Ends its attempt for a stop: it is kept as one that crashed is, and starts again within its wait
 * in the daemon's next life. */
void sy_run_interrupt(SyDaemon *daemon, SyLiveRun *run);
void sy_run_give_up(SyDaemon *daemon, SyLiveRun *run, const char *reason);

/* Takes in what the executor says has ended, and stores it; tries again what the store did not
 * take. */
void sy_collect(SyDaemon *daemon);
void sy_ending_clear(SyEnding *ending);

/* ---- daemon.c ---- */

/* Hands the scheduler what happened, and carries out what it says. */
void sy_daemon_step(SyDaemon *daemon);

/* Everything that is due, whatever the daemon was woken by. */
void sy_daemon_turn(SyDaemon *daemon);

/* ---- probe.c ---- */

void sy_probe_open(SyDaemon *daemon);
void sy_probe_close(SyDaemon *daemon);

/* The newest bar of `key` is that of this version from now on. */
void sy_probe_put(SyDaemon *daemon, const char *key, SyVersion *version);

/* Drops those that no strategy waits for any more. */
void sy_probe_sweep(SyDaemon *daemon);

/* Looks for it in another thread; the scheduler gets an event. Where its engine is slow to fail, or
 * has failed slowly just now, nothing comes: the scheduler asks again. */
void sy_probe_look(SyDaemon *daemon, const char *key);

/* ---- commands.c ---- */

/* Takes in what commands wrote into the store: pauses, resumes, triggers. */
void sy_commands_take(SyDaemon *daemon);

/* Whether an error of the store passes by itself: nobody answers, it is locked, the disk is full.
 */
bool sy_store_error_passes(const GError *error);

/* The store does not answer now: it is tried again in a second. HELD: this daemon is fenced off,
 * and ends. */
void sy_store_failed(SyDaemon *daemon, const GError *error, const char *what);

#endif
