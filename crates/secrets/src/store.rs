//! The store of the process's secrets.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

use serde::Serialize;
use tokio::sync::watch;

use twinloop_runtime::{lock, lock_to_read, lock_to_write};

use crate::place::{FailedLookup, Origin};
use crate::redactor::Redactor;
use crate::search::{Found, SearchOutcome, search};
use crate::sources::Sources;
use crate::value::SecretText;

/// Greatest number of replaced values of a secret that are still redacted.
const MAX_KNOWN: usize = 32;

/// The value of a secret that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretVersion {
    /// The value in use.
    Current,
    /// The value that was in use before.
    Previous,
    /// A value that was found and is not accepted yet.
    Candidate,
}

/// The state of a secret, without its value.
#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// The secret's name.
    pub name: String,
    /// The place of its value; `None` where there is none.
    pub origin: Option<String>,
    /// Whether a place that was clearly meant cannot be used: the last of the attempts.
    pub unusable: bool,
    /// The places where the secret was looked for without success.
    pub attempts: Vec<FailedLookup>,
}

/// A value, named by its secret and its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The secret's name.
    pub name: String,
    /// The value's number.
    pub version: u64,
}

/// The changes after a number.
#[derive(Clone, Debug, Serialize)]
pub struct News {
    /// The number after which later changes count.
    pub now: u64,
    /// The secrets whose value in use has changed.
    pub changed: Vec<Numbered>,
    /// The candidates that were found and wait to be settled.
    pub candidates: Vec<Numbered>,
}

impl News {
    /// Returns whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.candidates.is_empty()
    }
}

/// A value with its place and its number. Numbers only rise, over all secrets.
#[derive(Clone)]
struct Held {
    found: Found,
    version: u64,
}

/// The values of one secret.
#[derive(Default)]
struct Entry {
    /// The value in use.
    current: Option<Held>,
    /// The value that was in use before.
    previous: Option<SecretText>,
    /// A value that was found and waits to be settled.
    candidate: Option<Held>,
    /// The candidate that was dropped last, so that it is not offered again at every reading.
    refused: Option<SecretText>,
    /// The last values of the secret, none of which may be printed.
    known: VecDeque<SecretText>,
    /// The places of the last search that had no value.
    attempts: Vec<FailedLookup>,
    unusable: bool,
}

#[derive(Default)]
struct State {
    /// The secrets, by name.
    entries: BTreeMap<String, Entry>,
    version: u64,
}

/// All secrets of the process by name, the same for every isolate.
pub struct Store {
    state: Mutex<State>,
    /// Locked apart from the state, because a panic while that is locked is printed too.
    redactor: RwLock<Arc<Redactor>>,
    changes: watch::Sender<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self { state: Mutex::default(), redactor: RwLock::default(), changes: watch::Sender::new(0) }
    }
}

