import numpy as np


def primal(x, attack, release):
    n = len(x)
    env = 0.0
    energy = 0.0
    saved_env = []
    for i in range(n):
        saved_env.append(env)
        level = abs(x[i])
        if level > env:
            env = attack * env + (1.0 - attack) * level
        else:
            env = release * env
        energy += env * env
    value = energy / n

    env_bar = 0.0
    attack_bar = 0.0
    release_bar = 0.0
    x_bar = np.zeros_like(x)
    for i, env_before in zip(reversed(range(n)), reversed(saved_env)):
        # level = abs(x[i])
        x_i = x[i]
        level = abs(x_i)
        # energy += env * env
        env_bar_1 = env_bar + 2.0 / n * env
        if level > env_before:
            # env = attack * env + (1.0 - attack) * level
            level_bar = env_bar_1 * (1.0 - attack)
            env_bar = env_bar_1 * attack
            attack_bar += env_bar_1 * (env_before - level)
        else:
            # env = release * env
            env_bar_times_env = env_bar_1 * env_before
            env_bar = env_bar_1 * release
            release_bar += env_bar_times_env
            level_bar = 0.0
        # level = abs(x[i])
        sign = 1.0 if x_i > 0.0 else -1.0 if x_i < 0.0 else 0.0 * x_i
        x_bar[i] += level_bar * sign
        env = env_before
    return value, (x_bar, attack_bar, release_bar)
