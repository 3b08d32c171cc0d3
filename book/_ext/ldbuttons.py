"""Where the buttons of a page lead: to its notebook in notebooks/, and never to raw sources."""

from typing import Any

from sphinx.application import Sphinx


def notebook_path(page: str) -> str:
    """Return where the reader's notebook of a page lies, in the repository and the built book."""
    return f"notebooks/{page.removeprefix('book/')}.ipynb"


def lead_to_notebooks(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Let the theme's buttons offer the notebook that `tools/notebooks.py` writes.

    The theme knows of one that stands beside the page, and offers the page's source.
    """
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            for button in group["buttons"]:
                button["url"] = button["url"].replace(f"{page}.md", notebook_path(page))
        elif group.get("label") == "download-buttons":
            group["buttons"] = [_notebook_button(context["pathto"](notebook_path(page), 1))] + [
                button for button in group["buttons"] if button["label"] == "download-pdf-button"
            ]


def _notebook_button(url: str) -> dict[str, str]:
    return {
        "type": "link",
        "url": url,
        "text": ".ipynb",
        "icon": "fas fa-code",
        "tooltip": "Download this page as a notebook",
        "label": "download-notebook-button",
    }
