import numpy as np


def search(x, step, bound):
    found = None
    stopped = False
    count = 0
    saved_x = []
    saved_sin_x = []
    while count < 20:
        saved_x.append(x)
        sin_x = np.sin(x)
        saved_sin_x.append(sin_x)
        x -= step * sin_x
        if abs(x) < bound:
            found = 2.0 * x
            stopped = True
            break
        count += 1
    if not stopped:
        found = x * x
    value = found * step

    if stopped:
        x_bar = 0.0
        found_bar = step
    else:
        # found = x * x
        x_bar = 2.0 * step * x
        found_bar = 0.0
    step_bar = found
    for x, sin_x in zip(reversed(saved_x), reversed(saved_sin_x)):
        if stopped:
            # found = 2.0 * x
            x_bar += 2.0 * found_bar
            found_bar = 0.0
        # x = x - step * np.sin(x)
        step_bar -= x_bar * sin_x
        x_bar -= x_bar * step * np.cos(x)
        stopped = False
    return value, (x_bar, step_bar)
