"""The MySQL and MariaDB engine: Django's, over PyMySQL, with credentials that may change while we run."""
