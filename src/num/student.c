/* Student's t: quantiles and distribution function of the copula that the main job chooses most.
 *
 * With y = nu/(nu + x²) and the density f, the two forms of the incomplete beta function become
 *     P(T > x)     = x f(x)/nu · K(y; nu/2, ½)         for large x
 *     P(0 < T < x) = x f(x)    · K(1 - y; ½, nu/2)     for small x
 * where K is the continued fraction 1/(1 + d₁/(1 + d₂/(1 + …))). Both sums are of one sign, so
 * neither the tail nor the neighbourhood of the median loses digits. */
#include "num/student.h"

#include <float.h>
#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "num/normal.h"

/* Coefficients d_n / y of the continued fraction of I_y(a, b). */
static void fraction_prepare(double a, double b, double *coefficient) {
    for (int n = 1; n <= SY_STUDENT_TERMS; n++) {
        int half = n / 2;
        double m = half;
        coefficient[n - 1] = n % 2 ? -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1))
                                   : m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m));
    }
}

/* Numerators and denominators of the convergents by the forward recurrence: they stay near 1, and
 * the only division is the last. */
static double fraction(const double *coefficient, double y) {
    double above = 1, above_before = 1, below = 1 + coefficient[0] * y, below_before = 1;
    for (int n = 1; n + 1 < SY_STUDENT_TERMS; n += 2) {
        double d = coefficient[n] * y, e = coefficient[n + 1] * y;
        above_before = above + d * above_before;
        below_before = below + d * below_before;
        above = above_before + e * above;
        below = below_before + e * below;
        if (fabs(above * below_before - above_before * below) <=
            0.5 * DBL_EPSILON * fabs(above * below_before))
            break;
    }
    return above / below;
}

/* ln(Γ(z + ½)/Γ(z)) without two large log-gammas to subtract: z is moved up to where the asymptotic
 * series of the ratio (DLMF 5.11.8) is exact to rounding. */
static double log_gamma_step(double z) {
    double ratio = 1;
    while (z < 12) {
        ratio *= z / (z + 0.5);
        z += 1;
    }
    double w = 1 / z, square = w * w;
    double series =
        ((((-31.0 / 18432 * square + 17.0 / 14336) * square - 1.0 / 640) * square + 1.0 / 192) *
             square -
         1.0 / 8) *
        w;
    /* Γ(z + ½)/Γ(z) = Γ(z + 3/2)/Γ(z + 1) · z/(z + ½) */
    return 0.5 * log(z) + series + log(ratio);
}

SyStudent sy_student_prepare(double nu) {
    SyStudent student = {.nu = nu, .root = sqrt(nu)};
    student.log_peak = log_gamma_step(0.5 * nu) - 0.5 * log(nu * M_PI);
    fraction_prepare(0.5 * nu, 0.5, student.tail);
    fraction_prepare(0.5, 0.5 * nu, student.centre);
    return student;
}

/* ln of the density at x. */
static double log_density_at(const SyStudent *student, double x) {
    return student->log_peak - 0.5 * (student->nu + 1) * log1p(x * x / student->nu);
}

/* Whether P(T > x) is found directly; below that, P(0 < T < x) is. */
static bool in_tail(const SyStudent *student, double x) {
    return x * x * (student->nu + 2) > 3 * student->nu;
}

/* P(T > x) over the density at x. */
static double above_tail(const SyStudent *student, double x) {
    double nu = student->nu;
    return x / nu * fraction(student->tail, nu / (nu + x * x));
}

/* P(0 < T < x) over the density at x. */
static double from_centre(const SyStudent *student, double x) {
    double square = x * x;
    return x * fraction(student->centre, square / (student->nu + square));
}

double sy_student_cdf(const SyStudent *student, double x) {
    double size = fabs(x);
    if (isinf(x))
        return x > 0;
    /* The density can underflow where the tail, which is greater by x, does not. */
    double root = exp(0.5 * log_density_at(student, size));
    double tail = in_tail(student, size) ? root * above_tail(student, size) * root
                                         : 0.5 - root * from_centre(student, size) * root;
    return x > 0 ? 1 - tail : tail;
}

double sy_student_log_cdf(const SyStudent *student, double x) {
    double size = -x, log_density = log_density_at(student, size);
    return in_tail(student, size) ? log_density + log(above_tail(student, size))
                                  : log(0.5 - exp(log_density) * from_centre(student, size));
}

/* √nu sinh(asinh(x/√nu) + step/√nu) by the sum formula of sinh; slope = cosh(asinh(x/√nu)). */
static double step_on(const SyStudent *student, double x, double slope, double step) {
    double e = expm1(step / student->root), inverse = 1 / (1 + e);
    return x * (1 + 0.5 * e * e * inverse) + student->root * slope * 0.5 * e * (1 + inverse);
}

/* A first guess: Wallace's, which runs away in the far tails of small nu; there the leading term of
 * the tail takes over, P(T > x) = peak/nu · x (x²/nu)^(-(nu + 1)/2), never less than the tail. */
static double start_of(const SyStudent *student, double tail) {
    double nu = student->nu, z = sy_normal_quantile(tail) * (8 * nu + 3) / (8 * nu + 1);
    double x = student->root * sqrt(expm1(z * z / nu));
    if (x < 5 * student->root)
        return x;
    return fmin(x, exp((student->log_peak + 0.5 * (nu - 1) * log(nu) - log(tail)) / nu));
}

double sy_student_quantile(const SyStudent *student, double p) {
    double tail = MIN(p, 1 - p), centre = 0.5 - tail;
    if (tail <= 0)
        return copysign(INFINITY, p - 0.5);
    double x = start_of(student, tail);
    bool by_tail = in_tail(student, x);
    double log_tail = by_tail ? log(tail) : 0;
    for (int i = 0; i < 12; i++) {
        double log_density = log_density_at(student, x);
        double slope = sqrt(1 + x * x / student->nu); /* dx / d(√nu asinh(x/√nu)) */
        double newton, bend = -x / slope;
        if (by_tail) {
            double beyond = above_tail(student, x), hazard = slope / beyond;
            newton = (log_density + log(beyond) - log_tail) / hazard;
            bend += hazard;
        } else {
            newton = (centre * exp(-log_density) - from_centre(student, x)) / slope;
        }
        double step = newton / (1 + 0.5 * newton * bend);
        x = step_on(student, x, slope, step);
        /* Third order: the error left is of the size of the cube of the last change. */
        if (fabs(step) * slope <= 1e-5 * x)
            break;
    }
    return copysign(x, p - 0.5);
}
