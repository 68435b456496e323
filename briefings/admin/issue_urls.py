"""The addresses of an issue's pages in the admin, beside those that Django gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.urls import URLPattern, path

from briefings.admin import (
    calendar_page,
    clipping_pages,
    finding_pages,
    import_page,
    issue_preview,
    my_alarms,
    point_pages,
    preview_link_pages,
    proof_page,
    question_admin,
    quotation_pages,
    remark_pages,
    response_pages,
    revision_pages,
    topic_admin,
)
from briefings.admin.autosave import autosave
from briefings.admin.correction_pages import correct_issue
from briefings.admin.image_upload import upload_image
from briefings.admin.link_search import link_search
from briefings.admin.presence_view import presence
from briefings.admin.step_page import step_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import ModelAdmin

    from briefings.models import Issue


def issue_urls(model_admin: ModelAdmin[Issue], wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    framed: Any = csp_replace(issue_preview.FRAMED_POLICY)
    return [
        path("from-document/", wrap(import_page.from_document), name="briefings_issue_import"),
        path("autosave/", autosave, name="briefings_autosave"),
        path("<int:pk>/presence/", presence, name="briefings_presence"),
        path("upload-image/", upload_image, name="briefings_upload_image"),
        path("<int:pk>/step/", wrap(step_page), name="briefings_issue_step"),
        path("<int:pk>/revisions/", wrap(revision_pages.revisions), name="briefings_revisions"),
        path(
            "<int:pk>/findings/",
            wrap(finding_pages.findings_of_draft),
            name="briefings_findings",
        ),
        path(
            "<int:pk>/findings/<slug:fingerprint>/override/",
            wrap(finding_pages.override_finding),
            name="briefings_finding_override",
        ),
        path(
            "<int:pk>/revisions/compare/",
            wrap(revision_pages.compare_revisions),
            name="briefings_revisions_compare",
        ),
        path(
            "<int:pk>/revisions/<int:revision>/restore/",
            wrap(revision_pages.restore_revision),
            name="briefings_revision_restore",
        ),
        path(
            "<int:pk>/revisions/<int:revision>/name/",
            wrap(revision_pages.name_revision),
            name="briefings_revision_name",
        ),
        path("<int:pk>/remarks/", wrap(remark_pages.remarks), name="briefings_remarks"),
        path(
            "<int:pk>/open-remarks/",
            wrap(remark_pages.approve_with_remarks),
            name="briefings_issue_open_remarks",
        ),
        path(
            "<int:pk>/preview-links/",
            wrap(preview_link_pages.preview_links),
            name="briefings_preview_links",
        ),
        path("<int:pk>/topics/", wrap(topic_admin.set_topics), name="briefings_issue_topics"),
        path("<int:pk>/proof/", wrap(proof_page.proof), name="briefings_issue_proof"),
        path("<int:pk>/correct/", wrap(correct_issue(model_admin)), name="briefings_issue_correct"),
        path("<int:pk>/preview/", wrap(issue_preview.preview), name="briefings_issue_preview"),
        path(
            "<int:pk>/preview/<slug:part>/",
            framed(wrap(issue_preview.preview_part)),
            name="briefings_issue_preview_part",
        ),
        path("calendar/", wrap(calendar_page.issue_calendar), name="briefings_calendar"),
        *clipping_pages.clipping_urls(wrap),
        *response_pages.response_urls(wrap),
        *point_pages.point_urls(wrap),
        *question_admin.question_urls(wrap),
        *quotation_pages.quotation_urls(wrap),
        path("link-search/", wrap(link_search), name="briefings_link_search"),
        path("my-alarms/", wrap(my_alarms.my_alarms), name="briefings_my_alarms"),
    ]
