//! What is answered.

use mailgrant::{AnyOutput, Error, Event, IssuedSecret, Refusal};
use serde::Serialize;
use serde_json::{Value, json};

/// A line of the standard output.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Answer(Value);

impl Answer {
    /// Something that went through.
    pub(crate) fn ok(value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => Self(json!({ "ok": value })),
            Err(error) => Self::fault(error.to_string()),
        }
    }

    /// What a command answered, with its secret.
    pub(crate) fn output(output: AnyOutput) -> Self {
        Self(json!({ "ok": output.value, "secret": output.secret.map(shown) }))
    }

    /// What a command would answer, and what would happen.
    pub(crate) fn plan(output: AnyOutput, events: &[Event]) -> Self {
        Self(json!({ "ok": output.value, "secret": output.secret.map(shown), "events": events }))
    }

    /// A refusal.
    pub(crate) fn error(error: &Error) -> Self {
        Self(json!({ "error": {
            "code": error.code().as_str(),
            "kind": error.kind().as_str(),
            "message": error.to_string(),
            "details": error.details(),
            "retryable": error.is_retryable(),
        } }))
    }

    /// A refused login, with what is for the host's log.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let reason = refusal.reason().as_str();
        if reason == "failed" {
            return Self::error(&refusal.into_error());
        }
        Self(json!({ "refused": {
            "message": refusal.to_string(),
            "reason": reason,
            "told": refusal.reason().to_string(),
            "device": refusal.device(),
            "retry_after": refusal.retry_after().map(|span| span.as_millis()),
        } }))
    }

    /// A request that cannot be read, or comes too early.
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self(json!({ "fault": message.into() }))
    }
}

fn shown(secret: IssuedSecret) -> Value {
    match secret {
        IssuedSecret::DevicePassword(password) => json!({ "device_password": password.reveal().to_string() }),
        IssuedSecret::Token(token) => json!({ "token": token.reveal().to_string() }),
        _ => Value::Null,
    }
}
