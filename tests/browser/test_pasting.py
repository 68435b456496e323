"""What comes into the editor from elsewhere: documents by the clipboard, pictures by every way."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from briefings.models import SectionKind
from tests.browser.issue_editor import editor, log_in, open_issue, save, stored, three
from tests.factories import make_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# What Google Docs puts on the clipboard: a wrapper, and spans whose every word is a style.
FROM_GOOGLE_DOCS = """<meta charset='utf-8'><b style="font-weight:normal;"
 id="docs-internal-guid-5e1f7a0c-7fff-2b1c-9d5e-0a1b2c3d4e5f"><p dir="ltr"
 style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;"><span
 style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;font-weight:400;
 font-style:normal;text-decoration:none;vertical-align:baseline;">Plain, then </span><span
 style="font-size:11pt;font-weight:700;">bold</span><span>, then bare, </span><span
 style="text-decoration:underline;">underlined</span><span style=""> and </span><span
 style="text-decoration:line-through;">struck</span><span>.</span></p><br><ul
 style="margin-top:0;margin-bottom:0;"><li dir="ltr" style="list-style-type:disc;"
 aria-level="1"><p dir="ltr" role="presentation"><span>The first bullet</span></p></li></ul><p
 dir="ltr"><a href="https://example.org/paper" style="text-decoration:none;"><span
 style="color:#1155cc;text-decoration:underline;">A link</span></a></p></b>"""


FROM_WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name=Generator
 content="Microsoft Word 15"><style>p.MsoNormal{margin:0cm}</style></head><body lang=EN-GB>
 <h1>A heading<o:p></o:p></h1><p class=MsoNormal style='margin-bottom:8.0pt;mso-fareast:x'>Some
 <b>bold</b> words<o:p></o:p></p></body></html>"""


def paste(page: Page, place: int, html: str) -> None:
    """Copy HTML and paste it by the keyboard: a true clipboard, a true paste."""
    page.evaluate(
        """(html) => document.addEventListener("copy", (event) => {
            event.clipboardData.setData("text/html", html);
            event.clipboardData.setData("text/plain", "plain");
            event.preventDefault();
        }, { once: true })""",
        html,
    )
    # Copied elsewhere: of its own copies the editor remembers more than the clipboard holds.
    page.get_by_label("Headline").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    editor(page, place).click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")


HIDDEN = "<p class=MsoNormal>Nine.<span style='display:none;mso-hide:all'> ASK</span> Ten.</p>"
TRACKED = """<p class=MsoNormal>Costs <del cite='mailto:Bo'>eight</del><ins
 cite='mailto:Bo'>nine</ins> pounds.</p>"""
COMMENTED = """<p class=MsoNormal>The price is nine.</p><div style='mso-element:comment-list'>
 <p class=MsoCommentText>Check this</p></div>"""
STYLED = """<p>10<span style='vertical-align:super'>3</span> <del>old</del> <span
 style='font-weight:bold'>new</span></p><p>10<span style='position:relative;top:-3pt'>4</span> <i
 style='font-style:normal'>upright</i> <u style='text-decoration:none'>bare</u> <span
 style='font:italic 9pt serif'>slanted</span></p>"""

UNSTYLED = (
    "<p>10<sup>3</sup> <s>old</s> <strong>new</strong></p>"
    "<p>10<sup>4</sup> upright bare <em>slanted</em></p>"
)
CLASSED = """<html><head><style><!-- .a{font-weight:700} span.b, .c i{font-style:italic}
 .raised{vertical-align:super} .secret{display:none} .pale{color:#fff} .struck
 {text-decoration:line-through} @media print{.a{display:none}} --></style></head><body><p>Ten<span
 class=raised>3</span> <span class=a>bold</span> <span class=b>slanted</span> <span
 class=struck>struck</span>.<span class=secret> ASK</span><span class=pale> LEGAL</span></p></body>
 </html>"""
