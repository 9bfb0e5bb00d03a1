/* The scheduler's step machine. A heap holds the next time of every job, slot and probe; a second
 * one holds the slots that only wait for a place. A step takes in what happened, lets all times
 * pass that are due, and gives places away, until nothing is left to do.
 *
 * A job has at most one slot that is not decided (its head). The next one is taken up when the head
 * is decided, so that a job's rows are in order of nominal time. */
#include "schedule/scheduler.h"

#include <string.h>

#include "schedule/heap.h"
#include "schedule/late.h"

#define STEADY SY_MINUTE /* after so long without a step a clock is trusted again */
#define POLL_MIN (100 * SY_SECOND / 1000)
#define POLL_MAX (5 * SY_SECOND)
#define FOR_EVER G_MAXINT64
#define STRETCHES 32 /* of rows ahead of the clock that a job remembers */

static const char late_reason[] =
    "found too late: the engine, the machine or its clock stood still";
static const char place_reason[] = "no place was free in time";
static const char earlier_reason[] = "an earlier run of the job did not end in time";
static const char trade_reason[] = "the trade run of the same time did not end in time";
static const char overlap_reason[] = "an earlier run of the job still went on";
static const char together_reason[] = "taken together with a later slot";
static const char bar_reason[] = "the bar was absent at the end of the wait";
static const char timeout_reason[] = "time-out";
static const char replaced_reason[] = "a later slot of the job replaced it";
static const char retry_reason[] = "its wait was over before the next attempt";
static const char edit_reason[] = "the job was changed before its turn came";
static const char forward_reason[] = "the clock jumped forward";
static const char behind_reason[] = "the clock is behind what was decided last";

/* Timers of one moment fire in this order: ends of slots before new ones. */
typedef enum { TIMER_SLOT, TIMER_PROBE, TIMER_JOB } TimerKind;

typedef struct {
    SyHeapNode node;
    SyTime at;
    SyTime nominal; /* of a slot; among timers of one moment the older one comes first */
    guint order;    /* TimerKind, then kind of job: trade before report before task */
    guint number;   /* of the job or probe */
} Timer;

typedef enum {
    WAITS_START,   /* for its delay and jitter */
    WAITS_BAR,     /* linked into its probe */
    WAITS_TRADE,   /* a report, for the trade run of its time */
    WAITS_EARLIER, /* for earlier runs of its job */
    WAITS_PLACE,   /* in the heap of those */
    PARKED,        /* its job is held */
    RUNS,
    BACKS_OFF
} SlotState;

/* Why a slot was missed, by what it waited for. */
static const char *const missed_reasons[] = {
    [WAITS_START] = late_reason,
    [WAITS_TRADE] = trade_reason,
    [WAITS_EARLIER] = earlier_reason,
    [WAITS_PLACE] = place_reason,
};

typedef struct Job Job;
typedef struct Slot Slot;

struct Slot {
    Timer timer;
    SyHeapNode place; /* among those that wait for one */
    Job *job;
    Slot *next;           /* of the job's started ones */
    Slot *before, *after; /* of those that wait for the same bar */
    SyTime nominal, bar;
    SyTime rank;  /* nominal time by which it waits: of the oldest slot taken together into it */
    SyTime due;   /* first look for the bar, or start */
    SyTime limit; /* end of the wait for the bar, and of any start without catch-up */
    SyTime wait_ends; /* of the slot of the schedule whose bar it decides on */
    SyTime start_by;  /* later is missed; 0: not known before it could start */
    SyTime retry_at;
    int attempt; /* last started; 0: none */
    SlotState state;
    bool decided; /* it has a row: some attempt was started */
    bool late, cancelled;
};

typedef struct {
    Timer timer;
    char *name;
    guint jobs; /* that use it */
    Slot *waiting;
    SyTime newest;
    SyTime since; /* of the present wait */
    SyTime asked;
} Probe;

typedef struct {
    char *name;
    Job *jobs[SY_N_JOB_KINDS];
} Study;

typedef struct {
    SyTime from, to; /* every slot of the schedule between these has a row of its own */
} Stretch;

struct Job {
    Timer timer;
    guint number;
    SyJobKind kind;
    Study *study;
    SySchedule *schedule;
    Probe *probe;
    gint64 delay, jitter, start_deadline, timeout, max_runs, runs;
    SyOverlap overlap;
    SyLateRule rule;
    SyTime until;
    SyTime cursor; /* slots up to here were taken up */
    SyTime next;   /* slot after it; SY_TIME_NONE: none */
    SyTime end;    /* up to here its slots have no rows */
    SyTime floor;  /* decided under a clock that was not in doubt: never goes back before it */
    Slot *head, *started;
    GArray *triggers; /* SyTime, of those that wait for the head; NULL: none */
    Stretch own;      /* the newest; empty: to < from */
    GArray *owned;    /* Stretch, older ones; NULL: none */
    bool removed, fresh;
    SyTime held_until; /* SY_TIME_NONE: not held */
};

struct SyScheduler {
    SyHeap timers, ready;
    GPtrArray *jobs; /* Job or NULL, by number */
    GArray *numbers; /* guint, free ones */
    GHashTable *studies, *probes;
    GArray *pending;  /* SySlotAction, decided between steps */
    GArray *actions;  /* where the present step writes them */
    GPtrArray *ended; /* jobs of which something ended, while ends are taken in */
    bool ending;
    SyTime now;   /* of the last step */
    gint64 drift; /* sum of the clock's jumps */
    gsize places, running;
    guint probe_number;
    bool fresh; /* some job came, or nothing is left of a removed one */
};

/* ---- order ---- */

static bool timer_before(const SyHeapNode *x, const SyHeapNode *y) {
    const Timer *a = (const Timer *)x, *b = (const Timer *)y;
    if (a->at != b->at)
        return a->at < b->at;
    if (a->order != b->order)
        return a->order < b->order;
    if (a->number != b->number)
        return a->number < b->number;
    return a->nominal < b->nominal;
}

