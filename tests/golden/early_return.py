import numpy as np


def early_return(x, limit):
    below = limit <= 0.0
    if below:
        # return 0.5 * x[0] * x[0]
        x_0 = x[0]
        total = 0.5 * x_0 * x_0
    else:
        n = len(x)
        result = None
        stopped = False
        total = 0.0
        saved_total = []
        for k in range(n):
            x_k = x[k]
            total += x_k * x_k
            saved_total.append(total)
            if total > limit:
                result = total * limit
                stopped = True
                break
        count = len(saved_total)
        if stopped:
            total = result

    if below:
        # return 0.5 * x[0] * x[0]
        x_bar = np.zeros_like(x)
        x_bar[0] = x[0]
        limit_bar = 0.0
    else:
        steps = range(len(x))
        if stopped:
            total_bar = 0.0
            result = 1.0
        else:
            total_bar = 1.0
            result = 0.0
        limit_bar = 0.0
        x_bar = np.zeros_like(x)
        for k, total_before in zip(reversed(steps[:count]), reversed(saved_total)):
            # total = total + x[k] * x[k]
            x_k = x[k]
            if stopped:
                # return total * limit
                total_bar += result * limit
                limit_bar += result * total_before
                result = 0.0
            x_bar[k] += 2.0 * total_bar * x_k
            stopped = False
    return total, (x_bar, limit_bar)
