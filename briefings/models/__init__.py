"""The tables: briefings and their issues, and what staff and readers do with them."""

from briefings.models.alarm import AlarmChoice, AlarmScope, RaisedAlarm
from briefings.models.answer import Answer
from briefings.models.breaks import Break
from briefings.models.briefing import Briefing, Language, Moderation, QuotationPolicy
from briefings.models.clippings_tray import Clipping
from briefings.models.closing_note import ClosingNote
from briefings.models.comment import Comment, CommentChannel, CommentState
from briefings.models.comment_ban import BanLength, CommentBan
from briefings.models.comment_digest import CommentDigest, DigestRhythm
from briefings.models.comment_response import CommentReport, Recommendation, ReportReason
from briefings.models.commenter import Commenter
from briefings.models.contributor import Contributor
from briefings.models.correction import Correction
from briefings.models.earlier_words import EarlierWords
from briefings.models.finding_override import FindingOverride
from briefings.models.hold_reason import FlaggedWord, HoldKind, HoldReason
from briefings.models.issue import (
    APPROVED_STATES,
    EDITABLE_STATES,
    QUESTIONS_CLOSE_BEFORE,
    Issue,
    IssueState,
)
from briefings.models.issue_text import IssueText, SearchWord
from briefings.models.link_check import LinkCheck, LinkState
from briefings.models.membership import Membership, Role
from briefings.models.open_page import OpenPage, TakeOver, TakeOverAnswer
from briefings.models.picture import Picture
from briefings.models.point import Point, PointCheck
from briefings.models.preview_link import GuestOpinion, PreviewLink
from briefings.models.proof import Proof
from briefings.models.quotation import NotTold, Quotation
from briefings.models.quote_consent import QuoteChoice, QuoteConsent
from briefings.models.rejection_reason import RejectionReason
from briefings.models.remark import Remark, RemarkAnswer, RemarkState
from briefings.models.response_mark import MarkKind, ResponseMark
from briefings.models.revision import Revision, RevisionStep
from briefings.models.section import Section, SectionKind
from briefings.models.section_template import TemplateSection
from briefings.models.spam_check import SpamAnswer, SpamCheck
from briefings.models.topic import Topic
from briefings.models.words_vector import PointVector, ResponseVector
from briefings.models.working_copy import WorkingCopy

__all__ = [
    "APPROVED_STATES",
    "EDITABLE_STATES",
    "QUESTIONS_CLOSE_BEFORE",
    "AlarmChoice",
    "AlarmScope",
    "Answer",
    "BanLength",
    "Break",
    "Briefing",
    "Clipping",
    "ClosingNote",
    "Comment",
    "CommentBan",
    "CommentChannel",
    "CommentDigest",
    "CommentReport",
    "CommentState",
    "Commenter",
    "Contributor",
    "Correction",
    "DigestRhythm",
    "EarlierWords",
    "FindingOverride",
    "FlaggedWord",
    "GuestOpinion",
    "HoldKind",
    "HoldReason",
    "Issue",
    "IssueState",
    "IssueText",
    "Language",
    "LinkCheck",
    "LinkState",
    "MarkKind",
    "Membership",
    "Moderation",
    "NotTold",
    "OpenPage",
    "Picture",
    "Point",
    "PointCheck",
    "PointVector",
    "PreviewLink",
    "Proof",
    "Quotation",
    "QuotationPolicy",
    "QuoteChoice",
    "QuoteConsent",
    "RaisedAlarm",
    "Recommendation",
    "RejectionReason",
    "Remark",
    "RemarkAnswer",
    "RemarkState",
    "ReportReason",
    "ResponseMark",
    "ResponseVector",
    "Revision",
    "RevisionStep",
    "Role",
    "SearchWord",
    "Section",
    "SectionKind",
    "SpamAnswer",
    "SpamCheck",
    "TakeOver",
    "TakeOverAnswer",
    "TemplateSection",
    "Topic",
    "WorkingCopy",
]
