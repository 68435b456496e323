"""From a document to the sections of a draft.

A source (text, Markdown, HTML or Word) becomes blocks. Recognisers then find its head, its foot,
its sections and the quotations in them. `read_document` does all this without changing anything;
`briefings.document_import.draft.save_as_draft` makes the draft.
"""

from briefings.document_import.imported_document import (
    DocumentRefused,
    ImportedDocument,
    ImportedSection,
)
from briefings.document_import.reader import MAX_BYTES, read_document

__all__ = ["MAX_BYTES", "DocumentRefused", "ImportedDocument", "ImportedSection", "read_document"]
