"""Staff accounts in the admin, with their roles.

Administrators who are not superusers can neither make one nor change one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from briefings.admin.activity import latest_activity
from briefings.admin.form_fields import PlainSelectsMixin
from briefings.admin.role_forms import IN_ALL, RoleLogMixin, RoleOfAccountInline
from newsroom import audit_log
from newsroom.accounts.factor_removal import take_factor_away
from newsroom.accounts.invitations import awaits_acceptance, invite
from newsroom.accounts.log_in_history import forget_failures
from newsroom.accounts.notices import tell_owner
from newsroom.accounts.password_again import need_password_again
from newsroom.accounts.second_factor import has_second_factor
from newsroom.accounts.staff_sessions import end_sessions
from newsroom.admin_site import MODEL_HEADINGS
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

admin.site.unregister(User)


class AccountForm(UserChangeForm[User]):
    """An account's form without Django's field for the hash of a password."""

    password = None  # type: ignore[assignment]  # how Django takes a field out of a form

    class Meta:
        model = User
        fields = "__all__"
        labels = MappingProxyType(
            {"is_active": "May log in", "is_staff": "Uses the admin", "is_superuser": "Superuser"}
        )
        help_texts = MappingProxyType(
            {
                "is_active": "Untick it when somebody leaves; what they did stays in the log.",
                "is_staff": "",
                "is_superuser": "May do everything, in every briefing.",
            }
        )


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # only in the stubs
    """A new password for an account; to lock somebody out, take away that they may log in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


