"""How Sphinx makes the documentation: `make docs`.  Nothing is fetched, and every warning is an error there."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from jpe_magics import __version__  # noqa: E402
from jpe_magics.adapters.declared import DECLARED  # noqa: E402
from tools.docs import pages  # noqa: E402
from tools.docs.imports import page as imports_page  # noqa: E402

for _name, _text in {**pages(), "imports.md": imports_page()}.items():
    _page = DOCS / "reference" / _name
    if not _page.is_file() or _page.read_text(encoding="utf-8") != _text:  # what did not change is not built again
        _page.write_text(_text, encoding="utf-8")

# The notebooks on the pages are run while they are built: with a home of their own, and no setting of this user.
_home = tempfile.TemporaryDirectory(prefix="jpe-docs-")
for _variable in [one.env for one in DECLARED.values() if one.env in os.environ]:
    del os.environ[_variable]
for _variable in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
    os.environ[_variable] = str(Path(_home.name, _variable.lower()))
    Path(os.environ[_variable]).mkdir()
_profile = Path(os.environ["IPYTHONDIR"], "profile_default")
_profile.mkdir()
# its word about loopback sockets is no news here
(_profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", encoding="utf-8")

project = "jpe_magics"
author = "the jpe_magics authors"
project_copyright = "the jpe_magics authors, Apache-2.0"
version = release = __version__
language = "en"
smartquotes = False  # an empty text of Python ("") is none that people quote

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints", "write-a-target/jpe-target-shell"]
nitpicky = True
# In signatures stand types of modules that are no part of the API, and nothing is fetched to look others up.
nitpick_ignore_regex = [("py:.*", r".*")]

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "auto"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"jpe_magics {__version__}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#a13d00",
        "color-brand-content": "#0b5cad",
        "color-brand-visited": "#6b4796",
    },
    "dark_css_variables": {
        "color-brand-primary": "#ff9e57",
        "color-brand-content": "#6cb6ff",
        "color-brand-visited": "#c3a6ff",
    },
    "top_of_page_buttons": [],
}


def _code_as_code(_app: object, _what: str, _name: str, _there: object, _options: object, lines: list[str]) -> None:
    """Turn the `code` of our docstrings into what reStructuredText takes for it, also before a letter (`Path`s)."""
    lines[:] = [
        re.sub(r"(?<!`)`([^`]+)`(?!`)(?=(\w?))", lambda it: f"``{it[1]}``" + ("\\ " if it[2] else ""), one)
        for one in lines
    ]


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _code_as_code)


# What is typed is copied, and not the prompt before it.
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
