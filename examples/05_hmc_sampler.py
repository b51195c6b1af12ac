"""Hamiltonian Monte Carlo in plain NumPy: not the best parameters, but all likely ones.

Eight schools tried a course that prepares for a test (Rubin, "Estimation in parallel
randomized experiments", Journal of Educational Statistics 6, 1981). Each reports by how
many points its pupils improved, with an uncertainty that is as large as the effects.
How good is the course, and how much do schools differ? The model says

    effect of a school = mu + tau * z         z is normal, one for each school
    what it reports    = its effect + noise   of a size that is known

and HMC draws (mu, tau, z) from what the data leave possible. It lets a ball roll over
minus the logarithm of the density; at each of its steps it needs the gradient of that,
which srcad writes (Neal, "MCMC using Hamiltonian dynamics", arXiv:1206.1901).

    python examples/05_hmc_sampler.py

Shows a progress bar if tqdm is installed.
"""

import sys

import numpy as np

from srcad import grad

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None

IMPROVED = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
UNCERTAIN = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def energy(q):
    """Minus the log density of mu, log(tau) and the z, up to a constant."""
    tau = np.exp(q["log_tau"])
    effect = q["mu"] + tau * q["z"]
    misfit = 0.5 * np.sum(((IMPROVED - effect) / UNCERTAIN) ** 2)
    prior = 0.5 * (q["mu"] / 5.0) ** 2 + 0.5 * np.sum(q["z"] ** 2)
    half_cauchy = np.log(1.0 + (tau / 5.0) ** 2)
    return (
        misfit + prior + half_cauchy - q["log_tau"]
    )  # the last: d tau = tau d log tau


slope = grad(energy)


def moved(q, step, along):
    return {name: q[name] + step * along[name] for name in q}


def leapfrog(q, p, step, count):
    """The ball's way: half a kick, then drifts and kicks in turn, half a kick."""
    p = moved(p, -0.5 * step, slope(q))
    for k in range(count):
        q = moved(q, step, p)
        p = moved(p, -step if k < count - 1 else -0.5 * step, slope(q))
    return q, p


def kinetic(p):
    return 0.5 * sum(np.sum(v * v) for v in p.values())


def transition(q, step, count, rng):
    """One draw after q, and how probable it was that the ball's end is accepted."""
    p = {name: rng.normal(size=np.shape(v)) for name, v in q.items()}
    q_new, p_new = leapfrog(q, p, step, count)
    risen = energy(q_new) + kinetic(p_new) - energy(q) - kinetic(p)
    chance = np.exp(min(0.0, -risen)) if np.isfinite(risen) else 0.0
    return (q_new if rng.uniform() < chance else q), chance


def sample(q, *, warmup, draws, count, rng, bar=None):
    """A chain. Warm-up makes the step longer or shorter, until 4 of 5 are accepted.

    Returns the draws and the share of them that was accepted.
    """
    log_step, chain, chances = np.log(0.1), [], []
    for k in range(warmup + draws):
        step = np.exp(log_step) * rng.uniform(0.8, 1.2)  # no two ways of one length
        q, chance = transition(q, step, count, rng)
        if k < warmup:
            log_step += (chance - 0.8) / (1.0 + k) ** 0.6
        else:
            chain.append(q)
            chances.append(chance)
        if bar is not None:
            bar.set_postfix_str(f"step {step:.3f}, energy {energy(q):.1f}", False)
            bar.update()
    return chain, np.mean(chances)


def mixing(chains):
    """R-hat: near 1 where the chains agree (Gelman and Rubin, 1992)."""
    n = chains.shape[1]
    within = np.mean(np.var(chains, axis=1, ddof=1))
    between = np.var(np.mean(chains, axis=1), ddof=1)
    return np.sqrt((n - 1) / n + between / within)


def start(rng):
    return {"mu": rng.normal(), "log_tau": rng.normal(), "z": rng.normal(size=8)}


def main(chains=4, warmup=300, draws=700, count=15, seed=0):
    rng = np.random.default_rng(seed)
    total = chains * (warmup + draws)
    watched = tqdm is not None and sys.stderr.isatty()
    bar = tqdm(total=total, unit="draw", leave=False) if watched else None
    found, accepted = [], []
    for _ in range(chains):
        chain, share = sample(
            start(rng), warmup=warmup, draws=draws, count=count, rng=rng, bar=bar
        )
        found.append(chain)
        accepted.append(share)
    if bar is not None:
        bar.close()

    quantities = {
        "mu": lambda q: q["mu"],
        "tau": lambda q: np.exp(q["log_tau"]),
        "school A": lambda q: q["mu"] + np.exp(q["log_tau"]) * q["z"][0],
        "school C": lambda q: q["mu"] + np.exp(q["log_tau"]) * q["z"][2],
    }
    print(f"{chains} chains of {draws} draws, {np.mean(accepted):.0%} accepted\n")
    print(f"{'':10} {'mean':>6} {'5%':>7} {'95%':>7} {'R-hat':>7}")
    summary = {}
    for name, of in quantities.items():
        values = np.array([[of(q) for q in chain] for chain in found])
        low, high = np.quantile(values, [0.05, 0.95])
        summary[name] = values.mean(), values.std(), mixing(values)
        print(f"{name:10} {values.mean():6.1f} {low:7.1f} {high:7.1f}", end=" ")
        print(f"{mixing(values):7.3f}")
    print("\nSchool A reported 28 points, school C -3: the model believes neither.")

    print("\nThe gradient of the energy, as srcad wrote it:\n")
    print(slope.source)
    return summary, np.mean(accepted)


if __name__ == "__main__":
    main()
