"""The gradebook's tables. Nothing is ever added to a table that exists: what is new gets a table of its own, so that an
old gradebook opens as it is."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("bundle", sa.Text, nullable=False),
)
RESULTS = sa.Table(
    "results",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("fault", sa.String, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
AGAIN = sa.Table(
    "again", METADATA, sa.Column("key", sa.String(64), primary_key=True)
)  # results to make again
SUBMISSIONS = sa.Table(
    "submissions",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("result", sa.String(64), sa.ForeignKey("results.key"), nullable=False),
)
# What was handed in, without outputs, compressed; by the SHA-256 of the file.
NOTEBOOKS = sa.Table(
    "notebooks",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
# When a student handed in: `at` in seconds since 1970, 0 where the platform does not say.
HANDED_IN = sa.Table(
    "handed_in",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
DEADLINES = sa.Table(
    "deadlines",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("grace", sa.Float, nullable=False),
    sa.Column("penalty", sa.Float, nullable=False),
    sa.Column("most", sa.Float, nullable=False),
)
EXTENSIONS = sa.Table(
    "extensions",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("due", sa.Float, nullable=False),
)
OVERRIDES = sa.Table(
    "overrides",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
# Marks for written answers. `text` is the SHA-256 of the text that was read: another text has no mark yet.
WRITTEN = sa.Table(
    "written",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("text", sa.String(64), nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("rubric", sa.String, nullable=False),
)
COMMENTS = sa.Table(
    "comments",
    METADATA,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("comment", sa.Text, nullable=False),
)
HISTORY = sa.Table(
    "history",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("student", sa.String, nullable=False),
    sa.Column("task", sa.String, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
