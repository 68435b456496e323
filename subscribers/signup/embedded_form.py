"""The form on other people's sites: the snippet, and where a form that comes from one stood.

A form on another site can carry no CSRF token, and needs none: it acts for nobody, and all it can
do is to make us ask an address, at most once an hour, whether it is meant. So it is taken as it
comes, with two differences. It counts as odd (`form_guard`): a page that made its visitors'
browsers send it would bring a fresh network with each, and meets the proof of work sooner. And what
its page said is out of our hands, so the page that confirms shows the recorded words once more, and
the press there is given to those. To ask by a page of ours in between would cost honest readers a
third press, and a prankster nothing: the same page can be posted to without a browser.

A frame with our form in it is not offered: our pages refuse to be framed (clickjacking), and one
exception that everybody may frame would be worth more to an attacker than to a reader.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from briefings.models import Briefing
from newsroom.tokens import sign_value, verify_value

_MAX_SOURCE = 300
_ACT = "source"


def foreign_origin(request: HttpRequest) -> str:
    """Name the other site whose page sent this form; `null` when its browser hides it, else empty.

    Browsers write the Origin line themselves (Fetch, section 3.2); a script can write any, which
    makes it odd and no more.
    """
    origin = request.headers.get("Origin", "")
    if not origin:
        origin = _origin_of(request.headers.get("Referer", ""))
    if not origin or _host_of(origin) in {request.get_host(), _host_of(settings.SITE_URL)}:
        return ""
    return _origin_of(origin) or "null"


def foreign_source(origin: str, *, said: str) -> str:
    """Give the page on another site as evidence: as its form says if the browser bears it out."""
    if origin == "null":
        return "another site"
    page = said.partition("#")[0].partition("?")[0]
    if _origin_of(page) == origin and page.isprintable() and " " not in page:
        return page[:_MAX_SOURCE]
    return f"{origin}/"[:_MAX_SOURCE]


def stamp_source(origin: str, *, said: str) -> str:
    """Sign a foreign source, to be believed when a page of ours sends it on."""
    return sign_value(_ACT, foreign_source(origin, said=said))


def stamped_source(signed: str) -> str:
    """Give back a foreign source that we signed within a day, else an empty text."""
    return verify_value(_ACT, signed, max_age=86_400) or ""


def is_ours(source: str) -> bool:
    """Whether a kept source is a page of this site."""
    return source.startswith("/")


def is_foreign_page(page: str) -> bool:
    """Whether this is a page's address on the web, good to stand in a snippet."""
    return bool(_origin_of(page)) and page.isprintable() and len(page) <= _MAX_SOURCE


def snippet(briefing: Briefing, *, page: str) -> str:
    """Write the form for another site's page: plain HTML, no script, no style, no cookie."""
    action = settings.SITE_URL + reverse("subscribers:subscribe_briefing", args=[briefing.slug])
    context = {"briefing": briefing, "action": action, "page": page}
    return render_to_string("subscribers/_snippet.html", context).strip() + "\n"


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or not parts.hostname:
        return ""
    return f"{parts.scheme}://{host.lower()}"


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].lower()
