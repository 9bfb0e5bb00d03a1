/* What a fitted copula says: puts the four rotations around the families. Columns are worked on in
 * blocks that fit on the stack, so nothing here needs memory of its own. */
#include "num/copula/families.h"

#include "base/hash.h"
#include "num/quadrature.h"

enum { BLOCK = 256 };

bool sy_rotation_turns_u(SyRotation rotation) { return rotation == SY_R90 || rotation == SY_R180; }
bool sy_rotation_turns_v(SyRotation rotation) { return rotation == SY_R180 || rotation == SY_R270; }

/* A block of one column: its values, clamped and turned, their rests, and what the family makes of
 * them. */
typedef struct {
    double u[BLOCK], rest[BLOCK], first[BLOCK], second[BLOCK];
} Column;

static SyCopulaMargin column_margin(Column *column) {
    return (SyCopulaMargin){column->first, column->second};
}

static void column_set(Column *column, bool turn, gsize n, const double *u) {
    double *values = turn ? column->rest : column->u, *rests = turn ? column->u : column->rest;
    for (gsize i = 0; i < n; i++) {
        double clamped = CLAMP(u[i], SY_COPULA_LEAST, 1 - 0x1p-53);
        values[i] = clamped;
        rests[i] = 1 - clamped;
    }
}

static void column_prepare(Column *column, const SyCopulaFit *fit, bool turn, gsize n,
                           const double *u) {
    column_set(column, turn, n, u);
    fit->family->margin(fit->parameter, n, column->u, column->rest, column_margin(column));
}

void sy_copula_margin(const SyCopula *family, const double *parameter, bool turn, gsize n,
                      const double *u, SyCopulaMargin margin) {
    Column column;
    for (gsize start = 0; start < n; start += BLOCK) {
        gsize size = MIN(n - start, BLOCK);
        column_set(&column, turn, size, u + start);
        family->margin(parameter, size, column.u, column.rest,
                       (SyCopulaMargin){margin.first + start, margin.second + start});
    }
}

void sy_copula_log_density(const SyCopulaFit *fit, gsize n, const double *u, const double *v,
                           double *value) {
    Column columns[2];
    for (gsize start = 0; start < n; start += BLOCK) {
        gsize size = MIN(n - start, BLOCK);
        column_prepare(&columns[0], fit, sy_rotation_turns_u(fit->rotation), size, u + start);
        column_prepare(&columns[1], fit, sy_rotation_turns_v(fit->rotation), size, v + start);
        fit->family->log_density(fit->parameter, size, column_margin(&columns[0]),
                                 column_margin(&columns[1]), value + start);
    }
}

void sy_copula_h(const SyCopulaFit *fit, gsize n, const double *u, const double *v, double *h1,
                 double *h2) {
    bool turn_u = sy_rotation_turns_u(fit->rotation), turn_v = sy_rotation_turns_v(fit->rotation);
    Column columns[2];
    for (gsize start = 0; start < n; start += BLOCK) {
        gsize size = MIN(n - start, BLOCK);
        column_prepare(&columns[0], fit, turn_u, size, u + start);
        column_prepare(&columns[1], fit, turn_v, size, v + start);
        /* P(U <= u | …) of the rotated pair is P(U > 1 - u | …) of the family's where u is turned.
         */
        fit->family->h(fit->parameter, size, column_margin(&columns[0]), column_margin(&columns[1]),
                       turn_u, turn_v, h1 + start, h2 + start);
        for (gsize i = start; i < start + size; i++) {
            h1[i] = CLAMP(h1[i], 0.0, 1.0);
            h2[i] = CLAMP(h2[i], 0.0, 1.0);
        }
    }
}

/* ---- distribution function ---- */

/* A place of the rotated copula, and a way to it along v. */
typedef struct {
    const SyCopulaFit *fit;
    double u, v, start;
    SyCopulaMargin margin; /* of u */
} Way;

/* P(U <= u | V = t) of the rotated copula, t from `start` on. Not by sy_copula_h, which clamps t.
 */
