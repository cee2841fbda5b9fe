//! What claims and terms the rows of a store must have, said anew from what a row says.

use std::collections::BTreeSet;

use mailgrant::Address;
use mailgrant::organisation::SEPARATORS;
use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn address(value: &Value) -> Address {
    text(value).parse().unwrap()
}

/// Under what those are found who get mail at an address.
fn mail(address: &Address) -> Vec<String> {
    let whole = [format!("mail/{}", address.canonical()), format!("mail/@{}", address.domain().as_str())];
    let cut = SEPARATORS.iter().filter_map(|separator| address.cut(*separator));
    whole.into_iter().chain(cut.map(|base| format!("mail/{}", base.canonical()))).collect()
}

fn place(organisation: &str, address: &Address) -> Vec<String> {
    let domain = address.domain().as_str();
    vec![
        format!("on/{organisation}/{domain}"),
        format!("look/{organisation}/{domain}/{}", address.skeleton()),
    ]
}

/// The claims and terms of a row.
fn of_row(key: &str, row: &Value) -> (Vec<String>, Vec<String>) {
    let at = |name: &str| text(&row[name]).to_owned();
    let organisation = row["organisation"].as_str().unwrap_or_default();
    let (mut claims, mut terms) = (Vec::new(), Vec::new());
    match &key[..3] {
        "usr" if row["state"] == "deleted" => terms.push("deleted".to_owned()),
        "usr" => {
            let login = address(&row["login"]["address"]);
            claims.push(format!("login/{}", login.canonical()));
            terms.extend(mail(&login));
            if let Some(recovery) = row["recovery"].get("address") {
                terms.extend(mail(&address(recovery)));
            }
        }
        "org" => {
            if row["state"] == "deleted" {
                terms.push("deleted".to_owned());
            }
        }
        "dom" => {
            if row["proof"].get("verified").is_some() {
                claims.push(format!("domain/{}", at("name")));
            }
            if let Some(of) = row["alias_of"].as_str() {
                terms.push(format!("alias-of/{organisation}/{of}"));
            }
            if let Some(mailbox) = row["catch_all"].as_str() {
                terms.push(format!("catch-all/{mailbox}"));
            }
            if let Some(to) = row["offer"]["to"].as_str() {
                terms.push(format!("offered/{to}"));
            }
        }
        "mem" => {
            terms.push(format!("membership/{}", at("user")));
            if row["role"] == "owner" {
                terms.push(format!("owner/{organisation}"));
            }
        }
        "mbx" if row["state"] == "deleted" => terms.push("deleted".to_owned()),
        "mbx" | "als" => {
            let address = address(&row["address"]);
            claims.push(format!("address/{organisation}/{}", address.canonical()));
            terms.extend(place(organisation, &address));
            let list = if key.starts_with("mbx") { "mailbox" } else { "alias" };
            terms.push(format!("{list}/{organisation}"));
        }
        "fre" => claims.push(format!("address/{organisation}/{}", address(&row["address"]).canonical())),
        "grt" => {
            terms.extend([format!("grant/{organisation}"), format!("grant/{organisation}/{}", at("user"))]);
        }
        "dev" => {
            let mailbox = at("mailbox");
            let secret = &row["secret"]["password"];
            let selectors = [secret["selector"].as_str(), secret["former"]["selector"].as_str()];
            claims.extend(
                selectors.into_iter().flatten().map(|selector| format!("selector/{mailbox}/{selector}")),
            );
            if let Some(holder) = row["holder"].as_str() {
                terms.push(format!("held/{holder}"));
            }
            if row["state"] == "active" {
                terms.extend([format!("device/{organisation}"), format!("device/{mailbox}")]);
                if let Some(holder) = row["holder"].as_str() {
                    terms.push(format!("held/{organisation}/{holder}"));
                }
                let known = row["known_to"].as_array().unwrap();
                terms.extend(known.iter().map(|person| format!("known/{organisation}/{}", text(person))));
            } else {
                terms.extend([format!("revoked/{mailbox}"), format!("revoked/{organisation}")]);
            }
        }
        "inv" => {
            terms.push(format!("invitation/{organisation}"));
            terms.push(format!("invited/{}", address(&row["address"]).canonical()));
            if let Some(user) = row["accepted_by"].as_str() {
                terms.push(format!("accepted/{user}"));
            }
            if row["state"] == "pending" {
                let address = address(&row["address"]);
                claims.push(format!("invitation/{organisation}/{}", address.canonical()));
                terms.extend(mail(&address));
                let sender = at("sender");
                if sender.starts_with("usr_") {
                    terms.push(format!("sent/{organisation}/{sender}"));
                }
                let promises = row["offer"]["mailboxes"].as_array().unwrap();
                terms.extend(promises.iter().map(|promise| format!("promise/{}", text(&promise["mailbox"]))));
            }
        }
        other => panic!("a row of an unknown kind: {other}"),
    }
    (claims, terms)
}

/// Compares the claims and terms of a dumped store with those of its rows.
#[track_caller]
pub fn check(dump: &str) {
    let mut expected = BTreeSet::new();
    let mut found = BTreeSet::new();
    let (mut verifiers, mut secrets) = (BTreeSet::new(), BTreeSet::new());
    for line in dump.lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        match kind {
            "row" => {
                let mut parts = rest.splitn(3, ' ');
                let (key, _, body) = (parts.next().unwrap(), parts.next(), parts.next().unwrap());
                let row: Value = serde_json::from_str(body).unwrap();
                let (claims, terms) = of_row(key, &row);
                for claim in claims {
                    assert!(expected.insert(format!("claim {claim} {key}")), "{claim} twice in {key}");
                }
                expected.extend(terms.into_iter().map(|term| format!("term {term} {key}")));
                secrets.extend(secrets_of(key, &row));
            }
            "claim" => {
                found.insert(line.to_owned());
            }
            "term" => {
                let (term, keys) = rest.split_once(" {").unwrap();
                let keys = keys.trim_end_matches('}').split(", ").filter(|key| !key.is_empty());
                found.extend(keys.map(|key| format!("term {term} {key}")));
            }
            "verifier" => {
                verifiers.insert(rest.split(' ').next().unwrap().to_owned());
            }
            _ => {}
        }
    }
    let missing: Vec<_> = expected.difference(&found).collect();
    let stray: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && stray.is_empty(), "missing {missing:#?}, stray {stray:#?}");
    let missing: Vec<_> = secrets.difference(&verifiers).collect();
    assert!(missing.is_empty(), "devices without a verifier: {missing:#?}");
}

/// The verifiers that a row cannot do without.
fn secrets_of(key: &str, row: &Value) -> Vec<String> {
    match &row["secret"]["password"]["selector"] {
        Value::String(selector) => vec![format!("{key}/{selector}")],
        _ => Vec::new(),
    }
}
