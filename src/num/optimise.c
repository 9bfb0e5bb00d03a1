/* Brent's root and minimum of a function of one variable: what the copulas need to turn a rank
 * correlation into a parameter, and to find the one parameter that it does not give. Projected
 * Newton steps for smooth functions of two: what a fit by maximum likelihood needs. */
#include "num/optimise.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { STEPS_MAX = 200 };

double sy_root(SyScalarFunction f, gconstpointer data, double low, double high, double tolerance) {
    /* b is the best point, a the one before it, c the other side of the zero. */
    double a = low, b = high, fa = f(a, data), fb = f(b, data);
    double c = a, fc = fa, step = b - a, previous = step;
    for (int i = 0; i < STEPS_MAX && fb != 0; i++) {
        if ((fb > 0) == (fc > 0)) {
            c = a, fc = fa;
            step = previous = b - a;
        }
        if (fabs(fc) < fabs(fb)) {
            a = b, fa = fb;
            b = c, fb = fc;
            c = a, fc = fa;
        }
        double near = (2 * DBL_EPSILON + 0.5 * tolerance) * fabs(b), middle = 0.5 * (c - b);
        if (fabs(middle) <= near)
            break;
        if (fabs(previous) >= near && fabs(fa) > fabs(fb)) {
            /* Inverse quadratic interpolation; the secant where two of the points coincide. */
            double s = fb / fa, p, q;
            if (a == c) {
                p = 2 * middle * s;
                q = 1 - s;
            } else {
                double r = fb / fc, t = fa / fc;
                p = s * (2 * middle * t * (t - r) - (b - a) * (r - 1));
                q = (t - 1) * (r - 1) * (s - 1);
            }
            if (p > 0)
                q = -q;
            p = fabs(p);
            if (2 * p < MIN(3 * middle * q - fabs(near * q), fabs(previous * q))) {
                previous = step;
                step = p / q;
            } else {
                step = previous = middle;
            }
        } else {
            step = previous = middle;
        }
        a = b, fa = fb;
        b += fabs(step) > near ? step : copysign(near, middle);
        fb = f(b, data);
    }
    return b;
}

double sy_minimise(SyScalarFunction f, gconstpointer data, double low, double high,
                   double tolerance, double *minimum) {
    const double golden = 0.38196601125010515; /* (3 - sqrt 5) / 2 */
    double a = low, b = high;
    /* x is the best point, w the second best, v the second best before that. */
    double x = a + golden * (b - a), w = x, v = x;
    double fx = f(x, data), fw = fx, fv = fx;
    double step = 0, before_last = 0;
    for (int i = 0; i < STEPS_MAX; i++) {
        double middle = 0.5 * (a + b), near = tolerance + DBL_EPSILON * fabs(x);
        if (fabs(x - middle) <= 2 * near - 0.5 * (b - a))
            break;
        /* The parabola through the three points, where its step is safe; else a golden section. */
        double r = (x - w) * (fx - fv), q = (x - v) * (fx - fw);
        double p = (x - v) * q - (x - w) * r;
        q = 2 * (q - r);
        if (q > 0)
            p = -p;
        q = fabs(q);
        if (fabs(before_last) > near && fabs(p) < fabs(0.5 * q * before_last) && p > q * (a - x) &&
            p < q * (b - x)) {
            before_last = step;
            step = p / q;
            double u = x + step;
            if (u - a < 2 * near || b - u < 2 * near)
                step = copysign(near, middle - x);
        } else {
            before_last = x < middle ? b - x : a - x;
            step = golden * before_last;
        }
        double u = x + (fabs(step) >= near ? step : copysign(near, step)), fu = f(u, data);
        if (fu <= fx) {
            *(u < x ? &b : &a) = x;
            v = w, fv = fw;
            w = x, fw = fx;
            x = u, fx = fu;
        } else {
            *(u < x ? &a : &b) = u;
            if (fu <= fw || w == x) {
                v = w, fv = fw;
                w = u, fw = fu;
            } else if (fu <= fv || v == x || v == w) {
                v = u, fv = fu;
            }
        }
    }
    /* The search never calls f at the ends; a minimum that lies on one is taken from there. */
    double ends[] = {low, high};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (fabs(x - ends[i]) > 4 * tolerance + 1e-6 * fabs(high - low))
            continue;
        double f_end = f(ends[i], data);
        if (f_end <= fx) {
            x = ends[i];
            fx = f_end;
        }
    }
    *minimum = fx;
    return x;
}

