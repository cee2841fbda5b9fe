-- Everything people and mail servers read here has a plain name. Times are milliseconds since 1970 in UTC,
-- bodies are JSON. Without rowids: one tree per table, so that a commit touches as few pages as it can.

CREATE TABLE entity (
    key     TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
    claim TEXT NOT NULL PRIMARY KEY,
    key   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE term (
    term TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (term, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE verifier (
    key       TEXT    NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL,
    secret    TEXT    NOT NULL,
    failures  INTEGER NOT NULL,
    failed_at INTEGER
) STRICT, WITHOUT ROWID;

-- The head of a stream is its last entry: it stands nowhere else, so nothing can contradict it.
CREATE TABLE journal (
    stream  TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    change  TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    command TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

-- An index of a table without rowids ends in its primary key: (subject, stream, seq), (actor, stream, seq).
CREATE INDEX journal_subject ON journal (subject);
CREATE INDEX journal_actor ON journal (actor);

CREATE TABLE change (
    id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE note (
    key  TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL,
    body TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
