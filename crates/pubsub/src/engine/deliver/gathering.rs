//! The deliveries of a subscription with a batch handler that wait until their batch is whole.

use tokio::time::Instant;

use crate::engine::deliver::batch::Gathered;
use crate::engine::deliver::subscriber::BatchRule;

/// The deliveries that wait for their batch.
pub(crate) struct Gathering {
    rule: BatchRule,
    waiting: Vec<Gathered>,
    /// When the waiting deliveries are handed on although more would fit.
    due: Option<Instant>,
}

impl Gathering {
    pub(crate) fn new(rule: BatchRule) -> Self {
        Self { rule, waiting: Vec::new(), due: None }
    }

    /// Adds deliveries; the wait of a batch begins with its first one.
    pub(crate) fn add(&mut self, came: impl IntoIterator<Item = Gathered>, now: Instant) {
        self.waiting.extend(came);
        if !self.waiting.is_empty() && self.due.is_none() {
            self.due = Some(now + self.rule.wait);
        }
    }

    /// Takes the next batch that is whole; with `all`, whatever waits.
    pub(crate) fn take(&mut self, now: Instant, all: bool) -> Option<Vec<Gathered>> {
        let is_due = all || self.due.is_some_and(|due| due <= now);
        if self.waiting.is_empty() || (self.waiting.len() < self.rule.most && !is_due) {
            return None;
        }
        let rest = self.waiting.split_off(self.waiting.len().min(self.rule.most));
        let batch = std::mem::replace(&mut self.waiting, rest);
        if self.waiting.is_empty() {
            self.due = None;
        } else if !is_due {
            // Those left came with the last pull, a moment ago.
            self.due = Some(now + self.rule.wait);
        }
        Some(batch)
    }

    /// How many deliveries wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }
}
