//! What a person reads: chapters, paragraphs and aligned tables, on a page of 80 columns.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use mailgrant::Timestamp;
use textwrap::{Options, fill};
use time::OffsetDateTime;
use time::formatting::Formattable;
use time::macros::format_description;

const COLUMNS: u16 = 80;
const INDENT: &str = "    ";

pub(crate) struct Page {
    out: io::StdoutLock<'static>,
}

impl Page {
    /// Standard output.
    pub(crate) fn new() -> Self {
        Self { out: io::stdout().lock() }
    }

    /// A chapter, which begins at this instant.
    pub(crate) fn chapter(&mut self, at: Timestamp, title: &str) -> io::Result<()> {
        let heading = format!("{} · {title}", day_and_hour(at));
        writeln!(self.out, "\n\n{heading}\n{}", "─".repeat(heading.chars().count()))
    }

    /// A paragraph.
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", fill(text, usize::from(COLUMNS)))
    }

    /// Something to copy, whole.
    pub(crate) fn show(&mut self, text: &str) -> io::Result<()> {
        let options = Options::new(usize::MAX).initial_indent(INDENT).subsequent_indent(INDENT);
        writeln!(self.out, "\n{}", fill(text, options))
    }

    /// A table.
    pub(crate) fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> io::Result<()> {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(COLUMNS - INDENT.len() as u16)
            .set_header(header)
            .add_rows(rows);
        writeln!(self.out)?;
        for line in table.lines() {
            writeln!(
                self.out,
                "{}",
                format!("{INDENT}{}", line.strip_prefix(' ').unwrap_or(&line)).trim_end()
            )?;
        }
        Ok(())
    }
}

/// `3 March 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    written(at, format_description!("[day padding:none] [month repr:long] [year]"))
}

/// `Tuesday 3 March 2026, 09:00`.
pub(crate) fn day_and_hour(at: Timestamp) -> String {
    written(at, format_description!("[weekday] [day padding:none] [month repr:long] [year], [hour]:[minute]"))
}

/// `3 March`.
pub(crate) fn day_and_month(at: Timestamp) -> String {
    written(at, format_description!("[day padding:none] [month repr:long]"))
}

/// `09:00`.
pub(crate) fn hour(at: Timestamp) -> String {
    written(at, format_description!("[hour]:[minute]"))
}

fn written(at: Timestamp, format: &(impl Formattable + ?Sized)) -> String {
    OffsetDateTime::from_unix_timestamp(at.as_millis().div_euclid(1_000))
        .ok()
        .and_then(|instant| instant.format(format).ok())
        .unwrap_or_else(|| at.to_string())
}