STYLED_BLOCKS = """<p style='text-decoration:line-through'>Nine</p><p style='font-weight:bold'>Ten
 <span style='font-weight:400'>gates</span></p><ul><li style='text-decoration:line-through'>Old</li>
 <li style='font-style:italic'>New</li></ul>"""
UNSTYLED_BLOCKS = (
    "<p><s>Nine</s></p><p><strong>Ten </strong>gates</p>"
    "<ul><li><s>Old</s></li><li><em>New</em></li></ul>"
)
STRUCK_BY_WORD = """<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style>
 p.Old{text-decoration:line-through}</style></head><body><p class=MsoNormal
 style='text-decoration:line-through'>Nine</p><p class=Old>Ten</p><p class=MsoNormal><s>Old</s>
 new <span style='text-decoration:line-through'>older</span></p></body></html>"""
WORD = 'xmlns:w="urn:schemas-microsoft-com:office:word"'
SPACER = """<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span>"""
LEVELS_OF_WORD = "".join(
    f"""<p class=MsoListParagraph style='margin-left:{level * 36}pt;mso-list:l0 level{level} lfo1'>
 <span style='mso-list:Ignore'>{mark}{SPACER}</span>{words}</p>"""
    for level, mark, words in ((1, "IV.", "Four"), (2, "a.", "First"), (2, "b.", "Second"))
)
RAISED_BY_WORD = f"""<html {WORD}><head><style>span.R{{vertical-align:super}}</style></head><body>
 <p class=MsoNormal>10<span style='position:relative;top:-4.0pt;mso-text-raise:4.0pt'>3</span>,
 10<span style='vertical-align:super'>4</span>, 10<span class=R>5</span>, 10<sup>6</sup>, H<span
 style='position:relative;top:3.0pt'>2</span>O</p>{LEVELS_OF_WORD}</body></html>"""
PALE = """<p>Nine.<span style='color:white'> ASK</span> Ten. <span
 style='color:#fff;background:#036'>Seen.</span></p>"""
SMALL = """<p>Nine.<span style='font-size:0'> ASK</span><span
 style='display:inline-block;max-height:0;overflow:hidden'> LEGAL</span> Ten<span
 style='vertical-align:3pt'>3</span>.</p>"""
PALE_OF_WORD = """<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style>span.P
 {color:white}</style></head><body><p class=MsoNormal>Nine.<span class=P> ASK</span> Ten.</p></body>
 </html>"""
IN_THE_DARK = "<p style='color:#fff'>Nine gates and ten bells.</p>"


SYMBOL = f"<span style='font-family:Symbol'>·{SPACER}</span>"
CIRCLE = f"""<span style='font-family:"Courier New"'>o{SPACER}</span>"""
DEEPER = "style='margin-left:72.0pt;text-indent:-18.0pt'"


COMMENT_ANCHOR = f"""<html {WORD}><body><p class=MsoNormal>The <a
 style='mso-comment-reference:BB_1'>toll</a> and the <a name=_Toc1>bridge</a>.</p></body></html>"""


DOCS_LEVELS = """<b style='font-weight:normal' id='docs-internal-guid-1'><ul><li aria-level=1><p>
 <span>x</span></p></li><br><ul><li aria-level=2><p><span>y</span></p></li><ul><li aria-level=3><p>
 <span>z</span></p></li></ul></ul><li aria-level=1><p><span>w</span></p></li></ul></b>"""
DRAWN_BULLETS = f"""<p class=MsoNormal>Tolls:</p><p class=MsoListParagraphCxSpFirst>{SYMBOL}One</p>
 <p class=MsoListParagraphCxSpMiddle {DEEPER}>{CIRCLE}Below <b>it</b></p>
 <p class=MsoListParagraphCxSpLast>{SYMBOL}Two</p><p class=MsoNormal>After</p>
 <p class=MsoListParagraph>· Alone</p>"""
