"""Fragments of HTML that stand by themselves: their style is inside, light and dark.

Nothing is loaded and nothing runs: lines that belong together are lit by style rules,
so that it works in a notebook that has not been trusted, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_LIGHT = """--ink:#24292f;--paper:#fff;--faint:#768390;--rule:#d8dee4;--lit:#fff3bf;
--keyword:#9a2c9a;--comment:#3f7f4f;--string:#9a5b00;--number:#0a6a8a;--builtin:#2350b8;
--back:#f4f7fb;color-scheme:light"""
_DARK = """--ink:#d7dde4;--paper:#16191d;--faint:#7d8894;--rule:#343b44;--lit:#4a421a;
--keyword:#d792e0;--comment:#7fbf8f;--string:#e0b06a;--number:#6cc3dc;--builtin:#8fb1ff;
--back:#1c222b;color-scheme:dark"""
_RULES = """
@ {color:var(--ink);background:var(--paper);border:1px solid var(--rule);
border-radius:6px;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,
"DejaVu Sans Mono",monospace;display:flex;flex-wrap:wrap;overflow:hidden;
text-align:left}
@ .pane {flex:1 1 26em;min-width:0;border-left:1px solid var(--rule);margin-left:-1px}
@ .generated {flex-grow:1.3}
@ .title {font:12px/1.4 system-ui,sans-serif;color:var(--faint);padding:5px 10px;
border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
@ .code + .title {border-top:1px solid var(--rule)}
@ .title b {color:var(--ink);font-weight:600}
@ .code {overflow-x:auto;padding:6px 0;tab-size:4}
@ .rows {display:table;min-width:100%}
@ .line {white-space:pre;padding:0 10px 0 0;border-left:4px solid transparent;
min-height:1.5em;outline:none}
@ .line:not(:has(.at)) {padding-left:6px}
@ .at {display:inline-block;width:3.2em;margin-right:1em;text-align:right;
color:var(--faint);user-select:none}
@ .linked {border-left-color:hsl(var(--hue) 55% 55%)}
@ .linked:focus-visible {box-shadow:inset 0 0 0 1px var(--faint)}
@ .adjoint {background:var(--back)}
@ .keyword {color:var(--keyword)} @ .comment {color:var(--comment);font-style:italic}
@ .string {color:var(--string)} @ .number {color:var(--number)}
@ .builtin {color:var(--builtin)} @ .name {font-weight:600}
@ table {border-collapse:collapse;color:inherit;font:inherit;margin:0;width:100%}
@ th,@ td {text-align:left;vertical-align:top;padding:2px 10px;white-space:pre;
border:0;border-bottom:1px solid var(--rule);background:none}
@ th {font:12px/1.4 system-ui,sans-serif;color:var(--faint)}
@ td.count {text-align:right;color:var(--faint)}
@ .total td {color:var(--ink);font-weight:600;border-bottom:0}
"""
# Whoever shows the fragment says what is dark: the system, Jupyter, or VS Code.
_OF_DARK = (
    '[data-jp-theme-light="false"] @',
    "body.vscode-dark @",
    'html[data-theme="dark"] @',
)
_OF_LIGHT = (
    '[data-jp-theme-light="true"] @',
    "body.vscode-light @",
    'html[data-theme="light"] @',
)


def fragment(body: str, groups: Iterable[int] = ()) -> str:
    """A piece of HTML in a box with its own style.

    Parameters
    ----------
    body : str
    groups : iterable of int
        Lines of class `k3` are lit together where 3 is among them.
    """
    name = f"srcad-{hashlib.sha256(body.encode()).hexdigest()[:8]}"
    scope = f".{name}"
    style = [
        f"@ {{{_LIGHT}}}",
        f"@media (prefers-color-scheme: dark) {{@ {{{_DARK}}}}}",
        f"{','.join(_OF_DARK)} {{{_DARK}}}",
        f"{','.join(_OF_LIGHT)} {{{_LIGHT}}}",
        _RULES,
        *(
            f"@:has(.k{k}:hover) .k{k},@:has(.k{k}:focus) .k{k} "
            "{background:var(--lit)}"
            for k in groups
        ),
    ]
    rules = "\n".join(style).replace("@media", "%media").replace("@", scope)
    rules = rules.replace("%media", "@media")
    return f'<style>{rules}</style><div class="{name}">{body}</div>'
