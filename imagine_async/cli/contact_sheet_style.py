"""How the contact sheet looks."""

from __future__ import annotations

__all__ = ["STYLE"]

# A row of the gallery has one height because each picture's width, at the start and in what it grows by, is
# proportional to its ratio; times 100, because factors below 1 in sum would not fill the row.
STYLE = """
:root {
  --paper: #faf8f5; --ink: #1c1b1a; --soft: #68635c; --line: #e2ddd4; --accent: #a8451f;
  --code: #f1ede6; --string: #2f6b46; --keyword: #8a3b82; --number: #1f5f99; --check: #e4e0d8; --row: 19rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131315; --ink: #eeebe6; --soft: #a09a91; --line: #2c2b2d; --accent: #f0925f;
    --code: #1c1c20; --string: #98cfa5; --keyword: #d9a2d6; --number: #8fc1ee; --check: #29282b;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
body { overflow-wrap: break-word; max-width: 92rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 4rem); }
h1, h2 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif; }
h1 { font-size: clamp(2.2rem, 5.5vw, 4.4rem); line-height: 1.05; letter-spacing: -.02em; margin: 0 0 1.2rem; }
h1, h2 { font-weight: 500; text-wrap: balance; }
h2 { font-size: clamp(1.5rem, 2.6vw, 2.1rem); line-height: 1.15; margin: 0 0 .6rem; }
h3 { font-size: .95rem; font-weight: 600; margin: .7rem 0 0; }
.eyebrow { color: var(--accent); font-weight: 600; letter-spacing: .04em; margin: 0 0 .8rem; }
.lead { font-size: clamp(1.05rem, 1.5vw, 1.25rem); max-width: 46em; color: var(--soft); margin: 0; text-wrap: pretty; }
.totals { display: flex; flex-wrap: wrap; gap: 1.2rem 3rem; margin: 2.2rem 0 0; }
.totals div { display: flex; flex-direction: column-reverse; }
.totals dd { font-size: 1.6rem; line-height: 1.2; margin: 0; font-variant-numeric: tabular-nums; }
.totals dt { color: var(--soft); font-size: .85rem; }
section { border-top: 1px solid var(--line); margin-top: clamp(2.5rem, 5vw, 4.5rem); padding-top: 2rem; }
.intro { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 8fr); gap: 1.5rem 3rem; margin-bottom: 2rem; }
.intro p { color: var(--soft); margin: 0; text-wrap: pretty; }
pre { align-self: start; background: var(--code); border-radius: .6rem; margin: 0; padding: 1rem 1.2rem; }
pre { overflow-x: auto; }
code { font: .84rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.string { color: var(--string); } .keyword { color: var(--keyword); }
.number { color: var(--number); } .comment { color: var(--soft); font-style: italic; }
.gallery, .steps { display: flex; flex-wrap: wrap; gap: 2rem 1.25rem; align-items: flex-start; }
.gallery:has(.painting)::after { content: ""; flex: 100000 1 0; }
.painting { flex: calc(var(--ratio) * 100) 1 calc(var(--ratio) * var(--row)); }
.painting { min-width: min(11rem, 100%); max-width: 100%; }
.edit { flex: calc(var(--ratio) * 100) 1 calc(var(--ratio) * 15rem); }
.edit { max-width: min(100%, calc(var(--ratio) * 24rem)); }
.single { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 8fr); gap: 2rem 3rem; }
.single .intro { grid-template-columns: minmax(0, 1fr); align-content: start; margin: 0; }
.single .painting { flex-basis: 100%; }
.steps { flex-wrap: nowrap; gap: .6rem; }
.steps figure { flex: calc(var(--ratio) * 100) 1 0; min-width: 0; margin: 0; }
figcaption { color: var(--soft); font-size: .78rem; margin-top: .25rem; }
a { display: block; border-radius: .5rem; overflow: hidden; background: var(--line); }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
img { display: block; width: 100%; height: auto; transition: transform .4s ease; }
a:hover img { transform: scale(1.02); }
.checkered { background: repeating-conic-gradient(var(--check) 0 25%, var(--paper) 0 50%) 0 0 / 1.5rem 1.5rem; }
.prompt { font-size: .92rem; line-height: 1.4; margin: .1rem 0 0; overflow-wrap: anywhere; }
.facts { color: var(--soft); display: flex; flex-wrap: wrap; font-size: .78rem; list-style: none; padding: 0; }
.facts { gap: 0 .9em; margin: .3rem 0 0; font-variant-numeric: tabular-nums; }
.facts li { white-space: nowrap; }
.facts li:first-child { color: var(--accent); }
footer { border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; margin-top: 4rem; }
@media (max-width: 60rem) { .intro, .single { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  :root { --row: 14rem; }
  .edit { flex-basis: 100%; }
  .gallery:has(.painting)::after { display: none; }
}
@media (prefers-reduced-motion: reduce) { img { transition: none; } }
"""
