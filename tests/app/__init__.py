"""The application: its rules, its pages, its collectors; on SQLite and MariaDB, behind real nginx, in a real
browser.
"""
