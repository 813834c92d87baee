"""The team's library: add files, take uploads, read again after an upgrade."""

from .about import NOTHING, About, about
from .adding import Progress, Report, add_files
from .collect import Said
from .reparsing import Reparsed, reparse
from .uploads import ingest_upload, receive_upload, ring_again

__all__ = [
    "NOTHING",
    "About",
    "Progress",
    "Reparsed",
    "Report",
    "Said",
    "about",
    "add_files",
    "ingest_upload",
    "receive_upload",
    "reparse",
    "ring_again",
]
