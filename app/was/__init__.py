"""The WAS tier: Django pages and JSON over MySQL, and the collectors that fill it."""
