"""The names of `scipy.fft`, `signal`, `interpolate` and `ndimage` without an operation.

As in `ops/census_scipy.py`, which puts these tables beside the others.
"""

from __future__ import annotations

from srcad.ops.census import Names

LOWERED = "it is lowered from its own source, where that can be done"
NO_FUNCTION = "it is no function of numbers"
PLAIN = "whole numbers and settings"
CONSTANT = "what it gives is made of constants, as a rule: it is lowered otherwise"

# ---- scipy.fft -----------------------------------------------------------------------

FFT_KNOWN: Names = {
    PLAIN: "fhtoffset get_workers next_fast_len prev_fast_len set_workers",
    NO_FUNCTION: "register_backend set_backend set_global_backend skip_backend test",
}

# ---- scipy.signal --------------------------------------------------------------------

SIGNAL_KNOWN: Names = {
    LOWERED: """
        abcd_normalize bilinear bilinear_zpk chirp coherence decimate envelope
        freqz freqz_sos freqz_zpk freqs freqs_zpk gauss_spline gausspulse hilbert
        hilbert2 istft lfiltic lombscargle normalize sawtooth sosfreqz
        square sweep_poly vectorstrength wiener
        lp2bp lp2bp_zpk lp2bs lp2bs_zpk lp2hp lp2hp_zpk lp2lp lp2lp_zpk sos2tf sos2zpk
        tf2sos tf2ss tf2zpk ss2tf ss2zpk zpk2sos zpk2ss zpk2tf""",
    CONSTANT: """
        bessel besselap buttap butter buttord cheb1ap cheb1ord cheb2ap cheb2ord cheby1
        cheby2 ellip ellipap ellipord firls firwin firwin2 firwin_2d gammatone
        get_window iircomb iirdesign iirfilter iirnotch iirpeak kaiser_atten
        kaiser_beta kaiserord minimum_phase remez savgol_coeffs unit_impulse""",
    PLAIN: """
        check_COLA check_NOLA choose_conv_method correlation_lags czt_points findfreqs
        max_len_seq""",
    NO_FUNCTION: "BadCoefficients test",
}
SIGNAL_REFUSED: Names = {
    "its results are places of entries, which jump: index with them": """
        argrelextrema argrelmax argrelmin find_peaks_cwt peak_prominences
        peak_widths""",
    "it is of a linear system: write the loop over time, or use lfilter": """
        StateSpace TransferFunction ZerosPolesGain lti dlti lsim dlsim impulse dimpulse
        step dstep freqresp dfreqresp bode dbode cont2discrete place_poles""",
    "it is an object that transforms: use scipy.fft": """
        CZT ZoomFFT czt zoom_fft ShortTimeFFT closest_STFT_dual_window""",
    "it takes roots, whose order is not theirs": """
        residue residuez invres invresz unique_roots group_delay deconvolve""",
    "it minimizes over filters": "band_stop_obj",
    "it searches for its penalty: with a known one, use np.linalg.solve": """
        whittaker_henderson""",
    "use resample_poly, or scipy.fft: it treats one frequency by the lengths": """
        resample""",
    "it solves for spline coefficients: use scipy.interpolate.make_interp_spline": """
        cspline1d cspline1d_eval cspline2d qspline1d qspline1d_eval qspline2d
        spline_filter symiirorder1 symiirorder2 sepfir2d""",
    "it takes order statistics: use np.median of sliding_window_view": """
        medfilt medfilt2d order_filter""",
}
WINDOWS_KNOWN: Names = {
    CONSTANT: """
        barthann bartlett blackman blackmanharris bohman boxcar chebwin cosine dpss
        exponential flattop gaussian general_cosine general_gaussian general_hamming
        get_window hamming hann kaiser kaiser_bessel_derived lanczos nuttall parzen
        taylor triang tukey""",
}

# ---- scipy.interpolate ---------------------------------------------------------------

INTERPOLATE_KNOWN: Names = {
    LOWERED: "approximate_taylor_polynomial lagrange pade",
    NO_FUNCTION: "interp2d test",
}
INTERPOLATE_REFUSED: Names = {
    "its knots depend on the data: use make_interp_spline": """
        InterpolatedUnivariateSpline LSQUnivariateSpline UnivariateSpline
        generate_knots make_lsq_spline make_smoothing_spline make_splprep make_splrep
        splprep""",
    "make a BSpline of the tuple: BSpline(t, c, k) has these as methods": """
        insert spalde splantider splder splint sproot""",
    "make it outside, and call bisplev(x, y, (*s.tck, *s.degrees))": """
        BivariateSpline LSQBivariateSpline RectBivariateSpline SmoothBivariateSpline
        bisplrep""",
    "surfaces have no rule: interpolate along one axis, then the other": """
        LSQSphereBivariateSpline RectSphereBivariateSpline SmoothSphereBivariateSpline
        NdBSpline NdPPoly""",
    "scattered data has no rule: write its kernel with NumPy": """
        CloughTocher2DInterpolator LinearNDInterpolator NearestNDInterpolator
        RBFInterpolator Rbf griddata""",
    "only PPoly has a rule: BPoly and rational ones have none": """
        AAA BPoly FloaterHormannInterpolator""",
    "use CubicSpline, or np.interp for lines": """
        pchip_interpolate""",
    "it is a polynomial through all points: use np.linalg.solve of np.vander": """
        BarycentricInterpolator KroghInterpolator barycentric_interpolate
        krogh_interpolate""",
}

# ---- scipy.ndimage -------------------------------------------------------------------

NDIMAGE_KNOWN: Names = {
    LOWERED: "fourier_gaussian fourier_shift fourier_uniform",
    PLAIN: "generate_binary_structure iterate_structure find_objects label",
    NO_FUNCTION: "test",
}
NDIMAGE_REFUSED: Names = {
    "it is of true and false: it has no derivative": """
        binary_closing binary_dilation binary_erosion binary_fill_holes
        binary_hit_or_miss binary_opening binary_propagation""",
    "it takes order statistics: use np.max or np.median of sliding_window_view": """
        black_tophat grey_closing grey_dilation grey_erosion grey_opening
        maximum_filter maximum_filter1d median_filter minimum_filter minimum_filter1d
        morphological_gradient morphological_laplace percentile_filter rank_filter
        white_tophat""",
    "it measures labelled parts: use masks, or np.bincount with weights": """
        center_of_mass extrema histogram labeled_comprehension maximum
        maximum_position mean median minimum minimum_position standard_deviation sum
        sum_labels value_indices variance watershed_ift""",
    "its values are distances on a grid, which jump": """
        distance_transform_bf distance_transform_cdt distance_transform_edt""",
    "it calls a function on parts of an array: write the loop": """
        generic_filter generic_filter1d generic_gradient_magnitude generic_laplace
        geometric_transform vectorized_filter""",
    "it interpolates by splines: write the weights with NumPy, or use np.interp": """
        affine_transform rotate shift spline_filter spline_filter1d
        zoom""",
    "it is a Bessel function of a grid: write it with scipy.special": """
        fourier_ellipsoid""",
}
