"""An issue as structured data (JSON-LD), checked against what schema.org says of its types."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from briefings.models import Topic
from tests.factories import make_briefing, make_correction, make_published_issue

pytestmark = pytest.mark.django_db

# What each property may hold (https://schema.org/NewsArticle and so on), of what we use.
THING = {"name": {"Text"}, "url": {"URL"}, "description": {"Text"}, "image": {"URL"}}
CREATIVE_WORK = {
    **THING,
    "author": {"Person", "Organization"},
    "correction": {"CorrectionComment"},
    "dateModified": {"Date", "DateTime"},
    "datePublished": {"Date", "DateTime"},
    "headline": {"Text"},
    "inLanguage": {"Text"},
    "isAccessibleForFree": {"Boolean"},
    "isPartOf": {"Periodical", "URL"},
    "keywords": {"Text"},
    "mainEntityOfPage": {"URL"},
    "publisher": {"Person", "Organization"},
    "text": {"Text"},
}
PROPERTIES: dict[str, dict[str, set[str]]] = {
    "NewsArticle": {**CREATIVE_WORK, "articleSection": {"Text"}, "articleBody": {"Text"}},
    "Periodical": {**CREATIVE_WORK, "issn": {"Text"}},
    "CorrectionComment": CREATIVE_WORK,
    "Person": {**THING, "jobTitle": {"Text"}},
    "Organization": {**THING, "logo": {"URL"}},
}
# What Google asks for (https://developers.google.com/search/docs/appearance/structured-data/article).
WANTED = {"headline", "image", "datePublished", "dateModified", "author"}


def data_of(client: Client, path: str) -> dict[str, Any]:
    html = client.get(path).content.decode()
    [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    data: dict[str, Any] = json.loads(script)
    return data


def faults(data: Any) -> list[str]:
    """Return what schema.org does not have of a thing, and of the things in it."""
    kind = data["@type"]
    found = []
    for name, value in data.items():
        if name in {"@type", "@context"}:
            continue
        for one in value if isinstance(value, list) else [value]:
            allowed = PROPERTIES[kind].get(name, set())
            if not allowed & types_of(one):
                found.append(f"{kind}.{name}: {one!r}")
            if isinstance(one, dict):
                found += faults(one)
    return found


def types_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {value["@type"]}
    if isinstance(value, bool):
        return {"Boolean"}
    if not isinstance(value, str) or not value.strip():
        return set()
    types = {"Text"}
    if urlsplit(value).scheme in {"http", "https"}:
        types.add("URL")
    for kind, parse in (("Date", date.fromisoformat), ("DateTime", datetime.fromisoformat)):
        try:
            parse(value)
            types.add(kind)
        except ValueError:
            pass
    return types


def test_an_issue_with_everything_has_only_what_schema_org_knows(client: Client) -> None:
    briefing = make_briefing(title="The Ward Round", language="de")
    issue = make_published_issue(
        briefing=briefing,
        title="Beds </script> & \u2028boards",
        at=datetime(2026, 4, 14, 6, tzinfo=UTC),
    )
    issue.topics.add(Topic.objects.create(name="Beds & <wards>", slug="beds"))
    make_correction(issue, note="It was <b>four</b>.")
    data = data_of(client, issue.get_absolute_url())
    assert data["@context"] == "https://schema.org"
    assert faults(data) == []
    assert data.keys() >= WANTED
    assert data["headline"] == "Beds </script> & \u2028boards"
    assert data["author"]["name"] == issue.author.name
    assert data["isPartOf"]["name"] == "The Ward Round"
    assert (data["inLanguage"], data["keywords"]) == ("de", ["Beds & <wards>"])
    assert data["correction"][0]["text"] == "It was <b>four</b>."
    assert data["datePublished"] == "2026-04-14T07:00:00+01:00"
    [image] = data["image"]
    assert client.get(urlsplit(image).path).status_code == 200
    assert client.get(urlsplit(data["author"]["url"]).path).status_code == 200


def test_an_issue_without_extras_has_no_empty_property(client: Client) -> None:
    issue = make_published_issue(briefing=make_briefing(language=""), strapline="")
    data = data_of(client, issue.get_absolute_url())
    assert faults(data) == []
    assert data.keys() >= WANTED
    assert not {"description", "correction", "keywords", "inLanguage"} & data.keys()
