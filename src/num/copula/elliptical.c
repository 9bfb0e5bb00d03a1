/* What Gaussian and Student t share: tau, and the distribution function of the pair. */
#include "num/copula/families.h"

#include "num/quadrature.h"

bool sy_elliptical_from_tau(double tau, double *parameter) {
    parameter[0] = sin(0.5 * M_PI * tau);
    return fabs(parameter[0]) < 1;
}

double sy_elliptical_tau(const double *parameter) { return M_2_PI * asin(parameter[0]); }

/* The derivative of the distribution function by ρ, as a function of the angle ψ = acos(-ρ):
 *     (1 + q/ν)^(-ν/2) / 2π,  q = ((x + y) / 2 sin ψ/2)² + ((x - y) / 2 cos ψ/2)²
 * or e^(-q/2) / 2π. It is positive, so nothing cancels however small the result. */
typedef struct {
    double sum, difference; /* (x + y)/2, (x - y)/2 */
    double nu;
    double before, after; /* angles between 0 and the interval, and between it and π */
} Derivative;

static double derivative_at(double from_low, double to_high, gconstpointer data) {
    const Derivative *d = data;
    double a = d->sum / sin(0.5 * (d->before + from_low));
    double b = d->difference / sin(0.5 * (d->after + to_high));
    if (isinf(d->nu))
        return exp(-0.5 * (a * a + b * b));
    /* Where the squares would overflow, the 1 is nothing beside them. */
    double size = hypot(a, b) / sqrt(d->nu);
    return exp(-d->nu * (size < 1e8 ? 0.5 * log1p(size * size) : log(size)));
}

double sy_elliptical_cdf(double x, double y, double u, double v, double rho, double nu) {
    double angle = 2 * atan2(sqrt(1 + rho), sqrt(1 - rho)); /* acos(-ρ) */
    double rest = 2 * atan2(sqrt(1 - rho), sqrt(1 + rho));  /* acos(ρ), π less the angle */
    Derivative d = {.sum = 0.5 * (x + y), .difference = 0.5 * (x - y), .nu = nu};
    /* At its peak the integral is parted, for nodes are densest at ends. */
    double peak = 2 * atan2(sqrt(fabs(d.sum)), sqrt(fabs(d.difference))), integral = 0;
    double low = 0;
    if (peak > 0 && peak < angle) {
        d.after = rest + (angle - peak);
        integral = sy_integrate(derivative_at, &d, peak);
        low = peak;
    }
    d.before = low;
    d.after = rest;
    integral += sy_integrate(derivative_at, &d, angle - low);
    double least = MIN(x < 0 ? u : 1 - u, y < 0 ? v : 1 - v);
    double beyond_most = x < y ? (y < 0 ? 1 - v : v) : (x < 0 ? 1 - u : u);
    /* What is there at ρ = -1: u + v - 1, where that is positive. */
    double at_least = least - beyond_most;
    return CLAMP(MAX(at_least, 0) + integral / (2 * M_PI), 0, least);
}
