"""Lists from elsewhere, with the evidence of each consent: read, judged, written as one act."""

from subscribers.lists.import_errors import ImportRefused, ImportStopped, Reason
from subscribers.lists.import_run import Figures, run

__all__ = ["Figures", "ImportRefused", "ImportStopped", "Reason", "run"]
