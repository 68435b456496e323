"""Lists from elsewhere, with the evidence of each consent: read, judged, written as one act."""

from subscribers.importing.refusing import ImportRefused, ImportStopped, Reason
from subscribers.importing.running import Figures, run

__all__ = ["Figures", "ImportRefused", "ImportStopped", "Reason", "run"]
