"""From a document to a draft's sections.

`read_document` is pure: bytes to an ImportedDocument, or DocumentRefused with a sentence. The draft
is made by `briefings.document_import.draft.save_as_draft`.
"""

from briefings.document_import.documents import DocumentRefused, ImportedDocument, ImportedSection
from briefings.document_import.reading import read_document

__all__ = ["DocumentRefused", "ImportedDocument", "ImportedSection", "read_document"]
