//! The change feed: everything that was appended since, whichever stream it went to.

use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::error::{Code, Error};
use crate::event::Entry;
use crate::paging::{Cursor, PageRequest};
use crate::reader::Reader;
use crate::store::{JournalQuery, Mark, Span, Stream};

const LIST: &str = "changes";
/// How many spans are asked for at a time: what is left of them stands in the cursor.
const SPANS: usize = 16;

/// What was appended after a cursor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The entries, those of one stream in their order. Empty where nothing moved.
    pub entries: Vec<Entry>,
    /// Where to go on from, now or when something moves.
    pub next: Cursor,
}

/// Where a follower stands: a mark, and what before it was not handed out yet.
#[derive(Clone, Serialize, Deserialize)]
struct Place {
    mark: String,
    left: Vec<(String, u64, u64)>,
}

impl Directory {
    /// What was appended to the journal after a cursor, of all organisations and users; without one, from the
    /// beginning. For whoever keeps something beside the directory that must move with it: a search index, a cache, people's
    /// replicas in their browsers. It has no end: keep `next` beside what was made of the entries, and ask again. The host's
    /// own question, unfiltered.
    ///
    /// There is no sequence over all streams, only one in each ([`Entry::place`]). Every entry comes at
    /// least once, whoever committed it and from which process; one that comes again has the same place. What it says
    /// of an erased person may be a placeholder; `user.erased` tells a follower to let go of what it read before.
    ///
    /// Costs one look-up where nothing moved; else one index range a commit and stream.
    ///
    /// # Errors
    /// `cursor.invalid` for a cursor of another question or another store, and where the store was put back to an
    /// earlier day: begin anew; `directory.past`, `directory.replica`.
    ///
    /// ```
    /// use mailgrant::{Actor, Directory, MemoryStore, PageRequest, user::RegisterUser};
    ///
    /// # fn main() -> Result<(), mailgrant::Error> {
    /// let directory = Directory::new(MemoryStore::new())?;
    /// let mut page = PageRequest { after: Some(directory.changes_from_now()?), limit: 100 };
    ///
    /// let anna = RegisterUser::new("anna@private.example".parse()?, "Anna");
    /// directory.run(&Actor::system("panel"), anna)?;
    /// let news = directory.changes(&page)?;
    /// assert_eq!(news.entries[0].event.kind(), "user.registered");
    ///
    /// page.after = Some(news.next);
    /// assert!(directory.changes(&page)?.entries.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn changes(&self, page: &PageRequest) -> Result<Changes, Error> {
        self.require_live()?;
        let begin = page.after.as_ref().map_or_else(|| Ok(Place::beginning()), Place::read)?;
        self.ask_host(&mut |read| {
            let (mut place, mut entries) = (begin.clone(), Vec::new());
            let limit = page.size();
            loop {
                place.hand_out(read, limit, &mut entries)?;
                // Asked for even where the page is full: it tells a cursor of another store.
                let moved = read.txn().moved(&Mark::new(place.mark.as_str()), SPANS)?;
                if entries.len() >= limit || moved.spans.is_empty() {
                    return Ok(Changes { entries, next: place.cursor()? });
                }
                place = Place::new(&moved.mark, moved.spans);
            }
        })
    }

    /// A cursor for what will be appended from now on: to follow without reading all that ever happened. Take it before
    /// you read what there is, so that nothing falls in between. There is an example at [`Directory::changes`].
    ///
    /// Costs one look-up.
    ///
    /// # Errors
    /// Those of the store; `directory.past`, `directory.replica`.
    pub fn changes_from_now(&self) -> Result<Cursor, Error> {
        self.require_live()?;
        self.ask_host(&mut |read| Place::new(&read.txn().mark()?, Vec::new()).cursor())
    }
}

impl Place {
    fn beginning() -> Self {
        Self { mark: Mark::beginning().to_string(), left: Vec::new() }
    }

    fn new(mark: &Mark, spans: Vec<Span>) -> Self {
        let left = spans.into_iter().map(|span| (span.stream.to_string(), span.after, span.up_to)).collect();
        Self { mark: mark.to_string(), left }
    }

    fn read(cursor: &Cursor) -> Result<Self, Error> {
        serde_json::from_str(cursor.place(LIST)?)
            .map_err(|_| Error::new(Code::CursorInvalid, "this cursor is damaged: begin without one"))
    }

    fn cursor(&self) -> Result<Cursor, Error> {
        let place = serde_json::to_string(self).map_err(|source| {
            Error::new(Code::StoreCorrupt, "a cursor could not be written").caused_by(source)
        })?;
        Ok(Cursor::new(LIST, &place))
    }

    /// Hands out what is left, as far as the page has room.
    fn hand_out(
        &mut self,
        read: &mut Reader<'_>,
        limit: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<(), Error> {
        while let Some((stream, after, up_to)) = self.left.first_mut() {
            let room = limit.saturating_sub(entries.len());
            let wanted = usize::try_from(up_to.saturating_sub(*after)).unwrap_or(usize::MAX);
            let stream = Stream::new(stream.as_str());
            let query = JournalQuery {
                streams: vec![stream.clone()],
                after: Some((stream, *after)),
                limit: wanted.min(room),
                ..JournalQuery::default()
            };
            let found = if query.limit == 0 { Vec::new() } else { read.txn().journal(&query)? };
            *after = found.last().map_or(*after, |entry| entry.seq);
            for entry in &found {
                entries.push(Entry::read(entry)?);
            }
            if wanted > room {
                return Ok(());
            }
            self.left.remove(0);
        }
        Ok(())
    }
}
