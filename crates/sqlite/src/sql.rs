//! Every statement of the hot path, in one place, so that one test can look at all their plans.

use mailgrant::store::{JournalQuery, Order};

pub(crate) const ROW: &str = "SELECT version, body FROM entity WHERE key = ?1";
// Cross joins keep the order in which they are written.
pub(crate) const CLAIMED: &str = "SELECT e.key, e.version, e.body
    FROM claim AS c CROSS JOIN entity AS e ON e.key = c.key WHERE c.claim = ?1";
pub(crate) const ROWS_FROM: &str =
    "SELECT key, version, body FROM entity WHERE key >= ?1 ORDER BY key LIMIT ?2";
pub(crate) const ROWS_AFTER: &str =
    "SELECT key, version, body FROM entity WHERE key > ?1 ORDER BY key LIMIT ?2";
pub(crate) const FILED: &str = "SELECT e.key, e.version, e.body
    FROM term AS t CROSS JOIN entity AS e ON e.key = t.key WHERE t.term = ?1 ORDER BY t.key LIMIT ?2";
pub(crate) const FILED_AFTER: &str = "SELECT e.key, e.version, e.body
    FROM term AS t CROSS JOIN entity AS e ON e.key = t.key WHERE t.term = ?1 AND t.key > ?3 ORDER BY t.key LIMIT ?2";
pub(crate) const HEAD: &str = "SELECT seq, at FROM journal WHERE stream = ?1 ORDER BY seq DESC LIMIT 1";
pub(crate) const AT: &str = "SELECT at FROM journal WHERE stream = ?1 AND seq = ?2";
pub(crate) const VERIFIER: &str = "SELECT version, secret, failures, failed_at FROM verifier WHERE key = ?1";
pub(crate) const NOTE: &str = "SELECT at, body FROM note WHERE key = ?1";
pub(crate) const LAST_MOVE: &str =
    "SELECT tick, change FROM moved WHERE tick = (SELECT max(tick) FROM moved)";
pub(crate) const MOVE: &str = "SELECT 1 FROM moved WHERE tick = ?1 AND change = ?2";
pub(crate) const MOVED: &str =
    "SELECT tick, change, stream, after, up_to FROM moved WHERE tick > ?1 ORDER BY tick LIMIT ?2";
pub(crate) const COMMITTED: &str = "SELECT 1 FROM change WHERE id = ?1";

pub(crate) const RELEASE: &str = "DELETE FROM claim WHERE claim = ?1 AND key = ?2";
// Changes one row, or none where another row holds it.
pub(crate) const TAKE: &str = "INSERT INTO claim (claim, key) VALUES (?1, ?2)
    ON CONFLICT (claim) DO UPDATE SET key = excluded.key WHERE key = excluded.key";
pub(crate) const DELETE: &str = "DELETE FROM entity WHERE key = ?1";
pub(crate) const PUT: &str = "INSERT INTO entity (key, version, body) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET version = excluded.version, body = excluded.body";
pub(crate) const UNFILE: &str = "DELETE FROM term WHERE term = ?1 AND key = ?2";
pub(crate) const FILE: &str = "INSERT INTO term (term, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
pub(crate) const NEW_SECRET: &str = "INSERT INTO verifier (key, version, secret, failures)
    VALUES (?1, 1, ?2, 0) ON CONFLICT DO NOTHING";
pub(crate) const SET_SECRET: &str = "UPDATE verifier
    SET version = version + 1, secret = ?2, failures = 0, failed_at = NULL WHERE key = ?1 AND version = ?3";
pub(crate) const END_SECRET: &str = "DELETE FROM verifier WHERE key = ?1 AND version = ?2";
pub(crate) const ATTEMPT: &str = "UPDATE verifier
    SET failures = min(failures + 1, 4294967295), failed_at = ?2 WHERE key = ?1 RETURNING failures";
pub(crate) const FORGET: &str = "DELETE FROM note WHERE key = ?1";
pub(crate) const REDACT: &str = "UPDATE journal SET version = ?3, body = ?4 WHERE stream = ?1 AND seq = ?2";
pub(crate) const APPEND: &str = "INSERT INTO journal
    (stream, seq, at, change, actor, command, kind, version, subject, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(crate) const KEEP_MOVE: &str = "INSERT INTO moved (change, stream, after, up_to) VALUES (?1, ?2, ?3, ?4)";
pub(crate) const CHANGE: &str = "INSERT INTO change (id) VALUES (?1)";
pub(crate) const KEEP_NOTE: &str = "INSERT INTO note (key, at, body) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, body = excluded.body WHERE excluded.at > at";

macro_rules! journal {
    ($filter:literal, $direction:literal) => {
        concat!(
            "SELECT seq, at, change, actor, command, kind, version, subject, body FROM journal
             WHERE stream = ?1 AND seq > ?2 AND seq <= ?3 ",
            $filter,
            " ORDER BY seq ",
            $direction,
            " LIMIT ?4"
        )
    };
}

/// A page of one stream. After the stream, the bounds and the limit come the subject and the actor, as far as
/// they are asked for. The plus keeps SQLite from finding a mailbox's few entries among all that somebody did.
pub(crate) fn journal(query: &JournalQuery) -> &'static str {
    match (&query.subject, &query.actor, query.order) {
        (None, None, Order::Oldest) => journal!("", "ASC"),
        (None, None, Order::Newest) => journal!("", "DESC"),
        (Some(_), None, Order::Oldest) => journal!("AND subject = ?5", "ASC"),
        (Some(_), None, Order::Newest) => journal!("AND subject = ?5", "DESC"),
        (None, Some(_), Order::Oldest) => journal!("AND actor = ?5", "ASC"),
        (None, Some(_), Order::Newest) => journal!("AND actor = ?5", "DESC"),
        (Some(_), Some(_), Order::Oldest) => journal!("AND subject = ?5 AND +actor = ?6", "ASC"),
        (Some(_), Some(_), Order::Newest) => journal!("AND subject = ?5 AND +actor = ?6", "DESC"),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// What SQLite means to do, one step per line.
    fn plan(connection: &Connection, sql: &str) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // Parameters stay null: the plan does not ask for them.
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn nothing_on_the_hot_path_scans_or_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.db");
        let _store = crate::open(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let mut statements = vec![
            ROW,
            CLAIMED,
            ROWS_FROM,
            ROWS_AFTER,
            FILED,
            FILED_AFTER,
            HEAD,
            AT,
            VERIFIER,
            NOTE,
            LAST_MOVE,
            MOVE,
            MOVED,
            KEEP_MOVE,
            COMMITTED,
            RELEASE,
            TAKE,
            DELETE,
            PUT,
            UNFILE,
            FILE,
            NEW_SECRET,
            SET_SECRET,
            END_SECRET,
            ATTEMPT,
            FORGET,
            REDACT,
            APPEND,
            CHANGE,
            KEEP_NOTE,
        ];
        for order in [Order::Oldest, Order::Newest] {
            for (subject, actor) in [(false, false), (true, false), (false, true), (true, true)] {
                let query = JournalQuery {
                    subject: subject.then(String::new),
                    actor: actor.then(String::new),
                    order,
                    ..JournalQuery::default()
                };
                statements.push(journal(&query));
            }
        }
        for sql in statements {
            let plan = plan(&connection, sql);
            assert!(!plan.contains("SCAN"), "{sql}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
            for (filter, index) in [("subject = ", "journal_subject"), ("AND actor = ?5", "journal_actor")] {
                assert!(!sql.contains(filter) || plan.contains(index), "{sql}\n{plan}");
            }
        }
    }
}
