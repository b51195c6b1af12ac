"""The names of scipy.optimize and scipy.integrate that have no operation, and why.

`census_scipy.py` says how they are read. What takes a function and is not declared in
`solvers.py` is refused: lowered from its own source, its iterations would be
differentiated.
"""

from __future__ import annotations

from srcad.ops.census import Names

_LOWERED = "it is lowered from its own source, where that can be done"
_NO_FUNCTION = "it is no function of numbers"

OPTIMIZE_KNOWN: Names = {
    _LOWERED: "rosen rosen_der rosen_hess rosen_hess_prod",
    _NO_FUNCTION: """
        BFGS Bounds BroydenFirst HessianUpdateStrategy InverseJacobian KrylovJacobian
        LbfgsInvHessProduct LinearConstraint NoConvergence NonlinearConstraint
        OptimizeResult OptimizeWarning RootResults SR1 check_grad
        linprog_verbose_callback show_options test""",
}
OPTIMIZE_REFUSED: Names = {
    "use scipy.optimize.least_squares with what is left of the data": """
        curve_fit leastsq""",
    "use scipy.optimize.minimize": """
        fmin fmin_bfgs fmin_cg fmin_cobyla fmin_l_bfgs_b fmin_ncg fmin_powell
        fmin_slsqp fmin_tnc""",
    "use scipy.optimize.minimize_scalar": "bracket brent fminbound golden line_search",
    "use scipy.optimize.root with this method": """
        anderson broyden1 broyden2 diagbroyden excitingmixing linearmixing
        newton_krylov""",
    "it searches for the least of many minima, which jumps: refine what it finds by "
    "scipy.optimize.minimize": """
        basinhopping brute differential_evolution direct dual_annealing shgo""",
    "its solution is at bounds, where there is no derivative rule": """
        linprog lsq_linear milp nnls""",
    "it chooses among permutations, which jump": """
        linear_sum_assignment quadratic_assignment""",
    "it chooses which values are equal, which jumps": "isotonic_regression",
    "it takes differences: use srcad.grad": "approx_fprime",
}
INTEGRATE_KNOWN: Names = {
    _LOWERED: "cumulative_simpson fixed_quad",
    _NO_FUNCTION: """
        BDF DOP853 DenseOutput IntegrationWarning LSODA ODEintWarning OdeSolution
        OdeSolver RK23 RK45 Radau complex_ode lebedev_rule newton_cotes ode test""",
}
INTEGRATE_REFUSED: Names = {
    "call scipy.integrate.quad in the function that another quad integrates": """
        dblquad nquad tplquad""",
    "use scipy.integrate.quad or quad_vec": "cubature qmc_quad tanhsinh",
    "it sums until the terms are small, which jumps: write the sum": "nsum",
    "a boundary value problem has no derivative rule: write the equations of its "
    "mesh, and use scipy.optimize.root": "solve_bvp",
}
