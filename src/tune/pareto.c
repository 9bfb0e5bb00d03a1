/* Sorting by domination. Of one goal it is plain sorting, so callers need not tell the two apart.
 */
#include "tune/pareto.h"

#include <math.h>
#include <stdbool.h>

static bool has_none(const double *score, gsize goals) {
    for (gsize g = 0; g < goals; g++)
        if (isnan(score[g]))
            return true;
    return false;
}

static bool dominates(const double *a, const double *b, gsize goals) {
    if (has_none(a, goals) || has_none(b, goals))
        return !has_none(a, goals) && has_none(b, goals);
    bool better = false;
    for (gsize g = 0; g < goals; g++) {
        if (a[g] < b[g])
            return false;
        better |= a[g] > b[g];
    }
    return better;
}

typedef struct {
    const double *score;
    gsize goals;
} Points;

/* By all goals in turn, best first, so that no point dominates one before it. */
static int compare_all(gconstpointer a, gconstpointer b, gpointer data) {
    const Points *points = data;
    gsize i = *(const gsize *)a, k = *(const gsize *)b;
    const double *x = points->score + i * points->goals, *y = points->score + k * points->goals;
    bool x_has_none = has_none(x, points->goals);
    if (x_has_none != has_none(y, points->goals))
        return x_has_none ? 1 : -1;
    for (gsize g = 0; g < points->goals && !x_has_none; g++)
        if (x[g] != y[g])
            return x[g] > y[g] ? -1 : 1;
    return (i > k) - (i < k);
}

/* Of each rank the points found so far are a chain: last[rank], then before[point]. The points of a
 * rank that were added last are the likeliest to dominate. */
void sy_pareto_rank(const double *score, gsize n, gsize goals, gsize *rank) {
    Points points = {score, goals};
    g_autofree gsize *order = g_new(gsize, n + 1), *last = g_new(gsize, n + 1),
                     *before = g_new(gsize, n + 1);
    for (gsize i = 0; i < n; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)n, sizeof *order, compare_all, &points);
    for (gsize i = 0, ranks = 0; i < n; i++) {
        const double *own = score + order[i] * goals;
        gsize level = 0;
        for (gsize k = ranks ? last[0] : G_MAXSIZE; level < ranks && k != G_MAXSIZE;) {
            if (dominates(score + k * goals, own, goals))
                k = ++level < ranks ? last[level] : G_MAXSIZE;
            else
                k = before[k];
        }
        if (level == ranks)
            last[ranks++] = G_MAXSIZE;
        rank[order[i]] = level;
        before[order[i]] = last[level];
        last[level] = order[i];
    }
}

typedef struct {
    const double *score, *room;
    const gsize *rank;
    gsize goals, goal;
} Sorting;

static int compare(gconstpointer a, gconstpointer b, gpointer data) {
    const Sorting *sorting = data;
    gsize i = *(const gsize *)a, k = *(const gsize *)b;
    if (sorting->rank[i] != sorting->rank[k])
        return sorting->rank[i] < sorting->rank[k] ? -1 : 1;
    if (sorting->room[i] != sorting->room[k])
        return sorting->room[i] > sorting->room[k] ? -1 : 1;
    return (i > k) - (i < k);
}

static int compare_goal(gconstpointer a, gconstpointer b, gpointer data) {
    const Sorting *sorting = data;
    gsize i = *(const gsize *)a, k = *(const gsize *)b;
    double x = sorting->score[i * sorting->goals + sorting->goal],
           y = sorting->score[k * sorting->goals + sorting->goal];
    if (isnan(x) != isnan(y))
        return isnan(x) ? 1 : -1;
    if (x != y && !isnan(x))
        return x > y ? -1 : 1;
    return (i > k) - (i < k);
}

static void sort(gsize *order, gsize n, GCompareDataFunc by, const Sorting *sorting) {
    g_qsort_with_data(order, (gint)n, sizeof *order, by, (gpointer)sorting);
}

/* The part of a range that lies between two scores, of which any may be infinite. */
static double share_of(double above, double below, double range) {
    if (above == below)
        return 0;
    return isinf(above - below) ? 1 : (above - below) / range;
}

/* Adds to room[member] how far the neighbours of each of `members` [n] are apart in one goal. */
static void add_room(const Sorting *sorting, gsize *members, gsize n, double *room) {
    sort(members, n, compare_goal, sorting);
    const double *score = sorting->score + sorting->goal;
    double best = score[members[0] * sorting->goals],
           worst = score[members[n - 1] * sorting->goals];
    room[members[0]] = room[members[n - 1]] = INFINITY;
    for (gsize i = 1; best > worst && i + 1 < n; i++)
        room[members[i]] += share_of(score[members[i - 1] * sorting->goals],
                                     score[members[i + 1] * sorting->goals], best - worst);
}

void sy_pareto_order(const double *score, gsize n, gsize goals, gsize *order) {
    Sorting sorting = {.score = score, .goals = goals};
    for (gsize i = 0; i < n; i++)
        order[i] = i;
    if (goals == 1) {
        sort(order, n, compare_goal, &sorting);
        return;
    }
    g_autofree gsize *rank = g_new(gsize, MAX(n, 1)), *members = g_new(gsize, MAX(n, 1));
    g_autofree double *room = g_new0(double, MAX(n, 1));
    sy_pareto_rank(score, n, goals, rank);
    sorting.rank = rank;
    sorting.room = room;
    for (gsize level = 0, found = 0; found < n; level++) {
        gsize count = 0;
        for (gsize i = 0; i < n; i++)
            if (rank[i] == level)
                members[count++] = i;
        for (sorting.goal = 0; count && sorting.goal < goals; sorting.goal++)
            add_room(&sorting, members, count, room);
        found += count;
    }
    sort(order, n, compare, &sorting);
}
