/* Brent's root and minimum of a function of one variable: what the copulas need to turn a rank
 * correlation into a parameter, and to find the one parameter that it does not give. */
#include "num/optimise.h"

#include <float.h>
#include <math.h>

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
