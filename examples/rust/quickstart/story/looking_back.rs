//! Monday 30 March: the owner looks back, and the directory answers.

use mailgrant::report::{ReviewRow, ReviewRows, WarningKind};
use mailgrant::{Actor, Cursor, Entry, OnDependants, PageRequest, Timestamp, every};
use mailgrant::{mailbox::*, user::*};

use super::{Bakery, CONTACT, Story, Told};
use crate::page::{day_and_hour, hour};
use crate::words;

const TUESDAY_EVENING: &str = "2026-03-03T18:00:00Z";

impl Story<'_> {
    pub(super) fn looking_back(&mut self, bakery: &Bakery) -> Told {
        let this_morning = self.directory.changes_from_now()?;
        self.who_had_access_on_tuesday(bakery)?;
        self.who_gained_and_lost_what(bakery)?;
        self.whose_login_hangs_on_a_mailbox(bakery)?;
        self.what_deserves_a_second_look(bakery)?;
        self.what_changed_since(this_morning)
    }

    fn who_had_access_on_tuesday(&mut self, bakery: &Bakery) -> Told {
        self.chapter("2026-03-30T10:00:00Z", "Who had access on that Tuesday?")?;
        let tuesday: Timestamp = TUESDAY_EVENING.parse()?;
        self.page.say(&format!(
            "A customer asks who could read what she wrote on the first day. The directory can be asked as it \
             stood at any moment; this is {}:",
            day_and_hour(tuesday)
        ))?;
        let then = self.directory.at(&bakery.olivia, bakery.organisation, tuesday)?;
        self.show_access(Some(&then), bakery)?;
        self.page.say("And this is today:")?;
        self.show_access(None, bakery)
    }

    fn who_gained_and_lost_what(&mut self, bakery: &Bakery) -> Told {
        self.chapter("2026-03-30T10:10:00Z", "Who gained and lost what since?")?;
        self.page.say(
            "The same two moments side by side. What stands as it stood is left out, and so is what came and \
             went in between, such as Ada's new phone.",
        )?;
        let (from, to) = (TUESDAY_EVENING.parse()?, "2026-03-30T10:10:00Z".parse()?);
        let mut rows = Vec::new();
        for difference in
            every(|page| self.directory.compare(&bakery.olivia, bakery.organisation, from, to, page))
        {
            rows.push(words::difference(&difference?));
        }
        Ok(self.page.table(["who", "then", "today", "because of"], rows)?)
    }

    fn whose_login_hangs_on_a_mailbox(&mut self, bakery: &Bakery) -> Told {
        self.chapter("2026-03-30T10:20:00Z", "Whose login hangs on a mailbox?")?;
        let user = bakery.olivia_id;
        self.directory.run(&bakery.olivia, SetRecoveryAddress { user, address: CONTACT.parse()? })?;
        let asked = self.directory.run(&self.host, IssueConfirmation { user, of: AddressKind::Recovery })?;
        let token = asked.token.reveal();
        self.directory.run(&Actor::Bearer, ConfirmAddress { token: (&*token).into() })?;
        self.page.say(&format!(
            "Now that she reads {CONTACT}, Olivia makes it the address to which a forgotten password would be \
             reset. Then she wonders whether that is wise.",
        ))?;
        for risk in every(|page| self.directory.login_risks(&bakery.olivia, bakery.organisation, page)) {
            self.page.table(["what hangs on contact@", ""], words::risk(&risk?))?;
        }
        let close = CloseMailbox { mailbox: bakery.contact, on_dependants: OnDependants::Refuse };
        if let Err(refusal) = self.directory.preview(&bakery.olivia, close) {
            self.page.say(&format!(
                "None of that happens by accident. Closing the mailbox, for one, is refused with `{}`: {refusal}.",
                refusal.code()
            ))?;
        }
        self.directory.run(&bakery.olivia, RemoveRecoveryAddress { user })?;
        self.page.say(
            "The CRM and the scanner are nobody's, so they count as others who could read a reset. She takes the \
             address back.",
        )?;
        Ok(())
    }

    fn what_deserves_a_second_look(&mut self, bakery: &Bakery) -> Told {
        self.chapter("2026-03-30T10:40:00Z", "What deserves a second look?")?;
        self.page.say(
            "Once a month Olivia goes through all access. The directory says what deserves a second look, and \
             has the command ready that settles it.",
        )?;
        let found = self.review(bakery)?;
        self.page.say(
            "She reads the mailbox because nobody else does, and the CRM and the scanner are in use. But Tim never \
             answered, so she runs the command of that line and asks again:",
        )?;
        for warning in found.into_iter().flat_map(|row| row.warnings) {
            if warning.kind == WarningKind::InvitationExpired
                && let Some(command) = warning.settle
            {
                self.directory.run_any(&bakery.olivia, command)?;
            }
        }
        self.review(bakery).map(drop)
    }

    /// Shows what deserves a second look, and gives it.
    fn review(&mut self, bakery: &Bakery) -> Told<Vec<ReviewRow>> {
        let review = |page: &PageRequest| {
            self.directory.review(&bakery.olivia, bakery.organisation, ReviewRows::Warned, page)
        };
        let found = every(review).collect::<Result<Vec<_>, _>>()?;
        self.page.table(["what", "because", "settled by"], found.iter().flat_map(words::warnings))?;
        Ok(found)
    }

    fn what_changed_since(&mut self, this_morning: Cursor) -> Told {
        self.chapter("2026-03-30T11:00:00Z", "What changed since this morning?")?;
        self.page.say(
            "The host keeps a search index and tells people's browsers what is new. It follows every change, \
             from where it stood:",
        )?;
        let news = self.directory.changes(&PageRequest { after: Some(this_morning), limit: 100 })?;
        let mut rows = Vec::new();
        for entry in &news.entries {
            rows.push([
                hour(entry.at),
                self.by(entry)?,
                entry.command.clone(),
                entry.event.kind().to_owned(),
            ]);
        }
        Ok(self.page.table(["at", "by", "command", "event"], rows)?)
    }

    fn by(&self, entry: &Entry) -> Told<String> {
        Ok(match entry.by.user() {
            Some(user) => self.directory.user(&self.host, user)?.name,
            None => entry.by.to_string(),
        })
    }
}