class NewAccountForm(forms.ModelForm[User]):
    """A new account: its owner is invited by email to choose a password, or somebody sets one."""

    password1 = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty to email an invitation. At least 12 characters.",
    )
    password2 = forms.CharField(
        label="Password again",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")

    def clean_username(self) -> str:
        """Refuse a name that differs from another one in capitals only."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("An account with this name exists already.")
        return username

    def clean(self) -> dict[str, Any]:
        """Check the password, or that an invitation can be sent instead."""
        data = super().clean() or self.cleaned_data
        password = data.get("password1", "")
        if password != data.get("password2", ""):
            self.add_error("password2", "The two passwords are not the same.")
        elif password:
            for name, value in data.items():
                if name in self.Meta.fields:
                    setattr(self.instance, name, value)
            try:
                validate_password(password, self.instance)
            except forms.ValidationError as problem:
                self.add_error("password1", problem)
        elif "email" in data and not data["email"]:
            self.add_error("email", "Enter an address for the invitation, or a password below.")
        return data

    def save(self, commit: bool = True) -> User:
        """Save the account; without a password, nobody can log in to it yet."""
        self.instance.is_staff = True
        self.instance.set_password(self.cleaned_data["password1"] or None)
        account: User = super().save(commit)
        return account


@admin.register(User)
class AccountAdmin(RoleLogMixin, PlainSelectsMixin, UserAdmin[User]):
    """Who can log in to the admin, and what they do there."""

    form = AccountForm
    list_display = ("username", "name", "email", "roles", "access")
    list_filter = ("is_active", "is_superuser", "groups")
    show_facets = admin.ShowFacets.NEVER
    inlines = (RoleOfAccountInline,)
    change_form_template = add_form_template = "admin/auth/user/account_form.html"
    change_user_password_template = "admin/auth/user/set_password.html"  # noqa: S105  (a page)
    change_password_form = NewPasswordForm
    add_form = NewAccountForm
    add_fieldsets = (
        (None, {"fields": ("username",)}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("Password", {"fields": ("password1", "password2")}),
    )
    filter_horizontal = ()
    actions = None
    fieldsets = (
        (None, {"fields": ("username",)}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        (
            "In all briefings",
            {
                "fields": ("groups",),
                "description": "Roles in single briefings stand below, under Roles.",
            },
        ),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return fieldsets
        return [
            (
                name,
                {**options, "fields": [one for one in options["fields"] if one != "is_superuser"]},
            )
            for name, options in fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "memberships__briefing")

    @admin.display(description="name", ordering="last_name")
    def name(self, account: User) -> str:
        return account.get_full_name()

    @admin.display(description="roles")
    def roles(self, account: User) -> str:
        """Return the roles in all briefings, then those in single ones."""
        everywhere = [group.name for group in account.groups.all()]
        single = [str(membership) for membership in account.memberships.all()]
        superuser = ["Superuser"] if account.is_superuser else []
        return "; ".join([*superuser, *sorted(everywhere), *sorted(single)])

    @admin.display(description="may log in", ordering="is_active")
    def access(self, account: User) -> str:
        return "Yes" if account.is_active else "No"

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return groups as boxes to tick: there are few."""
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
            kwargs["help_text"] = "Each group gives its role in every briefing."
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/invite/", wrap(require_POST(self.invite_view)), name="auth_user_invite"),
            path(
                "<int:pk>/remove-factor/",
                wrap(require_POST(self.remove_factor_view)),
                name="auth_user_remove_factor",
            ),
            *super().get_urls(),
        ]

    def _account(self, request: HttpRequest, pk: int) -> User:
        """Return an account that this person may change. Raises PermissionDenied."""
        account = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        need_password_again(request)
        return account

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Email an invitation again; the former one stops working."""
        account = self._account(request, pk)
        if awaits_acceptance(account):
            with transaction.atomic():
                invite(account, by=request.user)
            messages.success(request, f"We have emailed an invitation to {account.email}.")
        else:
            messages.error(request, "Nobody can be invited to this account now.")
        return redirect("admin:auth_user_change", account.pk)

    def remove_factor_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove the second factor of somebody who has lost it, and end their sessions."""
        account = self._account(request, pk)
        take_factor_away(account, by=request.user)
        messages.success(
            request, "The second factor is removed, and all sessions of the account have ended."
        )
        return redirect("admin:auth_user_change", account.pk)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account; who may no longer log in is logged out."""
        need_password_again(request)
        super().save_model(request, obj, form, change)
        if not (obj.is_active and obj.is_staff):
            end_sessions(obj)
        if not change and awaits_acceptance(obj):
            invite(obj, by=request.user)
            messages.success(request, f"We have emailed an invitation to {obj.email}.")

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  (Django's name)
        form_url: str = "",
    ) -> HttpResponse:
        """Set a password for somebody, whose sessions end."""
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        account = self.get_object(request, id)
        if account is not None and self.has_change_permission(request, account):
            need_password_again(request)
        response = super().user_change_password(request, id, form_url)
        if account is not None and response.status_code == 302:
            account.refresh_from_db()
            end_sessions(account, but=request.session.session_key)
            forget_failures(account.get_username(), at=timezone.now())
            tell_owner(account, f"{name_of(request.user)} set a new password for your account.")
        return response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save groups and roles; the audit log records the groups here, the roles elsewhere."""
        account = cast("User", form.instance)
        before = set(account.groups.all())
        super().save_related(request, form, formsets, change)
        after = set(account.groups.all())
        for verb, groups in (("was given a role", after - before), ("lost a role", before - after)):
            for group in sorted(groups, key=_by_name):
                audit_log.record(verb, account, by=request.user, role=group.name, briefing=IN_ALL)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        account = context.get("original")
        context["may_invite"] = bool(account and awaits_acceptance(account))
        context["may_remove_factor"] = bool(account and has_second_factor(account))
        context["activity"] = latest_activity(account) if account else []
        context["zone"] = get_current_timezone()
        return super().render_change_form(request, context, *args, **kwargs)


def _by_name(group: Group) -> str:
    return group.name


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Permissions to tick, each as what a person may do."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what the permission allows; the database keeps names that models once had."""
        verb, _, _ = obj.codename.partition("_")
        model = obj.content_type.model_class()
        if model is None or obj.codename != get_permission_codename(verb, model._meta):
            return str(capfirst(obj.name.removeprefix("Can ")))
        rows = MODEL_HEADINGS.get(model.__name__, str(model._meta.verbose_name_plural))
        return f"{verb.capitalize()} {rows[:1].lower()}{rows[1:]}"


admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(admin.ModelAdmin[Group]):
    """What the people of a group may do in every briefing."""

    search_fields = ("name",)
    ordering = ("name",)
    actions = None

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        need_password_again(request)
        super().save_model(request, obj, form, change)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return boxes to tick: what our groups, our own permissions and accounts are about."""
        if db_field.name != "permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        accounts = Q(content_type__app_label="auth", content_type__model="user")
        ours = Q(content_type__app_label__in=("briefings", "newsroom", "subscribers"))
        of_django = Q(codename__regex=r"^(add|change|delete|view)_")
        offered = Permission.objects.filter(Q(group__isnull=False) | accounts | (ours & ~of_django))
        return PermissionsField(
            offered.select_related("content_type")
            .order_by("content_type__app_label", "name")
            .distinct(),
            label="May",
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
