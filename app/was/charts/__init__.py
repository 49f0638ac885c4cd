"""Charts as SVG text, from numbers alone. No script: what moves is the browser's own, what is said is in the page."""
