"""Links from a page to files of the repository that are no pages: code, numbers, folders.

Where the code host's address is known, such a link leads there, to the commit of the build. Where
it isn't, a file is a download (but in a book), and a folder is named without a link. A file that
does not exist is left to Sphinx, which warns of it.
"""

import posixpath
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class RepositoryLinks(SphinxTransform):
    """Give the links to files that are no pages a place to lead to."""

    default_priority = 400  # before Sphinx collects the downloads

    def apply(self, **options: Any) -> None:
        """Replace each such link of a page."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["reftype"] == "myst" and link["refdomain"] != "doc":
                self.replace(link)

    def replace(self, link: addnodes.pending_xref) -> None:
        """Replace a link, if it leads to a file or a folder of the repository."""
        folder = posixpath.dirname(self.env.docname)
        name = posixpath.normpath(posixpath.join(folder, link["reftarget"].partition("#")[0]))
        source = Path(self.config.repository_root) / name
        if name.startswith("..") or not source.exists():
            return
        words = link.children
        if self.config.repository_address:
            kind = "tree" if source.is_dir() else "blob"
            commit = self.config.repository_commit or "main"
            address = f"{self.config.repository_address}/{kind}/{commit}/{name}"
            link.replace_self(nodes.reference("", "", *words, refuri=address))
        elif source.is_file() and self.config.repository_downloads:
            target = Path(self.env.srcdir) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            download = addnodes.download_reference("", "", *words, reftarget=f"/{name}")
            download["refdoc"] = self.env.docname
            link.replace_self(download)
        else:
            link.replace_self(words)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("repository_root", "", "env")
    app.add_config_value("repository_address", "", "env")
    app.add_config_value("repository_commit", "", "env")
    app.add_config_value("repository_downloads", True, "env")
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
