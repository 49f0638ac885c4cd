"""The tables. Each index is there for a query in `reading.py`; a test runs EXPLAIN to hold that.

Columns are added with a database default or as NULL (`database/rules.py`): the previous release must run on
this schema.
"""

from __future__ import annotations

from django.db import models


class ProvinceDay(models.Model):
    """What one province reported for one day; province "total" is the whole country."""

    day = models.DateField()
    province = models.CharField(max_length=16)
    total = models.PositiveIntegerField()
    new = models.IntegerField()                             # corrections make it negative at times
    new_local = models.IntegerField()
    new_imported = models.IntegerField()
    deaths = models.PositiveIntegerField()
    released = models.PositiveIntegerField(null=True)
    isolated = models.PositiveIntegerField(null=True)
    rate = models.DecimalField(max_digits=10, decimal_places=2, null=True)      # cases per 100,000 people

    class Meta:
        constraints = (models.UniqueConstraint(fields=("day", "province"), name="province_day_once"),)
        indexes = (models.Index(fields=("province", "day"), name="province_series"),)


class DistrictDay(models.Model):
    """What one district of Seoul reported for one day."""

    day = models.DateField()
    district = models.CharField(max_length=16)
    total = models.PositiveIntegerField()
    new = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("day", "district"), name="district_day_once"),)
        indexes = (models.Index(fields=("district", "day"), name="district_series"),)


class News(models.Model):
    """One article. Its key is a digest of its address, as addresses differ by case and a collation does not
    see that.
    """

    key = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=300)
    summary = models.TextField()
    link = models.TextField()
    source = models.CharField(max_length=200)
    published = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("published",), name="news_by_time"),)


class Refresh(models.Model):
    """One attempt of a collector: the log, what "updated … ago" is read from, and the page cache's generation."""

    source = models.CharField(max_length=16)
    started = models.DateTimeField()
    finished = models.DateTimeField()
    outcome = models.CharField(max_length=8)                # ok, empty, failed
    rows = models.PositiveIntegerField()
    message = models.CharField(max_length=300)
    host = models.CharField(max_length=64, db_default="")    # since 0002: the release before does not write it

    class Meta:
        indexes = (models.Index(fields=("source", "outcome", "started"), name="refresh_by_source"),)
