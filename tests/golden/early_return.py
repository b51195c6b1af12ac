import numpy as np


def early_return(x, limit):
    below = limit <= 0.0
    if below:
        x_part = x[0]
        total = 0.5 * x_part * x_part
    else:
        n = len(x)
        t = None
        done = False
        total = 0.0
        saved_total = []
        for k in range(n):
            x_part = x[k]
            total += x_part * x_part
            saved_total.append(total)
            if total > limit:
                t = total * limit
                done = True
                break
        count = len(saved_total)
        not_value = not done
        if not not_value:
            total = t

    if below:
        # return 0.5 * x[0] * x[0]
        x_bar = np.zeros_like(x)
        x_bar[0] = x[0]
        limit_bar = 0.0
    else:
        steps = range(len(x))
        if not_value:
            total_bar = 1.0
            t = 0.0
        else:
            total_bar = 0.0
            t = 1.0
        limit_bar = 0.0
        x_bar = np.zeros_like(x)
        for k, total_before in zip(reversed(steps[:count]), reversed(saved_total)):
            # total = total + x[k] * x[k]
            x_part = x[k]
            if done:
                # return total * limit
                total_bar += t * limit
                limit_bar += t * total_before
                t = 0.0
            x_bar[k] += 2.0 * total_bar * x_part
            done = False
    return total, (x_bar, limit_bar)
