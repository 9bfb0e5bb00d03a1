/* The deflated Sharpe ratio: the paper's gamma is Euler's constant, its gamma_3 and gamma_4 are
 * skew and kurtosis. */
#include "tune/deflated.h"

#include <math.h>

#include "num/normal.h"

static const double euler = 0.57721566490153286061;

double sy_sharpe_expected_best(double variance, double trials) {
    if (!(trials > 1))
        return 0;
    return sqrt(variance) * ((1 - euler) * sy_normal_quantile(1 - 1 / trials) +
                             euler * sy_normal_quantile(1 - 1 / (trials * G_E)));
}

double sy_sharpe_probability(double sharpe, double least, gsize rows, double skew,
                             double kurtosis) {
    double spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe;
    if (rows < 2 || !(spread > 0))
        return NAN;
    return sy_normal_cdf((sharpe - least) * sqrt((double)rows - 1) / sqrt(spread));
}
