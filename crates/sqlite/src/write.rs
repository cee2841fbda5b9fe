//! Writing one change, inside the transaction that rolls all of it back where a check fails.

use std::collections::BTreeMap;

use mailgrant::store::{ChangeSet, JournalEntry, Span, StoreError, Stream, VerifierChange};
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::fault::fault;
use crate::snapshot::Snapshot;
use crate::sql;

pub(crate) fn apply(connection: &Connection, change: &ChangeSet) -> Result<(), StoreError> {
    let id = change.id.to_string();
    if find(connection, sql::COMMITTED, &id)? {
        return Err(StoreError::Done);
    }
    let heads = compare(connection, change)?;
    each(
        connection,
        sql::RELEASE,
        &change.release,
        |sql, (claim, key)| sql.execute([claim.as_str(), key.as_str()]),
        |_| Err(StoreError::Conflict),
    )?;
    each(
        connection,
        sql::TAKE,
        &change.take,
        |sql, (claim, key)| sql.execute([claim.as_str(), key.as_str()]),
        |(claim, _)| Err(StoreError::Claimed(claim.clone())),
    )?;
    each(connection, sql::DELETE, &change.delete, |sql, key| sql.execute([key.as_str()]), fine)?;
    each(
        connection,
        sql::PUT,
        &change.put,
        |sql, row| sql.execute(params![row.key.as_str(), row.version, row.body]),
        fine,
    )?;
    each(
        connection,
        sql::UNFILE,
        &change.unfile,
        |sql, (term, key)| sql.execute([term.as_str(), key.as_str()]),
        fine,
    )?;
    each(
        connection,
        sql::FILE,
        &change.file,
        |sql, (term, key)| sql.execute([term.as_str(), key.as_str()]),
        fine,
    )?;
    for verifier in &change.verifiers {
        set(connection, verifier)?;
    }
    each(connection, sql::FORGET, &change.forget, |sql, key| sql.execute([key.as_str()]), fine)?;
    each(
        connection,
        sql::REDACT,
        &change.redact,
        |sql, entry| sql.execute(params![entry.stream.as_str(), entry.seq, entry.version, entry.body]),
        |_| Err(StoreError::Conflict),
    )?;
    append(connection, heads, &change.append)?;
    if !change.append.is_empty() {
        connection.prepare_cached(sql::CHANGE).and_then(|mut sql| sql.execute([&id])).map_err(fault)?;
        let keep = |sql: &mut Statement<'_>, span: &Span| {
            sql.execute(params![id, span.stream.as_str(), span.after, span.up_to])
        };
        each(connection, sql::KEEP_MOVE, &change.spans(), keep, fine)?;
    }
    Ok(())
}

/// The heads that the change expects, where they stand as it expects them.
fn compare<'a>(
    connection: &Connection,
    change: &'a ChangeSet,
) -> Result<BTreeMap<&'a Stream, u64>, StoreError> {
    let mut heads = BTreeMap::new();
    for expect in &change.expect {
        if seq(connection, &expect.stream)? != expect.seq {
            return Err(StoreError::Conflict);
        }
        heads.insert(&expect.stream, expect.seq);
    }
    Ok(heads)
}

fn append<'a>(
    connection: &Connection,
    mut heads: BTreeMap<&'a Stream, u64>,
    entries: &'a [JournalEntry],
) -> Result<(), StoreError> {
    for entry in entries {
        let head = match heads.get(&entry.stream) {
            Some(head) => *head,
            None => seq(connection, &entry.stream)?,
        };
        if head.checked_add(1) != Some(entry.seq) {
            return Err(StoreError::Conflict);
        }
        heads.insert(&entry.stream, entry.seq);
    }
    each(
        connection,
        sql::APPEND,
        entries,
        |sql, entry| {
            sql.execute(params![
                entry.stream.as_str(),
                entry.seq,
                entry.at.as_millis(),
                entry.change.to_string(),
                entry.actor,
                entry.command,
                entry.kind,
                entry.version,
                entry.subject,
                entry.body,
            ])
        },
        fine,
    )
}

fn set(connection: &Connection, change: &VerifierChange) -> Result<(), StoreError> {
    let key = change.key.as_str();
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql).and_then(|mut sql| sql.execute(params)).map_err(fault)
    };
    let done = match (change.expect, &change.secret) {
        (None, Some(secret)) => run(sql::NEW_SECRET, &[&key, secret])? == 1,
        (Some(version), Some(secret)) => run(sql::SET_SECRET, &[&key, secret, &version])? == 1,
        (Some(version), None) => run(sql::END_SECRET, &[&key, &version])? == 1,
        (None, None) => !find(connection, sql::VERIFIER, key)?,
    };
    if done { Ok(()) } else { Err(StoreError::Conflict) }
}

fn seq(connection: &Connection, stream: &Stream) -> Result<u64, StoreError> {
    Ok(Snapshot { connection }.head(stream)?.map_or(0, |head| head.seq))
}

fn find(connection: &Connection, sql: &str, name: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    Ok(statement.query_row([name], |_| Ok(())).optional().map_err(fault)?.is_some())
}

/// Runs one statement for every item; `idle` judges those that changed nothing.
pub(crate) fn each<T>(
    connection: &Connection,
    sql: &str,
    items: &[T],
    mut run: impl FnMut(&mut Statement<'_>, &T) -> rusqlite::Result<usize>,
    idle: impl Fn(&T) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if items.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    for item in items {
        if run(&mut statement, item).map_err(fault)? == 0 {
            idle(item)?;
        }
    }
    Ok(())
}

/// For statements that may find nothing to do.
pub(crate) fn fine<T>(_: &T) -> Result<(), StoreError> {
    Ok(())
}
