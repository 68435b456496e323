"""Settings, read from typed environment variables; a wrong one stops the start with a message.

Installations differ only in their variables. `.env.example` lists all of them.
"""

from __future__ import annotations

import logging
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import django_stubs_ext
from csp.constants import NONE, SELF

from newsroom.accounts.breached_passwords import parse_breached_file
from newsroom.accounts.provider_settings import Provider, parse_groups, parse_issuer
from newsroom.backups.archive_encryption import parse_backup_key
from newsroom.environment import (
    domain_list,
    env,
    non_negative_int,
    parse_networks,
    parsed,
    positive_int,
    read,
    required,
    setting_error,
)
from newsroom.mail_servers import MailServerKind, parse_mail_servers
from newsroom.private_files import make_private_file, make_private_folder
from newsroom.report_mailbox import parse_mailbox
from newsroom.security_contact import parse_security_contact
from newsroom.send_limit_settings import parse_domain_limits, parse_warm_up
from newsroom.site_address import ascii_address, ascii_url
from newsroom.webhook_providers import parse_webhook_secrets

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Site ---------------------------------------------------------------------------------------

DEBUG: bool = read("DEBUG", env.bool, False, hint="write true or false")
SECRET_KEY: str = (
    env.str("SECRET_KEY", "development only, never in production " * 2)
    if DEBUG
    else required(
        "SECRET_KEY", hint="set it to 50 or more random characters, the same for all processes"
    )
)
if len(SECRET_KEY) < 50 and not DEBUG:
    raise setting_error(
        "SECRET_KEY", "is wrong: it is too short. Set it to 50 or more random characters"
    )
# Links in emails must work after a change of key: the former keys, newest first.
SECRET_KEY_FALLBACKS: list[str] = read(
    "SECRET_KEY_FALLBACKS", env.list, [], hint="write the former keys, separated by commas"
)
SITE_URL: str = (
    env.str("SITE_URL", "http://127.0.0.1:8000")
    if DEBUG
    else required("SITE_URL", hint="set it to the public URL, such as https://news.example.com")
).rstrip("/")
if not re.fullmatch(r"https?://(\[[0-9a-fA-F:]+\]|[^\s/?#@:]+)(:\d{1,5})?", SITE_URL):
    raise setting_error(
        "SITE_URL", f"is wrong: {SITE_URL!r} is not a URL such as https://news.example.com"
    )
try:
    SITE_URL = ascii_url(SITE_URL)  # as browsers send it, too
except ValueError:
    raise setting_error("SITE_URL", f"is wrong: {SITE_URL!r} has no valid domain") from None
SITE_NAME: str = env.str("SITE_NAME", "Newsroom")
POSTAL_ADDRESS: str = env.str("POSTAL_ADDRESS", "")
# For /.well-known/security.txt, with their schemes.
SECURITY_CONTACT = parsed("SECURITY_CONTACT", parse_security_contact)
SITE_HOST: str = urlsplit(SITE_URL).hostname or ""
SITE_IS_HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS: list[str] = read(
    "ALLOWED_HOSTS",
    env.list,
    [],
    hint="write host names, separated by commas",
) or (["*"] if DEBUG else [SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
try:
    make_private_folder(VAR_DIR)
except OSError as reason:
    raise setting_error(
        "VAR_DIR", f"is wrong: cannot create {VAR_DIR} ({reason.strerror})"
    ) from None

# --- Apps and middleware ------------------------------------------------------------------------

INSTALLED_APPS = [
    "newsroom.apps.NewsroomConfig",
    "newsroom.accounts.apps.AccountsConfig",
    "briefings.apps.BriefingsConfig",
    "subscribers.apps.SubscribersConfig",
    "newsroom.apps.NewsroomAdminConfig",  # django.contrib.admin with our site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_otp_webauthn",
    "ckeditor",
    "csp",
]
MIDDLEWARE = [
    "newsroom.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "newsroom.middleware.DatabaseUnavailableMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.public_pages.PublicPageMiddleware",
    "newsroom.middleware.ReaderLanguageMiddleware",
    "csp.middleware.CSPMiddleware",
    "newsroom.middleware.RequestSizeLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "newsroom.form_origin.FormOriginMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsroom.accounts.account_middleware.AccountMiddleware",
    "newsroom.accounts.password_again.PasswordAgainMiddleware",
    *(["newsroom.middleware.NotFoundPageMiddleware"] if DEBUG else []),
]
ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsroom.context_processors.site",
            ],
        },
    },
]
# django-ckeditor bundles an unsupported release of CKEditor and warns about it. We never trust what
# the editor sends: briefings/richtext.py sanitises it on save.
# newsroom.form_origin.FormOriginMiddleware is Django's CsrfViewMiddleware with one exception, which
# the check does not recognise.
SILENCED_SYSTEM_CHECKS = ["ckeditor.W001", "security.W003"]