static double conditional_at(double from_low, double to_high, gconstpointer data) {
    const Way *way = data;
    (void)to_high;
    bool turn_u = sy_rotation_turns_u(way->fit->rotation);
    bool turn_v = sy_rotation_turns_v(way->fit->rotation);
    double t = way->start + from_low, rest = 1 - t, first, second, h1, h2;
    SyCopulaMargin margin = {&first, &second};
    way->fit->family->margin(way->fit->parameter, 1, turn_v ? &rest : &t, turn_v ? &t : &rest,
                             margin);
    way->fit->family->h(way->fit->parameter, 1, way->margin, margin, turn_u, false, &h1, &h2);
    return h1;
}

static double integrate_from(Way *way, double start, double end) {
    way->start = start;
    return sy_integrate(conditional_at, way, end - start);
}

/* From the family's C at the turned pair. What is left of a difference of close numbers has few
 * digits; there the distribution function is the integral of its derivative, which has all. */
static double rotated_cdf(const SyCopulaFit *fit, double u, double v, double family_cdf) {
    double most, value;
    if (fit->rotation == SY_R180) {
        double apart = u <= v ? u - (1 - v) : v - (1 - u);
        most = MAX(fabs(apart), family_cdf);
        value = apart + family_cdf;
    } else {
        most = fit->rotation == SY_R90 ? v : u;
        value = most - family_cdf;
    }
    if (value >= 1e-4 * most)
        return value;
    /* Over the shorter of the two ways; the copula is its own mirror image but for the rotation. */
    static const SyRotation mirrored[SY_ROTATIONS] = {SY_R0, SY_R270, SY_R180, SY_R90};
    SyCopulaFit mirror = *fit;
    mirror.rotation = mirrored[fit->rotation];
    Way way = v <= u ? (Way){.fit = fit, .u = u, .v = v} : (Way){.fit = &mirror, .u = v, .v = u};
    double first, second;
    way.margin = (SyCopulaMargin){&first, &second};
    sy_copula_margin(fit->family, fit->parameter, sy_rotation_turns_u(way.fit->rotation), 1, &way.u,
                     way.margin);
    /* A strong dependence has its step near this place; the rule is at its best at an end. */
    double step = fit->rotation == SY_R180 ? way.u : 1 - way.u;
    return step > 0 && step < way.v
               ? integrate_from(&way, 0, step) + integrate_from(&way, step, way.v)
               : integrate_from(&way, 0, way.v);
}

void sy_copula_cdf(const SyCopulaFit *fit, gsize n, const double *u, const double *v,
                   double *value) {
    bool turn_u = sy_rotation_turns_u(fit->rotation), turn_v = sy_rotation_turns_v(fit->rotation);
    Column columns[2];
    for (gsize start = 0; start < n; start += BLOCK) {
        gsize size = MIN(n - start, BLOCK);
        column_prepare(&columns[0], fit, turn_u, size, u + start);
        column_prepare(&columns[1], fit, turn_v, size, v + start);
        fit->family->cdf(fit->parameter, size, column_margin(&columns[0]),
                         column_margin(&columns[1]), value + start);
        for (gsize i = 0; i < size; i++) {
            double at_u = turn_u ? columns[0].rest[i] : columns[0].u[i];
            double at_v = turn_v ? columns[1].rest[i] : columns[1].u[i];
            double found = value[start + i];
            if (fit->rotation != SY_R0)
                found = rotated_cdf(fit, at_u, at_v, found);
            value[start + i] = CLAMP(found, 0, MIN(at_u, at_v));
        }
    }
}

/* ---- inverse of h ---- */

/* A probability by its logit, and its rest, each with all digits. */
static void from_logit(double z, double *u, double *rest) {
    *u = 1 / (1 + exp(-z));
    *rest = 1 / (1 + exp(z));
}

/* ln h1 - ln p, or what the rests say where they are smaller, at u of logit z; with its slope in
 * z. */
static double error_of(const SyCopulaFit *fit, double z, double p, double p_rest, SyCopulaMargin v,
                       double *slope) {
    double u, rest, first, second, h1, h2, log_density;
    SyCopulaMargin margin = {&first, &second};
    bool above = p > p_rest;
    from_logit(z, &u, &rest);
    fit->family->margin(fit->parameter, 1, &u, &rest, margin);
    fit->family->h(fit->parameter, 1, margin, v, above, false, &h1, &h2);
    fit->family->log_density(fit->parameter, 1, margin, v, &log_density);
    *slope = exp(log_density - log(h1)) * u * rest;
    return above ? log(p_rest) - log(h1) : log(h1) - log(p);
}

