"""`scipy.special`: the names without an operation, and why."""

from __future__ import annotations

from srcad.ops.census import Names

KNOWN: Names = {
    "it is no function of numbers": """
        SpecialFunctionError SpecialFunctionWarning add_newdocs basic cython_special
        errstate geterr seterr test""",
}

REFUSED: Names = {
    "it makes a polynomial object: call eval_legendre and the like": """
        chebyc chebys chebyt chebyu gegenbauer genlaguerre hermite hermitenorm jacobi
        laguerre legendre sh_chebyt sh_chebyu sh_jacobi sh_legendre""",
    "it gives all orders at once: call the function of one order": """
        assoc_legendre_p_all legendre_p_all lmbda lqmn lqn lpmn lpn clpmn pbdn_seq
        pbdv_seq pbvv_seq riccati_jn riccati_yn sph_harm_y_all sph_legendre_p_all""",
    "by its parameters there is no formula": """
        ellip_harm ellip_harm_2 ellip_normal mathieu_even_coef mathieu_odd_coef
        obl_cv_seq pro_cv_seq""",
    "it solves for a parameter by which its equation has no derivative rule": """
        chndtridf ncfdtridfd ncfdtridfn nctdtridf nctdtrinc""",
    "SciPy's values do not solve its differential equation": """
        obl_rad2 obl_rad2_cv pro_rad2 pro_rad2_cv""",
    "newer SciPy has sph_harm_y instead": "sph_harm",
    "newer SciPy has betainc and betaincinv instead": "btdtr btdtri",
    "its value is a sum of as many terms as its count": "smirnov smirnovi",
}
