"""Put what the style sheets of a page say about its words into the styles of its elements.

A selector may name tags, classes and ids, and elements around them. Others, and rules for other
screens or for print, are passed over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from briefings.document_import.blocks import DocumentRefused
from newsroom.html_tree import HEADINGS, Element

MAX_RULES = 3_000
MAX_STYLE_SHEET = 500_000  # characters
MAX_RULE = 2_000
MAX_SELECTORS = 10_000
MAX_COMPOUNDS = 6  # of one selector
MAX_STEPS = 2_000_000  # about a second
_CSS_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_MEANING = re.compile(
    r"font|text-decoration|vertical-align|display|visibility|list-style|color|counter"
    r"|background|opacity|height|text-indent|position|clip|margin|\btop\b|\bbottom\b",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_NAMES = re.compile(r"([.#])([\w-]+)")
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)
# What a mark of the text is by its tag, whatever a page makes it look like …
_MARKS = frozenset(
    {"b", "strong", "i", "em", "cite", "dfn", "var", "u", "ins", "s", "strike", "del", "sub", "sup"}
)
# … and what a rule for all elements of a tag does not take from it.
_LOOKS_OF_MARKS = re.compile(r"font|text-decoration|vertical-align|position|top$|bottom$")
# What is bold or slanted in these is so by design.
_DESIGNED = frozenset({"blockquote", "th", "figcaption", "caption", *HEADINGS})
_DESIGN = re.compile(r"font(?:-weight|-style)?$")
# What stands before an element, and the numbers that a page counts and writes there.
_BEFORE = re.compile(r"(.*[^\s:])::?(?:before|marker)", re.IGNORECASE)
_COUNTER = re.compile(r"\bcounter(s?)\(\s*[\w-]+\s*(?:,\s*([\w-]+)\s*)?")
# What we say in a style of an item that shows the numbers of the items around it, too: '1.2'.
ALL_LEVELS = "-levels:all"
_BACKGROUNDS = frozenset({"background", "background-color", "background-image"})
_NO_BACKGROUND = re.compile(
    r"(?:none|transparent|inherit|initial|white|#fff(?:fff)?)?\s*(?:!\s*important)?", re.IGNORECASE
)
# What every element stands in, also where a piece of a page does not have it.
_WHOLE_PAGE = frozenset({"html", "body", ":root"})
# Rules inside these hold on every screen.
_ON_SCREENS = re.compile(r"(?:(?:only\s+)?(?:all|screen)\b\s*(?:,.*)?)?", re.IGNORECASE)
_EVERYWHERE = re.compile(
    rf"@(?:media\s+(?=\S){_ON_SCREENS.pattern}|layer(?:\s[^;{{}}]*)?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Compound:
    """What one element of a selector has to be: `p.note` or `#foot`; a child of the one before."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]
    is_child: bool

    def matches(self, element: Element) -> bool:
        """Whether an element is what the selector names here."""
        return (
            self.tag in {"", element.tag}
            and self.classes.issubset(element.classes)
            and self.ids <= {element.attributes.get("id", "")}
        )

    @property
    def key(self) -> str:
        """The rarest of its names, by which a rule is found."""
        for sign, names in (("#", self.ids), (".", self.classes)):
            if names:
                return f"{sign}{min(names)}"
        return self.tag


@dataclass(frozen=True, slots=True)
class _Rule:
    """A selector, from the outermost element to the one that it is about, and what it declares."""

    compounds: tuple[_Compound, ...]
    declarations: tuple[tuple[str, str], ...]
    order: tuple[int, int, int, int]

    @property
    def is_of_tags(self) -> bool:
        """Whether it is about all elements of a tag, wherever they stand."""
        return not any(one.classes or one.ids for one in self.compounds)

    def matches(self, element: Element, above: list[Element]) -> bool:
        """Whether the rule is about an element with these elements around it."""
        if not self.compounds[-1].matches(element):
            return False
        reached: set[int] = set()  # where the elements before may stand
        for place, wanted in enumerate(self.compounds[:-1]):
            nearest = min(reached, default=len(above))
            reached = {
                at
                for at, one in enumerate(above)
                if (not place or (at - 1 in reached if wanted.is_child else at > nearest))
                and wanted.matches(one)
            }
        is_below = len(above) - 1 in reached if self.compounds[-1].is_child else bool(reached)
        return len(self.compounds) == 1 or is_below


