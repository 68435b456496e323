"""Roles on the page of an account and on the page of a briefing, with a log entry for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import User

from briefings.admin.form_fields import PlainSelectsMixin
from briefings.models import Briefing, Membership
from briefings.permissions import ADD_MEMBERSHIP, CHANGE_ACCOUNT, may_everywhere, may_give_roles
from newsroom import audit_log
from newsroom.accounts.password_again import need_password_again
from newsroom.permissions import may

if TYPE_CHECKING:
    from django.http import HttpRequest

    from newsroom.audit_log import Actor

IN_ALL = "all briefings"


class RoleOfAccountInline(PlainSelectsMixin, admin.TabularInline[Membership, User]):
    """The roles of an account, on its page."""

    model = Membership
    fields = ("role", "briefing")
    extra = 0
    verbose_name = "role"
    verbose_name_plural = "roles"

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whether this person may give roles in all briefings: nobody else sees the rows."""
        return may_everywhere(request.user, CHANGE_ACCOUNT) and may_give_roles(request.user, None)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field, with a choice for all briefings."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "briefing" and field is not None:
            field.empty_label = "All briefings"
        return field


class RoleInBriefingInline(PlainSelectsMixin, admin.TabularInline[Membership, Briefing]):
    """Who has which role in a briefing, on its page. Roles in all briefings stand with accounts."""

    model = Membership
    fields = ("user", "role")
    extra = 0
    verbose_name = "role"
    verbose_name_plural = "people"

    def has_view_permission(self, request: HttpRequest, obj: Briefing | None = None) -> bool:
        """Whether this person may give roles in this briefing: nobody else sees the rows."""
        if obj is None:  # which rows the page may list at all
            return may(request.user, ADD_MEMBERSHIP)
        return may_give_roles(request.user, obj)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field with the accounts that can open the admin."""
        if db_field.name == "user":
            staff = User.objects.filter(is_staff=True, is_active=True)
            kwargs["queryset"] = staff.order_by("first_name", "last_name", "username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class RoleLogMixin:
    """For an admin with an inline of roles: the audit log records who gave and took which."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows of an inline, and record roles that were given or taken."""
        if formset.model is not Membership:
            super().save_formset(request, form, formset, change)  # type: ignore[misc]  # the admin class follows
            return
        if formset.has_changed():
            need_password_again(request)
        before = {
            membership.pk: membership
            for membership in Membership.objects.filter(
                pk__in=[row.instance.pk for row in formset.forms if row.instance.pk]
            )
        }
        super().save_formset(request, form, formset, change)  # type: ignore[misc]  # the admin class follows
        for changed, _ in formset.changed_objects:
            record_role("lost a role", before[changed.pk], by=request.user)
            record_role("was given a role", changed, by=request.user)
        for given in formset.new_objects:
            record_role("was given a role", given, by=request.user)
        for taken in formset.deleted_objects:
            record_role("lost a role", taken, by=request.user)


def record_role(verb: str, membership: Membership, *, by: Actor) -> None:
    """Record that an account was given a role, or lost one."""
    audit_log.record(
        verb,
        membership.user,
        by=by,
        role=membership.get_role_display(),
        briefing=membership.briefing.title if membership.briefing else IN_ALL,
    )
