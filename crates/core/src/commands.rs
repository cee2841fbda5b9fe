//! The table of all commands, from which bindings are made.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Actor;
use crate::command::{Command, Plan};
use crate::directory::{Batch, Directory};
use crate::error::{Code, Error};
use crate::event::Event;
use crate::id::{ChangeId, DeviceId, MailboxId, UserId};
use crate::secret::{DevicePassword, Token};
use crate::{
    alias::*, device::*, domain::*, grant::*, invitation::*, mailbox::*, membership::*, organisation::*,
    user::*,
};

/// A secret that a command made: shown once, beside its answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum IssuedSecret {
    /// The password of a device.
    DevicePassword(DevicePassword),
    /// A token to mail.
    Token(Token),
}

/// What a command answers: something that can be written as JSON, and perhaps a secret beside it.
trait Answer: Serialize {
    fn into_secret(self) -> Option<IssuedSecret>;
}

macro_rules! answers {
    ([$($open:ty,)+] $($secret:ty, |$answer:ident| $field:expr;)+) => {
        $(impl Answer for $open {
            fn into_secret(self) -> Option<IssuedSecret> {
                None
            }
        })+
        $(impl Answer for $secret {
            fn into_secret(self) -> Option<IssuedSecret> {
                let $answer = self;
                $field
            }
        })+
    };
}

answers! {
    [(), UserId, MailboxId, DeviceId, Registered, UserDeleted, UserErased, LoginChangeAsked, Confirmed, Founded,
        OrganisationDeleted, Swept, DomainAdded, DomainOffered, DomainAccepted, MemberRemoved, Accepted, MailboxRenamed, MailboxDeleted, AliasRemoved,
        GrantEnded, DevicesRevoked,]
    Issued, |answer| Some(IssuedSecret::DevicePassword(answer.password));
    Invited, |answer| Some(IssuedSecret::Token(answer.token));
    ConfirmationIssued, |answer| Some(IssuedSecret::Token(answer.token));
    ResetStarted, |answer| answer.token.map(IssuedSecret::Token);
}

/// What any command answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct AnyOutput {
    /// The answer as JSON. No secret is in it.
    pub value: Value,
    /// The secret beside it.
    pub secret: Option<IssuedSecret>,
}

impl AnyOutput {
    fn of(answer: impl Answer) -> Result<Self, Error> {
        let value = serde_json::to_value(&answer).map_err(|source| {
            Error::new(Code::StoreCorrupt, "an answer could not be written").caused_by(source)
        })?;
        Ok(Self { value, secret: answer.into_secret() })
    }
}

macro_rules! commands {
    ($($name:literal: $command:ident => $output:ty,)+) => {
        /// Any command, by its name under `command` and its fields beside it. Secrets are no fields: they are
        /// supplied apart.
        ///
        /// ```
        /// use mailgrant::AnyCommand;
        ///
        /// let json = r#"{"command": "rename_user", "user": "usr_01h455vb4pex5vsknk084sn02q", "name": "Anna"}"#;
        /// let command: AnyCommand = serde_json::from_str(json).unwrap();
        /// assert_eq!(command.name(), "rename_user");
        /// ```
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(tag = "command")]
        #[non_exhaustive]
        pub enum AnyCommand {
            $(
                #[doc = concat!("[`", stringify!($command), "`], which answers `", stringify!($output), "`.")]
                #[serde(rename = $name)]
                $command($command),
            )+
        }

        impl AnyCommand {
            /// The names of all commands, in the order of the source.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$command(_) => <$command as Command>::NAME,)+ }
            }

            /// Supplies the secret of a field.
            ///
            /// # Errors
            /// `value.invalid` where the command has no such field.
            pub fn supply(&mut self, field: &str, secret: impl Into<String>) -> Result<(), Error> {
                let name = self.name();
                let known = match self { $(Self::$command(command) => command.supply(field, secret.into()),)+ };
                if known {
                    Ok(())
                } else {
                    Err(Error::new(Code::ValueInvalid, format!("`{name}` has no secret of that name")).with("command", name))
                }
            }
        }

        impl Directory {
            /// Runs any command: see [`Directory::run`].
            ///
            /// # Errors
            /// The command's.
            pub fn run_any(&self, actor: &Actor, command: AnyCommand) -> Result<AnyOutput, Error> {
                match command { $(AnyCommand::$command(command) => AnyOutput::of(self.run(actor, command)?),)+ }
            }

            /// Runs any command once: see [`Directory::run_once`].
            ///
            /// # Errors
            /// The command's, and `request.done`.
            pub fn run_any_once(
                &self,
                request: ChangeId,
                actor: &Actor,
                command: AnyCommand,
            ) -> Result<AnyOutput, Error> {
                match command {
                    $(AnyCommand::$command(command) => AnyOutput::of(self.run_once(request, actor, command)?),)+
                }
            }

            /// Previews any command: see [`Directory::preview`].
            ///
            /// # Errors
            /// The command's.
            pub fn preview_any(&self, actor: &Actor, command: AnyCommand) -> Result<Plan<AnyOutput>, Error> {
                fn any<T: Answer>(plan: Plan<T>) -> Result<Plan<AnyOutput>, Error> {
                    let events: Vec<Event> = plan.events;
                    Ok(Plan { output: AnyOutput::of(plan.output)?, events })
                }
                match command { $(AnyCommand::$command(command) => any(self.preview(actor, command)?),)+ }
            }
        }

        impl Batch<'_> {
            /// Runs any command in the batch: see [`Batch::run`].
            ///
            /// # Errors
            /// The command's.
            pub fn run_any(&mut self, actor: &Actor, command: AnyCommand) -> Result<AnyOutput, Error> {
                match command { $(AnyCommand::$command(command) => AnyOutput::of(self.run(actor, command)?),)+ }
            }
        }

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn the_table_names_commands_as_the_journal_does() {
                $(assert_eq!($name, <$command as Command>::NAME);)+
            }
        }
    };
}