def apply_style_sheets(root: Element, *, name: str) -> bool:
    """Put what the rules mean for the text into the style of each element that they are about.

    Return whether this includes the colours of all backgrounds.
    """
    sheets = (one for one in root.find("style") if _ON_SCREENS.fullmatch(_media(one)))
    source = "".join(element.text for element in sheets)[:MAX_STYLE_SHEET]
    if not source.strip():
        return True
    is_whole = not any("stylesheet" in link.attributes.get("rel", "") for link in root.find("link"))
    sheet = _StyleSheet(_CSS_COMMENT.sub("", source), is_whole=is_whole)
    if not sheet.apply(root, [], is_designed=False):
        raise DocumentRefused(
            f"{name} has more rules of style than we can read. Copy the article alone into a new"
            " document and import that."
        )
    return sheet.knows_backgrounds


def _media(sheet: Element) -> str:
    return sheet.attributes.get("media", "").strip()


class _StyleSheet:
    """The rules of a page, found by a name of the element that each is about.

    They are not the whole of it where the page has others elsewhere, which we do not fetch.
    """

    def __init__(self, source: str, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self.knows_backgrounds = True
        self._counts_items = False
        self._steps = 0
        self._known: dict[tuple[str, str, str, str, bool], str] = {}
        self._rules: dict[str, list[_Rule]] = defaultdict(list)
        selectors = 0
        for place, (written, declared) in enumerate(islice(_rules(source), MAX_RULES)):
            declarations = tuple(_declarations(declared))
            for selector in written.split(",") if _MEANING.search(declared) else ():
                selectors += 1
                if selectors <= MAX_SELECTORS:
                    self._read_rule(selector.strip(), declarations, place)

    def _read_rule(
        self, selector: str, declarations: tuple[tuple[str, str], ...], place: int
    ) -> None:
        content = dict(declarations).get("content", "")
        if (before := _BEFORE.fullmatch(selector)) and (numbers := _COUNTER.findall(content)):
            selector = before[1]
            is_of_all = len(numbers) > 1 or numbers[0][0]
            name, value = ALL_LEVELS.split(":")
            declarations = (
                (name, value) if is_of_all else ("list-style-type", numbers[0][1] or "decimal"),
            )
        compounds = _compounds(selector)
        if not compounds:
            is_state = ":" in selector
            self.knows_backgrounds &= is_state or all(
                _NO_BACKGROUND.fullmatch(value)
                for name, value in declarations
                if name in _BACKGROUNDS
            )
            return
        self._counts_items |= bool(before and numbers and compounds[-1].tag == "li")
        ids = sum(len(one.ids) for one in compounds)
        classes = sum(len(one.classes) for one in compounds)
        order = (ids, classes, sum(bool(one.tag) for one in compounds), place)
        self._rules[compounds[-1].key].append(_Rule(compounds, declarations, order))

    def apply(self, parent: Element, above: list[Element], *, is_designed: bool) -> bool:
        """Write the rules into the styles of the elements inside one; return whether all could.

        `is_designed` says that these stand in something whose looks are a page's design.
        """
        for element in parent.elements:
            is_in_design = is_designed or element.tag in _DESIGNED
            self._style(element, above, is_designed=is_in_design)
            above.append(element)
            has_applied = self.apply(element, above, is_designed=is_in_design)
            above.pop()
            if not has_applied:
                return False
        return self._steps <= MAX_STEPS

    def _style(self, element: Element, above: list[Element], *, is_designed: bool) -> None:
        own = element.attributes.get("style", "")
        names = element.attributes.get("class", ""), element.attributes.get("id", "")
        key = (element.tag, *names, own, is_designed)
        if (known := self._known.get(key)) is not None:
            element.attributes["style"] = known
            return
        places = (element.tag, "", *(f".{one}" for one in element.classes), f"#{names[1]}")
        rules = [rule for place in dict.fromkeys(places) for rule in self._rules.get(place, ())]
        is_of_place = any(len(rule.compounds) > 1 for rule in rules)
        self._steps += 1 + len(rules) * (1 + is_of_place * len(above))
        found = [rule for rule in rules if rule.matches(element, above)]
        style = self._declared(element, found, is_designed=is_designed) if found else own
        if not is_of_place:
            self._known[key] = style
        if style:
            element.attributes["style"] = style

    def _declared(self, element: Element, found: list[_Rule], *, is_designed: bool) -> str:
        """Return an element's style with what rules declare before it."""
        style: dict[str, str] = {}
        important: dict[str, str] = {}
        for rule in sorted(found, key=lambda rule: rule.order):
            self._steps += len(rule.declarations)
            for name, value in rule.declarations:
                if self._counts_for(rule, element, name, value, is_designed=is_designed):
                    _set(style, important, name, value)
        for name, value in _declarations(element.attributes.get("style", "")):
            _set(style, important, name, value)
        return ";".join(f"{name}:{value}" for name, value in (style | important).items())

    def _counts_for(
        self, rule: _Rule, element: Element, name: str, value: str, *, is_designed: bool
    ) -> bool:
        """Whether a declaration means something for the text, and is not a page's design."""
        if rule.is_of_tags and element.tag in _MARKS and _LOOKS_OF_MARKS.match(name):
            return False
        # Numbers may be written by the page itself, or by a sheet elsewhere for its articles.
        may_have_numbers = self._counts_items or (rule.is_of_tags and not self._is_whole)
        if may_have_numbers and name.startswith("list-style") and "none" in value:
            return False
        is_general = rule.is_of_tags or len(rule.compounds) > 1
        return not (is_general and is_designed and _DESIGN.match(name))


def _set(style: dict[str, str], important: dict[str, str], name: str, value: str) -> None:
    """Declare a property after all others: of several that concern one thing, the last counts."""
    into = important if _IMPORTANT.search(value) else style
    into.pop(name, None)
    into[name] = _IMPORTANT.sub("", value)


def _compounds(selector: str) -> tuple[_Compound, ...]:
    """Return the parts of a selector, outermost first; nothing if it asks for something else."""
    words = selector.replace(">", " > ").split()
    while len(words) > 1 and words[0].lower() in _WHOLE_PAGE and words[1] != ">":
        del words[0]
    made: list[_Compound] = []
    is_child = False
    for word in words:
        if word == ">":
            is_child = True
            continue
        found = _COMPOUND.fullmatch(word)
        if found is None or len(made) == MAX_COMPOUNDS:
            return ()
        names = _NAMES.findall(found[2])
        made.append(
            _Compound(
                tag=(found[1] or "").lower().replace("*", ""),
                classes=frozenset(name for sign, name in names if sign == "."),
                ids=frozenset(name for sign, name in names if sign == "#"),
                is_child=is_child,
            )
        )
        is_child = False
    return () if is_child else tuple(made)


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    """Yield the properties that a rule or a style declares, and their values."""
    for declared in text.split(";"):
        name, colon, value = declared.partition(":")
        if colon and value.strip():
            yield name.strip().lower(), value.strip()


def _rules(source: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and declarations; not of rules for other screens or for print."""
    depth = start = inside = 0
    selectors = ""
    for brace in re.finditer(r"[{}]", source):
        if brace[0] == "{" and not depth:
            selectors = source[start : brace.start()].rpartition(";")[2].strip()
            depth = 0 if _EVERYWHERE.fullmatch(selectors) else 1
            start = inside = brace.end()
        elif brace[0] == "{":
            depth += 1
        else:
            if depth == 1 and not selectors.startswith("@") and len(selectors) <= MAX_RULE:
                yield selectors, source[inside : brace.start()][:MAX_RULE]
            depth = max(depth - 1, 0)
            start = brace.end()
