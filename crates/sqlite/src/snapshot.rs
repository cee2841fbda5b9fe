//! Reading: one transaction, which in WAL mode is one snapshot.

use std::borrow::Borrow;
use std::cmp::Ordering;

use mailgrant::store::{
    Claim, Head, JournalEntry, JournalQuery, Key, Mark, Moved, Note, Order, Range, ReadTxn, Row, Span,
    StoreError, Stream, Term, Verifier,
};
use mailgrant::{ChangeId, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, ToSql, params};

use crate::fault::fault;
use crate::sql;

pub(crate) struct Snapshot<'c> {
    pub(crate) connection: &'c Connection,
}

impl Snapshot<'_> {
    /// One row of the statement per name, in the order of the names. No trip to save here: looking up a
    /// thousand names one by one is as fast as joining them.
    fn each<N: Borrow<str>, T>(
        &self,
        sql: &str,
        names: &[N],
        read: impl Fn(&N, &rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        names
            .iter()
            .map(|name| statement.query_row([name.borrow()], |row| read(name, row)).optional())
            .collect::<rusqlite::Result<_>>()
            .map_err(fault)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        statement.query_row(params, read).optional().map_err(fault)
    }

    fn page(&self, sql: &str, params: impl Params, prefix: &str) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(fault)?;
        let rows = statement.query_map(params, entity).map_err(fault)?;
        rows.take_while(|row| row.as_ref().map_or(true, |row| row.key.as_str().starts_with(prefix)))
            .collect::<rusqlite::Result<_>>()
            .map_err(fault)
    }

    pub(crate) fn head(&self, stream: &Stream) -> Result<Option<Head>, StoreError> {
        self.one(sql::HEAD, [stream.as_str()], head)
    }

    /// The last tick before a mark.
    fn tick(&self, since: &Mark) -> Result<i64, StoreError> {
        if *since == Mark::beginning() {
            return Ok(0);
        }
        let unknown = || StoreError::UnknownMark(since.clone());
        let (tick, change) = since.as_str().split_once('.').ok_or_else(unknown)?;
        let tick: i64 = tick.parse().map_err(|_| unknown())?;
        let known = self.one(sql::MOVE, params![tick, change], |_| Ok(()))?;
        known.map(|()| tick).ok_or_else(unknown)
    }

    /// The bounds `(above, up_to)` of the sequence numbers of one stream that lie within the times and after
    /// the place of a query.
    fn span(&self, stream: &Stream, query: &JournalQuery) -> Result<(u64, u64), StoreError> {
        let Some(head) = self.head(stream)? else { return Ok((0, 0)) };
        let mut above = match query.since {
            Some(since) => self.count(stream, head, |at| at < since)?,
            None => 0,
        };
        let mut up_to = match query.until {
            Some(until) => self.count(stream, head, |at| at <= until)?,
            None => head.seq,
        };
        if let Some((last, seq)) = &query.after {
            match (query.order, stream.cmp(last)) {
                (Order::Oldest, Ordering::Less) | (Order::Newest, Ordering::Greater) => up_to = 0,
                (Order::Oldest, Ordering::Equal) => above = above.max(*seq).min(head.seq),
                (Order::Newest, Ordering::Equal) => up_to = up_to.min(seq.saturating_sub(1)),
                _ => {}
            }
        }
        Ok((above, up_to))
    }

    /// How many entries at the beginning of a stream are early. Time never goes back in a stream and its
    /// sequence has no gaps, so they are found by halving, and no index by time has to be kept.
    fn count(
        &self,
        stream: &Stream,
        head: Head,
        early: impl Fn(Timestamp) -> bool,
    ) -> Result<u64, StoreError> {
        if early(head.at) {
            return Ok(head.seq);
        }
        let (mut known, mut end) = (0, head.seq);
        while known < end {
            let middle = u64::midpoint(known, end);
            let seq = middle.saturating_add(1);
            let at = self.one(sql::AT, params![stream.as_str(), seq], |row| instant(row, 0))?;
            let at = at.ok_or_else(|| {
                StoreError::Corrupt(format!("the journal of `{stream}` has no entry {seq} of {}", head.seq))
            })?;
            if early(at) {
                known = seq;
            } else {
                end = middle;
            }
        }
        Ok(known)
    }
}

