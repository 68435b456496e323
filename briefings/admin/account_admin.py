"""Staff accounts in the admin, with their roles.

Administrators who are not superusers can neither make one nor change one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.timezone import get_current_timezone

from briefings.admin.activity import latest_activity
from briefings.admin.form_fields import PlainSelectsMixin
from briefings.admin.role_forms import IN_ALL, RoleLogMixin, RoleOfAccountInline
from newsroom import audit_log
from newsroom.admin_site import MODEL_HEADINGS

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
    add_form = UserCreationForm
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
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