commands! {
    "register_user": RegisterUser => Registered,
    "rename_user": RenameUser => (),
    "change_login": ChangeLogin => LoginChangeAsked,
    "set_recovery_address": SetRecoveryAddress => (),
    "remove_recovery_address": RemoveRecoveryAddress => (),
    "issue_confirmation": IssueConfirmation => ConfirmationIssued,
    "confirm_address": ConfirmAddress => Confirmed,
    "change_password": ChangePassword => (),
    "start_reset": StartReset => ResetStarted,
    "finish_reset": FinishReset => UserId,
    "suspend_user": SuspendUser => (),
    "resume_user": ResumeUser => (),
    "delete_user": DeleteUser => UserDeleted,
    "erase_user": EraseUser => UserErased,
    "found_organisation": FoundOrganisation => Founded,
    "rename_organisation": RenameOrganisation => (),
    "set_policy": SetPolicy => (),
    "suspend_organisation": SuspendOrganisation => (),
    "resume_organisation": ResumeOrganisation => (),
    "delete_organisation": DeleteOrganisation => OrganisationDeleted,
    "sweep": Sweep => Swept,
    "add_domain": AddDomain => DomainAdded,
    "verify_domain": VerifyDomain => (),
    "remove_domain": RemoveDomain => (),
    "set_catch_all": SetCatchAll => (),
    "set_domain_alias": SetDomainAlias => (),
    "offer_domain": OfferDomain => DomainOffered,
    "withdraw_domain_offer": WithdrawDomainOffer => (),
    "decline_domain_offer": DeclineDomainOffer => (),
    "accept_domain": AcceptDomain => DomainAccepted,
    "add_member": AddMember => (),
    "set_role": SetRole => (),
    "set_services": SetServices => (),
    "suspend_member": SuspendMember => (),
    "resume_member": ResumeMember => (),
    "remove_member": RemoveMember => MemberRemoved,
    "leave": Leave => MemberRemoved,
    "transfer_ownership": TransferOwnership => (),
    "invite": Invite => Invited,
    "resend_invitation": ResendInvitation => Invited,
    "revoke_invitation": RevokeInvitation => (),
    "accept_invitation": AcceptInvitation => Accepted,
    "accept_invitation_as_new": AcceptInvitationAsNew => Accepted,
    "decline_invitation": DeclineInvitation => (),
    "open_mailbox": OpenMailbox => MailboxId,
    "rename_mailbox": RenameMailbox => MailboxRenamed,
    "set_mailbox_name": SetMailboxName => (),
    "suspend_mailbox": SuspendMailbox => (),
    "resume_mailbox": ResumeMailbox => (),
    "close_mailbox": CloseMailbox => (),
    "reopen_mailbox": ReopenMailbox => (),
    "delete_mailbox": DeleteMailbox => MailboxDeleted,
    "hold_sending": HoldSending => (),
    "release_sending": ReleaseSending => (),
    "add_alias": AddAlias => (),
    "remove_alias": RemoveAlias => AliasRemoved,
    "set_alias_sending": SetAliasSending => (),
    "grant_access": GrantAccess => (),
    "change_grant": ChangeGrant => (),
    "set_grant_expiry": SetGrantExpiry => (),
    "revoke_grant": RevokeGrant => GrantEnded,
    "give_up_grant": GiveUpGrant => GrantEnded,
    "add_device": AddDevice => Issued,
    "add_legacy_device": AddLegacyDevice => DeviceId,
    "rename_device": RenameDevice => (),
    "narrow_device": NarrowDevice => (),
    "widen_device": WidenDevice => (),
    "rotate_device": RotateDevice => Issued,
    "revoke_device": RevokeDevice => (),
    "revoke_devices_of_mailbox": RevokeDevicesOfMailbox => DevicesRevoked,
    "revoke_devices_of_holder": RevokeDevicesOfHolder => DevicesRevoked,
    "revoke_devices_of_organisation": RevokeDevicesOfOrganisation => DevicesRevoked,
}
