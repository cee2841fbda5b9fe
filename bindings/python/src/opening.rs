//! Opening a directory by URL.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use mailgrant::store::StoreError;
use mailgrant::{
    Beyond, Clock, Code, DirectoryBuilder, HashCosts, LegacyPasswords, MemoryStore, PasswordPolicy,
    SystemClock, Timestamp, ViewOptions,
};
use mailgrant_sqlite::{Sharing, SqliteStore};
use pyo3::prelude::*;

use crate::call::asked;
use crate::clock::ManualClock;
use crate::directory::Directory;
use crate::error::{raised, refused};

/// Where a directory is kept.
enum Place {
    Memory,
    Sqlite(String),
}

impl Place {
    fn read(py: Python<'_>, url: &str) -> PyResult<Self> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() && !path.starts_with("//") => {
                Ok(Self::Sqlite(path.to_owned()))
            }
            _ => {
                let shown: String = url.chars().take(80).collect();
                let message =
                    format!("`{shown}` names no store: write `memory:` or `sqlite:` and the path of a file");
                Err(refused(py, Code::StoreUrl, &message))
            }
        }
    }
}

/// The clock of a directory: the machine's, or one that stands where it was put.
struct Told(Option<Arc<mailgrant::ManualClock>>);

impl Clock for Told {
    fn now(&self) -> Timestamp {
        match &self.0 {
            Some(clock) => clock.now(),
            None => SystemClock.now(),
        }
    }
}

/// How a directory is opened; the Python package says it in words.
#[derive(FromPyObject)]
pub(crate) struct Options<'py> {
    url: String,
    mode: String,
    sharing: String,
    busy_seconds: f64,
    clock: Option<Bound<'py, ManualClock>>,
    /// The least length, in characters.
    password_length: usize,
    /// Memory in KiB, iterations, parallelism.
    hash_costs: (u32, u32, u32),
    legacy_passwords: bool,
    /// The bound in seconds, and what happens beyond it.
    view: Option<(f64, String)>,
}

/// Opens a directory.
#[pyfunction]
pub(crate) fn open_directory(py: Python<'_>, options: Options<'_>) -> PyResult<Directory> {
    let place = Place::read(py, &options.url)?;
    let clock = Told(options.clock.as_ref().map(|clock| clock.get().0.clone()));
    let policy = PasswordPolicy::new(options.password_length).map_err(|error| raised(py, &error))?;
    let (memory_kib, iterations, parallelism) = options.hash_costs;
    let costs = HashCosts { memory_kib, iterations, parallelism };
    let legacy = if options.legacy_passwords { LegacyPasswords::Allowed } else { LegacyPasswords::Refused };
    let view = options.view.as_ref().map(|(bound, beyond)| view_options(py, *bound, beyond)).transpose()?;
    let sqlite = sqlite_options(&options);
    let directory = asked(py, move || {
        let builder = match place {
            Place::Memory => mailgrant::Directory::builder(MemoryStore::new()),
            Place::Sqlite(path) => mailgrant::Directory::builder(opened(&sqlite, &path)?),
        };
        let directory = made_of(builder, clock, policy, costs, legacy).build()?;
        match view {
            Some(view) => directory.with_view(view),
            None => Ok(directory),
        }
    })?;
    Ok(Directory::new(directory))
}

fn opened(options: &mailgrant_sqlite::Options, path: &str) -> Result<SqliteStore, StoreError> {
    options.open(path)
}

fn made_of(
    builder: DirectoryBuilder,
    clock: Told,
    policy: PasswordPolicy,
    costs: HashCosts,
    legacy: LegacyPasswords,
) -> DirectoryBuilder {
    builder.clock(clock).password_policy(policy).hash_costs(costs).legacy_passwords(legacy)
}

fn sqlite_options(options: &Options<'_>) -> mailgrant_sqlite::Options {
    let sharing = match options.sharing.as_str() {
        "group_reads" => Sharing::GroupReads,
        "group_writes" => Sharing::GroupWrites,
        _ => Sharing::Private,
    };
    let sqlite = SqliteStore::options().sharing(sharing).busy_timeout(seconds(options.busy_seconds));
    match options.mode.as_str() {
        "existing" => sqlite.existing(),
        "read_only" => sqlite.read_only(),
        _ => sqlite,
    }
}

fn view_options(py: Python<'_>, bound: f64, beyond: &str) -> PyResult<ViewOptions> {
    let beyond = Beyond::from_str(beyond).map_err(|error| raised(py, &error))?;
    Ok(ViewOptions::default().bound(seconds(bound)).beyond(beyond))
}

/// A span as Python counts it; the longest where there is no longer one.
fn seconds(span: f64) -> Duration {
    Duration::try_from_secs_f64(span.max(0.0)).unwrap_or(Duration::MAX)
}
