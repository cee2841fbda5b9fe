//! The story of a small business in one SQLite file: who may use which address, and how.
//!
//! ```sh
//! cargo run --example quickstart
//! ```

mod fresh;
mod page;
mod story;
mod words;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::fresh::Was;
use crate::page::Page;
use crate::story::Story;

/// Whom the story begins with.
const OLIVIA: &str = "olivia@home.example";

/// Tells the story of a small business and its mailbox.
#[derive(Parser)]
struct Arguments {
    /// The SQLite file in which it happens. What an earlier run left there is removed first.
    #[arg(default_value = "quickstart.db")]
    file: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { file } = Arguments::parse();
    match tell(&file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: `{}`: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn tell(file: &Path) -> Result<(), Box<dyn Error>> {
    let (store, was) = fresh::open(file)?;
    let mut page = Page::new();
    let shown = file.display();
    page.say(&match was {
        Was::Empty => format!("Everything below happens in `{shown}`."),
        Was::AnEarlierRun => {
            format!(
                "Everything below happens in `{shown}`, begun afresh: what an earlier run left in it is gone."
            )
        }
    })?;
    Story::new(store, &mut page)?.tell()?;
    page.say(&format!("All of it is in `{shown}`, and none of the passwords is. Look for yourself:"))?;
    page.show(&format!(
        "sqlite3 {shown} \"SELECT datetime(at / 1000, 'unixepoch'), actor, kind FROM journal\""
    ))?;
    Ok(())
}