static Slot *slot_of_place(const SyHeapNode *node) {
    return (Slot *)((char *)node - offsetof(Slot, place));
}

static bool ready_before(const SyHeapNode *x, const SyHeapNode *y) {
    const Slot *a = slot_of_place(x), *b = slot_of_place(y);
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->job->kind != b->job->kind)
        return a->job->kind < b->job->kind;
    if (a->job->number != b->job->number)
        return a->job->number < b->job->number;
    return a->nominal < b->nominal;
}

static guint timer_order(TimerKind kind, SyJobKind job) { return kind * SY_N_JOB_KINDS + job; }

static void arm(SyScheduler *scheduler, Timer *timer, SyTime at) {
    if (timer->node.place && timer->at == at)
        return;
    timer->at = at;
    if (at == SY_TIME_NONE || at == FOR_EVER)
        sy_heap_remove(&scheduler->timers, &timer->node);
    else
        sy_heap_put(&scheduler->timers, &timer->node);
}

/* ---- actions ---- */

static SySlotAction *emit(SyScheduler *scheduler, SyActionKind kind, const Job *job,
                          SyTime nominal) {
    SySlotAction action = {.kind = kind,
                           .job = job ? job->number : G_MAXUINT,
                           .nominal = nominal,
                           .bar = SY_TIME_NONE,
                           .wait_ends = SY_TIME_NONE,
                           .other = SY_TIME_NONE,
                           .count = 1,
                           .reason = ""};
    GArray *actions = scheduler->actions ? scheduler->actions : scheduler->pending;
    g_array_append_val(actions, action);
    return &g_array_index(actions, SySlotAction, actions->len - 1);
}

/* ---- rows that a job has, for a clock that goes back ---- */

static void close_stretch(Job *job) {
    if (job->own.to < job->own.from)
        return;
    if (!job->owned)
        job->owned = g_array_new(false, false, sizeof(Stretch));
    if (job->owned->len == STRETCHES)
        g_array_remove_index(job->owned, 0);
    g_array_append_val(job->owned, job->own);
    job->own = (Stretch){0, -1};
}

/* A row was written: of one slot, or of several, of which only the last has it as its own. */
static void note_row(Job *job, SyTime nominal, gint64 count) {
    if (count > 1)
        close_stretch(job);
    if (job->own.to < job->own.from)
        job->own.from = job->own.to = nominal;
    job->own.to = MAX(job->own.to, nominal);
}

/* Sets job->next to the first slot after the cursor that has no row, and job->end to where the next
 * stretch of rows begins. */
static void find_next(Job *job) {
    job->end = job->until;
    job->next = sy_schedule_next(job->schedule, job->cursor);
    for (guint i = 0; job->owned && i < job->owned->len && job->next != SY_TIME_NONE; i++) {
        const Stretch *stretch = &g_array_index(job->owned, Stretch, i);
        if (stretch->to < job->next)
            continue;
        if (stretch->from > job->next) {
            job->end = MIN(job->end, stretch->from - 1);
            continue;
        }
        job->next = sy_schedule_next(job->schedule, stretch->to);
        job->end = job->until;
        i = G_MAXUINT; /* stretches are in no order: from the first one again */
    }
    if (job->next > job->until)
        job->next = SY_TIME_NONE;
}

/* ---- jobs ---- */

static bool held(const Job *job) { return job->held_until != SY_TIME_NONE; }

static bool finished(const Job *job) {
    return job->removed || (job->max_runs && job->runs >= job->max_runs);
}

/* Sets the job's timer to the next thing that it does by itself. A head that waits for its turn may
 * be taken together with the next slot; any other blocks it. */
static void arm_job(SyScheduler *scheduler, Job *job) {
    SyTime at = SY_TIME_NONE;
    if (held(job))
        at = job->held_until;
    else if (!job->head && job->triggers && job->triggers->len)
        at = g_array_index(job->triggers, SyTime, 0);
    if (!held(job) && !finished(job) && job->next != SY_TIME_NONE &&
        (!job->head || job->rule.catchup == SY_CATCHUP_LAST))
        at = at == SY_TIME_NONE ? job->next : MIN(at, job->next);
    arm(scheduler, &job->timer, at);
}

static void set_cursor(SyScheduler *scheduler, Job *job, SyTime cursor) {
    job->cursor = cursor;
    find_next(job);
    arm_job(scheduler, job);
}

/* ---- slots ---- */

static void advance(SyScheduler *scheduler, Slot *slot);
static void offer(SyScheduler *scheduler, Slot *slot);

static void leave_probe(Slot *slot) {
    if (slot->state != WAITS_BAR)
        return;
    if (slot->before)
        slot->before->after = slot->after;
    else
        slot->job->probe->waiting = slot->after;
    if (slot->after)
        slot->after->before = slot->before;
    slot->before = slot->after = NULL;
}

/* Takes a slot out of all it waits in. */
static void detach(SyScheduler *scheduler, Slot *slot) {
    leave_probe(slot);
    sy_heap_remove(&scheduler->ready, &slot->place);
    arm(scheduler, &slot->timer, SY_TIME_NONE);
}

/* True where the trade slot of this nominal time has not ended. */
static bool trade_is_open(const Study *study, SyTime nominal) {
    const Job *trade = study->jobs[SY_JOB_TRADE];
    if (!trade)
        return false;
    if (trade->head && trade->head->nominal == nominal)
        return true;
    for (const Slot *slot = trade->started; slot; slot = slot->next)
        if (slot->nominal == nominal)
            return true;
    /* not taken up yet, perhaps behind others of which it is the last */
    return !finished(trade) && trade->next != SY_TIME_NONE && trade->next <= nominal &&
           sy_schedule_next(trade->schedule, nominal - 1) == nominal;
}

