"""Sample emails, and their HTML, parsed as strictly as the standard library can."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from briefings.models import Issue, SectionKind
from briefings.rendering.issue_email import EmailLinks, RenderedEmail, render_issue_email
from tests.factories import make_issue

SITE = "http://news.example.com"
LINKS = EmailLinks(
    unsubscribe=f"{SITE}/unsubscribe/xUNSUBSCRIBExTOKENxxxxxxxxxxxxxx/",
    preferences=f"{SITE}/preferences/xPREFERENCESxTOKENxxxxxxxxxxxxxx/",
    view=f"{SITE}/view/xVIEWxINxBROWSERxTOKENxxxxxxxxxx/",
    subscribe=f"{SITE}/subscribe/",
)
VOID = {"br", "hr", "img", "meta", "link", "input", "wbr"}


@dataclass
class Page:
    """What stands in a email."""

    elements: list[dict[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    headings: list[tuple[str, str]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    title: str = ""
    preheader: str = ""
    words: str = ""

    def all(self, tag: str) -> list[dict[str, str]]:
        return [it for it, name in zip(self.elements, self.tags, strict=True) if name == tag]

    def first(self, tag: str) -> dict[str, str]:
        return self.all(tag)[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.page.unbalanced.append(f"<{tag}> says the same twice")
        attributes = {name: value or "" for name, value in attrs}
        self.page.elements.append(attributes)
        self.page.tags.append(tag)
        if tag not in VOID:
            self.open.append((tag, attributes, []))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.page.unbalanced.append(f"</{tag}>")
            return
        _, attributes, parts = self.open.pop()
        words = " ".join("".join(parts).split())
        match tag:
            case "a":
                self.page.links[words] = attributes.get("href", "")
            case "style":
                self.page.styles.append("".join(parts))
            case "title":
                self.page.title = words
            case "h1" | "h2" | "h3" | "h4":
                self.page.headings.append((tag, words))
        if attributes.get("class") == "preheader":
            self.page.preheader = words
        if tag == "body":
            self.page.words = words
        elif self.open and tag not in {"style", "title"}:
            self.open[-1][2].extend(parts)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1][2].append(data)


def read_page(html: str) -> Page:
    """Read a whole email; what is left open or closed wrongly is in `unbalanced`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.unbalanced += [f"<{tag}> left open" for tag, _, _ in reader.open]
    return reader.page


def render(issue: Issue) -> RenderedEmail:
    return render_issue_email(issue, links=LINKS)


def email_of(kind: SectionKind, body: str, *, heading: str = "A heading") -> RenderedEmail:
    return render(make_issue(sections=[(kind, heading, body)]))


def page_of(body: str, *, kind: SectionKind = SectionKind.FEATURE) -> Page:
    return read_page(email_of(kind, body).html)
