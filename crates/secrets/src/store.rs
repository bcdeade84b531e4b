//! The values of the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use serde::Serialize;
use tokio::sync::watch;

use crate::place::{Attempt, Origin};
use crate::redactor::Redactor;
use crate::search::{Found, Outcome, search};
use crate::sources::Sources;
use crate::value::SecretText;

/// Values of one secret that are still redacted after they were replaced.
const MAX_KNOWN: usize = 32;

/// Which value of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The one in use.
    Current,
    /// The one before it.
    Previous,
    /// One that was found and is not accepted yet.
    Candidate,
}

/// How a secret stands, without its value.
#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// Its name.
    pub name: String,
    /// Where its value is from; `None` where there is none.
    pub origin: Option<String>,
    /// Whether a place that was clearly meant cannot be used: the last of the attempts.
    pub unusable: bool,
    /// The places it was looked for in vain.
    pub attempts: Vec<Attempt>,
}

/// A value by its secret and its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The secret.
    pub name: String,
    /// The value's number.
    pub version: u64,
}

/// What is newer than a number.
#[derive(Clone, Debug, Serialize)]
pub struct News {
    /// The number after which later news count.
    pub now: u64,
    /// Secrets whose value in use is another one.
    pub changed: Vec<Numbered>,
    /// Values that were found and are to be settled.
    pub candidates: Vec<Numbered>,
}

impl News {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.candidates.is_empty()
    }
}

/// A value with its place and its number; numbers only rise, over all secrets.
#[derive(Clone)]
struct Held {
    found: Found,
    version: u64,
}

#[derive(Default)]
struct Entry {
    current: Option<Held>,
    previous: Option<SecretText>,
    candidate: Option<Held>,
    /// The candidate that was dropped last, so that it is not offered at every reading.
    refused: Option<SecretText>,
    /// All values it ever had, the last ones of them: none may be printed.
    known: VecDeque<SecretText>,
    attempts: Vec<Attempt>,
    unusable: bool,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    version: u64,
}

/// All secrets of the process, by name. Every isolate reads the same.
pub struct Store {
    state: Mutex<State>,
    /// Apart from the state: a panic while that is locked is printed too.
    redactor: RwLock<Arc<Redactor>>,
    changes: watch::Sender<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self { state: Mutex::default(), redactor: RwLock::default(), changes: watch::Sender::new(0) }
    }
}

impl Store {
    /// The one of the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Store> = OnceLock::new();
        SHARED.get_or_init(Self::default)
    }

    /// Looks for the names that have no value yet, with `fresh` for all of them, and says how each stands.
    ///
    /// A value found is in use at once. Reads files on the calling thread.
    pub fn load(&self, names: &[String], sources: &Sources, fresh: bool) -> Vec<Loaded> {
        let mut state = self.lock();
        for name in names {
            if !fresh && state.entries.get(name).is_some_and(|entry| entry.current.is_some()) {
                continue;
            }
            let found = search(name, sources);
            let entry = state.entries.entry(name.clone()).or_default();
            entry.refused = None;
            entry.attempts = found.attempts;
            entry.unusable = matches!(found.outcome, Outcome::Unusable);
            match found.outcome {
                Outcome::Found(found) => {
                    if let Some(version) = state.put(name, found) {
                        self.rebuild(&state);
                        state.accept(name, version);
                    }
                }
                // A provider's value stays until the provider says something else.
                Outcome::Absent if entry.is_of_provider() => {}
                Outcome::Absent | Outcome::Unusable => entry.current = None,
            }
        }
        names.iter().filter_map(|name| state.entries.get(name).map(|entry| entry.describe(name))).collect()
    }

    /// A value of a secret, copied out.
    pub fn read(&self, name: &str, part: Part) -> Option<SecretText> {
        let state = self.lock();
        let entry = state.entries.get(name)?;
        let held = match part {
            Part::Current => entry.current.as_ref(),
            Part::Candidate => entry.candidate.as_ref(),
            Part::Previous => return entry.previous.clone(),
        };
        held.map(|held| held.found.value.clone())
    }

    /// The number of the value in use; 0 where there is none.
    pub fn version(&self, name: &str) -> u64 {
        let state = self.lock();
        state.entries.get(name).and_then(|entry| entry.current.as_ref()).map_or(0, |held| held.version)
    }

    /// A value that was found for a secret; it is in use after `settle`. Gives its number, or `None` where it is the one in
    /// use, the one that waits already, or empty.
    pub fn offer(&self, name: &str, found: Found) -> Option<u64> {
        let mut state = self.lock();
        let version = state.put(name, found)?;
        self.rebuild(&state);
        drop(state);
        self.changes.send_replace(version);
        Some(version)
    }

    /// Puts the candidate of this number into use, or drops it. False where it is not the candidate any more.
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

    /// The number of the last thing that happened.
    pub(crate) fn now(&self) -> u64 {
        self.lock().version
    }

    /// Tells whenever there are news.
    pub(crate) fn moved(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What is newer than `since`.
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

    /// Whether a place may give another value for the secret while the process runs.
    pub(crate) fn may_change(&self, name: &str) -> bool {
        let state = self.lock();
        let current = state.entries.get(name).and_then(|entry| entry.current.as_ref());
        current.is_none_or(|held| held.found.origin.may_change())
    }

    /// Whether the value in use is from a place that is read, and not a provider's.
    pub(crate) fn is_of_place(&self, name: &str) -> bool {
        let state = self.lock();
        state.entries.get(name).is_some_and(|entry| entry.current.is_some() && !entry.is_of_provider())
    }

    /// The text without any value that the process has or had.
    pub fn redact(&self, text: &str) -> Option<String> {
        let redactor = Arc::clone(&self.redactor.read().unwrap_or_else(PoisonError::into_inner));
        match redactor.redact(text) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(clean) => Some(clean),
        }
    }

    /// Before a value can be read, it is redacted.
    fn rebuild(&self, state: &State) {
        let values = state
            .entries
            .iter()
            .flat_map(|(name, entry)| entry.known.iter().map(move |value| (name.as_str(), value)));
        let redactor = Arc::new(Redactor::new(values));
        *self.redactor.write().unwrap_or_else(PoisonError::into_inner) = redactor;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
            // Back to what it is: a candidate that is not settled yet is out of date.
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

    /// Gives the number of the value then in use: a new one, so that whoever asks for what has changed finds it.
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