DRAWN_NUMBERS = f"""<p class=MsoListParagraph>3.{SPACER}Three</p>
 <p class=MsoListParagraph {DEEPER}>i.{SPACER}One</p>
 <p class=MsoListParagraph {DEEPER}>ii.{SPACER}Two</p>
 <p class=MsoListParagraph>7.{SPACER}Seven</p><p class=MsoListParagraph>{SYMBOL}Bullet</p>
 <p class=MsoNormal>(b){SPACER}Second</p>
 <p class=MsoListParagraph>A. Reader wrote to us.</p>"""


FORMULAS = """<p><math><mfrac><mn>1</mn><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></mfrac>
 <mo>=</mo><msup><mi>x</mi><mn>2</mn></msup></math> of <ruby>川<rp>(</rp><rt>kawa</rt></ruby> in
 <cite>Tolls</cite><svg><text>ARROW</text></svg><button>Go</button><svg></svg></p>
 <ol style="list-style-type:upper-roman"><li>x</li></ol><ul><ul><li>y</li></ul></ul>"""
TITLES = """<p class=MsoTitle align=center>Tolls</p><p class=MsoSubtitle>On bridges</p>
 <p class=MsoTitleCxSpFirst>Gates</p><p class=MsoNormal>Nine.</p>"""
QUOTATIONS = """<p class=MsoNormal>Nine.</p><p class=MsoQuote>Ten,</p>
 <p class=MsoQuoteCxSpLast>they said.</p>
 <p class=MsoNormal>Then:</p><p class=MsoIntenseQuote>Twelve.</p>
 <p class=MsoNormal>And:</p><p class=HausZitat>One.</p><p class=ZitatAutor>Bo</p>"""
FOR_SCREEN_READERS = """<style>.sr{position:absolute;width:1px;clip:rect(0 0 0 0)}</style>
 <p>Nine<span class=sr>NEW WINDOW</span>.<i class="sr-only">CLASS</i></p>
 <template><p>MODEL</p></template>
 <p>Ten<span style='clip-path:inset(50%)'>SKIP</span>.<span
 style='width:1px;height:1px;overflow:hidden;position:absolute'>DOT</span></p>
 <details><summary>More</summary>inside it</details>"""
MEDIA = """<p>Nine.</p><video><source src="https://a.example/v.mp4">Old browser</video>
 <audio src="https://a.example/s.mp3"></audio><iframe src="https://a.example/f"></iframe>
 <iframe src="https://a.example/count" width=1 height=1></iframe>
 <embed src="https://a.example/e"><object data="https://a.example/o">Old</object><video></video>
 <p>Ten.</p>"""


class Paste(NamedTuple):
    """What is pasted, what is stored of it, and what the editor says was left out."""

    html: str
    body: str
    named: str = ""


