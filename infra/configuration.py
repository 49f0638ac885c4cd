"""From Pulumi's configuration to Settings: the only place that asks Pulumi for configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import yaml
from pulumi.runtime import config as pulumi_config

from infra.settings import Settings, SettingsError

PREFIX = "coko:"
FILE_KEYS = {"config", "encryptionsalt", "encryptedkey", "environment", "secretsprovider"}


def load_settings() -> Settings:
    """Raises what Pulumi shows as a plain message, not as a traceback."""
    try:
        return Settings.load(pulumi.get_stack(), structured(pulumi_config.CONFIG.get()))
    except SettingsError as error:
        raise pulumi.RunError(f"{error}\nnext: {error.next}") from None


def structured(config: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi hands every value over as text: sections as JSON, numbers and booleans as they were written."""
    return {key.removeprefix(PREFIX): _parse(value) for key, value in config.items() if key.startswith(PREFIX)}


def _parse(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def from_file(text: str) -> dict[str, Any]:
    """The same values, read from a Pulumi.<stack>.yaml without Pulumi. ValueError where it is none."""
    whole = yaml.safe_load(text) or {}
    if not isinstance(whole, Mapping):
        raise ValueError("it is not a mapping; it starts with `config:`")
    strange = sorted(set(map(str, whole)) - FILE_KEYS)
    if strange:
        raise ValueError(f"{strange[0]!r} is not one of its keys: {', '.join(sorted(FILE_KEYS))}")
    config = whole.get("config") or {}
    if not isinstance(config, Mapping):
        raise ValueError("`config` holds no settings: write them below it, indented")
    bare = sorted(key for key in map(str, config) if ":" not in key)
    if bare:
        raise ValueError(f"{bare[0]!r} names no namespace: write `{PREFIX}{bare[0]}`")
    return {key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)}