/* A run or slot of the job is over: others may have waited for that. */
static void settle(SyScheduler *scheduler, Job *job) {
    if (job->head && job->head->state == WAITS_EARLIER)
        offer(scheduler, job->head);
    Job *report = job->study->jobs[SY_JOB_REPORT];
    if (job->kind == SY_JOB_TRADE && report && report->head && report->head->state == WAITS_TRADE)
        offer(scheduler, report->head);
}

static void free_slot(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    detach(scheduler, slot);
    if (job->head == slot)
        job->head = NULL;
    for (Slot **link = &job->started; *link; link = &(*link)->next)
        if (*link == slot) {
            *link = slot->next;
            break;
        }
    g_free(slot);
}

static void close_slot(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    free_slot(scheduler, slot);
    if (job->removed && !job->started)
        scheduler->fresh = true;
    arm_job(scheduler, job);
    if (scheduler->ending)
        g_ptr_array_add(scheduler->ended, job);
    else
        settle(scheduler, job);
}

/* Decides a slot that does not run. */
static void dismiss(SyScheduler *scheduler, Slot *slot, SyActionKind kind, const char *reason,
                    SyTime other) {
    SySlotAction *action = emit(scheduler, kind, slot->job, slot->nominal);
    action->reason = reason;
    action->other = other;
    action->bar = slot->bar;
    action->wait_ends = slot->wait_ends;
    note_row(slot->job, slot->nominal, 1);
    close_slot(scheduler, slot);
}

static void dismiss_many(SyScheduler *scheduler, Job *job, SyActionKind kind, const char *reason,
                         SyTime last, gint64 count, SyTime other) {
    if (!count)
        return;
    SySlotAction *action = emit(scheduler, kind, job, last);
    action->reason = reason;
    action->count = count;
    action->other = other;
    note_row(job, last, count);
}

/* No further attempt of a run that is between two. */
static void give_up(SyScheduler *scheduler, Slot *slot, const char *reason) {
    SySlotAction *action = emit(scheduler, SY_SLOT_GIVE_UP, slot->job, slot->nominal);
    action->reason = reason;
    action->bar = slot->bar;
    action->attempt = slot->attempt;
    close_slot(scheduler, slot);
}

static void cancel(SyScheduler *scheduler, Slot *slot, const char *reason, SyTime other) {
    if (slot->cancelled)
        return;
    slot->cancelled = true;
    arm(scheduler, &slot->timer, SY_TIME_NONE);
    SySlotAction *action = emit(scheduler, SY_SLOT_CANCEL, slot->job, slot->nominal);
    action->reason = reason;
    action->other = other;
    action->bar = slot->bar;
    action->attempt = slot->attempt;
}

/* Until when a slot may start: its wait, or as far back as late slots are caught up. */
static SyTime last_start(const Slot *slot) {
    const SyLateRule *rule = &slot->job->rule;
    if (rule->catchup == SY_CATCHUP_NONE)
        return slot->limit;
    return rule->window ? MAX(slot->limit, slot->nominal + rule->window) : FOR_EVER;
}

static void wait_for_place(SyScheduler *scheduler, Slot *slot) {
    slot->state = WAITS_PLACE;
    sy_heap_put(&scheduler->ready, &slot->place);
    arm(scheduler, &slot->timer, slot->decided ? last_start(slot) : slot->start_by);
}

/* Ends earlier runs of the job in favour of `slot`. */
static void replace_started(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    slot->state = WAITS_EARLIER;
    for (Slot *other = job->started, *next; other; other = next) {
        next = other->next;
        if (other->state == RUNS) {
            cancel(scheduler, other, replaced_reason, slot->nominal);
            continue;
        }
        /* Not by give_up: that would offer this slot again from within. */
        SySlotAction *action = emit(scheduler, SY_SLOT_GIVE_UP, job, other->nominal);
        action->reason = replaced_reason;
        action->other = slot->nominal;
        action->bar = other->bar;
        action->attempt = other->attempt;
        free_slot(scheduler, other);
    }
}

/* A slot whose bar is there: does it have to let others go first, or is it skipped for them? */
static void offer(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    if (!slot->start_by) {
        slot->start_by = last_start(slot);
        if (job->start_deadline)
            slot->start_by = MIN(slot->start_by, scheduler->now + job->start_deadline);
    }
    if (scheduler->now >= slot->start_by) {
        dismiss(scheduler, slot, SY_SLOT_MISSED, missed_reasons[slot->state], SY_TIME_NONE);
        return;
    }
    arm(scheduler, &slot->timer, slot->start_by);
    arm_job(scheduler, job); /* from now on a later slot may stand for it */
    if (job->kind == SY_JOB_REPORT && trade_is_open(job->study, slot->nominal)) {
        slot->state = WAITS_TRADE;
        return;
    }
    SyOverlap overlap = job->overlap;
    if (slot->late && job->rule.catchup == SY_CATCHUP_ALL && overlap == SY_OVERLAP_SKIP)
        overlap = SY_OVERLAP_QUEUE;
    if (job->started && overlap == SY_OVERLAP_SKIP) {
        dismiss(scheduler, slot, SY_SLOT_SKIPPED, overlap_reason, job->started->nominal);
        return;
    }
    if (job->started && overlap == SY_OVERLAP_CANCEL_OTHER)
        replace_started(scheduler, slot);
    if (job->started && overlap != SY_OVERLAP_ALLOW)
        slot->state = WAITS_EARLIER;
    else
        wait_for_place(scheduler, slot);
}

/* ---- probes ---- */