impl ReadTxn for Snapshot<'_> {
    fn rows(&mut self, keys: &[Key]) -> Result<Vec<Option<Row>>, StoreError> {
        self.each(sql::ROW, keys, |key, row| {
            Ok(Row { key: key.clone(), version: row.get(0)?, body: row.get(1)? })
        })
    }

    fn claimed(&mut self, claims: &[Claim]) -> Result<Vec<Option<Row>>, StoreError> {
        self.each(sql::CLAIMED, claims, |_, row| entity(row))
    }

    fn rows_by_prefix(&mut self, prefix: &str, range: &Range) -> Result<Vec<Row>, StoreError> {
        // Rows are read one by one until the first without the prefix.
        match &range.after {
            Some(after) if after.as_str() >= prefix => {
                self.page(sql::ROWS_AFTER, params![after.as_str(), limit(range.limit)], prefix)
            }
            _ => self.page(sql::ROWS_FROM, params![prefix, limit(range.limit)], prefix),
        }
    }

    fn rows_by_term(&mut self, term: &Term, range: &Range) -> Result<Vec<Row>, StoreError> {
        let (term, limit) = (term.as_str(), limit(range.limit));
        match &range.after {
            Some(after) => self.page(sql::FILED_AFTER, params![term, limit, after.as_str()], ""),
            None => self.page(sql::FILED, params![term, limit], ""),
        }
    }

    fn journal(&mut self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        let mut streams: Vec<&Stream> = query.streams.iter().collect();
        streams.sort();
        streams.dedup();
        if query.order == Order::Newest {
            streams.reverse();
        }
        let mut statement = self.connection.prepare_cached(sql::journal(query)).map_err(fault)?;
        let mut entries = Vec::new();
        for stream in streams {
            let left = query.limit.saturating_sub(entries.len());
            if left == 0 {
                break;
            }
            let (above, up_to) = self.span(stream, query)?;
            let left = limit(left);
            let name = stream.as_str();
            let mut params: Vec<&dyn ToSql> = vec![&name, &above, &up_to, &left];
            params.extend(query.subject.iter().chain(&query.actor).map(|text| text as &dyn ToSql));
            for found in statement.query_map(&*params, |row| entry(stream, row)).map_err(fault)? {
                entries.push(found.map_err(fault)?);
            }
        }
        Ok(entries)
    }

    fn heads(&mut self, streams: &[Stream]) -> Result<Vec<Option<Head>>, StoreError> {
        self.each(sql::HEAD, streams, |_, row| head(row))
    }

    fn mark(&mut self) -> Result<Mark, StoreError> {
        let last = self.one(sql::LAST_MOVE, [], |row| Ok(mark(row.get(0)?, row.get_ref(1)?.as_str()?)))?;
        Ok(last.unwrap_or_else(Mark::beginning))
    }

    fn moved(&mut self, since: &Mark, rows: usize) -> Result<Moved, StoreError> {
        let tick = self.tick(since)?;
        let mut last = since.clone();
        let mut statement = self.connection.prepare_cached(sql::MOVED).map_err(fault)?;
        let spans = statement.query_map(params![tick, limit(rows)], |row| {
            last = mark(row.get(0)?, row.get_ref(1)?.as_str()?);
            Ok(Span {
                stream: Stream::new(row.get_ref(2)?.as_str()?),
                after: row.get(3)?,
                up_to: row.get(4)?,
            })
        });
        let spans = spans.and_then(Iterator::collect).map_err(fault)?;
        Ok(Moved { spans, mark: last })
    }

    fn verifiers(&mut self, keys: &[Key]) -> Result<Vec<Option<Verifier>>, StoreError> {
        self.each(sql::VERIFIER, keys, |_, row| {
            Ok(Verifier {
                version: row.get(0)?,
                secret: row.get(1)?,
                failures: row.get(2)?,
                failed_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
            })
        })
    }

    fn notes(&mut self, keys: &[Key]) -> Result<Vec<Option<Note>>, StoreError> {
        self.each(sql::NOTE, keys, |key, row| {
            Ok(Note { key: key.clone(), at: instant(row, 0)?, body: row.get(1)? })
        })
    }

    fn committed(&mut self, change: &ChangeId) -> Result<bool, StoreError> {
        Ok(self.one(sql::COMMITTED, [change.to_string()], |_| Ok(()))?.is_some())
    }
}

/// SQLite counts in 63 bits.
fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

fn instant(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// A tick, and the change that it belongs to: a file that was put back to an earlier day has others.
fn mark(tick: i64, change: &str) -> Mark {
    Mark::new(format!("{tick}.{change}"))
}

fn head(row: &rusqlite::Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { seq: row.get(0)?, at: instant(row, 1)? })
}

fn entity(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { key: Key::new(row.get_ref(0)?.as_str()?), version: row.get(1)?, body: row.get(2)? })
}

fn entry(stream: &Stream, row: &rusqlite::Row<'_>) -> rusqlite::Result<JournalEntry> {
    Ok(JournalEntry {
        stream: stream.clone(),
        seq: row.get(0)?,
        at: instant(row, 1)?,
        change: row
            .get_ref(2)?
            .as_str()?
            .parse()
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, Box::new(error)))?,
        actor: row.get(3)?,
        command: row.get(4)?,
        kind: row.get(5)?,
        version: row.get(6)?,
        subject: row.get(7)?,
        body: row.get(8)?,
    })
}
