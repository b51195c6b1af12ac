"""`scipy.stats`: the names without an operation, and why."""

from __future__ import annotations

from srcad.ops.census import Names
from srcad.ops.laws_discrete import DISCRETE
from srcad.ops.stats import CONTINUOUS

TESTS = "a test of a hypothesis: its p-value comes from tables, ranks or samples"
RANKS = "it ranks or counts its data, which jumps"
RANDOM = "it draws random numbers: draw them outside"

KNOWN: Names = {
    "a distribution: its methods have rules": " ".join([*CONTINUOUS, *DISCRETE]),
    "a distribution of several variables: its logpdf or logpmf has a rule": """
        dirichlet matrix_normal multinomial multivariate_normal multivariate_t
        vonmises_fisher""",
    "it is no function of numbers": """
        BootstrapMethod CensoredData ConstantInputWarning Covariance
        DegenerateDataWarning FitError MonteCarloMethod NearConstantInputWarning
        PermutationMethod rv_continuous rv_discrete rv_histogram test""",
}

REFUSED: Names = {
    TESTS: """
        alexandergovern anderson anderson_ksamp ansari barnard_exact bartlett binomtest
        boschloo_exact brunnermunzel bws_test chi2_contingency chisquare
        cramervonmises cramervonmises_2samp dunnett epps_singleton_2samp f_oneway
        fisher_exact fligner friedmanchisquare goodness_of_fit jarque_bera kruskal
        ks_1samp ks_2samp kstest kurtosistest levene logrank mannwhitneyu median_test
        monte_carlo_test mood multiscale_graphcorr normaltest page_trend_test
        permutation_test poisson_means_test power power_divergence quantile_test
        ranksums shapiro skewtest ttest_1samp ttest_ind ttest_ind_from_stats ttest_rel
        tukey_hsd wilcoxon""",
    RANKS: """
        binned_statistic binned_statistic_2d binned_statistic_dd chatterjeexi cumfreq
        ecdf false_discovery_control kendalltau mode percentileofscore rankdata
        relfreq siegelslopes somersd spearmanr spearmanrho theilslopes tiecorrect
        weightedtau""",
    RANDOM: """
        bootstrap ortho_group random_correlation random_table sobol_indices
        special_ortho_group uniform_direction unitary_group""",
    "it fits or searches for parameters: write the likelihood": """
        boxcox_normmax expectile fit ppcc_max yeojohnson_normmax""",
    "it makes the points of a plot": """
        boxcox_normplot ppcc_plot probplot yeojohnson_normplot""",
    "it makes or transforms distribution objects: call logpdf of scipy.stats.norm": """
        Binomial Logistic Mixture Normal Uniform abs exp log make_distribution
        order_statistic truncate""",
    "its estimate has no rule: write it with np.mean, np.var, np.sort": """
        bayes_mvs circmean circstd circvar combine_pvalues differential_entropy
        directional_stats energy_distance estimated_cdf gstd gzscore kstat kstatvar
        lmoment median_abs_deviation mvsdist obrientransform quantile scoreatpercentile
        sigmaclip trim1 trimboth wasserstein_distance wasserstein_distance_nd""",
    "its result is an object: write it with np.mean, np.corrcoef, np.percentile": """
        describe iqr linregress pearsonr pointbiserialr tmax tmin trim_mean""",
    "its density has no rule: write it with scipy.stats.multivariate_normal": """
        dirichlet_multinomial gaussian_kde invwishart matrix_t multivariate_hypergeom
        normal_inverse_gamma wishart""",
    "its density has no formula in functions that have rules": """
        dpareto_lognorm gausshyper genhalflogistic genhyperbolic irwinhall jf_skew_t
        kappa4 ksone kstwo kstwobign landau levy_stable nct nchypergeom_fisher
        nchypergeom_wallenius nhypergeom poisson_binom rel_breitwigner
        studentized_range zipfian""",
}