PASTES = {
    "Google Docs: words and their weight": Paste(
        FROM_GOOGLE_DOCS,
        "<p>Plain, then <strong>bold</strong>, then bare, <u>underlined</u> and <s>struck</s>.</p>"
        "<ul><li>The first bullet</li></ul>"
        '<p><a href="https://example.org/paper">A link</a></p>',
    ),
    "Word: headings, without its styles": Paste(
        FROM_WORD, "<h3>A heading</h3><p>Some <strong>bold</strong> words</p>"
    ),
    # A paste takes what its reader sees.
    "classes of a style sheet": Paste(
        CLASSED,
        "<p>Ten<sup>3</sup> <strong>bold</strong> <em>slanted</em> <s>struck</s>.</p>",
        "hidden text (“ASK”); hidden text (“LEGAL”)",
    ),
    "pale words": Paste(PALE, "<p>Nine. Ten. Seen.</p>", "hidden text (“ASK”)"),
    "words without a size": Paste(
        SMALL, "<p>Nine. Ten<sup>3</sup>.</p>", "hidden text (“LEGAL”); hidden text (“ASK”)"
    ),
    "pale words of Word": Paste(PALE_OF_WORD, "<p>Nine. Ten.</p>", "hidden text (“ASK”)"),
    "a page in the dark": Paste(IN_THE_DARK, "<p>Nine gates and ten bells.</p>"),
    "hidden words": Paste(HIDDEN, "<p>Nine. Ten.</p>", "hidden text (“ASK”)"),
    "tracked changes": Paste(TRACKED, "<p>Costs nine pounds.</p>", "deleted text (“eight”)"),
    "a comment": Paste(COMMENTED, "<p>The price is nine.</p>", "a comment (“Check this”)"),
    "styles of words": Paste(STYLED, UNSTYLED),
    "styles of blocks": Paste(STYLED_BLOCKS, UNSTYLED_BLOCKS),
    "struck by Word": Paste(
        STRUCK_BY_WORD, "<p><s>Nine</s></p><p><s>Ten</s></p><p><s>Old</s> new <s>older</s></p>"
    ),
    "raised by Word": Paste(
        RAISED_BY_WORD,
        "<p>10<sup>3</sup>, 10<sup>4</sup>, 10<sup>5</sup>, 10<sup>6</sup>, H<sub>2</sub>O</p>"
        '<ol start="4" type="I"><li>Four<ol type="a"><li>First</li><li>Second</li></ol></li></ol>',
    ),
    "words hidden by a font element": Paste(
        "<p><strike>old</strike> Nine <font color='#ffffff'>ASK</font>gates.</p>",
        "<p><s>old</s> Nine gates.</p>",
        "paste: hidden text (“ASK”).",
    ),
    "words for screen readers, and folded ones": Paste(
        FOR_SCREEN_READERS,
        "<p>Nine.</p><p>Ten.</p><p>More</p><p>inside it</p>",
        "; ".join(
            f"hidden text (“{it}”)" for it in ("NEW WINDOW", "CLASS", "MODEL", "SKIP", "DOT")
        ),
    ),
    # An anchor that nothing leads to is only its words.
    "an anchor of a comment": Paste(COMMENT_ANCHOR, "<p>The toll and the bridge.</p>"),
    "anchors without an address": Paste(
        "<p>The <a>toll</a>, <a href=''>bridge</a> and <a name=x>gate</a>.</p>",
        "<p>The toll, bridge and gate.</p>",
    ),
    "an anchor that a link leads to": Paste(
        "<p><a href='#n'>Below</a></p><p><a id='n'>Tolls</a></p>",
        '<p><a href="#n">Below</a></p><p><a id="n">Tolls</a></p>',
    ),
    # A list keeps its items, levels and numbers.
    "a number in a list": Paste(
        "<ol><li>x</li><li value='5'>y</li><li>z</li></ol>",
        '<ol><li>x</li><li value="5">y</li><li>z</li></ol>',
    ),
    "lists in lists": Paste(
        "<ul><li>x</li><ul><li>y</li><ol><li>z</li></ol></ul><li>w</li></ul>",
        "<ul><li>x<ul><li>y<ol><li>z</li></ol></li></ul></li><li>w</li></ul>",
    ),
    "lists of Google Docs": Paste(
        DOCS_LEVELS, "<ul><li>x<ul><li>y<ul><li>z</li></ul></li></ul></li><li>w</li></ul>"
    ),
    "a list in nothing but a list": Paste(
        "<ul><li>x</li></ul> <ul><ul><li>y</li></ul></ul>",
        "<ul><li>x<ul><li>y</li></ul></li></ul>",
    ),
    "a list that begins with a list": Paste(
        "<ol><ul><li>x</li></ul><li>y</li></ol>", "<ul><li>x</li></ul><ol><li>y</li></ol>"
    ),
    "bullets that Word drew": Paste(
        DRAWN_BULLETS,
        "<p>Tolls:</p>"
        "<ul><li>One<ul><li>Below <strong>it</strong></li></ul></li><li>Two</li></ul>"
        "<p>After</p>"
        "<ul><li>Alone</li></ul>",
    ),
    "numbers that Word drew": Paste(
        DRAWN_NUMBERS,
        '<ol start="3"><li>Three<ol type="i"><li>One</li><li>Two</li></ol></li>'
        '<li value="7">Seven</li></ol>'
        "<ul><li>Bullet</li></ul>"
        '<ol start="2" type="a"><li>Second</li></ol>'
        "<p>A. Reader wrote to us.</p>",
    ),
    # As document import reads them.
    "formulas, readings and numbering": Paste(
        FORMULAS,
        "<p>1/(a+b) =x<sup>2</sup> of 川 (kawa) in <em>Tolls</em></p>"
        '<ol type="I"><li>x</li></ol><ul><li>y</li></ul>',
        "Left out of the paste: a drawing (“ARROW”); a button (“Go”).",
    ),
    "titles of Word": Paste(
        TITLES,
        '<h3 style="text-align:center">Tolls</h3><h3>On bridges</h3><h3>Gates</h3><p>Nine.</p>',
    ),
    "quotations of Word": Paste(
        QUOTATIONS,
        "<p>Nine.</p><blockquote><p>Ten,</p><p>they said.</p></blockquote>"
        "<p>Then:</p><blockquote><p>Twelve.</p></blockquote>"
        "<p>And:</p><blockquote><p>One.</p></blockquote><p>Bo</p>",
    ),
    "media": Paste(
        MEDIA,
        "<p>Nine.</p><p>Ten.</p>",
        "Left out of the paste: a video (https://a.example/v.mp4);"
        " a recording (https://a.example/s.mp3); an embedded page (https://a.example/f);"
        " an embedded object (https://a.example/e); an embedded object (https://a.example/o);"
        " a video.",
    ),
}
# One issue has a section for each paste of a part.
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_a_paste_takes_what_its_reader_sees_and_names_what_it_leaves_out(
    page: Page, site: str, part: int
) -> None:
    names = list(PASTES)[part::PARTS]
    issue = make_issue(sections=[(SectionKind.FEATURE, name, "<p>x</p>") for name in names])
    log_in(page, site)
    open_issue(page, site, issue)
    warning = page.locator(".cke_notification_warning")

    for place, name in enumerate(names):
        paste(page, place, PASTES[name].html)
        expect(editor(page, place)).not_to_have_text("x")
        if PASTES[name].named:
            expect(warning).to_contain_text(PASTES[name].named)
            warning.locator(".cke_notification_close").click()
        expect(warning).to_have_count(0)
    save(page)

    assert dict(stored(issue)) == {name: PASTES[name].body for name in names}


