/* A clock in doubt: which slots have rows where it goes back, which jobs are held until it is
 * steady or has caught up, what comes round again. docs/decisions/0007-clock-steps.md. */
#include "schedule/scheduler_state.h"

#define STEADY SY_MINUTE /* after so long without a step a clock is trusted again */
#define STRETCHES 32     /* of rows ahead of the clock that a job remembers */

static const char forward_reason[] = "the clock jumped forward";
static const char behind_reason[] = "the clock is behind what was decided last";

/* ---- rows that a job has, for a clock that goes back ---- */

void sy_rows_close(SyScheduledJob *job) {
    if (job->own.to < job->own.from)
        return;
    if (!job->owned)
        job->owned = g_array_new(false, false, sizeof(SyStretch));
    if (job->owned->len == STRETCHES)
        g_array_remove_index(job->owned, 0);
    g_array_append_val(job->owned, job->own);
    job->own = (SyStretch){0, -1};
}

/* A row was written: of one slot, or of several, of which only the last has it as its own. */
void sy_rows_note(SyScheduledJob *job, SyTime nominal, gint64 count) {
    if (count > 1)
        sy_rows_close(job);
    if (job->own.to < job->own.from)
        job->own.from = job->own.to = nominal;
    job->own.to = MAX(job->own.to, nominal);
}

/* Sets job->next to the first slot after the cursor that has no row, and job->end to where the next
 * stretch of rows begins. */
void sy_rows_find_next(SyScheduledJob *job) {
    job->end = job->until;
    job->next = sy_schedule_next(job->schedule, job->cursor);
    for (guint i = 0; job->owned && i < job->owned->len && job->next != SY_TIME_NONE; i++) {
        const SyStretch *stretch = &g_array_index(job->owned, SyStretch, i);
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

/* ---- a clock in doubt ---- */

/* From here on a slot, or a step of the clock, is too far off to be only late. */
static gint64 trust(const SyScheduledJob *job) { return MAX(job->rule.window, job->rule.wait); }

void sy_slot_park(SyScheduler *scheduler, SyPendingSlot *slot) {
    if (slot->state == SY_RUNS)
        return;
    sy_slot_detach(scheduler, slot);
    slot->state = SY_PARKED;
}

static void hold(SyScheduler *scheduler, SyScheduledJob *job, SyTime until, const char *reason) {
    bool before = sy_job_is_held(job);
    if (job->removed)
        return;
    job->held_until = until;
    if (job->head)
        sy_slot_park(scheduler, job->head);
    for (SyPendingSlot *slot = job->started; slot; slot = slot->next)
        sy_slot_park(scheduler, slot);
    sy_scheduler_arm_job(scheduler, job);
    if (before)
        return;
    SySlotAction *action = sy_scheduler_emit(scheduler, SY_SLOT_HOLD, job, SY_TIME_NONE);
    action->reason = reason;
    action->other = until;
}

void sy_doubt_release(SyScheduler *scheduler, SyScheduledJob *job) {
    job->held_until = SY_TIME_NONE;
    sy_scheduler_emit(scheduler, SY_SLOT_RELEASE, job, SY_TIME_NONE);
    for (SyPendingSlot *slot = job->started, *next; slot; slot = next) {
        next = slot->next;
        if (slot->state == SY_PARKED)
            sy_slot_back_off(scheduler, slot, slot->retry_at);
    }
    if (job->head)
        sy_slot_advance(scheduler, job->head);
    sy_scheduler_arm_job(scheduler, job);
}

void sy_doubt_rewind(SyScheduler *scheduler, SyScheduledJob *job, SyTime to) {
    if (job->cursor <= to)
        return;
    if (job->head && job->head->nominal > to)
        sy_slot_free(scheduler, job->head);
    sy_rows_close(job);
    sy_scheduler_set_cursor(scheduler, job, to);
}

void sy_doubt_judge(SyScheduler *scheduler, SyScheduledJob *job, bool doubt) {
    if (job->cursor > scheduler->now + trust(job))
        hold(scheduler, job, job->cursor, behind_reason);
    else if (doubt)
        hold(scheduler, job, scheduler->now + STEADY, forward_reason);
    else if (sy_job_is_held(job))
        sy_doubt_release(scheduler, job);
}

static void step_forward(SyScheduler *scheduler, SyScheduledJob *job, gint64 before, gint64 jump) {
    if (before <= 0)
        job->floor = job->head ? job->head->nominal - 1 : job->cursor;
    sy_doubt_judge(scheduler, job,
                   scheduler->drift > trust(job) && (sy_job_is_held(job) || jump > trust(job)));
}

/* Where the clock had been ahead, what it passed over comes round again: down to its new time, or
 * where it went back too far, to the time that it should show. */
static void step_back(SyScheduler *scheduler, SyScheduledJob *job, gint64 before) {
    SyTime right = scheduler->now + MAX(-scheduler->drift, 0);
    if (before > 0)
        sy_doubt_rewind(scheduler, job, MAX(job->floor, right));
    sy_doubt_judge(scheduler, job, scheduler->drift > trust(job) && sy_job_is_held(job));
}

void sy_doubt_shift_timers(SyScheduler *scheduler, SyScheduledJob *job, gint64 jump,
                           bool back_offs) {
    for (SyPendingSlot *slot = job->started; slot; slot = slot->next) {
        if (slot->retry_at != SY_TIME_NONE && back_offs)
            slot->retry_at += jump;
        bool moves = slot->state == SY_RUNS || (slot->state == SY_BACKS_OFF && back_offs);
        if (moves && slot->timer.node.place)
            sy_scheduler_arm(scheduler, &slot->timer, slot->timer.at + jump);
    }
}

void sy_doubt_step_clock(SyScheduler *scheduler, gint64 jump) {
    gint64 before = scheduler->drift;
    scheduler->drift += jump;
    for (guint i = 0; i < scheduler->jobs->len; i++) {
        SyScheduledJob *job = g_ptr_array_index(scheduler->jobs, i);
        if (!job)
            continue;
        sy_doubt_shift_timers(scheduler, job, jump, jump < 0);
        if (jump > 0)
            step_forward(scheduler, job, before, jump);
        else
            step_back(scheduler, job, before);
    }
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, scheduler->probes);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SyBarProbe *probe = value;
        probe->since = scheduler->now;
        if (probe->waiting)
            sy_scheduler_arm(scheduler, &probe->timer, scheduler->now);
    }
}