# --- Database -----------------------------------------------------------------------------------

# Whether a pooler between us and PostgreSQL may give each transaction another connection. Then we
# keep nothing on a connection: no prepared statements, cursors, temporary tables or locks.
_pooler = read("DATABASE_POOLER", env.str, "", hint="write session, transaction, or nothing")
if _pooler not in {"", "session", "transaction"}:
    raise setting_error("DATABASE_POOLER", "is wrong: write session, transaction, or nothing")
POOLED_BY_TRANSACTION: bool = _pooler == "transaction"
DATABASE_URL: str = env.str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'newsroom.sqlite3'}")
DATABASES: dict[str, dict[str, Any]] = {
    "default": dict(
        read(
            "DATABASE_URL",
            env.dj_db_url,
            DATABASE_URL,
            hint="write postgres://user:password@host:5432/name or sqlite:///path",
        )
    )
}
if DATABASES["default"].get("ENGINE") == "django.db.backends.sqlite3":
    # Web, worker and beat write to one file: we measured 0 lock errors with these options, and
    # thousands without. With NORMAL, a power cut may undo the last commits, and an email that they
    # recorded would be sent again. FULL costs a write to the disk for each commit.
    _synchronous = "NORMAL" if DEBUG else "FULL"
    if DATABASES["default"]["NAME"] != ":memory:":
        # SQLite gives the files beside it the same permissions.
        make_private_file(Path(DATABASES["default"]["NAME"]))
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={_synchronous};",
    }
elif DATABASES["default"].get("ENGINE") == "django.db.backends.postgresql":
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # A cursor on the server would stay behind on a connection that the pooler gives to others.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = POOLED_BY_TRANSACTION
else:
    raise setting_error(
        "DATABASE_URL", "is wrong: write postgres://user:password@host:5432/name or sqlite:///path"
    )
# Seconds for which a worker or beat waits for the database when it starts.
DATABASE_WAIT: int = read("DATABASE_WAIT", env.int, 60, hint="write a whole number of seconds")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker, cache, Celery ----------------------------------------------------------------------

REDIS_URL: str = env.str("REDIS_URL", "")
if REDIS_URL and not re.match(
    r"unix://|rediss?://([^\s/]*@)?(\[[0-9a-fA-F:]+\]|[^\s/:@]+)(:\d{1,5})?(/|$)", REDIS_URL
):
    raise setting_error("REDIS_URL", "is wrong: write redis://host:6379/0")
