"""A page in a real browser, where one is installed: driven by a script put into it.

The script runs in the page after the page's own, and reads what a person would see; its
findings come back as JSON in an attribute. No test package is needed for that.
"""

import html
import json
import re
import shutil
import subprocess

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=4000",
    "--window-size=1400,900",
]
HELPERS = """
const errors = [];
addEventListener('error', e => errors.push(String(e.message)));
"""
DRIVER = """
const found = {};
const press = key => (document.activeElement || document.body).dispatchEvent(
  new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
const click = element => element.dispatchEvent(
  new MouseEvent('click', {bubbles: true, cancelable: true}));
const all = (query, root = document) => [...root.querySelectorAll(query)];
const open = () => document.querySelector('.state:not([hidden])');
const texts = () => Object.fromEntries(all('.label', open()).map(l => {
  const [above, below] = l.querySelectorAll('text');
  return [above.textContent.split(' = ')[0],
    [above.textContent.split(' = ')[1] || '', below.textContent]];
}));
const lit = pane => all(`#${pane} .lit`).map(l => l.lastChild.textContent.trim());
const said = () => document.getElementById('said').textContent;
const chain = () => all('#chain math').map(m => m.dataset.text);
(async () => {
  try { STEPS } catch (error) { errors.push(String(error)); }
  document.documentElement.dataset.found = JSON.stringify({...found, errors});
})();
"""


def driven(page, steps, folder):
    """What a script found in a page; it writes into `found`."""
    script = f"<script>{DRIVER.replace('STEPS', steps)}</script></body>"
    page = page.replace("<body>", f"<body><script>{HELPERS}</script>", 1)
    head, _, tail = page.rpartition("</body>")
    path = folder / "page.html"
    path.write_text(head + script + tail, encoding="utf-8")
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, path.as_uri()], capture_output=True, text=True, timeout=120
    )
    data = re.search(r'data-found="([^"]*)"', done.stdout)
    assert data, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(html.unescape(data[1]))
