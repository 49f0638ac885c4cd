"""Django's settings. Few on purpose: no sessions, no log-in, no admin, nothing signed, no cookie."""

from __future__ import annotations

import os
import secrets

from app.was.database.settings import django_database
from app.was.environment import Environment

ENVIRONMENT = Environment.load(os.environ)

DEBUG = False
SECRET_KEY = secrets.token_urlsafe(50)      # nothing is signed with it, so every process may have its own
ALLOWED_HOSTS = ["*"]                       # no page is built from the Host header; nginx and the balancers decide
ROOT_URLCONF = "app.was.project.urls"
WSGI_APPLICATION = "app.was.project.wsgi.application"
INSTALLED_APPS = ["app.was.figures", "app.was.pages"]
DATABASES = {"default": django_database(ENVIRONMENT)}

MIDDLEWARE = [
    "app.was.operations.measure.Measure",
    "django.middleware.security.SecurityMiddleware",
    "app.was.pages.protection.Protection",
    "app.was.pages.problems.Problems",
]

TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"builtins": ["app.was.pages.templatetags.words"]},
}]

LANGUAGE_CODE = "ko"
USE_I18N = False                            # two languages, by address: pages/texts.py
USE_TZ = True
TIME_ZONE = "Asia/Seoul"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600       # sent over https only
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024     # there is nothing to upload

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Below WARNING urllib3 writes addresses, and two of the portals have their key in the address.
        "urllib3": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        "boto3": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
        # Each problem is logged once, with its request's id, by pages/problems.py.
        "django.request": {"level": "CRITICAL"},
    },
}
