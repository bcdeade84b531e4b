//! Who may block an event loop at this instant.

use std::time::{Duration, Instant};

use crate::core::Core;
use crate::isolate::Isolate;

/// The pause after a drain within which a wake-up that nobody answers shows that the loop has not rested since: what the drain has
/// resumed still runs.
const SAME_TURN: Duration = Duration::from_millis(5);

/// Most jobs that are asked for their names.
const MAX_ASKED: usize = 64;

/// The handlers that may block a loop, the likeliest first.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// The names of the handlers, none twice.
    pub(super) names: Vec<String>,
    /// The instant since which the isolate is within one item of its batch, which names the handler for certain.
    pub(super) certain_since: Option<Instant>,
    /// The trace of the job that runs for certain.
    pub(super) trace: Option<String>,
}

/// Finds who may block the loop of `isolate`, which drained last at `last_drain` and was woken in vain at `rung`.
pub(super) fn of(core: &Core, isolate: &Isolate, last_drain: Instant, rung: Instant) -> Suspects {
    let progress = isolate.progress();
    let port = &isolate.port;
    if progress.item.is_some() {
        let context = progress.running().and_then(|job| port.context(job));
        let label = context.as_ref().and_then(|context| context.label());
        let component = || progress.component().and_then(|number| core.component_name(number));
        return Suspects {
            names: label.or_else(|| component().map(str::to_owned)).into_iter().collect(),
            certain_since: Some(last_drain),
            trace: context.and_then(|context| context.get("request-id")),
        };
    }
    let resumed = progress.resumed().take(MAX_ASKED).filter_map(|job| port.context(job));
    let mut contexts: Vec<_> = resumed.collect();
    if contexts.is_empty() || rung.saturating_duration_since(last_drain) > SAME_TURN {
        contexts.extend(port.contexts(MAX_ASKED));
    }
    let mut names = Vec::new();
    for name in contexts.iter().filter_map(|context| context.label()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Suspects { names, certain_since: None, trace: None }
}
