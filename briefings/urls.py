"""Public addresses. Those of briefings come last, because they match any word."""

from django.urls import path

from briefings import (
    comment_responses,
    comment_sign_in,
    contributor_views,
    correction_list,
    feeds,
    my_comments,
    quoting_page,
    shared_preview_views,
    sharing_picture_views,
    sitemaps,
    text_files,
    topic_views,
    views,
)
from briefings.atom_feed import atom_feed
from briefings.json_feed import json_feed
from briefings.questions import my_answers, question_pages
from briefings.quotations import stop_page
from briefings.search import views as search_views
from newsroom.token_links import token_paths

ATOM, JSON = {"write": atom_feed}, {"write": json_feed}

app_name = "briefings"
urlpatterns = [
    path("", views.home, name="home"),
    path("feed/", feeds.feed, ATOM, name="feed"),
    path("feed.json", feeds.feed, JSON, name="json_feed"),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap"),
    path("sitemap-<slug:part>.xml", sitemaps.sitemap_part, name="sitemap_part"),
    path("search/", search_views.search, name="search"),
    path("search/feed/", search_views.search_feed, ATOM, name="search_feed"),
    path("search/feed.json", search_views.search_feed, JSON, name="search_json_feed"),
    path("topics/<slug:slug>/", topic_views.topic_detail, name="topic_detail"),
    path("topics/<slug:slug>/feed/", topic_views.topic_feed, ATOM, name="topic_feed"),
    path("topics/<slug:slug>/feed.json", topic_views.topic_feed, JSON, name="topic_json_feed"),
    path("picture-<slug:version>.png", sharing_picture_views.site_picture, name="site_picture"),
    path("robots.txt", text_files.robots, name="robots"),
    path("humans.txt", text_files.humans, name="humans"),
    path(
        "contributors/<slug:slug>/",
        contributor_views.contributor_detail,
        name="contributor_detail",
    ),
    path(
        "contributors/<slug:slug>/contact/",
        contributor_views.contributor_contact,
        name="contributor_contact",
    ),
    *token_paths("preview/", shared_preview_views.shared_preview, name="shared_preview"),
    path("proof/", shared_preview_views.proof_link, name="proof_link"),
    *token_paths("comments/confirm/", views.comment_confirm, name="comment_confirm"),
    path("comments/on/<slug:slug>/<int:number>/", views.comment_create, name="comment_create"),
    path("comments/questions/<int:pk>/", question_pages.answer_create, name="answer_create"),
    *token_paths(
        "comments/answers/stop/", question_pages.stop_answer_emails, name="stop_answer_emails"
    ),
    *token_paths("comments/answers/", question_pages.answer_confirm, name="answer_confirm"),
    path("comments/mine/", my_comments.my_comments, name="my_comments"),
    path("comments/mine/answers/<int:pk>/", my_answers.my_answer, name="my_answer"),
    path("comments/mine/<int:pk>/", my_comments.my_comment, name="my_comment"),
    path("comments/me/", my_comments.comments_me, name="comments_me"),
    path("comments/sign-in/", comment_sign_in.comments_sign_in, name="comments_sign_in"),
    *token_paths(
        "comments/sign-in/", comment_sign_in.comments_sign_in_link, name="comments_sign_in_link"
    ),
    *token_paths(
        "comments/replies/stop/", comment_sign_in.stop_reply_emails, name="stop_reply_emails"
    ),
    *token_paths("comments/quoted/stop/", stop_page.stop_quoted_emails, name="stop_quoted_emails"),
    *token_paths("comments/quoting/", quoting_page.comment_quoting, name="comment_quoting"),
    path("comments/sign-out/", comment_sign_in.comments_sign_out, name="comments_sign_out"),
    path(
        "comments/<int:pk>/recommend/",
        comment_responses.comment_recommend,
        name="comment_recommend",
    ),
    path("comments/<int:pk>/report/", comment_responses.comment_report, name="comment_report"),
    path("<slug:slug>/", views.briefing_detail, name="briefing_detail"),
    path(
        "<slug:slug>/picture-<slug:version>.png",
        sharing_picture_views.briefing_picture,
        name="briefing_picture",
    ),
    path("<slug:slug>/feed/", feeds.briefing_feed, ATOM, name="briefing_feed"),
    path("<slug:slug>/feed.json", feeds.briefing_feed, JSON, name="briefing_json_feed"),
    path("<slug:slug>/corrections/", correction_list.corrections, name="corrections"),
    path(
        "<slug:slug>/corrections/feed/",
        correction_list.corrections_feed,
        ATOM,
        name="corrections_feed",
    ),
    path(
        "<slug:slug>/corrections/feed.json",
        correction_list.corrections_feed,
        JSON,
        name="corrections_json_feed",
    ),
    path("<slug:slug>/<int:number>/", views.issue_detail, name="issue_detail"),
    path(
        "<slug:slug>/<int:number>/comments/",
        views.comment_create,
        name="comment_create_under_issue",
    ),
    path(
        "<slug:slug>/<int:number>/comments/<int:pk>/", views.comment_detail, name="comment_detail"
    ),
    path(
        "<slug:slug>/<int:number>/questions/<int:pk>/",
        question_pages.question_detail,
        name="question_detail",
    ),
    path(
        "<slug:slug>/<int:number>/picture-<slug:version>.png",
        sharing_picture_views.issue_picture,
        name="issue_picture",
    ),
    path("<slug:slug>/<int:number>/<slug:words>/", views.issue_in_words, name="issue_in_words"),
]
