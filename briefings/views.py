"""The public pages: home, briefings, issues, and the form for comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from briefings import comment_submission
from briefings.comment_changes import comments_of_page
from briefings.comment_form_html import empty_form_html
from briefings.comment_identity import SIGNED_IN_FOR, sign_in, signed_in
from briefings.comment_places import place_passages
from briefings.comment_threads import CommentPage, comment_page, page_of_comment
from briefings.days_ago import next_day
from briefings.forms import CommentForm, find_thread
from briefings.issue_archive import archive_of
from briefings.lead_picture import lead_picture
from briefings.models import (
    Briefing,
    Comment,
    CommentChannel,
    CommentState,
    Correction,
    Issue,
    Section,
)
from briefings.models.comment import CONFIRM_WITHIN
from briefings.moderation.rejection_words import rejection_of
from briefings.next_issue import next_issue_line
from briefings.questions.poll import answers_subject
from briefings.quotations.chain import quoted_comments, with_chain
from briefings.quoting_form import QuotingForm
from briefings.rendering.article_data import article_data, last_changed
from briefings.rendering.page_html import page_sections, reading_minutes
from briefings.rendering.sharing_picture import picture_of_issue
from briefings.rendering.thread_html import thread_html
from briefings.share_links import share_links
from briefings.zone_names import time_zone_name
from newsroom.client_address import client_ip, user_agent
from newsroom.compiled_queries import CompiledQuery
from newsroom.form_guard import (
    ProofOfWorkNeeded,
    TooManyForms,
    check_form,
    proof_of_work_page,
)
from newsroom.form_origin import own_forms_only
from newsroom.public_pages import public_page, unless_as_asked
from newsroom.reader_language import answer_in

ISSUES_PER_BRIEFING = 4  # on the home page, the newest issue of all included
UNFOLDED_CONTENTS = 4  # sections; a longer list of contents would push the text away


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeBriefing:
    """A briefing on the home page, with its latest issue and some earlier ones."""

    briefing: Briefing
    latest: Issue | None
    earlier: list[Issue]


@public_page()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the newest issue of all, then each briefing with its latest issues."""
    briefings = list(Briefing.objects.select_related("lead"))
    current = [briefing for briefing in briefings if not briefing.retired]
    recent = _recent_issues(current)
    newest = max(
        (issues[0] for issues in recent.values()),
        key=lambda issue: (issue.dateline, issue.pk),
        default=None,
    )
    context = {
        "newest": newest,
        "lead_picture": lead_picture(newest) if newest else None,
        "current": current,
        "briefings": [
            _home_briefing(briefing, recent.get(briefing.pk, []), newest) for briefing in current
        ],
        "retired": [briefing for briefing in briefings if briefing.retired],
    }
    return TemplateResponse(request, "briefings/home.html", context)


def _recent_issues(briefings: list[Briefing]) -> dict[int, list[Issue]]:
    """Return the newest issues of each briefing that has any, by its key, in one query."""
    by_pk = {briefing.pk: briefing for briefing in briefings}
    recent: dict[int, list[Issue]] = {}
    for issue in Issue.objects.newest_of_each(ISSUES_PER_BRIEFING).select_related("author"):
        if issue.briefing_id in by_pk:
            issue.briefing = by_pk[issue.briefing_id]
            recent.setdefault(issue.briefing_id, []).append(issue)
    return recent


def _home_briefing(briefing: Briefing, issues: list[Issue], newest: Issue | None) -> HomeBriefing:
    """Leave out the newest issue of all, which is at the top of the page already."""
    rest = [issue for issue in issues if newest is None or issue.pk != newest.pk]
    return HomeBriefing(briefing=briefing, latest=rest[0] if rest else None, earlier=rest[1:3])