/* ---- smooth functions ---- */

enum { VARIABLES = 2, SMOOTH_STEPS_MAX = 100, CUTS_MAX = 30 };

/* A point, f and its slopes there. */
typedef struct {
    double x[VARIABLES], f, slope[VARIABLES];
} Place;

typedef struct {
    SySmoothFunction f;
    gconstpointer data;
    gsize variables;
    const double *low, *high;
    double bend[VARIABLES][VARIABLES]; /* what is known of the second derivatives */
} Descent;

/* A sum of steps may leave the box by a rounding. */
static void box_clamp(const Descent *descent, double *x) {
    for (gsize i = 0; i < descent->variables; i++)
        x[i] = CLAMP(x[i], descent->low[i], descent->high[i]);
}

static Place place_at(const Descent *descent, const double *x) {
    Place place = {0};
    memcpy(place.x, x, descent->variables * sizeof *x);
    place.f = descent->f(place.x, place.slope, descent->data);
    return place;
}

/* Second derivatives by differences of slopes, each towards the side with more room. */
static void bend_measure(Descent *descent, const Place *at, const double *step) {
    for (gsize i = 0; i < descent->variables; i++) {
        double above = descent->high[i] - at->x[i], below = at->x[i] - descent->low[i];
        double h = above >= below ? fmin(step[i], above) : -fmin(step[i], below);
        double x[VARIABLES] = {at->x[0], at->x[1]};
        x[i] += h;
        Place near = place_at(descent, x);
        for (gsize k = 0; k < descent->variables; k++)
            descent->bend[i][k] = (near.slope[k] - at->slope[k]) / (x[i] - at->x[i]);
    }
    double mixed = 0.5 * (descent->bend[0][1] + descent->bend[1][0]);
    descent->bend[0][1] = descent->bend[1][0] = mixed;
}

/* What a step taught about the second derivatives. False, and nothing, where f did not curve
 * upwards along it. */
static bool bend_update(Descent *descent, const Place *from, const Place *to) {
    gsize n = descent->variables;
    double s[VARIABLES] = {0}, y[VARIABLES] = {0}, bs[VARIABLES] = {0}, sy = 0, sbs = 0;
    for (gsize i = 0; i < n; i++) {
        s[i] = to->x[i] - from->x[i];
        y[i] = to->slope[i] - from->slope[i];
    }
    for (gsize i = 0; i < n; i++) {
        for (gsize k = 0; k < n; k++)
            bs[i] += descent->bend[i][k] * s[k];
        sy += s[i] * y[i];
        sbs += s[i] * bs[i];
    }
    if (!(sy > 0) || !(sbs > 0))
        return false;
    for (gsize i = 0; i < n; i++)
        for (gsize k = 0; k < n; k++)
            descent->bend[i][k] += y[i] * y[k] / sy - bs[i] * bs[k] / sbs;
    return true;
}

/* The quadratic model of f around a point: the change that a step makes. */
typedef struct {
    double slope[VARIABLES], bend[VARIABLES][VARIABLES];
} Model;

/* Where the known curvature is downwards along an axis of the quadratic, the model curves upwards
 * as much, so that it has a minimum. */
static Model model_at(const Descent *descent, const Place *at) {
    const double(*bend)[VARIABLES] = descent->bend;
    Model model = {.slope = {at->slope[0], at->slope[1]}};
    double middle = 0.5 * (bend[0][0] + bend[1][1]), half = 0.5 * (bend[0][0] - bend[1][1]);
    double spread = hypot(half, bend[0][1]);
    double along[VARIABLES] = {fabs(middle + spread), fabs(middle - spread)};
    double least = fmax(1e-9 * fmax(along[0], along[1]), DBL_MIN);
    for (gsize i = 0; i < VARIABLES; i++)
        along[i] = fmax(along[i], least);
    /* The axes are turned by half the angle with this cosine and sine. */
    double cosine = spread > 0 ? half / spread : 1, sine = spread > 0 ? bend[0][1] / spread : 0;
    double mean = 0.5 * (along[0] + along[1]), difference = 0.5 * (along[0] - along[1]);
    model.bend[0][0] = mean + difference * cosine;
    model.bend[1][1] = mean - difference * cosine;
    model.bend[0][1] = model.bend[1][0] = difference * sine;
    return model;
}

