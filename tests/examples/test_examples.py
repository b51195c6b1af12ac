"""The examples do what they say: each is run, small, and its outcome checked."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.py"))


def load(name):
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(
        f"example_{name}", FOLDER / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", EXAMPLES)
def test_importing_an_example_prints_nothing(name, capsys):
    load(name)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "")


def test_computational_graph(capsys):
    graph, found = load("01_computational_graph").main()
    assert [(s.name, s.value, s.derivative) for s in graph] == [
        ("x", 1, -3),
        ("y", 3, -3),
        ("z", -3, 4),
        ("p", 4, -3),
        ("g", -12, 1),
    ]
    assert found == (-3, -3, 4)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for line in (
        "p = x + y = 4",
        "g = p * z = -12",
        "dg/dg = 1",
        "dg/dp = dg/dg * dg/dp = 1 * -3 = -3",
        "dg/dz = dg/dg * dg/dz = 1 * 4 = 4",
        "dg/dx = dg/dp * dp/dx = -3 * 1 = -3",
        "dg/dy = dg/dp * dp/dy = -3 * 1 = -3",
        "return z, z, p",
        "gradient(1, 3, -3) = (-3.0, -3.0, 4.0)",
    ):
        assert line in lines
    backward = [line.split()[0] for line in lines if line.startswith("dg/d")]
    assert backward[0] == "dg/dg"


def test_a_value_used_twice_gets_a_sum(capsys):
    example = load("01_computational_graph")
    example.main(twice, (3,))
    assert "dtwice/dx = " in (out := capsys.readouterr().out)
    assert "1 * 3 + 1 * 1 = 4" in out or "1 * 1 + 1 * 3 = 4" in out


def twice(x):
    y = x * 3.0
    return y + x


def test_backprop_through_time(capsys):
    example = load("02_backprop_through_time")
    losses, (unseen, longer) = example.main(epochs=400, steps=8)
    assert losses[-1] < losses[0] / 20
    assert unseen >= 0.99
    assert longer >= 0.95
    out = capsys.readouterr().out
    assert "for " in out and "reversed(range(n))" in out


def test_backprop_through_time_stops_when_the_loss_is_small(capsys):
    losses, _ = load("02_backprop_through_time").main(small=0.01, steps=8)
    assert losses[-1] < 0.01 <= min(losses[:-1])
    assert f"Stopped at epoch {len(losses) - 1}," in capsys.readouterr().out


def test_recurrent_gradient_by_differences():
    example = load("02_backprop_through_time")
    rng = np.random.default_rng(0)
    bits, parity = example.with_parity(example.all_sequences(3))
    weights = example.initial(4, rng)
    _, gradients = example.loss_and_gradients(*weights, bits, parity)
    directions = [rng.normal(size=W.shape) for W in weights]

    def moved(step):
        along = [W + step * d for W, d in zip(weights, directions)]
        return example.loss(*along, bits, parity)

    expected = (moved(1e-6) - moved(-1e-6)) / 2e-6
    found = sum(np.sum(g * d) for g, d in zip(gradients, directions))
    assert found == pytest.approx(expected, rel=1e-6)


def test_all_sequences_are_all_different():
    bits = load("02_backprop_through_time").all_sequences(4)
    assert bits.shape == (4, 16, 1)
    assert set(bits.ravel()) == {-1.0, 1.0}
    assert len({tuple(sequence) for sequence in bits[:, :, 0].T}) == 16


def test_digits(capsys):
    pytest.importorskip("sklearn")
    history, accuracy = load("03_train_digits").main()
    assert accuracy >= 0.95
    assert history[-1][0] < history[0][0] / 10
    out = capsys.readouterr().out
    assert f"Accuracy on the test images  {accuracy:.1%}" in out
    assert "return np.mean(np.log(np.sum(np.exp(predicted), axis=1)) - right)" in out
    assert "1.0 - hidden * hidden" in out


def test_a_curve_of_the_loss():
    curve = load("03_train_digits").curve
    assert curve([2.0**k for k in range(8)]) == "▁▂▃▄▅▆▇█"
    assert curve([2.0]) == "▁"
    assert len(curve([0.5**k for k in range(99)])) == 24


def test_digits_stops_when_validation_does_not_improve():
    pytest.importorskip("sklearn")
    example = load("03_train_digits")
    rng = np.random.default_rng(0)
    training, validation, _ = example.digits(rng)
    parameters = example.initial(64, 4, 10, rng)
    best, history = example.train(
        parameters,
        training,
        validation,
        learning_rate=0.0,
        epochs=50,
        patience=3,
        rng=rng,
    )
    assert len(history) == 4
    assert all(np.array_equal(best[k], parameters[k]) for k in parameters)


def test_scipy_optimize(capsys):
    pytest.importorskip("scipy.optimize")
    valley, fit, truth = load("04_scipy_optimize").main(unknowns=10, points=100)
    for rows in (valley, fit):
        exact, differences = rows["value_and_grad"], rows["finite differences"]
        assert exact[0] * 4 < differences[0]
        assert exact[2].fun <= differences[2].fun * 1.01
    np.testing.assert_allclose(valley["value_and_grad"][2].x, 1.0, atol=1e-5)
    np.testing.assert_allclose(fit["value_and_grad"][2].x, truth, atol=0.1)
    assert "finite differences" in capsys.readouterr().out


def test_hmc_sampler(capsys):
    summary, accepted = load("05_hmc_sampler").main(chains=2, warmup=200, draws=600)
    # Means of a long run of Stan's sampler for this model: mu 4.4, tau 3.6
    # (posteriordb, eight_schools-eight_schools_noncentered).
    assert summary["mu"][0] == pytest.approx(4.4, abs=0.8)
    assert summary["tau"][0] == pytest.approx(3.6, abs=0.8)
    assert all(r_hat < 1.03 for _, _, r_hat in summary.values())
    assert 0.6 < accepted < 0.98
    assert "q_log_tau_bar" in capsys.readouterr().out


def test_leapfrog_keeps_the_energy_and_runs_back():
    example = load("05_hmc_sampler")
    rng = np.random.default_rng(0)
    q, p = example.start(rng), example.start(rng)
    there = example.leapfrog(q, p, 0.01, 50)
    total = [example.energy(x) + example.kinetic(v) for x, v in ((q, p), there)]
    assert total[1] == pytest.approx(total[0], abs=1e-2)
    back, _ = example.leapfrog(there[0], {k: -v for k, v in there[1].items()}, 0.01, 50)
    for name in q:
        np.testing.assert_allclose(back[name], q[name], atol=1e-10)


def test_ode_fit(capsys):
    pytest.importorskip("scipy.integrate")
    example = load("06_ode_fit")
    fit, differences = example.main()
    assert fit.success
    assert fit.cost == pytest.approx(differences.cost, rel=1e-6)
    found = {name: np.exp(v) for name, v in fit.x.items()}
    assert found["infect"] == pytest.approx(np.exp(differences.x[0]), rel=1e-3)
    assert 3.0 < found["infect"] / found["recover"] < 5.0
    step = 1e-5
    ends = [
        example.ill({**fit.x, "recover": fit.x["recover"] + h}, example.DAYS)
        for h in (step, -step)
    ]
    slope = (ends[0] - ends[1]) / (2.0 * step)
    np.testing.assert_allclose(fit.jac[:, 1], slope, rtol=1e-3, atol=1e-2)
    assert "Each ill boy infects" in capsys.readouterr().out


def test_an_example_runs_as_a_script():
    done = subprocess.run(
        [sys.executable, str(FOLDER / "01_computational_graph.py")],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert "dg/dg = 1" in done.stdout
    assert done.stderr == ""