@public_page("year")
@require_safe
def briefing_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a briefing: what it is, its latest issues, and its archive; `?year=` shows a year."""
    briefing = get_object_or_404(Briefing.objects.select_related("lead"), slug=slug)
    answer_in(briefing.language)
    archive = archive_of(briefing, year=request.GET.get("year", ""))
    context = {
        "briefing": briefing,
        "archive": archive,
        "latest": archive.latest,
        "time_zone_name": time_zone_name(briefing),
        "next_issue": next_issue_line(briefing, at=timezone.now()),
    }
    response = TemplateResponse(request, "briefings/briefing_detail.html", context)
    return unless_as_asked(response, request, {"year": str(archive.year)} if archive.year else {})


def _subjects_of_issue(*, slug: str, number: int) -> tuple[str, ...]:
    """Return what the page of an issue depends on: comments, and answers to closed questions."""
    return (*comments_of_page(slug=slug, number=number), answers_subject(slug, number))


@public_page("page", "sort", "thread", "reply_to", "about", "comment", subjects=_subjects_of_issue)
@require_safe
def issue_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show an issue; `?reply_to=` opens the comment form as a reply to a comment.

    `?about=` opens it for a comment on a section.
    `?page=` shows another page of comments, `?sort=` another order of them, `?thread=` all replies
    to one comment.
    """
    issue = _published_or_404(slug, number)
    issue.put_sections(_SECTIONS_OF_PAGE.rows(issue.pk))
    wanted = {name: request.GET.get(name, "") for name in ("page", "thread", "sort")}
    comments = comment_page(
        issue, number=wanted["page"], thread=wanted["thread"], order=wanted["sort"]
    )
    context = issue_page(issue, comments=comments)
    shown = dict(parse_qsl(comments.query.removeprefix("?")))
    if context["comments_open"]:
        context |= _comment_form(request, context)
        if "comment_sent" in context:
            shown["comment"] = "sent"
        elif context.get("about") and comments.query == "?":
            shown["about"] = context["about"]
    response = TemplateResponse(request, "briefings/issue_detail.html", context)
    if changes := _changes_by_itself(context):
        response.headers["Expires"] = http_date(min(changes).timestamp())
    return unless_as_asked(response, request, shown)


def _changes_by_itself(page: dict[str, Any]) -> list[datetime]:
    """Return when the page of an issue will change: comments or a question close, a day ends."""
    at = page["made_at"]
    closing = [section.closes_at for section in page["sections"] if section.closes_at]
    closing += [page["comments_close"]] if page["comments_open"] else []
    written = [comment.created_at for comment in page["comments"].all_comments]
    midnight = next_day(written, zone=page["briefing"].zone, at=at)
    return [moment for moment in (*closing, midnight) if moment and moment > at]


