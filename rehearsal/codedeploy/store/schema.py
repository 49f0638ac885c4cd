"""The tables. `one_active` makes "one active deployment per group" a fact of the database, not of good behaviour."""

from __future__ import annotations

VERSION = 1

SCHEMA = """
CREATE TABLE application (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, created REAL NOT NULL, tags TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE revision (
    application TEXT NOT NULL REFERENCES application (name) ON UPDATE CASCADE ON DELETE CASCADE,
    key TEXT NOT NULL, location TEXT NOT NULL, description TEXT,
    registered REAL, first_used REAL, last_used REAL,
    PRIMARY KEY (application, key)
);
CREATE TABLE revision_use (
    application TEXT NOT NULL, key TEXT NOT NULL, deployment_group TEXT NOT NULL,
    PRIMARY KEY (application, key, deployment_group),
    FOREIGN KEY (application, key) REFERENCES revision (application, key) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE config (name TEXT PRIMARY KEY, id TEXT NOT NULL, created REAL NOT NULL, document TEXT NOT NULL);
CREATE TABLE deployment_group (
    id TEXT PRIMARY KEY,
    application TEXT NOT NULL REFERENCES application (name) ON UPDATE CASCADE ON DELETE CASCADE,
    name TEXT NOT NULL, document TEXT NOT NULL, created REAL NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]', last_success TEXT, last_attempt TEXT,
    UNIQUE (application, name)
);
CREATE TABLE hook (
    group_id TEXT NOT NULL REFERENCES deployment_group (id) ON DELETE CASCADE,
    asg TEXT NOT NULL, name TEXT NOT NULL, installed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (group_id, asg)
);
CREATE TABLE deployment (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    application TEXT NOT NULL, group_name TEXT NOT NULL, group_id TEXT NOT NULL,
    status TEXT NOT NULL, active INTEGER NOT NULL, exclusive INTEGER NOT NULL, created REAL NOT NULL,
    request TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '{}', plan TEXT NOT NULL, state TEXT NOT NULL
);
CREATE UNIQUE INDEX one_active ON deployment (group_id) WHERE active AND exclusive;
CREATE INDEX deployment_by_group ON deployment (application, group_name, seq);
CREATE INDEX deployment_active ON deployment (active) WHERE active;
CREATE TABLE target (
    deployment TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, phase TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (deployment, id)
) WITHOUT ROWID;
CREATE TABLE host_revision (
    group_id TEXT NOT NULL, host TEXT NOT NULL, deployment TEXT NOT NULL, revision TEXT NOT NULL,
    ok INTEGER NOT NULL, good_revision TEXT, creator TEXT NOT NULL,
    PRIMARY KEY (group_id, host)
) WITHOUT ROWID;
CREATE TABLE launch (
    group_id TEXT NOT NULL, instance TEXT NOT NULL, asg TEXT NOT NULL, hook TEXT NOT NULL,
    deployment TEXT, outcome TEXT, delivered INTEGER NOT NULL DEFAULT 0, since REAL NOT NULL, beaten REAL NOT NULL,
    PRIMARY KEY (group_id, instance)
) WITHOUT ROWID;
CREATE TABLE on_premises (
    name TEXT PRIMARY KEY, arn TEXT NOT NULL, iam_session_arn TEXT, iam_user_arn TEXT,
    registered REAL NOT NULL, deregistered REAL, tags TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE host (id TEXT PRIMARY KEY, first_seen REAL NOT NULL, agent_version TEXT NOT NULL DEFAULT '');
CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, subject TEXT NOT NULL,
    message TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0);
"""
