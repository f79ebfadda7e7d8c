"""How it all looks, in light and dark. Each picture, page and card carries its style along."""

from __future__ import annotations

from typing import Final

__all__ = ["CARD_STYLE", "CHART_STYLE", "PAGE_STYLE"]

_LIGHT: Final = """
--qjs-back: #ffffff; --qjs-band: #f5f7fa; --qjs-edge: #d8dee6; --qjs-grid: #e6eaf0;
--qjs-text: #1a2230; --qjs-dim: #566173; --qjs-run: #3b78c2; --qjs-wait: #b97509;
--qjs-done: #22814f; --qjs-bad: #c23434; --qjs-cut: #fbf3e2; --qjs-mark: #fff3c9;
"""
_DARK: Final = """
--qjs-back: #12161d; --qjs-band: #181d26; --qjs-edge: #2d3541; --qjs-grid: #232a35;
--qjs-text: #e7ebf1; --qjs-dim: #9ba6b6; --qjs-run: #5e9fe6; --qjs-wait: #e3a93c;
--qjs-done: #4fbd84; --qjs-bad: #f07474; --qjs-cut: #262115; --qjs-mark: #463a12;
"""
_MONO: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_SANS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def _colors(name: str) -> str:
    return f".{name} {{{_LIGHT}}}\n@media (prefers-color-scheme: dark) {{ .{name} {{{_DARK}}} }}\n"


CHART_STYLE: Final = f"""
{_colors("qjs-chart")}
.qjs-chart text {{ font: 12px {_SANS}; fill: var(--qjs-text); }}
.qjs-chart .qjs-code {{ font: 12px {_MONO}; white-space: pre; }}
.qjs-chart .qjs-small {{ font: 11px {_MONO}; white-space: pre; }}
.qjs-chart .qjs-title {{ font: 600 15px {_SANS}; }}
.qjs-chart .qjs-tool {{ font-weight: 600; }}
.qjs-chart .qjs-dim {{ fill: var(--qjs-dim); }}
.qjs-chart .qjs-over {{ stroke: var(--qjs-back); stroke-width: 4px; paint-order: stroke;
  stroke-linejoin: round; }}
.qjs-chart .qjs-back {{ fill: var(--qjs-back); stroke: var(--qjs-edge); }}
.qjs-chart .qjs-band {{ fill: var(--qjs-band); }}
.qjs-chart .qjs-cut {{ fill: var(--qjs-cut); }}
.qjs-chart .qjs-grid {{ stroke: var(--qjs-grid); fill: none; }}
.qjs-chart .qjs-axis {{ stroke: var(--qjs-dim); fill: none; }}
.qjs-chart .qjs-run {{ fill: var(--qjs-run); }}
.qjs-chart .qjs-done {{ fill: var(--qjs-done); }}
.qjs-chart .qjs-bad {{ fill: var(--qjs-bad); }}
.qjs-chart .qjs-wait {{ fill: var(--qjs-wait); }}
.qjs-chart .qjs-waits {{ stroke: var(--qjs-wait); }}
.qjs-chart .qjs-hatch {{ stroke: var(--qjs-wait); stroke-width: 2.5px; }}
.qjs-chart .qjs-sign {{ stroke: var(--qjs-back); stroke-width: 1.8px; fill: none;
  stroke-linecap: round; stroke-linejoin: round; }}
.qjs-chart .qjs-inside {{ fill: var(--qjs-back); }}
.qjs-chart .qjs-rim {{ stroke: var(--qjs-back); stroke-width: 1.5px; }}
"""

_BLOCKS: Final = f"""
pre {{ font: 12px/1.5 {_MONO}; margin: .5em 0; padding: .6em .8em; overflow-x: auto;
  background: var(--qjs-band); border: 1px solid var(--qjs-edge); border-radius: 6px; }}
"""


def _within(name: str, rules: str) -> str:
    """Rules for what is inside an element with this class."""
    rows = (rule.strip() for rule in rules.split("}") if rule.strip())
    return "\n".join(f".{name} {rule} }}" for rule in rows)


PAGE_STYLE: Final = f"""
:root {{ color-scheme: light dark; }}
{_colors("qjs-page")}
.qjs-page {{ font: 14px/1.5 {_SANS}; color: var(--qjs-text); background: var(--qjs-back);
  margin: 0 auto; padding: 20px; max-width: 1040px; }}
{_within("qjs-page", _BLOCKS)}
.qjs-page svg {{ max-width: 100%; height: auto; }}
.qjs-page h1, .qjs-page h2 {{ font: 600 16px/1.4 {_SANS}; margin: 1.2em 0 .5em; }}
.qjs-page table {{ border-collapse: collapse; width: 100%; font-size: 13px; }}
.qjs-page th, .qjs-page td {{ text-align: left; vertical-align: top; padding: .35em .7em .35em 0;
  border-bottom: 1px solid var(--qjs-grid); overflow-wrap: anywhere; }}
.qjs-page th {{ color: var(--qjs-dim); font-weight: 600; white-space: nowrap; }}
.qjs-page td.qjs-nowrap {{ white-space: nowrap; }}
.qjs-page code {{ font: 12px {_MONO}; }}
.qjs-page .qjs-bad {{ color: var(--qjs-bad); }}
.qjs-page .qjs-dim {{ color: var(--qjs-dim); }}
"""

CARD_STYLE: Final = f"""
{_colors("qjs-card")}
.qjs-card {{ font: 13px/1.5 {_SANS}; color: var(--qjs-text); background: var(--qjs-back);
  border: 1px solid var(--qjs-edge); border-left: 4px solid var(--qjs-wait); border-radius: 8px;
  padding: .7em 1em; margin: .5em 0; max-width: 60em; }}
{_within("qjs-card", _BLOCKS)}
.qjs-card .qjs-title {{ font-weight: 600; overflow-wrap: anywhere; }}
.qjs-card code {{ font: 12px {_MONO}; }}
.qjs-card .qjs-title code {{ font: 600 13px {_MONO}; }}
.qjs-card .qjs-dim {{ color: var(--qjs-dim); }}
.qjs-card .qjs-bad {{ color: var(--qjs-bad); }}
.qjs-card .qjs-here {{ background: var(--qjs-mark); font-weight: 600; display: block; }}
"""