static void join_probe(SyScheduler *scheduler, Slot *slot) {
    Probe *probe = slot->job->probe;
    slot->state = WAITS_BAR;
    slot->after = probe->waiting;
    if (probe->waiting)
        probe->waiting->before = slot;
    probe->waiting = slot;
    probe->since = scheduler->now;
    arm(scheduler, &probe->timer,
        probe->asked == scheduler->now ? scheduler->now + POLL_MIN : scheduler->now);
}

/* Looks again after half of the time waited so far, so that a late bar is found with a third of its
 * lateness added at most, and a bar that never comes costs little. */
static void ask_probe(SyScheduler *scheduler, Probe *probe) {
    if (!probe->waiting) {
        arm(scheduler, &probe->timer, SY_TIME_NONE);
        return;
    }
    emit(scheduler, SY_SLOT_PROBE, NULL, SY_TIME_NONE)->probe = probe->name;
    probe->asked = scheduler->now;
    arm(scheduler, &probe->timer,
        scheduler->now + CLAMP((scheduler->now - probe->since) / 2, POLL_MIN, POLL_MAX));
}

static void take_bar(SyScheduler *scheduler, Probe *probe, SyTime newest) {
    if (newest == SY_TIME_NONE || newest == probe->newest)
        return;
    probe->newest = newest;
    for (Slot *slot = probe->waiting, *next; slot; slot = next) {
        next = slot->after;
        if (slot->bar > newest || scheduler->now >= slot->limit)
            continue;
        leave_probe(slot);
        slot->state = WAITS_START;
        offer(scheduler, slot);
    }
}

static Probe *use_probe(SyScheduler *scheduler, const char *name) {
    if (!name)
        return NULL;
    Probe *probe = g_hash_table_lookup(scheduler->probes, name);
    if (!probe) {
        probe = g_new0(Probe, 1);
        probe->name = g_strdup(name);
        probe->newest = probe->asked = SY_TIME_NONE;
        probe->timer.order = timer_order(TIMER_PROBE, SY_JOB_TRADE);
        probe->timer.number = scheduler->probe_number++;
        g_hash_table_insert(scheduler->probes, probe->name, probe);
    }
    probe->jobs++;
    return probe;
}

static void free_probe(gpointer data) {
    Probe *probe = data;
    g_free(probe->name);
    g_free(probe);
}

static void release_probe(SyScheduler *scheduler, Probe *probe) {
    if (!probe || --probe->jobs)
        return;
    arm(scheduler, &probe->timer, SY_TIME_NONE);
    g_hash_table_remove(scheduler->probes, probe->name);
}

/* ---- taking slots up ---- */

static Slot *new_slot(Job *job, SyTime nominal) {
    Slot *slot = g_new0(Slot, 1);
    slot->job = job;
    slot->nominal = slot->rank = nominal;
    slot->bar = sy_schedule_bar(job->schedule, nominal);
    slot->retry_at = SY_TIME_NONE;
    slot->timer.order = timer_order(TIMER_SLOT, job->kind);
    slot->timer.number = job->number;
    slot->timer.nominal = nominal;
    return slot;
}

/* The wait of a slot that is caught up counts from now, and ends with the next slot only where that
 * one stands for it. */
static void make_late(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    bool replaced = job->rule.catchup == SY_CATCHUP_LAST;
    slot->late = true;
    slot->due = scheduler->now;
    slot->limit = sy_late_limit(&job->rule, scheduler->now, replaced ? job->next : SY_TIME_NONE);
}

/* From a slot that is taken up to one whose bar is there. */
static void advance(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    slot->state = WAITS_START;
    if (scheduler->now < slot->due) {
        arm(scheduler, &slot->timer, slot->due);
        return;
    }
    if (scheduler->now >= slot->limit) {
        if (job->rule.catchup == SY_CATCHUP_NONE) {
            dismiss(scheduler, slot, SY_SLOT_MISSED, late_reason, SY_TIME_NONE);
            return;
        }
        make_late(scheduler, slot);
    }
    if (job->probe && slot->bar != SY_TIME_NONE && slot->bar > job->probe->newest) {
        join_probe(scheduler, slot);
        arm(scheduler, &slot->timer, slot->limit);
        return;
    }
    offer(scheduler, slot);
}

/* Puts off a run between two attempts; holds no place. */
static void back_off(SyScheduler *scheduler, Slot *slot, SyTime retry_at) {
    slot->retry_at = retry_at;
    slot->state = BACKS_OFF;
    if (retry_at >= last_start(slot) || scheduler->now >= last_start(slot))
        give_up(scheduler, slot, retry_reason);
    else if (retry_at > scheduler->now)
        arm(scheduler, &slot->timer, retry_at);
    else
        wait_for_place(scheduler, slot);
}

/* Until when what a slot decides may be traded; a trigger's bar is that of the slot before it. */
static SyTime own_wait_ends(const Job *job, SyTime nominal) {
    SyTime own = sy_schedule_previous(job->schedule, nominal);
    return own == SY_TIME_NONE
               ? own
               : sy_late_limit(&job->rule, own, sy_schedule_next(job->schedule, own));
}

static void take_trigger(SyScheduler *scheduler, Job *job) {
    SyTime nominal = g_array_index(job->triggers, SyTime, 0);
    g_array_remove_index(job->triggers, 0);
    Slot *slot = new_slot(job, nominal);
    job->head = slot;
    set_cursor(scheduler, job, MAX(job->cursor, nominal));
    slot->due = scheduler->now;
    slot->limit = sy_late_limit(&job->rule, scheduler->now, job->next);
    slot->wait_ends = own_wait_ends(job, nominal);
    advance(scheduler, slot);
}

/* True for a head that a later slot may stand for. */
static bool waits_its_turn(const Slot *slot) {
    return slot->state == WAITS_TRADE || slot->state == WAITS_EARLIER || slot->state == WAITS_PLACE;
}

