def primal(a, tol):
    x = a
    saved_x = []
    while True:
        saved_x.append(x)
        x_new = 0.5 * (x + a / x)
        below = abs(x_new - x) <= tol * x_new
        x = x_new
        if below:
            break

    x_bar = 1.0
    a_bar = 0.0
    for x_before in reversed(saved_x):
        # x_new = 0.5 * (x + a / x)
        x_bar *= 0.5
        x_bar_over_x = x_bar / x_before
        a_bar += x_bar_over_x
        x_bar -= x_bar_over_x * (a / x_before)
    a_bar += x_bar
    return x, (a_bar,)