static double model_change(const Model *model, const double *step) {
    double change = 0;
    for (gsize i = 0; i < VARIABLES; i++) {
        change += model->slope[i] * step[i];
        for (gsize k = 0; k < VARIABLES; k++)
            change += 0.5 * step[i] * model->bend[i][k] * step[k];
    }
    return change;
}

/* The step to the minimum of the model within the box: inside, or on one of its four sides.
 * Returns the change. */
static double model_minimum(const Model *model, const double *least, const double *most,
                            double *step) {
    const double(*bend)[VARIABLES] = model->bend;
    double rest = bend[0][0] * bend[1][1] - bend[0][1] * bend[0][1];
    step[0] = (bend[0][1] * model->slope[1] - bend[1][1] * model->slope[0]) / rest;
    step[1] = (bend[0][1] * model->slope[0] - bend[0][0] * model->slope[1]) / rest;
    if (step[0] >= least[0] && step[0] <= most[0] && step[1] >= least[1] && step[1] <= most[1])
        return model_change(model, step);
    double best = INFINITY;
    for (gsize side = 0; side < 2 * VARIABLES; side++) {
        gsize i = side / 2, other = 1 - i;
        double tried[VARIABLES];
        tried[i] = side % 2 ? most[i] : least[i];
        tried[other] =
            CLAMP(-(model->slope[other] + bend[i][other] * tried[i]) / bend[other][other],
                  least[other], most[other]);
        double change = model_change(model, tried);
        if (change < best) {
            best = change;
            memcpy(step, tried, sizeof tried);
        }
    }
    return best;
}

/* The first point along the step that is lower by enough: the whole step, or a part of it.
 * Returns which part; 0 where there is none that rounding lets be seen. */
static double search_along(const Descent *descent, const Place *from, const double *step,
                           Place *found) {
    double slope = from->slope[0] * step[0] + from->slope[1] * step[1], length = 1;
    for (int cut = 0; cut < CUTS_MAX; cut++) {
        double x[VARIABLES];
        for (gsize i = 0; i < VARIABLES; i++)
            x[i] = from->x[i] + length * step[i];
        box_clamp(descent, x);
        *found = place_at(descent, x);
        if (found->f <= from->f + 1e-4 * length * slope)
            return length;
        /* The parabola through both values and the slope, kept between a tenth and a half. */
        double excess = found->f - from->f - length * slope;
        double best = isfinite(found->f) && excess > 0 ? -0.5 * length * slope / excess : 0;
        length *= CLAMP(best, 0.1, 0.5);
    }
    return 0;
}

double sy_minimise_smooth(SySmoothFunction f, gconstpointer data, gsize variables,
                          const double *low, const double *high, const double *step,
                          double tolerance, double *x) {
    Descent descent = {.f = f, .data = data, .variables = variables, .low = low, .high = high};
    descent.bend[1][1] = 1;
    Place at = place_at(&descent, x);
    bend_measure(&descent, &at, step);
    double near[VARIABLES];
    memcpy(near, step, variables * sizeof *step);
    for (int i = 0; i < SMOOTH_STEPS_MAX; i++) {
        double least[VARIABLES] = {0}, most[VARIABLES] = {0}, along[VARIABLES];
        for (gsize k = 0; k < variables; k++) {
            least[k] = low[k] - at.x[k];
            most[k] = high[k] - at.x[k];
        }
        Model model = model_at(&descent, &at);
        Place next;
        if (-model_minimum(&model, least, most, along) <= tolerance)
            break;
        double part = search_along(&descent, &at, along, &next);
        if (part == 0)
            break;
        /* A model that promised too much is measured anew, on the scale of what held. */
        for (gsize k = 0; k < variables; k++)
            near[k] = fmin(near[k], 0.1 * fabs(next.x[k] - at.x[k]) + 1e-9 * (high[k] - low[k]));
        if (part < 1 || !bend_update(&descent, &at, &next))
            bend_measure(&descent, &next, near);
        at = next;
    }
    memcpy(x, at.x, variables * sizeof *x);
    return at.f;
}
