"""How the site is built: `sphinx-build -W docs OUT` (extra `docs`)."""

from __future__ import annotations

project = "realtime-io"
copyright = "the realtime-io authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["changes", "examples"]
html_theme = "furo"
html_title = "realtime-io"
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_use_ivar = True
suppress_warnings = [
    # Pages link to files of the repository (examples, tables of tests), which are no pages.
    "myst.xref_missing",
    # JSON of wires has comments, and no lexer for that.
    "misc.highlighting_failure",
]
