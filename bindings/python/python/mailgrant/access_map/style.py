"""The colours and the type of every drawing, light and dark."""

from __future__ import annotations

# Ink by what it is for: on white, and on black. Text keeps a contrast of 4.5 to 1 or more (WCAG 2.2, 1.4.3).
INKS = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1b1f24", "#e6edf3"),
    "muted": ("#59636e", "#9198a1"),
    "card": ("#f6f8fa", "#161b22"),
    "hair": ("#d1d9e0", "#30363d"),
    "read": ("#6b7783", "#8b98a5"),
    "send": ("#1a66d6", "#58a6ff"),
    "sharing": ("#8a3ffc", "#be95ff"),
    "blocked": ("#c9211e", "#ff7b72"),
}

# Every rule names the class of the drawing: in a notebook a style sheet holds for the whole page.
SHAPES = """
.mg-map text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.mg-map .title{font-size:22px;font-weight:600}
.mg-map .strong{font-size:13px;font-weight:600}
.mg-map .usual{font-size:12px}
.mg-map .small{font-size:11px}
.mg-map .frame{fill:none;stroke-width:1}
.mg-map .odd{stroke-dasharray:4 3}
.mg-map .way{fill:none;stroke-width:1.6}
.mg-map .way.line-sharing{stroke-width:2.6}
.mg-map .way.line-read{stroke-width:1.2}
.mg-map .way.line-blocked{stroke-width:1.4;stroke-dasharray:5 4}
.mg-map .way.legacy{stroke-dasharray:1 3;stroke-linecap:round;stroke-width:2.4}
.mg-map .mark{fill:none;stroke-width:2;stroke-linecap:round}
.mg-map .hollow{stroke-width:1.6}
.mg-map .rule{stroke-width:1}
.mg-map g:hover>.way{stroke-width:4}
"""


def sheet() -> str:
    """Write the style sheet: plain colours, which every viewer knows, then those for dark screens."""
    light, dark = (_colours(mode) for mode in (0, 1))
    return f"{SHAPES}{light}\n@media(prefers-color-scheme:dark){{\n{dark}\n}}\n"


def _colours(mode: int) -> str:
    rules = [f".mg-map .hollow{{fill:{INKS['paper'][mode]}}}"]
    for name, colours in INKS.items():
        rules.append(f".mg-map .fill-{name}{{fill:{colours[mode]}}}.mg-map .line-{name}{{stroke:{colours[mode]}}}")
    return "\n".join(rules)
