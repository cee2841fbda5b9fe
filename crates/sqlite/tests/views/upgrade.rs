//! Files of the first version get the views, and a row's shape does not change behind their back.

use mailgrant_sqlite::views;
use rusqlite::{Connection, named_params};

use crate::life::{Life, reader};

const FIRST: &str = include_str!("../../src/schema/1.sql");

#[test]
fn a_file_of_the_first_version_is_brought_up_and_has_the_views() {
    let mut life = Life::new(5);
    (0..60).for_each(|_| life.step());
    let first = life.folder.path().join("first.db");
    let made = Connection::open(&first).unwrap();
    made.execute_batch(FIRST).unwrap();
    made.execute("ATTACH ?1 AS new", [life.file().to_str().unwrap()]).unwrap();
    for (table, columns) in [
        ("entity", "*"),
        ("claim", "*"),
        ("term", "*"),
        ("verifier", "*"),
        ("journal", "*"),
        ("change", "id"),
        ("note", "*"),
    ] {
        made.execute_batch(&format!("INSERT INTO main.{table} SELECT {columns} FROM new.{table}")).unwrap();
    }
    made.execute_batch("DETACH new; PRAGMA application_id = 0x6d677274; PRAGMA user_version = 1").unwrap();
    drop(made);

    drop(mailgrant_sqlite::open(&first).unwrap());
    let all = |connection: &Connection, view: &str| {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {view} ORDER BY 1, 2, 3, 4, 5")).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width).map(|place| row.get::<_, rusqlite::types::Value>(place)).collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    let (new, old) = (life.reader(), reader(&first, life.clock.clone()));
    for view in ["mail_device", "mail_address", "mail_sender", "mail_access"] {
        assert_eq!(all(&old, view), all(&new, view), "{view}");
    }
    let names = named_params! { ":local": "contact", ":domain": "alpha.example" };
    let count = old.prepare(views::ADDRESS).unwrap().query_map(names, |_| Ok(())).unwrap().count();
    assert_eq!(count, 1);
}

/// The views read rows as they lie, before anything is upcast.
#[test]
fn every_row_has_the_shape_that_the_views_read() {
    let rows = include_str!("../../../core/src/upcast/rows.jsonl");
    for row in rows.lines() {
        assert!(row.contains("\"version\":1,"), "teach the views this shape in a new schema step: {row}");
    }
}