/* The slot of the schedule after one that was just taken up, whether or not it has a row. */
static SyTime following(const Job *job, SyTime nominal) {
    if (job->next != SY_TIME_NONE && !job->owned)
        return job->next;
    return sy_schedule_next(job->schedule, nominal);
}

/* The job's next slot is due, and perhaps more. */
static void take_up(SyScheduler *scheduler, Job *job) {
    Slot *before = job->head;
    if (before && !waits_its_turn(before)) {
        arm(scheduler, &job->timer, SY_TIME_NONE); /* again when the head is decided */
        return;
    }
    SyLatePlan plan =
        sy_late_plan(&job->rule, job->next, MIN(job->end, scheduler->now), scheduler->now);
    SyTime rank = plan.first;
    if (before) { /* the rows of the older ones come first */
        rank = before->rank;
        SySlotAction *action =
            emit(scheduler, plan.first == SY_TIME_NONE ? SY_SLOT_MISSED : SY_SLOT_COALESCED, job,
                 before->nominal);
        action->bar = before->bar;
        action->reason = plan.first == SY_TIME_NONE ? late_reason : together_reason;
        action->other = plan.first;
        note_row(job, before->nominal, 1);
        free_slot(scheduler, before);
    }
    dismiss_many(scheduler, job, SY_SLOT_MISSED, late_reason, plan.missed_last, plan.missed,
                 SY_TIME_NONE);
    dismiss_many(scheduler, job, SY_SLOT_COALESCED, together_reason, plan.coalesced_last,
                 plan.coalesced, plan.first);
    if (plan.first == SY_TIME_NONE) {
        set_cursor(scheduler, job, plan.missed_last);
    } else {
        Slot *slot = new_slot(job, plan.first);
        slot->rank = rank;
        job->head = slot;
        set_cursor(scheduler, job, plan.first);
        slot->due = plan.first + job->delay + job->jitter;
        slot->limit = slot->wait_ends =
            sy_late_limit(&job->rule, plan.first, following(job, plan.first));
        if (plan.late)
            make_late(scheduler, slot);
        advance(scheduler, slot);
    }
    settle(scheduler, job);
}

static void start(SyScheduler *scheduler, Slot *slot) {
    Job *job = slot->job;
    detach(scheduler, slot);
    scheduler->running++;
    slot->state = RUNS;
    slot->cancelled = false;
    slot->attempt++;
    if (!slot->decided) {
        slot->decided = true;
        job->head = NULL;
        slot->next = job->started;
        job->started = slot;
        job->runs++;
        note_row(job, slot->nominal, 1);
        arm_job(scheduler, job);
    }
    if (job->timeout)
        arm(scheduler, &slot->timer, scheduler->now + job->timeout);
    SySlotAction *action = emit(scheduler, SY_SLOT_START, job, slot->nominal);
    action->bar = slot->bar;
    action->wait_ends = slot->wait_ends;
    action->attempt = slot->attempt;
}

/* ---- a clock in doubt ---- */

/* From here on a slot, or a step of the clock, is too far off to be only late. */
static gint64 trust(const Job *job) { return MAX(job->rule.window, job->rule.wait); }

static void park(SyScheduler *scheduler, Slot *slot) {
    if (slot->state == RUNS)
        return;
    detach(scheduler, slot);
    slot->state = PARKED;
}

static void hold(SyScheduler *scheduler, Job *job, SyTime until, const char *reason) {
    bool before = held(job);
    if (job->removed)
        return;
    job->held_until = until;
    if (job->head)
        park(scheduler, job->head);
    for (Slot *slot = job->started; slot; slot = slot->next)
        park(scheduler, slot);
    arm_job(scheduler, job);
    if (before)
        return;
    SySlotAction *action = emit(scheduler, SY_SLOT_HOLD, job, SY_TIME_NONE);
    action->reason = reason;
    action->other = until;
}

static void release(SyScheduler *scheduler, Job *job) {
    job->held_until = SY_TIME_NONE;
    emit(scheduler, SY_SLOT_RELEASE, job, SY_TIME_NONE);
    for (Slot *slot = job->started, *next; slot; slot = next) {
        next = slot->next;
        if (slot->state == PARKED)
            back_off(scheduler, slot, slot->retry_at);
    }
    if (job->head)
        advance(scheduler, job->head);
    arm_job(scheduler, job);
}

/* Back to `to`: the slots after it that have no row of their own come round again. */
static void rewind_job(SyScheduler *scheduler, Job *job, SyTime to) {
    if (job->cursor <= to)
        return;
    if (job->head && job->head->nominal > to)
        free_slot(scheduler, job->head);
    close_stretch(job);
    set_cursor(scheduler, job, to);
}

/* Holds a job whose rows lie ahead of the clock until it has caught up, one under a clock in doubt
 * until that is steady, and lets any other go on. */
static void judge(SyScheduler *scheduler, Job *job, bool doubt) {
    if (job->cursor > scheduler->now + trust(job))
        hold(scheduler, job, job->cursor, behind_reason);
    else if (doubt)
        hold(scheduler, job, scheduler->now + STEADY, forward_reason);
    else if (held(job))
        release(scheduler, job);
}

static void step_forward(SyScheduler *scheduler, Job *job, gint64 before, gint64 jump) {
    if (before <= 0)
        job->floor = job->head ? job->head->nominal - 1 : job->cursor;
    judge(scheduler, job, scheduler->drift > trust(job) && (held(job) || jump > trust(job)));
}

/* Where the clock had been ahead, what it passed over comes round again: down to its new time, or
 * where it went back too far, to the time that it should show. */
static void step_back(SyScheduler *scheduler, Job *job, gint64 before) {
    SyTime right = scheduler->now + MAX(-scheduler->drift, 0);
    if (before > 0)
        rewind_job(scheduler, job, MAX(job->floor, right));
    judge(scheduler, job, scheduler->drift > trust(job) && held(job));
}