def picture() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 120, 80)).save(out, "PNG")
    return {"name": "beds.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_a_picture_is_pasted(page: Page, site: str, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    editor(page, 0).click()

    editor(page, 0).evaluate(
        """(area, bytes) => {
            const entered = new DataTransfer();
            entered.items.add(new File([new Uint8Array(bytes)], "beds.png", { type: "image/png" }));
            area.dispatchEvent(new ClipboardEvent("paste", {
                clipboardData: entered, bubbles: true, cancelable: true,
            }));
        }""",
        list(picture()["buffer"]),
    )

    expect(editor(page, 0).locator("img")).to_have_attribute("width", "40")
    save(page)
    assert "/media/issues/" in stored(issue)[0][1]


def test_a_paste_gone_wrong_is_refused_before_it_leaves_the_page(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    page.evaluate(
        """() => Object.values(CKEDITOR.instances)[1].insertHtml(
            "<p>" + "word ".repeat(60_000) + "</p>")"""
    )
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))

    page.get_by_role("button", name="Save", exact=True).last.click()

    expect(page.get_by_role("alert")).to_contain_text("The limit is 150,000")
    # The page says from time to time who is in it, whatever else happens.
    assert not [line for line in sent if line.startswith("POST") and "/presence/" not in line]
    assert len(stored(issue)[1][1]) < 100
