//! The operations of secrets that an isolate is answered at once: a secret is read like a variable, and a log line is
//! redacted before the statement after it runs. None of them starts the runtime.

use std::panic;
use std::sync::Once;

use serde::{Deserialize, Serialize};
use twinloop_runtime::{Confidential, Failure, InstantAnswer, InstantOperations};

use crate::place::Origin;
use crate::search::Found;
use crate::sources::Sources;
use crate::store::{SecretVersion, Store};
use crate::value::SecretText;

twinloop_runtime::operations! {
    /// An operation of secrets that is answered at once, with its arguments.
    enum Instant<'a> of "secrets" {
        /// Looks for secrets in the given places. Returns the state of each ([`crate::Loaded`]), never a value.
        Load(Confidential<Load>) = 1,
        /// Returns the value in use of the secret that the payload names; nothing where there is none.
        Current[&'a str] = 2,
        /// Returns the value that was in use before; nothing where there is none.
        Previous[&'a str] = 3,
        /// Returns the value that waits to be settled; nothing where there is none.
        Candidate[&'a str] = 4,
        /// Returns the number of the value in use; 0 where there is none.
        Version[&'a str] = 5,
        /// Offers a provider's value for a secret. Returns the candidate's number; 0 where the value changes nothing.
        Offer(Confidential<Offer>) = 6,
        /// Puts a candidate into use, or drops it. Returns false where it is not the candidate any more.
        Settle(Settle) = 7,
        /// Returns the payload with all secrets redacted; nothing where it has none.
        Redact[&'a str] = 8,
    }
}

/// The instant operations in the entry of secrets in the addon's list of primitives.
pub(crate) const INSTANT: InstantOperations = InstantOperations { operations: Instant::describe(), answer };

/// The arguments of `load`: the names, the places, and whether secrets that have a value are looked for again.
#[derive(Deserialize)]
struct Load {
    /// The secrets to look for.
    names: Vec<String>,
    /// The places that are searched.
    sources: Sources,
    fresh: bool,
}

/// The arguments of `offer`: a value, and the name of the provider that has it.
#[derive(Deserialize)]
struct Offer {
    name: String,
    value: SecretText,
    provider: String,
}

/// The arguments of `settle`: a candidate by its number, and whether it fits.
#[derive(Deserialize)]
struct Settle {
    name: String,
    version: u64,
    accepted: bool,
}

fn answer(operation: u16, payload: String) -> InstantAnswer {
    let payload = SecretText::exact(payload);
    let store = Store::shared();
    match Instant::read(operation, payload.expose().as_bytes())? {
        Instant::Load(Confidential(Load { names, sources, fresh })) => {
            static GUARDED: Once = Once::new();
            GUARDED.call_once(redact_panics);
            json(&store.load(&names, &sources, fresh))
        }
        Instant::Current(name) => Ok(value(name, SecretVersion::Current)),
        Instant::Previous(name) => Ok(value(name, SecretVersion::Previous)),
        Instant::Candidate(name) => Ok(value(name, SecretVersion::Candidate)),
        Instant::Version(name) => json(&store.version(name)),
        Instant::Offer(Confidential(Offer { name, value, provider })) => {
            let found = Found { value, origin: Origin::Provider(provider) };
            json(&store.offer(&name, found).unwrap_or(0))
        }
        Instant::Settle(Settle { name, version, accepted }) => json(&store.settle(&name, version, accepted)),
        Instant::Redact(text) => Ok(store.redact(text).map(|clean| Box::new(clean) as Box<dyn AsRef<str>>)),
    }
}

fn value(name: &str, version: SecretVersion) -> Option<Box<dyn AsRef<str>>> {
    let value = Store::shared().read(name, version)?;
    Some(Box::new(value))
}

fn json(value: &impl Serialize) -> InstantAnswer {
    let text = serde_json::to_string(value).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(Some(Box::new(text)))
}

/// Redacts the panic messages that Rust prints to standard error, past the app's logger.
#[allow(clippy::print_stderr, reason = "the hook that it takes the place of prints there too")]
fn redact_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| match Store::shared().redact(&panicked.to_string()) {
        Some(clean) => eprintln!("{clean}"),
        None => print(panicked),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(operation: &str, payload: &str) -> Option<String> {
        let described = Instant::describe().iter().find(|each| each.name() == operation).unwrap();
        let answer = answer(described.number, payload.to_owned()).unwrap();
        answer.map(|text| (*text).as_ref().to_owned())
    }

    #[test]
    fn a_provider_s_value_is_offered_settled_read_and_redacted() {
        let offered = ask("offer", r#"{"name":"Asked","value":"asked-value","provider":"test"}"#).unwrap();
        assert_eq!(ask("candidate", "Asked").as_deref(), Some("asked-value"));
        assert_eq!(ask("current", "Asked"), None);
        assert_eq!(ask("version", "Asked").as_deref(), Some("0"));
        let settle = format!(r#"{{"name":"Asked","version":{offered},"accepted":true}}"#);
        assert_eq!(ask("settle", &settle).as_deref(), Some("true"));
        assert_eq!(ask("settle", &settle).as_deref(), Some("false"));
        assert_eq!(ask("current", "Asked").as_deref(), Some("asked-value"));
        assert_eq!(ask("redact", "has asked-value in it").as_deref(), Some("has [secret Asked] in it"));
        assert_eq!(ask("redact", "has nothing"), None);
    }

    #[test]
    fn a_request_that_cannot_be_read_shows_nothing_of_itself() {
        let failure = answer(1, r#"{"names":"hunter22"}"#.to_owned()).err().unwrap();
        assert!(!failure.message.contains("hunter22"), "{failure}");
    }
}