/* Times that count from a moment, and not by the clock, move with it. Back-offs only where they
 * would become longer: they may be of before a restart, and count by a clock that is right again.
 */
static void shift_timers(SyScheduler *scheduler, Job *job, gint64 jump, bool back_offs) {
    for (Slot *slot = job->started; slot; slot = slot->next) {
        if (slot->retry_at != SY_TIME_NONE && back_offs)
            slot->retry_at += jump;
        bool moves = slot->state == RUNS || (slot->state == BACKS_OFF && back_offs);
        if (moves && slot->timer.node.place)
            arm(scheduler, &slot->timer, slot->timer.at + jump);
    }
}

static void step_clock(SyScheduler *scheduler, gint64 jump) {
    gint64 before = scheduler->drift;
    scheduler->drift += jump;
    for (guint i = 0; i < scheduler->jobs->len; i++) {
        Job *job = g_ptr_array_index(scheduler->jobs, i);
        if (!job)
            continue;
        shift_timers(scheduler, job, jump, jump < 0);
        if (jump > 0)
            step_forward(scheduler, job, before, jump);
        else
            step_back(scheduler, job, before);
    }
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, scheduler->probes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Probe *probe = value;
        probe->since = scheduler->now;
        if (probe->waiting)
            arm(scheduler, &probe->timer, scheduler->now);
    }
}

/* ---- the step ---- */

static Job *get_job(const SyScheduler *scheduler, guint number) {
    return number < scheduler->jobs->len ? g_ptr_array_index(scheduler->jobs, number) : NULL;
}

static void take_end(SyScheduler *scheduler, const SySchedulerEvent *event) {
    Job *job = get_job(scheduler, event->job);
    Slot *slot = job ? job->started : NULL;
    while (slot && slot->nominal != event->time)
        slot = slot->next;
    if (!slot || slot->state != RUNS)
        return;
    scheduler->running--;
    arm(scheduler, &slot->timer, SY_TIME_NONE);
    if (event->retry_at == SY_TIME_NONE) {
        close_slot(scheduler, slot);
        return;
    }
    back_off(scheduler, slot, event->retry_at);
    g_ptr_array_add(scheduler->ended, job);
    if (held(job))
        for (slot = job->started; slot; slot = slot->next)
            park(scheduler, slot);
}

static void take_event(SyScheduler *scheduler, const SySchedulerEvent *event) {
    Job *job = get_job(scheduler, event->job);
    Probe *probe;
    switch (event->kind) {
    case SY_EVENT_BAR:
        probe = g_hash_table_lookup(scheduler->probes, event->probe);
        if (probe)
            take_bar(scheduler, probe, event->time);
        break;
    case SY_EVENT_ENDED:
        take_end(scheduler, event);
        break;
    case SY_EVENT_TRIGGER:
        if (!job || job->removed)
            break;
        if (!job->triggers)
            job->triggers = g_array_new(false, false, sizeof(SyTime));
        g_array_append_val(job->triggers, event->time);
        arm_job(scheduler, job);
        break;
    case SY_EVENT_CLOCK_STEP:
        step_clock(scheduler, event->jump);
        break;
    case SY_EVENT_SUSPEND:
        for (guint i = 0; i < scheduler->jobs->len; i++)
            if ((job = g_ptr_array_index(scheduler->jobs, i)))
                shift_timers(scheduler, job, event->jump, false);
        break;
    }
}

/* The clock first, then what ended, then what else happened: nobody is skipped for a run whose end
 * stands further down. */
static void take_events(SyScheduler *scheduler, const SySchedulerEvent *events, gsize n) {
    for (gsize i = 0; i < n; i++)
        if (events[i].kind == SY_EVENT_CLOCK_STEP || events[i].kind == SY_EVENT_SUSPEND)
            take_event(scheduler, &events[i]);
    scheduler->ending = true;
    for (gsize i = 0; i < n; i++)
        if (events[i].kind == SY_EVENT_ENDED)
            take_event(scheduler, &events[i]);
    scheduler->ending = false;
    for (guint i = 0; i < scheduler->ended->len; i++)
        settle(scheduler, scheduler->ended->pdata[i]);
    g_ptr_array_set_size(scheduler->ended, 0);
    for (gsize i = 0; i < n; i++)
        if (events[i].kind == SY_EVENT_BAR || events[i].kind == SY_EVENT_TRIGGER)
            take_event(scheduler, &events[i]);
}

static void fire_slot(SyScheduler *scheduler, Slot *slot) {
    switch (slot->state) {
    case WAITS_START:
        advance(scheduler, slot);
        break;
    case WAITS_BAR:
        dismiss(scheduler, slot, SY_SLOT_OUTDATED, bar_reason, SY_TIME_NONE);
        break;
    case WAITS_TRADE:
    case WAITS_EARLIER:
    case WAITS_PLACE:
        if (slot->decided)
            give_up(scheduler, slot, retry_reason);
        else
            dismiss(scheduler, slot, SY_SLOT_MISSED, missed_reasons[slot->state], SY_TIME_NONE);
        break;
    case RUNS:
        cancel(scheduler, slot, timeout_reason, SY_TIME_NONE);
        break;
    case BACKS_OFF:
        wait_for_place(scheduler, slot);
        break;
    case PARKED:
        break;
    }
}

static void fire_job(SyScheduler *scheduler, Job *job) {
    if (held(job))
        release(scheduler, job);
    else if (!finished(job) && job->next != SY_TIME_NONE && job->next <= scheduler->now)
        take_up(scheduler, job);
    else if (!job->head && job->triggers && job->triggers->len)
        take_trigger(scheduler, job);
}

