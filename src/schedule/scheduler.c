/* The scheduler's step machine. A heap holds the next time of every job, slot and probe; a second
 * one holds the slots that only wait for a place. A step takes in what happened, lets all times
 * pass that are due, and gives places away, until nothing is left to do.
 *
 * A job has at most one slot that is not decided (its head). The next one is taken up when the head
 * is decided, so that a job's rows are in order of nominal time. */
#include "schedule/scheduler.h"

#include <string.h>

#include "schedule/scheduler_state.h"

#define POLL_MIN (100 * SY_SECOND / 1000)
#define POLL_MAX (5 * SY_SECOND)
#define FOR_EVER G_MAXINT64

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

/* Timers of one moment fire in this order: ends of slots before new ones. */
typedef enum { TIMER_SLOT, TIMER_PROBE, TIMER_JOB } TimerKind;

/* Why a slot was missed, by what it waited for. */
static const char *const missed_reasons[] = {
    [SY_WAITS_START] = late_reason,
    [SY_WAITS_TRADE] = trade_reason,
    [SY_WAITS_EARLIER] = earlier_reason,
    [SY_WAITS_PLACE] = place_reason,
};

/* ---- order ---- */

static bool timer_before(const SyHeapNode *x, const SyHeapNode *y) {
    const SyTimer *a = (const SyTimer *)x, *b = (const SyTimer *)y;
    if (a->at != b->at)
        return a->at < b->at;
    if (a->order != b->order)
        return a->order < b->order;
    if (a->number != b->number)
        return a->number < b->number;
    return a->nominal < b->nominal;
}

static SyPendingSlot *slot_of_place(const SyHeapNode *node) {
    return (SyPendingSlot *)((char *)node - offsetof(SyPendingSlot, place));
}

static bool ready_before(const SyHeapNode *x, const SyHeapNode *y) {
    const SyPendingSlot *a = slot_of_place(x), *b = slot_of_place(y);
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->job->kind != b->job->kind)
        return a->job->kind < b->job->kind;
    if (a->job->number != b->job->number)
        return a->job->number < b->job->number;
    return a->nominal < b->nominal;
}

static guint timer_order(TimerKind kind, SyJobKind job) { return kind * SY_N_JOB_KINDS + job; }

void sy_scheduler_arm(SyScheduler *scheduler, SyTimer *timer, SyTime at) {
    if (timer->node.place && timer->at == at)
        return;
    timer->at = at;
    if (at == SY_TIME_NONE || at == FOR_EVER)
        sy_heap_remove(&scheduler->timers, &timer->node);
    else
        sy_heap_put(&scheduler->timers, &timer->node);
}

/* ---- actions ---- */