/* Newton's method in the logit of u, kept in a bracket. */
static void inverse_h_search(const SyCopulaFit *fit, double p, double p_rest, SyCopulaMargin v,
                             double *u, double *rest) {
    const double most = -log(SY_COPULA_LEAST);
    double low = -most, high = most, z = log(p) - log(p_rest), before = high - low;
    for (int i = 0; i < 200 && high - low > 0; i++) {
        double slope, error = error_of(fit, z, p, p_rest, v, &slope);
        if (error == 0)
            break;
        *(error > 0 ? &high : &low) = z;
        double step = -error / slope, next = z + step;
        /* A step that leaves the bracket, or that hardly gains, is replaced by half of the bracket.
         */
        if (!(next > low && next < high) || fabs(step) > 0.5 * before)
            next = 0.5 * (low + high);
        before = fabs(next - z);
        z = next;
        if (before <= 2e-16 * MAX(fabs(z), 1))
            break;
    }
    from_logit(z, u, rest);
}

/* h1 of the rotated copula is p where the family's, at the turned pair, is p or 1 - p. */
static void inverse_h1(const SyCopulaFit *fit, bool turn_u, bool turn_v, gsize n, const double *p,
                       const double *v, double *u) {
    Column given, wanted;
    double found[BLOCK], found_rest[BLOCK];
    for (gsize start = 0; start < n; start += BLOCK) {
        gsize size = MIN(n - start, BLOCK);
        column_prepare(&given, fit, turn_v, size, v + start);
        column_set(&wanted, turn_u, size, p + start);
        if (fit->family->inverse_h)
            fit->family->inverse_h(fit->parameter, size, wanted.u, wanted.rest,
                                   column_margin(&given), found, found_rest);
        else
            for (gsize i = 0; i < size; i++)
                inverse_h_search(fit, wanted.u[i], wanted.rest[i],
                                 (SyCopulaMargin){given.first + i, given.second + i}, &found[i],
                                 &found_rest[i]);
        for (gsize i = 0; i < size; i++)
            u[start + i] = turn_u ? found_rest[i] : found[i];
    }
}

void sy_copula_inverse_h1(const SyCopulaFit *fit, gsize n, const double *p, const double *v,
                          double *u) {
    inverse_h1(fit, sy_rotation_turns_u(fit->rotation), sy_rotation_turns_v(fit->rotation), n, p, v,
               u);
}

void sy_copula_inverse_h2(const SyCopulaFit *fit, gsize n, const double *p, const double *u,
                          double *v) {
    inverse_h1(fit, sy_rotation_turns_v(fit->rotation), sy_rotation_turns_u(fit->rotation), n, p, u,
               v);
}

/* ---- figures of dependence ---- */

double sy_copula_tau(const SyCopulaFit *fit) {
    double tau = fit->family->tau(fit->parameter);
    return fit->rotation == SY_R90 || fit->rotation == SY_R270 ? 0 - tau : tau; /* no -0 */
}

void sy_copula_tails(const SyCopulaFit *fit, double *lower, double *upper) {
    double family_lower, family_upper;
    fit->family->tails(fit->parameter, &family_lower, &family_upper);
    /* A quarter turn moves the tails of a family into the other two corners, and brings in those,
     * where families that rotate have none. */
    bool quarter = fit->rotation == SY_R90 || fit->rotation == SY_R270;
    bool half = fit->rotation == SY_R180;
    *lower = quarter ? 0 : half ? family_upper : family_lower;
    *upper = quarter ? 0 : half ? family_lower : family_upper;
}

void sy_copula_sample(const SyCopulaFit *fit, guint64 seed, gsize n, double *u, double *v) {
    for (gsize i = 0; i < n; i++) {
        /* Strictly between 0 and 1. */
        v[i] = ((double)(sy_random_next(&seed) >> 12) + 0.5) * 0x1p-52;
        u[i] = ((double)(sy_random_next(&seed) >> 12) + 0.5) * 0x1p-52;
    }
    sy_copula_inverse_h1(fit, n, u, v, u);
}
