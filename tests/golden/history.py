def history(x, rate, steps):
    states = [x]
    saved_states_last = []
    for _ in range(steps):
        states_last = states[-1]
        saved_states_last.append(states_last)
        states.append(rate * states_last * (1.0 - states_last))
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
    for states_last in reversed(saved_states_last):
        # states.append(rate * states[-1] * (1.0 - states[-1]))
        states_bar_last = states_bar.pop()
        product = states_bar_last * (1.0 - states_last)
        rate_bar += product * states_last
        states_bar[-1] += rate * (product - states_bar_last * states_last)
    x_bar = states_bar[0]
    return value, (x_bar, rate_bar)