_CACHES = "django.core.cache.backends"
_SECONDS = {"socket_connect_timeout": 1, "socket_timeout": 2}  # pages wait for it
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "newsroom.redis_cache.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": _SECONDS,
        }
        if REDIS_URL
        else {"BACKEND": f"{_CACHES}.filebased.FileBasedCache", "LOCATION": str(VAR_DIR / "cache")}
    ),
    # Whole public pages (newsroom/page_cache.py), apart from counts and limits: a full folder drops
    # any of its files.
    "pages": (
        {
            "BACKEND": "newsroom.redis_cache.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": _SECONDS,
            "KEY_PREFIX": "pages",
        }
        if REDIS_URL
        else {
            "BACKEND": f"{_CACHES}.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "pages"),
            "OPTIONS": {"MAX_ENTRIES": 2000},
        }
    ),
}
# Kombu warns, on the terminal of the demo too, of an address without a host.
CELERY_BROKER_URL = REDIS_URL or "folder://localhost"  # newsroom.folder_broker
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        # An unreachable broker must not delay a page that only wakes a worker.
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "max_retries": 0,
        "visibility_timeout": 3600,
        # By name, so that "celery" comes before "sending". In turn, every short task would wait for
        # a send run, and beat wakes more send runs than there are short tasks.
        "queue_order_strategy": "sorted",
    }
    if REDIS_URL
    else {
        "data_folder_in": str(VAR_DIR / "broker"),
        "data_folder_out": str(VAR_DIR / "broker"),
        "control_folder": str(VAR_DIR / "broker-control"),
        "polling_interval": 0.1,
    }
)
if not REDIS_URL:
    (VAR_DIR / "broker").mkdir(exist_ok=True)  # the transport does not create it
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# With folders, the processes of a pool would take turns by a lock. A killed one leaves it closed,
# and no other could take a task, ever. So tasks run in the worker's own process.
if not REDIS_URL:
    CELERY_WORKER_POOL = "solo"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# --- Email --------------------------------------------------------------------------------------

if not DEBUG:
    required("EMAIL_URL", hint="set it to smtp://user:password@host:587/?tls=starttls")
MAIL_SERVERS = parsed("EMAIL_URL", parse_mail_servers, default="inbox:")
_first = MAIL_SERVERS[0]  # for transactional emails
if _first.kind is MailServerKind.INBOX and not DEBUG:
    raise setting_error("EMAIL_URL", "is wrong: inbox: sends nothing, it is for development only")