static void fire(SyScheduler *scheduler, Timer *timer) {
    arm(scheduler, timer, SY_TIME_NONE);
    switch ((TimerKind)(timer->order / SY_N_JOB_KINDS)) {
    case TIMER_SLOT:
        fire_slot(scheduler, (Slot *)timer);
        break;
    case TIMER_PROBE:
        ask_probe(scheduler, (Probe *)timer);
        break;
    case TIMER_JOB:
        fire_job(scheduler, (Job *)timer);
        break;
    }
}

static void free_job(SyScheduler *scheduler, Job *job);

/* Jobs that came since the last step; removed ones of which nothing is left. */
static void tidy(SyScheduler *scheduler) {
    if (!scheduler->fresh)
        return;
    scheduler->fresh = false;
    for (guint i = 0; i < scheduler->jobs->len; i++) {
        Job *job = g_ptr_array_index(scheduler->jobs, i);
        if (!job)
            continue;
        if (job->removed && !job->started) {
            free_job(scheduler, job);
        } else if (job->fresh) {
            job->fresh = false;
            judge(scheduler, job, held(job));
        }
    }
}

void sy_scheduler_step(SyScheduler *scheduler, SyTime now, const SySchedulerEvent *events, gsize n,
                       GArray *actions) {
    scheduler->now = now;
    scheduler->actions = actions;
    g_array_append_vals(actions, scheduler->pending->data, scheduler->pending->len);
    g_array_set_size(scheduler->pending, 0);
    tidy(scheduler);
    take_events(scheduler, events, n);
    for (;;) {
        SyHeapNode *node;
        while ((node = sy_heap_first(&scheduler->timers)) && ((Timer *)node)->at <= now)
            fire(scheduler, (Timer *)node);
        node = sy_heap_first(&scheduler->ready);
        if (!node || scheduler->running >= scheduler->places)
            break;
        start(scheduler, slot_of_place(node));
    }
    scheduler->actions = NULL;
}

SyTime sy_scheduler_wake(const SyScheduler *scheduler) {
    bool place = scheduler->ready.n && scheduler->running < scheduler->places;
    if (scheduler->pending->len || scheduler->fresh || place)
        return SY_TIME_NONE + 1;
    SyHeapNode *node = sy_heap_first(&scheduler->timers);
    return node ? ((Timer *)node)->at : SY_TIME_NONE;
}

/* ---- jobs from outside ---- */

SyScheduler *sy_scheduler_new(gsize places) {
    SyScheduler *scheduler = g_new0(SyScheduler, 1);
    scheduler->timers.before = timer_before;
    scheduler->ready.before = ready_before;
    scheduler->jobs = g_ptr_array_new();
    scheduler->numbers = g_array_new(false, false, sizeof(guint));
    scheduler->studies = g_hash_table_new(g_str_hash, g_str_equal);
    scheduler->probes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_probe);
    scheduler->pending = g_array_new(false, false, sizeof(SySlotAction));
    scheduler->ended = g_ptr_array_new();
    scheduler->places = places;
    scheduler->now = SY_TIME_NONE;
    return scheduler;
}

static void free_job(SyScheduler *scheduler, Job *job) {
    if (job->head)
        free_slot(scheduler, job->head);
    while (job->started)
        free_slot(scheduler, job->started);
    arm(scheduler, &job->timer, SY_TIME_NONE);
    release_probe(scheduler, job->probe);
    Study *study = job->study;
    study->jobs[job->kind] = NULL;
    if (!study->jobs[0] && !study->jobs[1] && !study->jobs[2]) {
        g_hash_table_remove(scheduler->studies, study->name);
        g_free(study->name);
        g_free(study);
    }
    scheduler->jobs->pdata[job->number] = NULL;
    g_array_append_val(scheduler->numbers, job->number);
    sy_schedule_unref(job->schedule);
    if (job->triggers)
        g_array_unref(job->triggers);
    if (job->owned)
        g_array_unref(job->owned);
    g_free(job);
}

void sy_scheduler_free(SyScheduler *scheduler) {
    if (!scheduler)
        return;
    for (guint i = 0; i < scheduler->jobs->len; i++)
        if (scheduler->jobs->pdata[i])
            free_job(scheduler, scheduler->jobs->pdata[i]);
    sy_heap_clear(&scheduler->timers);
    sy_heap_clear(&scheduler->ready);
    g_ptr_array_unref(scheduler->jobs);
    g_array_unref(scheduler->numbers);
    g_hash_table_unref(scheduler->studies);
    g_hash_table_unref(scheduler->probes);
    g_array_unref(scheduler->pending);
    g_ptr_array_unref(scheduler->ended);
    g_free(scheduler);
}

void sy_scheduler_set_places(SyScheduler *scheduler, gsize places) { scheduler->places = places; }

static Job *new_job(SyScheduler *scheduler, Study *study, SyJobKind kind) {
    Job *job = g_new0(Job, 1);
    job->study = study;
    job->kind = kind;
    job->held_until = SY_TIME_NONE;
    job->own = (Stretch){0, -1};
    study->jobs[kind] = job;
    if (scheduler->numbers->len) {
        job->number = g_array_index(scheduler->numbers, guint, scheduler->numbers->len - 1);
        g_array_set_size(scheduler->numbers, scheduler->numbers->len - 1);
        scheduler->jobs->pdata[job->number] = job;
    } else {
        job->number = scheduler->jobs->len;
        g_ptr_array_add(scheduler->jobs, job);
    }
    job->timer.order = timer_order(TIMER_JOB, kind);
    job->timer.number = job->number;
    return job;
}

