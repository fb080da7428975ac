"""The few shapes of SVG that the charts need. Pure."""

from collections.abc import Sequence
from html import escape

# Colours that also people with a red-green weakness tell apart; the dark ones are
# lighter variants of the same.
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #59636e }
  .value { font-size: 12px; font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
  .back { fill: #ffffff } .band { fill: #f3f5f8 } .grid { stroke: #d1d9e0 } .base { stroke: #59636e; stroke-width: 1.5 }
  .line { fill: none; stroke-width: 2.5 } .whisker { stroke-width: 1.5; opacity: 0.6 }
  .c0 { fill: #6e7781; stroke: #6e7781 } .c1 { fill: #a475c9; stroke: #a475c9 }
  .c2 { fill: #d29922; stroke: #d29922 } .c3 { fill: #bc4c00; stroke: #bc4c00 }
  .c4 { fill: #db61a2; stroke: #db61a2 } .c5 { fill: #0969da; stroke: #0969da } .c6 { fill: #1a7f5a; stroke: #1a7f5a }
  path.line { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .back { fill: #0d1117 } .band { fill: #161b22 }
    .grid { stroke: #30363d } .base { stroke: #9198a1 }
    .c0 { fill: #9198a1; stroke: #9198a1 } .c5 { fill: #4493f8; stroke: #4493f8 } .c6 { fill: #3fb986; stroke: #3fb986 }
  }
"""


def document(width: float, height: float, label: str, shapes: Sequence[str]) -> str:
    """Return a picture of these shapes, with a text for those who do not see it."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
    head += f' height="{height:g}" role="img" aria-label="{escape(label)}">'
    back = f'<rect class="back" width="{width:g}" height="{height:g}" rx="8"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", back, *shapes, "</svg>", ""])


def text(x: float, y: float, words: str, look: str = "") -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{look}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{look}"/>'


def band(x: float, y: float, width: float, height: float) -> str:
    """Return a rectangle behind things."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="band"/>'


def dot(x: float, y: float, radius: float, look: str) -> str:
    """Return a filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{look}"/>'


def path(points: Sequence[tuple[float, float]], look: str) -> str:
    """Return a line through points."""
    steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{steps}" class="line {look}"/>'
