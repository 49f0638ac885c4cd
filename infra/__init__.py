"""The Pulumi program: settings → components → outputs. Read `__main__.py` first."""