/* Slots that were due under the job's schedule and had not had their turn. */
static void skip_due(SyScheduler *scheduler, Job *job, SyTime until, const char *reason) {
    until = MIN(until, job->end);
    if (finished(job) || held(job) || job->next == SY_TIME_NONE || job->next > until)
        return;
    if (job->head)
        dismiss(scheduler, job->head, SY_SLOT_SKIPPED, reason, SY_TIME_NONE);
    SyLateRule all = {.schedule = job->schedule, .catchup = SY_CATCHUP_NONE};
    SyLatePlan plan = sy_late_plan(&all, job->next, until, FOR_EVER);
    dismiss_many(scheduler, job, SY_SLOT_SKIPPED, reason, plan.missed_last, plan.missed,
                 SY_TIME_NONE);
}

static Study *get_study(SyScheduler *scheduler, const char *name) {
    Study *study = g_hash_table_lookup(scheduler->studies, name);
    if (study)
        return study;
    study = g_new0(Study, 1);
    study->name = g_strdup(name);
    g_hash_table_insert(scheduler->studies, study->name, study);
    return study;
}

guint sy_scheduler_put_job(SyScheduler *scheduler, const SyJob *config, SyTime from) {
    Study *study = get_study(scheduler, config->study);
    Job *job = study->jobs[config->kind];
    bool changed = job && !job->removed;
    if (!job) {
        job = new_job(scheduler, study, config->kind);
        job->cursor = from;
    }
    if (changed)
        skip_due(scheduler, job, from, edit_reason);
    Probe *probe = use_probe(scheduler, config->probe);
    if (probe != job->probe && job->head && job->head->state == WAITS_BAR) {
        leave_probe(job->head); /* looks for its bar where the job now has it */
        job->head->state = WAITS_START;
        arm(scheduler, &job->head->timer, from);
    }
    release_probe(scheduler, job->probe);
    job->probe = probe;
    SySchedule *schedule = sy_schedule_ref(config->schedule);
    if (job->schedule)
        sy_schedule_unref(job->schedule);
    job->schedule = schedule;
    job->delay = config->delay;
    job->jitter = sy_job_spread(config);
    job->start_deadline = config->start_deadline;
    job->timeout = config->timeout;
    job->overlap = config->overlap;
    job->until = config->until == SY_TIME_NONE ? FOR_EVER : config->until;
    job->max_runs = config->max_runs;
    job->runs = MAX(job->runs, config->runs_before);
    job->rule = sy_job_late_rule(config);
    job->removed = false;
    job->fresh = scheduler->fresh = true;
    close_stretch(job); /* what lies between was not decided */
    job->floor = MAX(job->cursor, from) - MAX(scheduler->drift, 0);
    set_cursor(scheduler, job, MAX(job->cursor, from));
    return job->number;
}

void sy_scheduler_skip(SyScheduler *scheduler, guint number, SyTime until, const char *reason) {
    Job *job = get_job(scheduler, number);
    if (!job || job->removed)
        return;
    skip_due(scheduler, job, until, reason);
    set_cursor(scheduler, job, MAX(job->cursor, until));
}

void sy_scheduler_remove_job(SyScheduler *scheduler, guint number, const char *reason) {
    Job *job = get_job(scheduler, number);
    if (!job || job->removed)
        return;
    if (job->head)
        dismiss(scheduler, job->head, SY_SLOT_SKIPPED, reason, SY_TIME_NONE);
    if (scheduler->now != SY_TIME_NONE)
        skip_due(scheduler, job, scheduler->now, reason);
    if (held(job))
        release(scheduler, job);
    if (job->triggers)
        g_array_set_size(job->triggers, 0);
    job->removed = scheduler->fresh = true;
    arm_job(scheduler, job);
    settle(scheduler, job);
}

void sy_scheduler_restore(SyScheduler *scheduler, guint number, SyTime nominal, int attempt,
                          SyTime retry_at) {
    Job *job = get_job(scheduler, number);
    g_return_if_fail(job && attempt >= 1);
    Slot *slot = new_slot(job, nominal);
    slot->decided = true;
    slot->attempt = attempt - 1;
    slot->retry_at = retry_at;
    slot->due = nominal + job->delay + job->jitter;
    slot->limit = sy_late_limit(&job->rule, nominal, sy_schedule_next(job->schedule, nominal));
    slot->wait_ends = own_wait_ends(job, nominal);
    slot->state = BACKS_OFF;
    slot->next = job->started;
    job->started = slot;
    arm(scheduler, &slot->timer, retry_at == SY_TIME_NONE ? nominal : retry_at);
}

void sy_scheduler_put_row(SyScheduler *scheduler, guint number, SyTime nominal) {
    Job *job = get_job(scheduler, number);
    if (!job)
        return;
    if (job->own.to >= job->own.from && sy_schedule_next(job->schedule, job->own.to) == nominal) {
        job->own.to = nominal;
        return;
    }
    close_stretch(job);
    job->own = (Stretch){nominal, nominal};
}

void sy_scheduler_release(SyScheduler *scheduler, guint number, SyTime now) {
    Job *job = get_job(scheduler, number);
    if (!job || !held(job))
        return;
    scheduler->now = now;
    if (job->cursor > now) {
        job->floor = MIN(job->floor, now);
        rewind_job(scheduler, job, now);
    }
    release(scheduler, job);
}

SyJobState sy_scheduler_job_state(const SyScheduler *scheduler, guint number, SyTime *next) {
    const Job *job = get_job(scheduler, number);
    *next = !job || finished(job) ? SY_TIME_NONE : job->next;
    if (!job)
        return SY_JOB_IDLE;
    if (held(job))
        return SY_JOB_HELD;
    SyJobState state = SY_JOB_IDLE;
    for (const Slot *slot = job->started; slot; slot = slot->next) {
        if (slot->state == RUNS)
            return SY_JOB_RUNS;
        state = SY_JOB_BACKS_OFF;
    }
    if (state != SY_JOB_IDLE || !job->head)
        return state;
    return job->head->state == WAITS_BAR || job->head->state == WAITS_START ? SY_JOB_WAITS_BAR
                                                                            : SY_JOB_WAITS_PLACE;
}