impl Store {
    /// Returns the store of the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Store> = OnceLock::new();
        SHARED.get_or_init(Self::default)
    }

    /// Looks for the names that have no value yet, or with `fresh` for all of them, and returns the state of each.
    ///
    /// A value that is found is in use at once. Reads files on the calling thread.
    pub fn load(&self, names: &[String], sources: &Sources, fresh: bool) -> Vec<Loaded> {
        let mut state = self.lock();
        let mut found_now = Vec::new();
        for name in names {
            if !fresh && state.entries.get(name).is_some_and(|entry| entry.current.is_some()) {
                continue;
            }
            let found = search(name, sources);
            let entry = state.entries.entry(name.clone()).or_default();
            entry.refused = None;
            entry.attempts = found.attempts;
            entry.unusable = matches!(found.outcome, SearchOutcome::Unusable);
            match found.outcome {
                SearchOutcome::Found(found) => {
                    found_now.extend(state.put(name, found).map(|version| (name, version)));
                }
                // A provider's value stays until the provider offers another.
                SearchOutcome::Absent if entry.is_of_provider() => {}
                SearchOutcome::Absent | SearchOutcome::Unusable => entry.current = None,
            }
        }
        if !found_now.is_empty() {
            // Rebuilt once for all names: the automaton is built anew each time.
            self.rebuild(&state);
        }
        for (name, version) in found_now {
            state.accept(name, version);
        }
        names.iter().filter_map(|name| state.entries.get(name).map(|entry| entry.describe(name))).collect()
    }

    /// Returns a copy of a secret's value.
    pub fn read(&self, name: &str, part: SecretVersion) -> Option<SecretText> {
        let state = self.lock();
        let entry = state.entries.get(name)?;
        let held = match part {
            SecretVersion::Current => entry.current.as_ref(),
            SecretVersion::Candidate => entry.candidate.as_ref(),
            SecretVersion::Previous => return entry.previous.clone(),
        };
        held.map(|held| held.found.value.clone())
    }

    /// Returns the number of the value in use; 0 where there is none.
    pub fn version(&self, name: &str) -> u64 {
        let state = self.lock();
        state.entries.get(name).and_then(|entry| entry.current.as_ref()).map_or(0, |held| held.version)
    }

    /// Offers a value for a secret; `settle` puts it into use. Returns the candidate's number; `None` where the value is
    /// empty, in use, or already the candidate.
    pub fn offer(&self, name: &str, found: Found) -> Option<u64> {
        let mut state = self.lock();
        let version = state.put(name, found)?;
        self.rebuild(&state);
        drop(state);
        self.changes.send_replace(version);
        Some(version)
    }

    /// Puts the candidate with this number into use, or drops it. Returns false where it is not the candidate any more.
    pub fn settle(&self, name: &str, version: u64, accepted: bool) -> bool {
        let mut state = self.lock();
        if !accepted {
            let Some(entry) = state.entries.get_mut(name) else { return false };
            let dropped = entry.candidate.take_if(|held| held.version == version);
            let is_dropped = dropped.is_some();
            entry.refused = dropped.map(|held| held.found.value).or(entry.refused.take());
            return is_dropped;
        }
        let Some(now) = state.accept(name, version) else { return false };
        drop(state);
        self.changes.send_replace(now);
        true
    }

    /// Returns the number of the last change.
    pub(crate) fn now(&self) -> u64 {
        self.lock().version
    }

    /// Returns a receiver that is notified of every change.
    pub(crate) fn moved(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Returns the changes after the number `since`.
    pub fn news(&self, since: u64) -> News {
        let state = self.lock();
        let newer = |part: fn(&Entry) -> Option<&Held>| {
            let held = state.entries.iter().filter_map(move |(name, entry)| Some((name, part(entry)?)));
            held.filter(|(_, held)| held.version > since)
                .map(|(name, held)| Numbered { name: name.clone(), version: held.version })
                .collect()
        };
        News {
            now: state.version,
            changed: newer(|entry| entry.current.as_ref()),
            candidates: newer(|entry| entry.candidate.as_ref()),
        }
    }

    /// Returns whether a place may give another value for the secret while the process runs.
    pub(crate) fn may_change(&self, name: &str) -> bool {
        let state = self.lock();
        let current = state.entries.get(name).and_then(|entry| entry.current.as_ref());
        current.is_none_or(|held| held.found.origin.may_change())
    }

    /// Returns the place of the value in use.
    pub(crate) fn origin(&self, name: &str) -> Option<String> {
        let state = self.lock();
        state.entries.get(name)?.current.as_ref().map(|held| held.found.origin.to_string())
    }

    /// Returns whether the value in use comes from a place that is read, and not from a provider.
    pub(crate) fn is_of_place(&self, name: &str) -> bool {
        let state = self.lock();
        state.entries.get(name).is_some_and(|entry| entry.current.is_some() && !entry.is_of_provider())
    }

    /// Returns the text with all present and former values redacted; `None` where it has none.
    pub fn redact(&self, text: &str) -> Option<String> {
        let redactor = Arc::clone(&lock_to_read(&self.redactor));
        match redactor.redact(text) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(clean) => Some(clean),
        }
    }

    /// Builds the redactor, before a new value can be read.
    fn rebuild(&self, state: &State) {
        let values = state
            .entries
            .iter()
            .flat_map(|(name, entry)| entry.known.iter().map(move |value| (name.as_str(), value)));
        let redactor = Arc::new(Redactor::new(values));
        *lock_to_write(&self.redactor) = redactor;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn put(&mut self, name: &str, found: Found) -> Option<u64> {
        let version = self.version + 1;
        let entry = self.entries.entry(name.to_owned()).or_default();
        let is_current =
            |held: &Option<Held>| held.as_ref().is_some_and(|held| held.found.value == found.value);
        let is_refused = entry.refused.as_ref() == Some(&found.value);
        if found.value.is_empty() || is_refused || is_current(&entry.candidate) {
            return None;
        }
        if is_current(&entry.current) {
            // The value in use is confirmed again: a candidate that is not settled yet is out of date.
            entry.candidate = None;
            entry.refused = None;
            if let Some(current) = &mut entry.current {
                current.found.origin = found.origin;
            }
            return None;
        }
        if !entry.known.contains(&found.value) {
            if entry.known.len() == MAX_KNOWN {
                entry.known.pop_front();
            }
            entry.known.push_back(found.value.clone());
        }
        entry.candidate = Some(Held { found, version });
        self.version = version;
        Some(version)
    }

    /// Puts the candidate into use under a new number, so that callers that ask for changes find it. Returns the number.
    fn accept(&mut self, name: &str, version: u64) -> Option<u64> {
        let entry = self.entries.get_mut(name)?;
        let mut held = entry.candidate.take_if(|held| held.version == version)?;
        self.version += 1;
        held.version = self.version;
        entry.unusable = false;
        entry.refused = None;
        entry.previous = entry.current.replace(held).map(|before| before.found.value);
        Some(self.version)
    }
}

impl Entry {
    fn is_of_provider(&self) -> bool {
        self.current.as_ref().is_some_and(|held| matches!(held.found.origin, Origin::Provider(_)))
    }

    fn describe(&self, name: &str) -> Loaded {
        let origin = self.current.as_ref().map(|held| held.found.origin.to_string());
        Loaded { name: name.to_owned(), origin, unusable: self.unusable, attempts: self.attempts.clone() }
    }
}
