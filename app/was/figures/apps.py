"""The Django application that owns the tables."""

from __future__ import annotations

from django.apps import AppConfig


class Figures(AppConfig):
    name = "app.was.figures"
    label = "figures"
    default_auto_field = "django.db.models.BigAutoField"
