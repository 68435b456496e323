"""The editor's way to send a picture, in the words that CKEditor's dialog understands."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from briefings.images import ImageRefused, store_image
from briefings.permissions import may_write_issues


def _refuse(sentence: str, *, status: int = 200) -> JsonResponse:
    """Answer as the dialog wants it: it shows the message only of a 200."""
    return JsonResponse({"uploaded": 0, "error": {"message": sentence}}, status=status)


def may_upload(request: HttpRequest) -> bool:
    """Those who may write issues may send pictures for them."""
    user = request.user
    return user.is_active and bool(getattr(user, "is_staff", False)) and may_write_issues(user)


@require_POST
def upload_image(request: HttpRequest) -> JsonResponse:
    """Keep one picture (field `upload`) and say where it is.

    CSRF protection is the middleware's; the page sends its token as a header.
    """
    if not request.user.is_authenticated:
        return _refuse(
            "You are logged out. Log in again in another tab, then send the picture once more.",
            status=403,
        )
    if not may_upload(request):
        raise PermissionDenied
    upload = request.FILES.get("upload")
    if upload is None:
        return _refuse("No file arrived. Choose a picture, then send it.")
    try:
        image = store_image(upload, folder=f"issues/{timezone.now():%Y/%m}")
    except ImageRefused as refusal:
        return _refuse(str(refusal))
    return JsonResponse(
        {
            "uploaded": 1,
            "fileName": upload.name,
            "url": image.url,
            "width": image.width,
            "height": image.height,
        }
    )
