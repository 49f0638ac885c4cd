"""RDS, rehearsed: MariaDB in two places, one of them ready to take over, behind a name that moves."""