SySlotAction *sy_scheduler_emit(SyScheduler *scheduler, SyActionKind kind,
                                const SyScheduledJob *job, SyTime nominal) {
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

/* ---- jobs ---- */

static bool finished(const SyScheduledJob *job) {
    return job->removed || (job->max_runs && job->runs >= job->max_runs);
}

/* Sets the job's timer to the next thing that it does by itself. A head that waits for its turn may
 * be taken together with the next slot; any other blocks it. */
void sy_scheduler_arm_job(SyScheduler *scheduler, SyScheduledJob *job) {
    SyTime at = SY_TIME_NONE;
    if (sy_job_is_held(job))
        at = job->held_until;
    else if (!job->head && job->triggers && job->triggers->len)
        at = g_array_index(job->triggers, SyTime, 0);
    if (!sy_job_is_held(job) && !finished(job) && job->next != SY_TIME_NONE &&
        (!job->head || job->rule.catchup == SY_CATCHUP_LAST))
        at = at == SY_TIME_NONE ? job->next : MIN(at, job->next);
    sy_scheduler_arm(scheduler, &job->timer, at);
}

void sy_scheduler_set_cursor(SyScheduler *scheduler, SyScheduledJob *job, SyTime cursor) {
    job->cursor = cursor;
    sy_rows_find_next(job);
    sy_scheduler_arm_job(scheduler, job);
}

/* ---- slots ---- */

static void offer(SyScheduler *scheduler, SyPendingSlot *slot);

static void leave_probe(SyPendingSlot *slot) {
    if (slot->state != SY_WAITS_BAR)
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
void sy_slot_detach(SyScheduler *scheduler, SyPendingSlot *slot) {
    leave_probe(slot);
    sy_heap_remove(&scheduler->ready, &slot->place);
    sy_scheduler_arm(scheduler, &slot->timer, SY_TIME_NONE);
}

/* True where the trade slot of this nominal time has not ended. */
static bool trade_is_open(const SyStudyJobs *study, SyTime nominal) {
    const SyScheduledJob *trade = study->jobs[SY_JOB_TRADE];
    if (!trade)
        return false;
    if (trade->head && trade->head->nominal == nominal)
        return true;
    for (const SyPendingSlot *slot = trade->started; slot; slot = slot->next)
        if (slot->nominal == nominal)
            return true;
    /* not taken up yet, perhaps behind others of which it is the last */
    return !finished(trade) && trade->next != SY_TIME_NONE && trade->next <= nominal &&
           sy_schedule_next(trade->schedule, nominal - 1) == nominal;
}

/* A run or slot of the job is over: others may have waited for that. */
static void settle(SyScheduler *scheduler, SyScheduledJob *job) {
    if (job->head && job->head->state == SY_WAITS_EARLIER)
        offer(scheduler, job->head);
    SyScheduledJob *report = job->study->jobs[SY_JOB_REPORT];
    if (job->kind == SY_JOB_TRADE && report && report->head &&
        report->head->state == SY_WAITS_TRADE)
        offer(scheduler, report->head);
}

void sy_slot_free(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    sy_slot_detach(scheduler, slot);
    if (job->head == slot)
        job->head = NULL;
    for (SyPendingSlot **link = &job->started; *link; link = &(*link)->next)
        if (*link == slot) {
            *link = slot->next;
            break;
        }
    g_free(slot);
}

static void close_slot(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    sy_slot_free(scheduler, slot);
    if (job->removed && !job->started)
        scheduler->fresh = true;
    sy_scheduler_arm_job(scheduler, job);
    if (scheduler->ending)
        g_ptr_array_add(scheduler->ended, job);
    else
        settle(scheduler, job);
}

/* Decides a slot that does not run. */
static void dismiss(SyScheduler *scheduler, SyPendingSlot *slot, SyActionKind kind,
                    const char *reason, SyTime other) {
    SySlotAction *action = sy_scheduler_emit(scheduler, kind, slot->job, slot->nominal);
    action->reason = reason;
    action->other = other;
    action->bar = slot->bar;
    action->wait_ends = slot->wait_ends;
    sy_rows_note(slot->job, slot->nominal, 1);
    close_slot(scheduler, slot);
}

static void dismiss_many(SyScheduler *scheduler, SyScheduledJob *job, SyActionKind kind,
                         const char *reason, SyTime last, gint64 count, SyTime other) {
    if (!count)
        return;
    SySlotAction *action = sy_scheduler_emit(scheduler, kind, job, last);
    action->reason = reason;
    action->count = count;
    action->other = other;
    sy_rows_note(job, last, count);
}

/* No further attempt of a run that is between two. */
static void give_up(SyScheduler *scheduler, SyPendingSlot *slot, const char *reason) {
    SySlotAction *action = sy_scheduler_emit(scheduler, SY_SLOT_GIVE_UP, slot->job, slot->nominal);
    action->reason = reason;
    action->bar = slot->bar;
    action->attempt = slot->attempt;
    close_slot(scheduler, slot);
}

static void cancel(SyScheduler *scheduler, SyPendingSlot *slot, const char *reason, SyTime other) {
    if (slot->cancelled)
        return;
    slot->cancelled = true;
    sy_scheduler_arm(scheduler, &slot->timer, SY_TIME_NONE);
    SySlotAction *action = sy_scheduler_emit(scheduler, SY_SLOT_CANCEL, slot->job, slot->nominal);
    action->reason = reason;
    action->other = other;
    action->bar = slot->bar;
    action->attempt = slot->attempt;
}

/* Until when a slot may start: its wait, or as far back as late slots are caught up. */
static SyTime last_start(const SyPendingSlot *slot) {
    const SyLateRule *rule = &slot->job->rule;
    if (rule->catchup == SY_CATCHUP_NONE)
        return slot->limit;
    return rule->window ? MAX(slot->limit, slot->nominal + rule->window) : FOR_EVER;
}

static void wait_for_place(SyScheduler *scheduler, SyPendingSlot *slot) {
    slot->state = SY_WAITS_PLACE;
    sy_heap_put(&scheduler->ready, &slot->place);
    sy_scheduler_arm(scheduler, &slot->timer, slot->decided ? last_start(slot) : slot->start_by);
}

/* Ends earlier runs of the job in favour of `slot`. */
static void replace_started(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    slot->state = SY_WAITS_EARLIER;
    for (SyPendingSlot *other = job->started, *next; other; other = next) {
        next = other->next;
        if (other->state == SY_RUNS) {
            cancel(scheduler, other, replaced_reason, slot->nominal);
            continue;
        }
        /* Not by give_up: that would offer this slot again from within. */
        SySlotAction *action = sy_scheduler_emit(scheduler, SY_SLOT_GIVE_UP, job, other->nominal);
        action->reason = replaced_reason;
        action->other = slot->nominal;
        action->bar = other->bar;
        action->attempt = other->attempt;
        sy_slot_free(scheduler, other);
    }
}

/* A slot whose bar is there: does it have to let others go first, or is it skipped for them? */
static void offer(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    if (!slot->start_by) {
        slot->start_by = last_start(slot);
        if (job->start_deadline)
            slot->start_by = MIN(slot->start_by, scheduler->now + job->start_deadline);
    }
    if (scheduler->now >= slot->start_by) {
        dismiss(scheduler, slot, SY_SLOT_MISSED, missed_reasons[slot->state], SY_TIME_NONE);
        return;
    }
    sy_scheduler_arm(scheduler, &slot->timer, slot->start_by);
    sy_scheduler_arm_job(scheduler, job); /* from now on a later slot may stand for it */
    if (job->kind == SY_JOB_REPORT && trade_is_open(job->study, slot->nominal)) {
        slot->state = SY_WAITS_TRADE;
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
        slot->state = SY_WAITS_EARLIER;
    else
        wait_for_place(scheduler, slot);
}

/* ---- probes ---- */

static void join_probe(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyBarProbe *probe = slot->job->probe;
    slot->state = SY_WAITS_BAR;
    slot->after = probe->waiting;
    if (probe->waiting)
        probe->waiting->before = slot;
    probe->waiting = slot;
    probe->since = scheduler->now;
    sy_scheduler_arm(scheduler, &probe->timer,
                     probe->asked == scheduler->now ? scheduler->now + POLL_MIN : scheduler->now);
}

/* Looks again after half of the time waited so far, so that a late bar is found with a third of its
 * lateness added at most, and a bar that never comes costs little. */
static void ask_probe(SyScheduler *scheduler, SyBarProbe *probe) {
    if (!probe->waiting) {
        sy_scheduler_arm(scheduler, &probe->timer, SY_TIME_NONE);
        return;
    }
    sy_scheduler_emit(scheduler, SY_SLOT_PROBE, NULL, SY_TIME_NONE)->probe = probe->name;
    probe->asked = scheduler->now;
    sy_scheduler_arm(scheduler, &probe->timer,
                     scheduler->now +
                         CLAMP((scheduler->now - probe->since) / 2, POLL_MIN, POLL_MAX));
}

static void take_bar(SyScheduler *scheduler, SyBarProbe *probe, SyTime newest) {
    if (newest == SY_TIME_NONE || newest == probe->newest)
        return;
    probe->newest = newest;
    for (SyPendingSlot *slot = probe->waiting, *next; slot; slot = next) {
        next = slot->after;
        if (slot->bar > newest || scheduler->now >= slot->limit)
            continue;
        leave_probe(slot);
        slot->state = SY_WAITS_START;
        offer(scheduler, slot);
    }
}

static SyBarProbe *use_probe(SyScheduler *scheduler, const char *name) {
    if (!name)
        return NULL;
    SyBarProbe *probe = g_hash_table_lookup(scheduler->probes, name);
    if (!probe) {
        probe = g_new0(SyBarProbe, 1);
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
    SyBarProbe *probe = data;
    g_free(probe->name);
    g_free(probe);
}

static void release_probe(SyScheduler *scheduler, SyBarProbe *probe) {
    if (!probe || --probe->jobs)
        return;
    sy_scheduler_arm(scheduler, &probe->timer, SY_TIME_NONE);
    g_hash_table_remove(scheduler->probes, probe->name);
}

/* ---- taking slots up ---- */

static SyPendingSlot *new_slot(SyScheduledJob *job, SyTime nominal) {
    SyPendingSlot *slot = g_new0(SyPendingSlot, 1);
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
static void make_late(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    bool replaced = job->rule.catchup == SY_CATCHUP_LAST;
    slot->late = true;
    slot->due = scheduler->now;
    slot->limit = sy_late_limit(&job->rule, scheduler->now, replaced ? job->next : SY_TIME_NONE);
}

/* From a slot that is taken up to one whose bar is there. */
void sy_slot_advance(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    slot->state = SY_WAITS_START;
    if (scheduler->now < slot->due) {
        sy_scheduler_arm(scheduler, &slot->timer, slot->due);
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
        sy_scheduler_arm(scheduler, &slot->timer, slot->limit);
        return;
    }
    offer(scheduler, slot);
}

/* Puts off a run between two attempts; holds no place. */
void sy_slot_back_off(SyScheduler *scheduler, SyPendingSlot *slot, SyTime retry_at) {
    slot->retry_at = retry_at;
    slot->state = SY_BACKS_OFF;
    if (retry_at >= last_start(slot) || scheduler->now >= last_start(slot))
        give_up(scheduler, slot, retry_reason);
    else if (retry_at > scheduler->now)
        sy_scheduler_arm(scheduler, &slot->timer, retry_at);
    else
        wait_for_place(scheduler, slot);
}

/* Until when what a slot decides may be traded; a trigger's bar is that of the slot before it. */
static SyTime own_wait_ends(const SyScheduledJob *job, SyTime nominal) {
    SyTime own = sy_schedule_previous(job->schedule, nominal);
    return own == SY_TIME_NONE
               ? own
               : sy_late_limit(&job->rule, own, sy_schedule_next(job->schedule, own));
}

static void take_trigger(SyScheduler *scheduler, SyScheduledJob *job) {
    SyTime nominal = g_array_index(job->triggers, SyTime, 0);
    g_array_remove_index(job->triggers, 0);
    SyPendingSlot *slot = new_slot(job, nominal);
    job->head = slot;
    sy_scheduler_set_cursor(scheduler, job, MAX(job->cursor, nominal));
    slot->due = scheduler->now;
    slot->limit = sy_late_limit(&job->rule, scheduler->now, job->next);
    slot->wait_ends = own_wait_ends(job, nominal);
    sy_slot_advance(scheduler, slot);
}

/* True for a head that a later slot may stand for. */
static bool waits_its_turn(const SyPendingSlot *slot) {
    return slot->state == SY_WAITS_TRADE || slot->state == SY_WAITS_EARLIER ||
           slot->state == SY_WAITS_PLACE;
}

/* The slot of the schedule after one that was just taken up, whether or not it has a row. */
static SyTime following(const SyScheduledJob *job, SyTime nominal) {
    if (job->next != SY_TIME_NONE && !job->owned)
        return job->next;
    return sy_schedule_next(job->schedule, nominal);
}

/* The job's next slot is due, and perhaps more. */
static void take_up(SyScheduler *scheduler, SyScheduledJob *job) {
    SyPendingSlot *before = job->head;
    if (before && !waits_its_turn(before)) {
        sy_scheduler_arm(scheduler, &job->timer, SY_TIME_NONE); /* again when the head is decided */
        return;
    }
    SyLatePlan plan =
        sy_late_plan(&job->rule, job->next, MIN(job->end, scheduler->now), scheduler->now);
    SyTime rank = plan.first;
    if (before) { /* the rows of the older ones come first */
        rank = before->rank;
        SySlotAction *action = sy_scheduler_emit(
            scheduler, plan.first == SY_TIME_NONE ? SY_SLOT_MISSED : SY_SLOT_COALESCED, job,
            before->nominal);
        action->bar = before->bar;
        action->reason = plan.first == SY_TIME_NONE ? late_reason : together_reason;
        action->other = plan.first;
        sy_rows_note(job, before->nominal, 1);
        sy_slot_free(scheduler, before);
    }
    dismiss_many(scheduler, job, SY_SLOT_MISSED, late_reason, plan.missed_last, plan.missed,
                 SY_TIME_NONE);
    dismiss_many(scheduler, job, SY_SLOT_COALESCED, together_reason, plan.coalesced_last,
                 plan.coalesced, plan.first);
    if (plan.first == SY_TIME_NONE) {
        sy_scheduler_set_cursor(scheduler, job, plan.missed_last);
    } else {
        SyPendingSlot *slot = new_slot(job, plan.first);
        slot->rank = rank;
        job->head = slot;
        sy_scheduler_set_cursor(scheduler, job, plan.first);
        slot->due = plan.first + job->delay + job->jitter;
        slot->limit = slot->wait_ends =
            sy_late_limit(&job->rule, plan.first, following(job, plan.first));
        if (plan.late)
            make_late(scheduler, slot);
        sy_slot_advance(scheduler, slot);
    }
    settle(scheduler, job);
}

static void start(SyScheduler *scheduler, SyPendingSlot *slot) {
    SyScheduledJob *job = slot->job;
    sy_slot_detach(scheduler, slot);
    scheduler->running++;
    slot->state = SY_RUNS;
    slot->cancelled = false;
    slot->attempt++;
    if (!slot->decided) {
        slot->decided = true;
        job->head = NULL;
        slot->next = job->started;
        job->started = slot;
        job->runs++;
        sy_rows_note(job, slot->nominal, 1);
        sy_scheduler_arm_job(scheduler, job);
    }
    if (job->timeout)
        sy_scheduler_arm(scheduler, &slot->timer, scheduler->now + job->timeout);
    SySlotAction *action = sy_scheduler_emit(scheduler, SY_SLOT_START, job, slot->nominal);
    action->bar = slot->bar;
    action->wait_ends = slot->wait_ends;
    action->attempt = slot->attempt;
}

/* ---- the step ---- */

static SyScheduledJob *get_job(const SyScheduler *scheduler, guint number) {
    return number < scheduler->jobs->len ? g_ptr_array_index(scheduler->jobs, number) : NULL;
}

static void take_end(SyScheduler *scheduler, const SySchedulerEvent *event) {
    SyScheduledJob *job = get_job(scheduler, event->job);
    SyPendingSlot *slot = job ? job->started : NULL;
    while (slot && slot->nominal != event->time)
        slot = slot->next;
    if (!slot || slot->state != SY_RUNS)
        return;
    scheduler->running--;
    sy_scheduler_arm(scheduler, &slot->timer, SY_TIME_NONE);
    if (event->retry_at == SY_TIME_NONE) {
        close_slot(scheduler, slot);
        return;
    }
    sy_slot_back_off(scheduler, slot, event->retry_at);
    g_ptr_array_add(scheduler->ended, job);
    if (sy_job_is_held(job))
        for (slot = job->started; slot; slot = slot->next)
            sy_slot_park(scheduler, slot);
}

static void take_event(SyScheduler *scheduler, const SySchedulerEvent *event) {
    SyScheduledJob *job = get_job(scheduler, event->job);
    SyBarProbe *probe;
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
        sy_scheduler_arm_job(scheduler, job);
        break;
    case SY_EVENT_CLOCK_STEP:
        sy_doubt_step_clock(scheduler, event->jump);
        break;
    case SY_EVENT_SUSPEND:
        for (guint i = 0; i < scheduler->jobs->len; i++)
            if ((job = g_ptr_array_index(scheduler->jobs, i)))
                sy_doubt_shift_timers(scheduler, job, event->jump, false);
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

static void fire_slot(SyScheduler *scheduler, SyPendingSlot *slot) {
    switch (slot->state) {
    case SY_WAITS_START:
        sy_slot_advance(scheduler, slot);
        break;
    case SY_WAITS_BAR:
        dismiss(scheduler, slot, SY_SLOT_OUTDATED, bar_reason, SY_TIME_NONE);
        break;
    case SY_WAITS_TRADE:
    case SY_WAITS_EARLIER:
    case SY_WAITS_PLACE:
        if (slot->decided)
            give_up(scheduler, slot, retry_reason);
        else
            dismiss(scheduler, slot, SY_SLOT_MISSED, missed_reasons[slot->state], SY_TIME_NONE);
        break;
    case SY_RUNS:
        cancel(scheduler, slot, timeout_reason, SY_TIME_NONE);
        break;
    case SY_BACKS_OFF:
        wait_for_place(scheduler, slot);
        break;
    case SY_PARKED:
        break;
    }
}

static void fire_job(SyScheduler *scheduler, SyScheduledJob *job) {
    if (sy_job_is_held(job))
        sy_doubt_release(scheduler, job);
    else if (!finished(job) && job->next != SY_TIME_NONE && job->next <= scheduler->now)
        take_up(scheduler, job);
    else if (!job->head && job->triggers && job->triggers->len)
        take_trigger(scheduler, job);
}

static void fire(SyScheduler *scheduler, SyTimer *timer) {
    sy_scheduler_arm(scheduler, timer, SY_TIME_NONE);
    switch ((TimerKind)(timer->order / SY_N_JOB_KINDS)) {
    case TIMER_SLOT:
        fire_slot(scheduler, (SyPendingSlot *)timer);
        break;
    case TIMER_PROBE:
        ask_probe(scheduler, (SyBarProbe *)timer);
        break;
    case TIMER_JOB:
        fire_job(scheduler, (SyScheduledJob *)timer);
        break;
    }
}

static void free_job(SyScheduler *scheduler, SyScheduledJob *job);

/* Jobs that came since the last step; removed ones of which nothing is left. */
static void tidy(SyScheduler *scheduler) {
    if (!scheduler->fresh)
        return;
    scheduler->fresh = false;
    for (guint i = 0; i < scheduler->jobs->len; i++) {
        SyScheduledJob *job = g_ptr_array_index(scheduler->jobs, i);
        if (!job)
            continue;
        if (job->removed && !job->started) {
            free_job(scheduler, job);
        } else if (job->fresh) {
            job->fresh = false;
            sy_doubt_judge(scheduler, job, sy_job_is_held(job));
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
        while ((node = sy_heap_first(&scheduler->timers)) && ((SyTimer *)node)->at <= now)
            fire(scheduler, (SyTimer *)node);
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
    return node ? ((SyTimer *)node)->at : SY_TIME_NONE;
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

static void free_job(SyScheduler *scheduler, SyScheduledJob *job) {
    if (job->head)
        sy_slot_free(scheduler, job->head);
    while (job->started)
        sy_slot_free(scheduler, job->started);
    sy_scheduler_arm(scheduler, &job->timer, SY_TIME_NONE);
    release_probe(scheduler, job->probe);
    SyStudyJobs *study = job->study;
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

static SyScheduledJob *new_job(SyScheduler *scheduler, SyStudyJobs *study, SyJobKind kind) {
    SyScheduledJob *job = g_new0(SyScheduledJob, 1);
    job->study = study;
    job->kind = kind;
    job->held_until = SY_TIME_NONE;
    job->own = (SyStretch){0, -1};
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
static void skip_due(SyScheduler *scheduler, SyScheduledJob *job, SyTime until,
                     const char *reason) {
    until = MIN(until, job->end);
    if (finished(job) || sy_job_is_held(job) || job->next == SY_TIME_NONE || job->next > until)
        return;
    if (job->head)
        dismiss(scheduler, job->head, SY_SLOT_SKIPPED, reason, SY_TIME_NONE);
    SyLateRule all = {.schedule = job->schedule, .catchup = SY_CATCHUP_NONE};
    SyLatePlan plan = sy_late_plan(&all, job->next, until, FOR_EVER);
    dismiss_many(scheduler, job, SY_SLOT_SKIPPED, reason, plan.missed_last, plan.missed,
                 SY_TIME_NONE);
}

static SyStudyJobs *get_study(SyScheduler *scheduler, const char *name) {
    SyStudyJobs *study = g_hash_table_lookup(scheduler->studies, name);
    if (study)
        return study;
    study = g_new0(SyStudyJobs, 1);
    study->name = g_strdup(name);
    g_hash_table_insert(scheduler->studies, study->name, study);
    return study;
}

guint sy_scheduler_put_job(SyScheduler *scheduler, const SyJob *config, SyTime from) {
    SyStudyJobs *study = get_study(scheduler, config->study);
    SyScheduledJob *job = study->jobs[config->kind];
    bool changed = job && !job->removed;
    if (!job) {
        job = new_job(scheduler, study, config->kind);
        job->cursor = from;
    }
    if (changed)
        skip_due(scheduler, job, from, edit_reason);
    SyBarProbe *probe = use_probe(scheduler, config->probe);
    if (probe != job->probe && job->head && job->head->state == SY_WAITS_BAR) {
        leave_probe(job->head); /* looks for its bar where the job now has it */
        job->head->state = SY_WAITS_START;
        sy_scheduler_arm(scheduler, &job->head->timer, from);
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
    sy_rows_close(job); /* what lies between was not decided */
    job->floor = MAX(job->cursor, from) - MAX(scheduler->drift, 0);
    sy_scheduler_set_cursor(scheduler, job, MAX(job->cursor, from));
    return job->number;
}

void sy_scheduler_skip(SyScheduler *scheduler, guint number, SyTime until, const char *reason) {
    SyScheduledJob *job = get_job(scheduler, number);
    if (!job || job->removed)
        return;
    skip_due(scheduler, job, until, reason);
    sy_scheduler_set_cursor(scheduler, job, MAX(job->cursor, until));
}

void sy_scheduler_remove_job(SyScheduler *scheduler, guint number, const char *reason) {
    SyScheduledJob *job = get_job(scheduler, number);
    if (!job || job->removed)
        return;
    if (job->head)
        dismiss(scheduler, job->head, SY_SLOT_SKIPPED, reason, SY_TIME_NONE);
    if (scheduler->now != SY_TIME_NONE)
        skip_due(scheduler, job, scheduler->now, reason);
    if (sy_job_is_held(job))
        sy_doubt_release(scheduler, job);
    if (job->triggers)
        g_array_set_size(job->triggers, 0);
    job->removed = scheduler->fresh = true;
    sy_scheduler_arm_job(scheduler, job);
    settle(scheduler, job);
}

void sy_scheduler_restore(SyScheduler *scheduler, guint number, SyTime nominal, int attempt,
                          SyTime retry_at) {
    SyScheduledJob *job = get_job(scheduler, number);
    g_return_if_fail(job && attempt >= 1);
    SyPendingSlot *slot = new_slot(job, nominal);
    slot->decided = true;
    slot->attempt = attempt - 1;
    slot->retry_at = retry_at;
    slot->due = nominal + job->delay + job->jitter;
    slot->limit = sy_late_limit(&job->rule, nominal, sy_schedule_next(job->schedule, nominal));
    slot->wait_ends = own_wait_ends(job, nominal);
    slot->state = SY_BACKS_OFF;
    slot->next = job->started;
    job->started = slot;
    sy_scheduler_arm(scheduler, &slot->timer, retry_at == SY_TIME_NONE ? nominal : retry_at);
}

void sy_scheduler_put_row(SyScheduler *scheduler, guint number, SyTime nominal) {
    SyScheduledJob *job = get_job(scheduler, number);
    if (!job)
        return;
    if (job->own.to >= job->own.from && sy_schedule_next(job->schedule, job->own.to) == nominal) {
        job->own.to = nominal;
        return;
    }
    sy_rows_close(job);
    job->own = (SyStretch){nominal, nominal};
}

void sy_scheduler_release(SyScheduler *scheduler, guint number, SyTime now) {
    SyScheduledJob *job = get_job(scheduler, number);
    if (!job || !sy_job_is_held(job))
        return;
    scheduler->now = now;
    if (job->cursor > now) {
        job->floor = MIN(job->floor, now);
        sy_doubt_rewind(scheduler, job, now);
    }
    sy_doubt_release(scheduler, job);
}

SyJobState sy_scheduler_job_state(const SyScheduler *scheduler, guint number, SyTime *next) {
    const SyScheduledJob *job = get_job(scheduler, number);
    *next = !job || finished(job) ? SY_TIME_NONE : job->next;
    if (!job)
        return SY_JOB_IDLE;
    if (sy_job_is_held(job))
        return SY_JOB_HELD;
    SyJobState state = SY_JOB_IDLE;
    for (const SyPendingSlot *slot = job->started; slot; slot = slot->next) {
        if (slot->state == SY_RUNS)
            return SY_JOB_RUNS;
        state = SY_JOB_BACKS_OFF;
    }
    if (state != SY_JOB_IDLE || !job->head)
        return state;
    return job->head->state == SY_WAITS_BAR || job->head->state == SY_WAITS_START
               ? SY_JOB_WAITS_BAR
               : SY_JOB_WAITS_PLACE;
}
