import numpy as np


def primal(pos, mass, softening):
    diff = pos[:, None, :] - pos[None, :, :]
    dist = np.sqrt(np.sum(diff * diff, axis=2) + softening ** 2)
    pair = mass[:, None] * mass[None, :] / dist
    value = -0.5 * np.sum(pair)

    # pair = mass[:, None] * mass[None, :] / dist
    ratio = -0.5 / dist
    mass_bar = mass @ ratio + ratio @ mass
    # dist = np.sqrt(np.sum(diff * diff, axis=2) + softening**2)
    negated = -(ratio * pair / dist)
    # diff = pos[:, None, :] - pos[None, :, :]
    product = np.einsum("ijk,ij->ik", diff, negated)
    pos_bar = product - np.einsum("ijk,ij->jk", diff, negated)
    return value, (pos_bar, mass_bar)
