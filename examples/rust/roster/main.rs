//! Replays a history of real organisations into a store, and tells how things stood at any instant.
//!
//! ```sh
//! cargo run --release --example roster -- examples/data/roster/history.jsonl --store roster.db --batch 500
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use mailgrant_examples::{Place, Replay, Summary, lines};

/// Replays a history of organisations: people coming and going, mailboxes, aliases and grants.
#[derive(Parser)]
struct Arguments {
    /// The history, one change a line; `-` reads standard input.
    history: PathBuf,
    /// Where to: a SQLite file, which must be new or empty, or `memory:`.
    #[arg(long, value_name = "FILE")]
    store: Place,
    /// How many lines become one commit.
    #[arg(long, value_name = "N", default_value = "500")]
    batch: NonZeroUsize,
    /// Writes how things stood at the instants of `--at`, as JSON.
    #[arg(long, value_name = "OUT.json", requires = "at")]
    states: Option<PathBuf>,
    /// Instants in seconds since 1970.
    #[arg(
        long,
        value_name = "SECONDS",
        value_delimiter = ',',
        requires = "states",
        allow_hyphen_values = true
    )]
    at: Vec<i64>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("roster: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let (history, bar) = open(&arguments.history)?;
    let mut replay = Replay::new(arguments.store.open_empty()?)?;
    let history = lines(BufReader::new(bar.wrap_read(history)));

    #[expect(clippy::disallowed_methods, reason = "how long it really takes is the question")]
    let begin = Instant::now();
    let outcome = replay.run(history, arguments.batch, |changes| bar.set_message(changes.to_string()));
    let took = begin.elapsed();
    bar.finish_and_clear();

    print!("{}", told(&replay.summary()?, took));
    outcome.map_err(|why| format!("{why}; the changes before it are kept"))?;
    if let Some(path) = &arguments.states {
        let mut file = BufWriter::new(File::create(path).map_err(|error| named(path, error))?);
        serde_json::to_writer(&mut file, &replay.states(&arguments.at)?)?;
        file.flush()?;
    }
    Ok(())
}

/// The history, and a bar that measures it in bytes, so that nothing must be read twice. It shows itself on a
/// terminal alone.
fn open(path: &Path) -> Result<(Box<dyn Read>, ProgressBar), Box<dyn Error>> {
    if path == Path::new("-") {
        let style = ProgressStyle::with_template("{spinner} {msg} changes, {elapsed}")?;
        return Ok((Box::new(io::stdin()), ProgressBar::new_spinner().with_style(style)));
    }
    let file = File::open(path).map_err(|error| named(path, error))?;
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg} changes, {elapsed}")?;
    let bar = ProgressBar::new(file.metadata()?.len()).with_style(style);
    Ok((Box::new(file), bar))
}

fn named(path: &Path, error: io::Error) -> String {
    format!("`{}`: {error}", path.display())
}

/// The numbers, aligned, and how fast they came to be.
fn told(summary: &Summary, took: Duration) -> String {
    let rows = [
        ("organisations", summary.organisations),
        ("people", summary.people),
        ("in several organisations", summary.in_several),
        ("mailboxes", summary.mailboxes),
        ("aliases", summary.aliases),
        ("grants", summary.grants),
        ("changes", summary.changes),
        ("commits", summary.commits),
    ];
    let mut text: String = rows
        .iter()
        .map(|(what, count)| format!("{what:<24} {:>9}\n", HumanCount(*count as u64).to_string()))
        .collect();
    if summary.commits > 0 {
        let seconds = took.as_secs_f64().max(f64::EPSILON);
        let speed = HumanCount((summary.changes as f64 / seconds) as u64).to_string();
        let commit = seconds * 1_000.0 / summary.commits as f64;
        text += &format!(
            "{:<24} {speed:>9}\n{:<24} {commit:>9.2}\n",
            "changes a second", "milliseconds a commit"
        );
    }
    text
}
