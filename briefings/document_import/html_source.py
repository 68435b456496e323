"""Read HTML; Markdown and Word documents come this way too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from briefings.document_import.blocks import (
    DocumentRefused,
    Heading,
    HorizontalRule,
    Paragraph,
    Picture,
    Preformatted,
    Run,
    SourceDocument,
    SourceRole,
    collapse_spaces,
    join,
)
from briefings.document_import.html_containers import Container
from briefings.document_import.html_marks import (
    Context,
    address_of,
    context_within,
    is_full_address,
)
from briefings.document_import.html_markup import CODE, is_hidden, is_left_out, prepare_page
from briefings.document_import.pictures import (
    EmbeddedPicture,
    PictureTaker,
    picture_of_data_url,
)
from newsroom.html_tree import BLOCKS, CONTAINERS, Element, NestedTooDeeply, parse
from newsroom.invisible_characters import remove_invisible

MAX_TAGS = 60_000
MAX_DEPTH = 100


def read_html(
    source: str, *, name: str, embedded: Mapping[str, EmbeddedPicture] | None = None
) -> SourceDocument:
    """Return the blocks of an HTML page or a piece of one.

    `embedded` are the pictures that came with it, by their `src`.
    The HTML is not sanitised first: styles and classes say what is bold and what a byline is, and
    what is hidden must be named as left out. The blocks are sanitised when they are written.
    """
    if source.count("<") > MAX_TAGS:
        raise DocumentRefused(
            f"{name} has more than {MAX_TAGS:,} HTML tags. Copy the article alone into a new"
            " document and import that."
        )
    try:
        root = parse(
            source, repair=True, max_depth=MAX_DEPTH, unwrap_deeper=False, is_opaque=is_left_out
        )
    except NestedTooDeeply:
        raise DocumentRefused(
            f"{name} has HTML elements nested more than {MAX_DEPTH} deep. Copy the article alone"
            " into a new document and import that."
        ) from None
    left_out = prepare_page(root, name=name)
    document = _PageReader(embedded or {}).read(root)
    document.left_out[:0] = left_out
    document.left_out += _remarks(source)
    return document


MAX_REMARK = 500  # characters
_BODY = re.compile(r"<body\b.*", re.DOTALL | re.IGNORECASE)
# What programs write: conditions, blocks of editors, names of parts of a page.
_OF_PROGRAMS = re.compile(
    r"(?:more|nextpage)$|[/\[.#<{*@!]|\w+:\w|react-|(?:start|end|begin|open|close)\b"
    r"|(?:start|end)fragment"
    r"|.*(?:[<>{}=]|\b(?:start|end|begins|ends)$)",
    re.IGNORECASE | re.DOTALL,
)


def _comments(source: str) -> Iterator[str]:
    start = source.find("<!--")
    while start >= 0 and (end := source.find("-->", start + 2)) >= 0:
        yield source[start + 4 : max(end, start + 4)]
        start = source.find("<!--", end)


def _remarks(source: str) -> Iterator[str]:
    """Yield what somebody wrote between the words of a page for those who edit it."""
    body = _BODY.search(source)
    found = _comments(body[0] if body else source)
    for words in dict.fromkeys(" ".join(remark.split()) for remark in found):
        if (
            len(words) <= MAX_REMARK
            and any(char.isalpha() for char in words)
            and not _OF_PROGRAMS.match(words)
        ):
            yield f"Comment: {words}"


class _PageReader:
    """Walks a page's tree and collects paragraphs in the container around them."""

    def __init__(self, embedded: Mapping[str, EmbeddedPicture]) -> None:
        self.document = SourceDocument(blocks=[])
        self._embedded = embedded
        self._pictures = PictureTaker(self.document.left_out)
        self._data_urls = 0
        self._runs: list[Run | Picture] = []  # of the paragraph being read

    def read(self, root: Element) -> SourceDocument:
        """Return what the page holds."""
        body = Container(root)
        self._read_children(root, body, Context())
        self._end_paragraph(body, Context())
        self.document.blocks = body.blocks
        self.document.pictures = self._pictures.taken
        return self.document

    def _read_children(self, parent: Element, container: Container, context: Context) -> None:
        for child in parent.children:
            if isinstance(child, str):
                text = remove_invisible(child)
                self._runs.append(
                    Run(text if context.preformatted else text.replace("\n", " "), context.marks)
                )
            elif child.tag == "br":
                self._runs.append(Run("\n", context.marks))
            elif child.tag == "hr":
                self._end_paragraph(container, context)
                container.add(HorizontalRule())
            elif child.tag == "img":
                self._add_picture(child, context)
            elif child.tag == "input":
                self._name_field(child)
            elif is_left_out(child):
                self._leave_out(child)
            else:
                self._read_element(child, container, context)

    def _read_element(self, element: Element, container: Container, outer: Context) -> None:
        if element.tag in BLOCKS:
            self._end_paragraph(container, outer)
        if element.tag == "a":
            self._name_lost_link(address_of(element), element)
        context = context_within(element, outer)
        if element.tag not in CONTAINERS:
            self._read_children(element, container, context)
            if element.tag in BLOCKS:
                self._end_paragraph(container, context)
            return
        inner = Container(element)
        self._read_children(element, inner, context)
        self._end_paragraph(inner, context)
        container.add_container(inner)

    def _end_paragraph(self, container: Container, context: Context) -> None:
        """Put the paragraph being read into its container."""
        runs, self._runs = self._runs, []
        if context.preformatted:
            text = "".join(run.text for run in runs).strip("\n").rstrip()
            if text:
                container.add(Preformatted(text))
            return
        paragraph = collapse_spaces(runs)
        is_heading = context.level and (context.level == 1 or context.role is SourceRole.NONE)
        for content in [paragraph] if is_heading and paragraph else paragraph.lines("\n\n+"):
            if is_heading:
                container.add(Heading(join(content.lines(), " "), context.level))
            else:
                container.add(Paragraph(content, context.role))

    def _add_picture(self, image: Element, context: Context) -> None:
        """Keep a picture on the web by its address, take one inside the document, name others."""
        src = _address_of_picture(image)
        alt = " ".join(remove_invisible(image.attributes.get("alt", "")).split())
        if image.attributes.get("width") == "1" or image.attributes.get("height") == "1":
            return  # a tracking pixel
        if src.lower().startswith(("https://", "http://")):
            self._runs.append(Picture(src, alt, context.marks))
        elif picture := self._embedded_picture(src):
            if taken := self._pictures.take(picture, alt=alt):
                self._runs.append(Picture(taken, alt, context.marks))
        else:
            where = src[:200] if src and not src.startswith("data:") else "inside the document"
            self.document.left_out.append(
                f"A picture ({where}){f': {alt}' if alt else ''}."
                " Upload it in the editor where it belongs."
            )

    def _embedded_picture(self, src: str) -> EmbeddedPicture | None:
        if src in self._embedded:
            return self._embedded[src]
        self._data_urls += src.startswith("data:")
        return picture_of_data_url(src, number=self._data_urls)

    def _name_lost_link(self, address: str, link: Element) -> None:
        names_place = {"name", "id", "class"} & link.attributes.keys()
        if not address and link.text.strip() and not names_place:
            self.document.left_out.append(
                f"The link of “{' '.join(link.text.split())[:200]}”, which has no address. Its text"
                " is kept."
            )
        if address and not is_full_address(address) and not address.startswith("#"):
            self.document.left_out.append(
                f"The link to “{address[:200]}”, which is not a full web address. Its text is kept."
            )

    def _name_field(self, field: Element) -> None:
        """Name what a form's field or button says."""
        kind = field.attributes.get("type", "").lower()
        names = ("value", "placeholder") if kind not in _WORDLESS_FIELDS else ()
        words = next(filter(None, (field.attributes.get(name, "") for name in names)), "")
        if words := " ".join(remove_invisible(words).split()):
            self.document.left_out.append(f"A field: {words[:200]}")

    def _leave_out(self, element: Element) -> None:
        """Keep the page's title, and name the words of anything else that is left out."""
        words = "" if element.tag in CODE else remove_invisible(element.text)
        if what := _MEDIA.get(element.tag):
            sources = (element, *element.find("source", "embed", "param"))
            address = next(filter(None, map(_source_of, sources)), "")
            words = f"{what}{f': {address}' if address else ''}. {words}"
        elif words and is_hidden(element):
            words = f"Hidden text: {words}"
        words = " ".join(words.split())
        if not words:
            return
        if element.tag == "title" and not self.document.page_title:
            self.document.page_title = words
        else:
            self.document.left_out.append(words)


_WORDLESS_FIELDS = frozenset({"hidden", "checkbox", "radio", "file", "image", "color", "range"})
_MEDIA = {
    "audio": "A recording",
    "embed": "An embedded object",
    "iframe": "An embedded page",
    "object": "An embedded object",
    "video": "A video",
}


# Where pages name a picture that a script loads when somebody scrolls to it.
_LOADED_LATER = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-full-src")


def _address_of_picture(image: Element) -> str:
    """Return a picture's address; where only a placeholder stands, that of what is loaded later."""
    src = remove_invisible(image.attributes.get("src", "").strip())
    if src.lower().startswith(("https://", "http://")):
        return src
    later = (image.attributes.get(name, "").strip() for name in _LOADED_LATER)
    return next((one for one in later if one.lower().startswith(("https://", "http://"))), src)


def _source_of(element: Element) -> str:
    names = ("src", "data", "value")
    found = (element.attributes.get(name, "") for name in names)
    return remove_invisible(next(filter(None, found), ""))[:200]
