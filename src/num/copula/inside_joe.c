/* What BB6 and BB7 share: a copula inside of Joe's.
 *
 * With K = ln(1 - D) and F = K - θ ln(1-v) >= 0,
 *     ln h1 = ln dD/dg(v) - (1 - 1/θ) F,
 *     ln c  = ln π + (1/θ - 2) K + (θ - 1) ln((1-u)(1-v)) + ln(θκ(1 - D) + (θ - 1) D)
 * for an inner density d = (κ + λ/(1 - D)) π, π = dD/dg(u) dD/dg(v) / D, where the bracket
 * θκ(1 - D) gains θλ and the large terms cancel on paper first.
 *
 * g(u) = e^-a is 1 to the last bit where x = -θ ln(1-u) > FAR; there a = e^-x, which underflows in
 * its turn. But of such small a and b every inner copula is homogeneous: -ln D grows as they do.
 * Where both are small they are scaled up by e^k to where they are not. */
#include "num/copula/families.h"

#define FAR 50.0

typedef struct {
    SyInner inner;
    double scaled;   /* k, 0 where nothing is scaled */
    double scale;    /* e^-k */
    double log_rest; /* ln(1 - D) */
} Point;

/* -ln g(u) of x = -θ ln(1-u), and its logarithm. */
static double minus_log_g(double x, double *log_of) {
    double a = -sy_log1m_exp(x);
    *log_of = x > FAR ? -x : log(a);
    return a;
}

static Point point_of(SyInnerFunction inner, double theta, double delta, double u, double v) {
    double x = theta * u, y = theta * v, scaled = MAX(MIN(x, y) - FAR, 0), log_a, log_b;
    double a = minus_log_g(x - scaled, &log_a), b = minus_log_g(y - scaled, &log_b);
    Point point = {inner(delta, a, b, log_a, log_b), scaled, exp(-scaled), 0};
    point.log_rest = sy_log1m_exp(point.inner.minus_log) - scaled;
    return point;
}

/* F, for the value of which `beyond` is -ln D + ln g and x is -θ ln(1-v). Where x is far beyond the
 * other, F is about their distance. */
static double excess(const Point *point, double x, double beyond) {
    double from = x - point->scaled;
    return from < 300 ? log1p(expm1(from) * -expm1(-beyond)) : point->log_rest + x;
}

void sy_inside_joe_log_density(SyInnerFunction inner, const double *parameter, gsize n,
                               SyCopulaMargin u, SyCopulaMargin v, double *value) {
    double theta = parameter[0], delta = parameter[1];
    for (gsize i = 0; i < n; i++) {
        double most = MAX(u.first[i], v.first[i]), least = MIN(u.first[i], v.first[i]);
        Point point = point_of(inner, theta, delta, least, most);
        double f = excess(&point, theta * least, point.inner.beyond_a);
        double bracket = theta * (point.inner.kappa * exp(point.log_rest) + point.inner.kappa_over);
        value[i] = point.inner.log_product + most - theta * (most - least) + (1 / theta - 2) * f +
                   log(bracket + (theta - 1) * exp(-point.inner.minus_log));
    }
}

void sy_inside_joe_cdf(SyInnerFunction inner, const double *parameter, gsize n, SyCopulaMargin u,
                       SyCopulaMargin v, double *value) {
    double theta = parameter[0], delta = parameter[1];
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(inner, theta, delta, u.first[i], v.first[i]);
        value[i] = -expm1(point.log_rest / theta);
    }
}

void sy_inside_joe_h(SyInnerFunction inner, const double *parameter, gsize n, SyCopulaMargin u,
                     SyCopulaMargin v, bool above_u, bool above_v, double *h1, double *h2) {
    double theta = parameter[0], delta = parameter[1], power = (theta - 1) / theta;
    for (gsize i = 0; i < n; i++) {
        Point point = point_of(inner, theta, delta, u.first[i], v.first[i]);
        double kappa = point.inner.kappa * point.scale;
        double log_h1 = -kappa * point.inner.beyond_b - point.inner.fall_b -
                        power * excess(&point, theta * v.first[i], point.inner.beyond_b);
        double log_h2 = -kappa * point.inner.beyond_a - point.inner.fall_a -
                        power * excess(&point, theta * u.first[i], point.inner.beyond_a);
        h1[i] = above_u ? -expm1(log_h1) : exp(log_h1);
        h2[i] = above_v ? -expm1(log_h2) : exp(log_h2);
    }
}
