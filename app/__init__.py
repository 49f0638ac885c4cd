"""COKO, the dashboard: a small, real three-tier application for the platform to ship."""
