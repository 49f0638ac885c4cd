"""The web tier: nginx's site and the static files."""
