"""Writes tests/cases/statistics.json: what scipy and statsmodels say, for the tests of tiebreak_core::statistics.

Needs scipy, numpy and statsmodels; run from the repository's root.
"""

import csv
import json

import numpy as np
import statsmodels.api as sm
from scipy import stats

rows = list(csv.DictReader(open("tests/cases/judge_calibration.csv")))
p = np.array([float(row["judge_p"]) for row in rows])
y = np.array([float(row["human"]) for row in rows])
x = np.log(p / (1 - p))
clusters = np.arange(len(x)) // 4
fit = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit()
robust = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit(
    cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
)
groups = len(set(clusters))
correction = groups / (groups - 1)
mean = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})

cases = {
    "normal_quantile": [[q, stats.norm.ppf(q)] for q in (1e-12, 0.025, 0.3, 0.5, 0.975, 0.9999)],
    "normal_cdf": [[z, stats.norm.cdf(z)] for z in (-8.0, -1.0, 0.0, 0.5, 3.0)],
    "beta_cdf": [
        [v, a, b, stats.beta.cdf(v, a, b)]
        for v, a, b in ((0.3, 2, 3), (0.9, 0.5, 0.5), (0.01, 1, 40), (0.52, 500, 480), (0.999, 30, 1))
    ],
    "beta_quantile": [
        [q, a, b, stats.beta.ppf(q, a, b)] for q, a, b in ((0.9, 1, 10), (0.025, 48, 3), (0.5, 900, 1100))
    ],
    "chi_square_survival": [
        [v, df, stats.chi2.sf(v, df)] for v, df in ((3.84, 1), (9.307876, 2), (9.454545, 3), (31.53652, 7), (129.76, 2))
    ],
    "binomial_test": [
        [k, n, q, stats.binomtest(k, n, q).pvalue]
        for k, n, q in ((4, 18, 0.5), (0, 5, 0.5), (7, 20, 0.2), (50, 100, 0.5), (3403, 5627, 0.5))
    ],
    "wilson": [
        [k, n, *stats.binomtest(k, n).proportion_ci(0.95, "wilson")] for k, n in ((3403, 5627), (0, 10), (10, 10), (7, 12))
    ],
    "clopper_pearson": [
        [k, n, *stats.binomtest(k, n).proportion_ci(0.95, "exact")] for k, n in ((0, 10), (10, 10), (7, 12), (180, 200))
    ],
    "platt": {
        "coefficients": list(fit.params),
        "standard_errors": list(fit.bse),
        "cluster_size": 4,
        "cluster_standard_errors": list(robust.bse * np.sqrt(correction)),
        "mean_standard_error": float(mean.bse[0] * np.sqrt(correction)),
    },
}
with open("tests/cases/statistics.json", "w") as out:
    json.dump(cases, out, indent=1)
    out.write("\n")