INBOX_DIR = VAR_DIR / "inbox"
EMAIL_BACKEND = _first.django_backend
# Credentials for a provider's API, such as ANYMAIL_POSTMARK_SERVER_TOKEN.
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_") and value
}
DEFAULT_FROM_EMAIL: str = ascii_address(
    env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <news@{SITE_HOST}>")
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
BOUNCE_ADDRESS: str = ascii_address(env.str("BOUNCE_ADDRESS", f"bounces@{SITE_HOST}"))
if BOUNCE_ADDRESS.count("@") != 1:
    raise setting_error(
        "BOUNCE_ADDRESS",
        f"is wrong: {BOUNCE_ADDRESS!r} is not an address such as bounces@example.com",
    )
# Where readers' replies go, if not to the briefing's own address; each email adds a +token.
REPLY_ADDRESS: str = ascii_address(env.str("REPLY_ADDRESS", ""))
if REPLY_ADDRESS and REPLY_ADDRESS.count("@") != 1:
    raise setting_error(
        "REPLY_ADDRESS",
        f"is wrong: {REPLY_ADDRESS!r} is not an address such as replies@example.com",
    )
# Where readers object to the rejection of a comment, if not at the briefing's own address.
APPEALS_ADDRESS: str = ascii_address(env.str("APPEALS_ADDRESS", ""))
if APPEALS_ADDRESS and APPEALS_ADDRESS.count("@") != 1:
    raise setting_error(
        "APPEALS_ADDRESS",
        f"is wrong: {APPEALS_ADDRESS!r} is not an address such as appeals@example.com",
    )
# The name by which our own mail server signs Authentication-Results (RFC 8601); empty for none.
AUTHSERV_ID: str = env.str("AUTHSERV_ID", "")
# The mailbox that receives reports and replies, if no pipe delivers them.
REPORTS_MAILBOX = parsed("REPORTS_URL", parse_mailbox) if env.str("REPORTS_URL", "") else None
HOOK_SECRETS = parsed("HOOK_SECRETS", parse_webhook_secrets)
SEND_RATE: float = read(
    "SEND_RATE", env.float, 0.0, hint="write emails a second, or 0 for no limit"
)
# A fast server takes most from 24 connections of each of two processes (docs/performance.md), and
# they stay below Postfix's limit of 50 for one client.
SEND_CONNECTIONS: int = read(
    "SEND_CONNECTIONS",
    non_negative_int,
    24,
    hint="write a whole number, or 0 for as many as your mail server takes",
)
if SEND_RATE < 0:
    raise setting_error("SEND_RATE", "is wrong: write emails a second, or 0 for no limit")
SEND_DOMAIN_LIMITS = parsed("SEND_DOMAIN_LIMITS", parse_domain_limits)
SEND_WARM_UP = parsed("SEND_WARM_UP", parse_warm_up)
# A dispatch is paused after this many refusals in a row, without an accepted email between them.
SEND_PAUSE_AFTER: int = read(
    "SEND_PAUSE_AFTER", env.int, 50, hint="write a number of refusals in a row, or 0 for never"
)
# Seconds without a sign of life after which another worker may take over a lease.
LEASE_SECONDS: int = read(
    "LEASE_SECONDS", env.int, 60, hint="write a whole number of seconds, 5 or more"
)
if LEASE_SECONDS < 5:
    raise setting_error("LEASE_SECONDS", "is wrong: write a whole number of seconds, 5 or more")

# Seconds after its send time beyond which an issue waits for a person to send it.
LATE_WINDOW: int = read(
    "LATE_WINDOW", env.int, 3600, hint="write a whole number of seconds, 60 or more"
)
if LATE_WINDOW < 60:
    raise setting_error("LATE_WINDOW", "is wrong: write a whole number of seconds, 60 or more")

# Whether a worker opens the external links of unpublished issues, to warn of those that are dead.
CHECK_LINKS: bool = read("CHECK_LINKS", env.bool, True, hint="write true or false")

# With the key of an account, a worker asks Akismet whether a new comment is spam.
AKISMET_KEY: str = env.str("AKISMET_KEY", "")

# A folder with a sentence encoder, which tells responses that mean the same: model.onnx and
# tokenizer.json. The hash is that of both files, one after the other.
POINTS_MODEL: str = env.str("POINTS_MODEL", "")
POINTS_MODEL_HASH: str = env.str("POINTS_MODEL_HASH", "").lower()
if POINTS_MODEL and not re.fullmatch(r"[0-9a-f]{64}", POINTS_MODEL_HASH):
    raise setting_error(
        "POINTS_MODEL_HASH",
        "is wrong: write what `cat model.onnx tokenizer.json | sha256sum` says of the encoder",
    )
# The languages that the encoder knows. Responses in others are compared by their wording only.
POINTS_LANGUAGES: frozenset[str] = frozenset(
    read("POINTS_LANGUAGES", env.list, ["en"], hint="write language codes, separated by commas")
)

# Seconds after which staff are emailed that a mail server, or a step of sending, still fails.
ALERT_AFTER: int = read("ALERT_AFTER", env.int, 600, hint="write a whole number of seconds")
if ALERT_AFTER < 0:
    raise setting_error("ALERT_AFTER", "is wrong: write a whole number of seconds")

# --- Backups ------------------------------------------------------------------------------------

# Where `manage.py backup` writes them.
BACKUP_DIR = Path(env.str("BACKUP_DIR", str(VAR_DIR / "backups")))
# The public keys of age or gpg that they are encrypted for; without one, everybody can read them.
BACKUP_KEY = parsed("BACKUP_KEY", parse_backup_key)
# The private key of age, to restore them.
BACKUP_KEY_FILE: Path | None = (
    Path(env.str("BACKUP_KEY_FILE")) if env.str("BACKUP_KEY_FILE", "") else None
)
# How many days and weeks have a backup that is kept; if both are 0, all are.
BACKUP_KEEP_DAILY: int = read(
    "BACKUP_KEEP_DAILY", non_negative_int, 7, hint="write a number of days, 0 or more"
)
BACKUP_KEEP_WEEKLY: int = read(
    "BACKUP_KEEP_WEEKLY", non_negative_int, 5, hint="write a number of weeks, 0 or more"
)

# --- Accounts and security ----------------------------------------------------------------------

# Whether staff log in with a password of ours. Without it, only the provider below knows them.
LOCAL_LOG_IN: bool = read("LOCAL_LOG_IN", env.bool, True, hint="write true or false")
# An OpenID Connect provider that knows the staff, and which of its groups is which of ours.
_issuer = parsed("OIDC_ISSUER", parse_issuer)
OIDC: Provider | None = (
    Provider(
        issuer=_issuer,
        client_id=required("OIDC_CLIENT_ID", hint="set it to the id that the provider gave you"),
        client_secret=required("OIDC_CLIENT_SECRET", hint="set it to the secret that goes with it"),
        name=env.str("OIDC_NAME", "") or str(urlsplit(_issuer).hostname),
        groups_claim=env.str("OIDC_GROUPS_CLAIM", "groups"),
        groups=parsed("OIDC_GROUPS", parse_groups),
        has_second_factor=read(
            "OIDC_HAS_SECOND_FACTOR", env.bool, False, hint="write true or false"
        ),
    )
    if _issuer
    else None
)
if not (LOCAL_LOG_IN or OIDC):
    raise setting_error(
        "LOCAL_LOG_IN", "is wrong: without a provider (OIDC_ISSUER), nobody could log in"
    )
AUTHENTICATION_BACKENDS = [
    *(["django.contrib.auth.backends.ModelBackend"] if LOCAL_LOG_IN else []),
    *(["newsroom.accounts.provider_log_in.ProviderBackend"] if OIDC else []),
    "briefings.role_backend.RoleBackend",
]
MIN_PASSWORD = 12
# Passwords that were stolen elsewhere, or their SHA-1 hashes in order, one on each line.
BREACHED_PASSWORDS = parsed("BREACHED_PASSWORDS_FILE", parse_breached_file)
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": MIN_PASSWORD}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
    {"NAME": "newsroom.accounts.password_rules.DecoratedPasswordValidator"},
    {"NAME": "newsroom.accounts.password_rules.BreachedPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds for which the emailed link works
# Whether roles that send, see readers' data or give roles need a second factor.
SECOND_FACTOR_REQUIRED: bool = read(
    "SECOND_FACTOR_REQUIRED", env.bool, True, hint="write true or false"
)
# Called for whether an account has such a role: newsroom imports no app.
SECOND_FACTOR_REQUIRED_OF = "briefings.permissions.needs_second_factor"
OTP_TOTP_ISSUER = SITE_NAME
# Browsers make passkeys for names, not for the numbers of machines, and want https.
OFFERS_PASSKEYS = SITE_HOST == "localhost" or (
    SITE_IS_HTTPS and not re.fullmatch(r"[\d.]+|.*:.*", SITE_HOST)
)
OTP_WEBAUTHN_RP_NAME = SITE_NAME
OTP_WEBAUTHN_RP_ID = SITE_HOST
OTP_WEBAUTHN_ALLOWED_ORIGINS = [SITE_URL if OFFERS_PASSKEYS else f"https://{SITE_HOST}"]
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
SESSION_IDLE = timedelta(
    hours=read("SESSION_IDLE_HOURS", positive_int, 12, hint="write a whole number, 1 or more")
)
SESSION_LENGTH = timedelta(
    days=read("SESSION_DAYS", positive_int, 7, hint="write a whole number, 1 or more")
)
SESSION_COOKIE_AGE = int(SESSION_IDLE.total_seconds())  # from the last time it was used
# Called before each email to an address that a visitor entered, by name: newsroom imports no app.
SUPPRESSION_CHECK = "subscribers.models.suppression.is_suppressed"
# Called when staff preview an issue as a subscriber would get it: briefings imports no subscribers.
SUBSCRIBER_LOOKUP = "subscribers.sending.preview_recipients.subscriber_lookup"
# Called for the keyed hash by which a banned reader is known: briefings imports no subscribers.
ADDRESS_HASH = "subscribers.models.address_hash.hash_address"
# Called when the database turns out to be restored from a backup (newsroom/database_epoch.py).
HOLD_AFTER_RESTORE = "subscribers.restoration.held_work.hold_everything"
# Both limits count forms that make us email somebody, from all networks together. Above the first,
# in ten minutes, a form needs a proof of work; above the second, in an hour, it is refused.
CHALLENGE_ABOVE: int = read(
    "CHALLENGE_ABOVE", non_negative_int, 60, hint="write a whole number, 0 or more"
)
SIGN_UPS_AN_HOUR: int = read(
    "SIGN_UPS_AN_HOUR", non_negative_int, 2000, hint="write a whole number, 0 or more"
)
DISPOSABLE_DOMAINS: frozenset[str] = read(
    "DISPOSABLE_DOMAINS_FILE",
    domain_list,
    frozenset(),
    hint="name a file with one domain on each line",
)
# The addresses of our proxies, which set X-Forwarded-Proto and X-Forwarded-For. From any other,
# newsroom.middleware.TrustedProxyMiddleware drops both. BEHIND_PROXY means one on this machine.
BEHIND_PROXY: bool = read("BEHIND_PROXY", env.bool, False, hint="write true or false")
TRUSTED_PROXIES = parsed(
    "TRUSTED_PROXIES", parse_networks, default="127.0.0.1 ::1" if BEHIND_PROXY else ""
)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SITE_IS_HTTPS and not DEBUG
# Health checks use http from inside the network, and a one-click unsubscribe must not be redirected
# (RFC 8058, section 3.1).
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^unsubscribe/"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS and not DEBUG else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "newsroom.error_pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Views that accept files say so; newsroom/file_uploads.py gives them Django's own handlers.
FILE_UPLOAD_HANDLERS = ["newsroom.file_uploads.RefusingUploadHandler"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language, time, files, logs ----------------------------------------------------------------

# The languages that the words of pages and emails are written in: locale/ and newsroom/formats/.
LANGUAGES = [("en-gb", "English"), ("de", "German")]
# That of pages about several briefings. A page or an email about one is in the briefing's own.
LANGUAGE_CODE: str = read(
    "LANGUAGE_CODE",
    env.str,
    "en-gb",
    hint=f"write one of {', '.join(code for code, _ in LANGUAGES)}",
).lower()
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise setting_error(
        "LANGUAGE_CODE", f"is wrong: write one of {', '.join(code for code, _ in LANGUAGES)}"
    )
LOCALE_PATHS = [BASE_DIR / "locale"]
# The database holds UTC. Pages about an issue are in its briefing's zone, all others in this one.
TIME_ZONE: str = read("TIME_ZONE", env.str, "Europe/London", hint="write a name like Europe/London")
if TIME_ZONE not in available_timezones():
    raise setting_error("TIME_ZONE", "is wrong: write a name like Europe/London")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "newsroom.formats"
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "newsroom.hashed_files.HashedFilesStorage"
    },
}
LOG_LEVEL: int = read(
    "LOG_LEVEL", env.log_level, logging.INFO, hint="write DEBUG, INFO, WARNING or ERROR"
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "newsroom.one_line_log.OneLineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        }
    },
    "filters": {"without tokens": {"()": "newsroom.request_log.WithoutTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without tokens"],
        }
    },
    "loggers": {
        "django.request": {"filters": ["without tokens"]},
        "django.security.csrf": {"filters": ["without tokens"]},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
