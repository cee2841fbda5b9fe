-- What was appended, in the order of the commits: the change feed follows it. One writer at a time means that numbers
-- rise with the commits, and appending to one tree touches one page.

CREATE TABLE moved (
    tick   INTEGER PRIMARY KEY,
    change TEXT    NOT NULL,
    stream TEXT    NOT NULL,
    after  INTEGER NOT NULL,
    up_to  INTEGER NOT NULL
) STRICT;

INSERT INTO moved (change, stream, after, up_to)
    SELECT change, stream, min(seq) - 1, max(seq) FROM journal GROUP BY change, stream ORDER BY min(at), min(seq);
