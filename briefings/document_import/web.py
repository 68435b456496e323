"""HTML to blocks; Markdown and Word documents come this way too."""

from __future__ import annotations

from briefings.document_import.asides import Aside, is_aside
from briefings.document_import.blocks import Heading, Paragraph, Preformatted, Reading, Role, Rule
from briefings.document_import.boxes import BOXES, LISTS, Box
from briefings.document_import.documents import DocumentRefused
from briefings.document_import.elements import Element, role_of
from briefings.document_import.marks import address_of, leads_somewhere, mark_of
from briefings.document_import.prose import Mark, Picture, Run, tidy, visible
from briefings.document_import.tags import End, Start, tokens

MAX_TAGS = 60_000
MAX_DEPTH = 100

HEADINGS = {f"h{level}": level for level in range(1, 7)}
# Elements that begin and end a paragraph.
PARAGRAPHS = BOXES.union(
    HEADINGS,
    ("address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt"),
    ("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend"),
    ("main", "p", "pre", "search", "section", "summary", "tbody", "tfoot", "thead"),
)
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)
# An element whose end tag may be left out ends before one of its kind, within these.
ENDS_WITHIN = {
    "li": LISTS,
    "dt": {"dl"},
    "dd": {"dl"},
    "td": {"tr", "table"},
    "th": {"tr", "table"},
    "tr": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
}


def read_page(source: str, *, name: str) -> Reading:
    """Read an HTML page or a piece of one."""
    if source.count("<") > MAX_TAGS:
        raise DocumentRefused(
            f"{name} has more than {MAX_TAGS:,} tags, which no issue needs."
            " Copy the article alone into a new document and import that."
        )
    page = Page(name=name)
    for token in tokens(source):
        page.hear(token)
    return page.finish()


class Page:
    """Builds blocks from a page's tags, whichever of them are missing or misplaced."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.root = Box("body")
        self.open: list[Element] = []
        self.runs: list[Run | Picture] = []
        self.aside: Aside | None = None
        self.reading = Reading(blocks=self.root.blocks)

    def hear(self, token: Start | End | str) -> None:
        """Take the next tag or text."""
        if self.aside is not None:
            self.aside.hear(token)
            if not self.aside.depth:
                self._leave_aside()
        elif isinstance(token, Start):
            self._start(token)
        elif isinstance(token, End):
            self._end(token.tag)
        else:
            words = visible(token)
            self.runs.append(
                Run(words if self._inside("pre") else words.replace("\n", " "), self._marks())
            )

    def finish(self) -> Reading:
        """Close what is open."""
        if self.aside is not None:
            self._leave_aside()
        self._close_to(0)
        self._flush()
        return self.reading

    # --- tags ------------------------------------------------------------------------------

    def _start(self, token: Start) -> None:
        if token.tag in VOID:
            self._void(token)
        elif is_aside(token):
            self.aside = Aside(token)
        else:
            if token.tag in PARAGRAPHS:
                self._flush()
                self._end_what_ends_before(token.tag)
            self._push(token)

    def _end(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth].tag == tag:
                self._close_to(depth)
                return
            if tag not in PARAGRAPHS and self.open[depth].tag in PARAGRAPHS:
                return  # an emphasis has ended with its paragraph

    def _push(self, token: Start) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise DocumentRefused(
                f"{self.name} has elements nested more than {MAX_DEPTH} deep, which no issue needs."
                " Copy the article alone into a new document and import that."
            )
        tag = token.tag
        if tag == "li" and self._box().tag not in LISTS:
            self.open.append(Element("ul", box=Box("ul")))
        if tag in {"td", "th"} and self._box().tag == "table":
            self.open.append(Element("tr", box=Box("tr")))
        holds = tag in BOXES and self._box().admits(tag)
        if tag == "a" and (address := address_of(token)):
            self._name_lost_link(address)
        self.open.append(
            Element(
                tag,
                mark=mark_of(token),
                box=Box(tag, token.attributes) if holds else None,
                role=role_of(token),
            )
        )

    def _void(self, token: Start) -> None:
        if token.tag == "br":
            self.runs.append(Run("\n", self._marks()))
        elif token.tag == "hr":
            self._flush()
            self._box().place(Rule())
        elif token.tag == "img":
            self._picture(token.attributes)

    def _picture(self, attributes: dict[str, str]) -> None:
        """Keep a picture on the web by its address; one inside the document can only be named."""
        src = visible(attributes.get("src", "").strip())
        alt = " ".join(visible(attributes.get("alt", "")).split())
        if attributes.get("width") == "1" or attributes.get("height") == "1":
            return  # it counts its readers and shows them nothing
        if src.lower().startswith(("https://", "http://")):
            self.runs.append(Picture(src, alt, self._marks()))
        else:
            where = src[:200] if src and not src.startswith("data:") else "inside the document"
            self.reading.left_out.append(
                f"A picture ({where}){f': {alt}' if alt else ''}."
                " Upload it in the editor where it belongs."
            )

    def _name_lost_link(self, address: str) -> None:
        if not leads_somewhere(address) and not address.startswith("#"):
            self.reading.left_out.append(
                f"The link to “{address[:200]}”: no full web address. Its words are kept."
            )

    # --- paragraphs and boxes --------------------------------------------------------------

    def _end_what_ends_before(self, tag: str) -> None:
        """Close the elements whose end tags may be left out: a paragraph, an item, a cell."""
        for depth in range(len(self.open) - 1, -1, -1):
            element = self.open[depth]
            if element.tag == "p" or (element.tag in HEADINGS and tag in HEADINGS):
                self._close_to(depth)
            if element.box is not None:
                break
        limits = ENDS_WITHIN.get(tag, ())
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth].tag in limits:
                self._close_to(depth + 1)
                return
            if tag == "li" and self.open[depth].tag in {"td", "th", "blockquote"}:
                return

    def _close_to(self, depth: int) -> None:
        while len(self.open) > depth:
            if self.open[-1].tag in PARAGRAPHS:
                self._flush()
            box = self.open.pop().box
            if box is not None:
                self._box().take(box)

    def _flush(self) -> None:
        """End the paragraph in hand and put it into the innermost box."""
        runs, self.runs = self.runs, []
        if self._inside("pre"):
            text = "".join(run.text for run in runs).strip("\n").rstrip()
            if text:
                self._box().place(Preformatted(text))
            return
        level, role = self._nature()
        for prose in tidy(runs).lines("\n\n+"):
            self._box().place(Heading(prose, level) if level else Paragraph(prose, role))

    def _nature(self) -> tuple[int, Role]:
        """The level of the heading that is open, and what the source calls its words."""
        role = Role.NONE
        for element in reversed(self.open):
            role = role or element.role
            if element.tag in HEADINGS:
                return HEADINGS[element.tag], role
            if element.box is not None:
                break
        return 0, role

    def _box(self) -> Box:
        for element in reversed(self.open):
            if element.box is not None:
                return element.box
        return self.root

    def _marks(self) -> tuple[Mark, ...]:
        return tuple(dict.fromkeys(element.mark for element in self.open if element.mark))

    def _inside(self, tag: str) -> bool:
        return any(element.tag == tag for element in self.open)

    def _leave_aside(self) -> None:
        """Keep the name of the page, and name the words of anything else that is left out."""
        aside, self.aside = self.aside, None
        if aside is None or not aside.words:
            return
        if aside.tag == "title" and not self.reading.page_title:
            self.reading.page_title = aside.words
        else:
            self.reading.left_out.append(aside.words)