def _comment_form(request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows as its comment form: for a new comment, or for a reply."""
    if request.GET.get("comment") == "sent":
        interval = comment_submission.CONFIRMATION_EMAIL_INTERVAL
        return {"comment_sent": True, "email_interval": interval}
    issue, comment = page["issue"], request.GET.get("reply_to", "")
    thread = find_thread(issue, comment) if comment else None
    if thread is None:
        sections, about = page["sections"], request.GET.get("about", "")
        about = about if about in {str(section.pk) for section in sections} else ""
        empty = empty_form_html(
            issue, sections=sections, about=about, closes=page["comments_close"], at=timezone.now()
        )
        return {"empty_form": empty, "about": about}
    initial = {"reply_to": thread.pk}
    form = CommentForm(issue=issue, sections=page["sections"], initial=initial)
    return {"form": form, "replied_to": thread}


@require_safe
def issue_in_words(request: HttpRequest, slug: str, number: int, words: str) -> HttpResponse:
    """Redirect from an address with words in it to the permanent one."""
    return redirect(_published_or_404(slug, number), permanent=True)


def issue_page(
    issue: Issue, *, comments: CommentPage | None = None, is_preview: bool = False
) -> dict[str, Any]:
    """Return the context of an issue's page without the comment form; previews use it too.

    Without `comments`, it has the first page of them.
    """
    now = timezone.now()
    comments_open = issue.comments_open(at=now)
    sections = page_sections(issue, quoted=quoted_comments(issue))
    comments = comments or comment_page(issue)
    days = issue.briefing.comments_close_after
    corrections, picture = _corrections(issue), picture_of_issue(issue)
    contents = [section for section in sections if section.heading]
    place_passages(comments.all_comments, sections)
    return {
        "made_at": now,
        "issue": issue,
        "briefing": issue.briefing,
        "sections": sections,
        "contents": contents,
        "folds_contents": len(contents) > UNFOLDED_CONTENTS,
        "minutes": reading_minutes(sections),
        "comments": comments,
        "threads": thread_html(
            comments.threads,
            issue=issue,
            reply_query=comments.reply_query if comments_open else "",
            has_actions=not is_preview,
            at=now,
        ),
        "comment_count": comments.comment_count,
        "comments_open": comments_open,
        "is_preview": is_preview,
        "comments_close": issue.dateline + timedelta(days=days) if days else None,
        "topics": issue.topic_list,
        "responding_to": _linked(issue, "responding_to"),
        "answered_in": _linked(issue, "answered_in"),
        "share": share_links(issue),
        "corrections": [correction for correction in corrections if correction.note],
        "corrected_at": last_changed(issue, corrections) if corrections else None,
        "article_data": article_data(issue, corrections, picture=picture),
        "picture": picture,
        **_neighbours(issue),
    }


def _linked(issue: Issue, name: str) -> Issue | None:
    """Return another issue of the chain, to be linked; a preview knows none."""
    number = vars(issue).get(name)
    return Issue(briefing=issue.briefing, number=number) if number else None


def _published_or_404(slug: str, number: int) -> Issue:
    for issue in _ISSUE_OF_PAGE.rows(slug, number):
        answer_in(issue.briefing.language)
        return issue
    raise Http404("There is no such issue.")


def _issue_of_page(slug: str, number: int) -> QuerySet[Issue]:
    issues = Issue.objects.published().for_page(with_lead=False).with_neighbours()
    is_corrected = Exists(Correction.objects.filter(issue=OuterRef("pk")))
    issues = with_chain(issues.annotate(is_corrected=is_corrected))
    return issues.filter(briefing__slug=slug, number=number)


_ISSUE_OF_PAGE = CompiledQuery(_issue_of_page, str, int)
_SECTIONS_OF_PAGE = CompiledQuery(lambda issue: Section.objects.filter(issue=issue), int)


def _corrections(issue: Issue) -> list[Correction]:
    """Return the corrections, the newest first; no query if it is known that there are none."""
    if not vars(issue).get("is_corrected", True):
        return []
    corrections = list(issue.corrections.all())
    for correction in corrections:
        correction.issue = issue
    return corrections


def _neighbours(issue: Issue) -> dict[str, Issue | None]:
    """Return the previous and the next issue of the same briefing; in a preview, by a query."""
    known = vars(issue)
    if "issue_before" not in known:
        row = Issue.objects.with_neighbours().filter(pk=issue.pk).first()
        known = vars(row) if row else {}
    found: dict[str, Issue | None] = {}
    for name, named in (("earlier", "issue_before"), ("later", "issue_after")):
        number, _, title = (known.get(named) or "").partition(" ")
        found[name] = (
            Issue(briefing=issue.briefing, number=int(number), title=title) if number else None
        )
    return found


@require_safe
def comment_detail(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponse:
    """Redirect to the page that shows a comment now, for comments move when others are featured."""
    issue = _published_or_404(slug, number)
    query = page_of_comment(issue, pk)
    if query is None:
        raise Http404("There is no such comment. It may have been removed.")
    return redirect(f"{issue.get_absolute_url()}{query.rstrip('?')}#comment-{pk}")


@never_cache
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comment_create(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a comment and ask its writer to confirm it by email; GET redirects to the form."""
    issue = _published_or_404(slug, number)
    if request.method != "POST":
        return redirect(f"{issue.get_absolute_url()}#comment-form")
    now = timezone.now()
    context = issue_page(issue)
    form = CommentForm(
        request.POST, issue=issue, sections=context["sections"], signed_in=signed_in(request)
    )
    sent = redirect(f"{issue.get_absolute_url()}?comment=sent#comment-form")
    context["form"] = form
    if not issue.comments_open(at=now):
        context["too_late"] = request.POST.get("body", "")
        return TemplateResponse(request, "briefings/issue_detail.html", context, status=403)
    if form.is_from_bot:
        return sent
    if form.is_valid():
        try:
            new = form.new_comment(ip=client_ip(request), user_agent=user_agent(request))
            if form.commenter:
                comment = comment_submission.submit_signed_in_comment(
                    new, commenter=form.commenter, issue=issue, at=now
                )
                return redirect(f"{reverse('briefings:my_comments')}?sent#comment-{comment.pk}")
            check_form(
                request,
                address=form.cleaned_data["email"],
                signature=form.cleaned_data["began"],
                at=now,
                address_limit=str(comment_submission.ADDRESS_LIMIT_REACHED),
            )
            comment_submission.submit_comment(new, issue=issue, at=now)
        except ProofOfWorkNeeded:
            return proof_of_work_page(request, at=now, context={"briefing": issue.briefing})
        except (TooManyForms, comment_submission.TooManyComments) as refusal:
            form.add_error(None, str(refusal))
        except (comment_submission.WriterBanned, comment_submission.WriterErased) as refusal:
            form.add_error(None, str(refusal))
            return TemplateResponse(request, "briefings/issue_detail.html", context, status=403)
        else:
            return sent
    context["replied_to"] = form.cleaned_data.get("reply_to")
    status = 429 if form.non_field_errors() else 422
    return TemplateResponse(request, "briefings/issue_detail.html", context, status=status)


@never_cache
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comment_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show a comment with a button (GET), confirm it (POST); a second time changes nothing.

    Who confirms is the owner of the address, so their browser is signed in for comments.
    """
    comment = comment_submission.comment_of_token(token)
    if comment is None:
        limits = {"confirm_within": CONFIRM_WITHIN}
        return TemplateResponse(request, "briefings/comment_link_invalid.html", limits, status=404)
    answer_in(comment.issue.briefing.language)
    answer = _question_about_quoting(request, comment)
    if request.method == "POST" and (answer is None or answer.is_valid()):
        now = timezone.now()
        commenter = comment_submission.confirm_comment(
            comment,
            at=now,
            ip=client_ip(request),
            user_agent=user_agent(request),
            quoting=answer.choice if answer else None,
            quote_name=answer.name if answer else "",
        )
        response = redirect("briefings:comment_confirm", token=token)
        if commenter:
            sign_in(response, commenter)
        return response
    context = {
        "comment": comment,
        "token": token,
        "issue": comment.issue,
        "briefing": comment.issue.briefing,
        "is_confirmed": comment.state != CommentState.UNCONFIRMED,
        "is_published": comment.state == CommentState.APPROVED,
        "rejection": rejection_of(comment, at=timezone.now()),
        "signed_in_for": SIGNED_IN_FOR,
        "answer": answer,
    }
    status = 422 if answer and answer.is_bound else 200
    return TemplateResponse(request, "briefings/comment_confirm.html", context, status=status)


def _question_about_quoting(request: HttpRequest, comment: Comment) -> QuotingForm | None:
    """Return the question for who sent a comment by email: the form of the page had asked it."""
    is_open = comment.state == CommentState.UNCONFIRMED
    if comment.channel != CommentChannel.MAIL or not is_open:
        return None
    if request.method == "POST":  # without an answer, it is confirmed and not quoted
        return QuotingForm(request.POST, comment=comment) if "quoting" in request.POST else None
    return QuotingForm(comment=comment)
