"""Titles of solutions: the whole title unfolds a solution, so no part of it leads elsewhere."""

from typing import ClassVar

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node


class PlainTitles(SphinxPostTransform):
    """Take the link to the exercise out of the title of its solution, which stands below it."""

    default_priority: ClassVar[int] = 30  # sphinx-exercise writes the titles at 21

    def run(self) -> None:
        for solution in self.document.findall(solution_node):
            for link in list(solution[0].findall(nodes.reference)):
                link.parent.replace(link, link.children)
