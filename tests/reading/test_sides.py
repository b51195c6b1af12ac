"""The side-by-side view: whole, linked, safe; and lit in a real browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess

import numpy as np
import pytest

from srcad import diff, from_source, grad, jacobian

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def layer(w, x):
    h = np.tanh(w * x)
    return h * h


def net(w, x, n):
    for _ in range(n):
        x = layer(w, x)
    return np.sum(x)


@pytest.fixture
def gradient():
    found = grad(net)
    found(np.ones(2), np.ones(2), 3)
    return found


def texts(page: str) -> list[str]:
    """The lines that a fragment shows, with their numbers."""
    body = page.split("</style>")[1]
    rows = re.findall(r'<div class="line.*?</div>', body)
    return [html.unescape(re.sub("<[^>]*>", "", row)) for row in rows]


def test_both_sources_are_there(gradient) -> None:
    page = gradient._repr_html_()
    shown = [re.sub(r"^\d+", "", t) for t in texts(page)]
    assert shown[-len(gradient.source_map) :] == gradient.source.splitlines()
    assert "    h = np.tanh(w * x)" in shown
    assert "    for _ in range(n):" in shown
    assert "<b>net</b> test_sides.py, line" in page


def test_lines_are_linked(gradient) -> None:
    page = gradient._repr_html_()
    rows = re.findall(r'<div class="line[^"]* (k\d+)".*?</span>(.*?)</div>', page)
    plain = [(k, re.sub("<[^>]*>", "", text)) for k, text in rows]
    (group,) = {k for k, text in plain if text.strip() == "h = np.tanh(w * x)"}
    assert any("_bar" in text for k, text in plain if k == group)
    assert f":has(.{group}:hover) .{group}" in page


def test_nothing_is_loaded_or_run(gradient) -> None:
    for page in (gradient._repr_html_(), diff(gradient)._repr_html_()):
        assert not re.search(r"<script|https?:|url\(|@import|<link|onclick", page)


def test_text_of_the_user_is_escaped() -> None:
    f = from_source('def f(x):\n    y = "<b onclick=1>"\n    return x * x\n')
    page = grad(f)._repr_html_()
    assert "<b onclick" not in page and "&lt;b onclick=1&gt;" in page


@pytest.mark.parametrize(
    "f",
    [lambda x: x * x, np.sin, jacobian(lambda x: x * x)],
    ids=["lambda", "sin", "jacobian"],
)
def test_of_all_kinds_of_functions(f) -> None:
    gradient = f if hasattr(f, "source_for") else grad(f)
    gradient(2.0)
    assert "x" in "".join(texts(gradient._repr_html_()))
    assert len(diff(gradient)) > 0


def test_before_types_are_known_there_is_only_text() -> None:
    def f(x):
        total = 0.0
        for k, v in x.items():
            total += v
        return total

    assert grad(f)._repr_html_() is None


@pytest.mark.skipif(CHROMIUM is None, reason="no browser")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_browser_lights_both_sides(gradient, tmp_path, theme: str) -> None:
    page = tmp_path / "page.html"
    script = """
    const row = [...document.querySelectorAll('.linked')].find(
        r => r.textContent.includes('h = np.tanh(w * x)'));
    const kind = [...row.classList].find(c => /^k\\d/.test(c));
    const back = r => getComputedStyle(r).backgroundColor;
    const read = () => {
        row.focus();
        if (!row.matches(':focus')) return;
        const lit = [...document.querySelectorAll('.line')].filter(
            r => back(r) == back(row));
        const linked = document.querySelectorAll('.' + kind);
        document.title = lit.length + ' of ' + linked.length + ' ' + back(row)
            + ' ' + getComputedStyle(row.closest('[class^=srcad]')).color;
    };
    setInterval(read, 20);  // a page has the focus only some time after it was opened
    """
    page.write_text(
        f'<!doctype html><html data-theme="{theme}"><meta charset="utf-8"><body>'
        f"{gradient._repr_html_()}<script>{script}</script></body></html>",
        encoding="utf-8",
    )
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command.append("--virtual-time-budget=3000")
    told = subprocess.run(
        [*command, f"--user-data-dir={tmp_path}/profile", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    title = re.search("<title>(.*?)</title>", told).group(1)
    lit, linked, back, ink = re.fullmatch(
        r"(\d+) of (\d+) (rgb.*?\)) (rgb.*?\))", title
    ).groups()
    assert lit == linked and int(lit) > 2
    light = theme == "light"
    assert back == ("rgb(255, 243, 191)" if light else "rgb(74, 66, 26)")
    assert ink == ("rgb(36, 41, 47)" if light else "rgb(215, 221, 228)")
