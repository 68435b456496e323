"""From a document to the draft of an issue.

A source (text, Markdown, HTML or Word) becomes blocks. Recognisers then find its head, its foot,
its sections and the quotations in them. `read_document` does all this without changing anything;
`save_as_draft` makes the draft.
"""

from briefings.document_import.blocks import DocumentRefused
from briefings.document_import.draft import (
    MAX_BYTES,
    ImportedDocument,
    ImportedSection,
    find_author,
    read_document,
    save_as_draft,
    store_pictures,
)

__all__ = [
    "MAX_BYTES",
    "DocumentRefused",
    "ImportedDocument",
    "ImportedSection",
    "find_author",
    "read_document",
    "save_as_draft",
    "store_pictures",
]
