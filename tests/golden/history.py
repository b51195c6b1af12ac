from srcad.backend.runtime import add_any


def history(x, rate, steps):
    states = [x]
    saved_list_get_value = []
    for _ in range(steps):
        list_get_value = states[-1]
        saved_list_get_value.append(list_get_value)
        states.append(rate * list_get_value * (1.0 - list_get_value))
    total = 0.0
    for state in states:
        total += state * state
    n = len(states)
    value = total / n

    states_bar = []
    for state in reversed(states):
        # total += state * state
        state_bar = 2.0 / n * state
        states_bar.append(state_bar)
    states_bar.reverse()
    rate_bar = 0.0
    for list_get_value in reversed(saved_list_get_value):
        # states.append(rate * states[-1] * (1.0 - states[-1]))
        states_bar_1 = states_bar[:-1]
        list_get_value_1 = states_bar[-1]
        product = list_get_value_1 * (1.0 - list_get_value)
        rate_bar += product * list_get_value
        difference = product * rate - list_get_value_1 * (rate * list_get_value)
        states_bar = add_any(states_bar_1, difference, -1)
    x_bar = states_bar[0]
    return value, (x_bar, rate_bar)
