//! The operator's side of the memory provider, where there is no fleet.

use std::time::{Duration, SystemTime};

use twinloop_runtime::Failure;

use crate::provider::memory::Memory;
use crate::provider::memory::store::{Entry, State};
use crate::provider::operate::{Adopted, Done, Expiry, Known, Operate, SERVED_WITHIN, Waiting};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::{Subscription, Topic};

impl Entry {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.former.iter().any(|former| former == name)
    }

    fn known(&self, topic: &str, now: SystemTime) -> Known {
        let served_ago = now.duration_since(self.served_at).unwrap_or_default();
        Known {
            topic: topic.to_owned(),
            name: self.name.clone(),
            former: self.former.clone(),
            ordered: self.ordered,
            served_ago,
            is_served: !self.has_left && served_ago < SERVED_WITHIN,
            expiry: self.expiry,
            is_paused: self.is_paused,
            is_expired: self.is_expired,
        }
    }
}

impl State {
    /// Creates a subscription, and takes over what the broker has under a former name.
    pub(super) fn declare(
        &mut self,
        topic: &Topic,
        subscription: &Subscription,
        now: SystemTime,
    ) -> Vec<Adopted> {
        let siblings = &topic.subscriptions;
        let entries = self.topics.entry(topic.name.clone()).or_default();
        for entry in entries.iter_mut().filter(|entry| siblings.iter().any(|each| each.name == entry.name)) {
            entry.former.retain(|former| siblings.iter().all(|each| each.name != *former));
        }
        if entries.iter().any(|entry| entry.name != subscription.name && entry.is_called(&subscription.name))
        {
            return Vec::new();
        }
        let mut adopted = Vec::new();
        for old in subscription.renamed_from.iter().filter(|old| **old != subscription.name) {
            adopted.extend(self.adopt(&topic.name, old, &subscription.name, now));
        }
        let expiry = subscription.expiry.map_or(Expiry::Never, Expiry::After);
        let entries = self.topics.entry(topic.name.clone()).or_default();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.name == subscription.name) {
            entry.expiry = expiry;
            return adopted;
        }
        entries.push(Entry {
            name: subscription.name.clone(),
            former: Vec::new(),
            number: self.queues.len(),
            ordered: subscription.ordered,
            made_at: now,
            served_at: now,
            has_left: false,
            expiry,
            is_paused: false,
            is_expired: false,
        });
        self.queues.push(crate::provider::memory::queue::Queue::new(subscription.ordered));
        adopted
    }

    fn adopt(&mut self, topic: &str, from: &str, to: &str, now: SystemTime) -> Option<Adopted> {
        let entries = self.topics.get_mut(topic)?;
        let at = entries.iter().position(|entry| entry.name == from)?;
        let other = entries.iter().find(|entry| entry.name == to).map(|entry| (entry.number, entry.made_at));
        let number = entries[at].number;
        let messages = match other {
            None => {
                let entry = &mut entries[at];
                entry.former.push(std::mem::replace(&mut entry.name, to.to_owned()));
                self.queues[number].len() as u64
            }
            Some((target, made_at)) => {
                let old = entries.remove(at);
                if let Some(entry) = entries.iter_mut().find(|entry| entry.name == to) {
                    entry.former.push(old.name);
                    entry.former.extend(old.former);
                }
                // Messages published since then have a copy of their own there.
                self.queues[number].drop_since(made_at);
                self.move_waiting(number, target, now)
            }
        };
        Some(Adopted { topic: topic.to_owned(), from: from.to_owned(), to: to.to_owned(), messages })
    }

    fn move_waiting(&mut self, from: usize, to: usize, now: SystemTime) -> u64 {
        let taken = self.queues[from].take_waiting();
        self.queues[to].take_in(taken, now)
    }

    fn entry(&mut self, topic: &str, name: &str) -> Result<&mut Entry, Failure> {
        let entries = self.topics.get_mut(topic);
        let found = entries.and_then(|entries| entries.iter_mut().find(|entry| entry.is_called(name)));
        found.ok_or_else(|| crate::error::no_subscription(topic, name))
    }
}

impl Memory {
    fn note<T>(
        &self,
        topic: &str,
        name: &str,
        what: impl FnOnce(&mut Entry, SystemTime) -> T,
    ) -> BrokerFuture<'static, T>
    where
        T: Send + 'static,
    {
        let noted = self.store.with_state(|state, now| Ok(what(state.entry(topic, name)?, now)));
        Box::pin(async { noted })
    }
}

impl Operate for Memory {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        let known = self.store.with_state(|state, now| {
            let all = state.topics.iter();
            all.flat_map(|(topic, entries)| entries.iter().map(|entry| entry.known(topic, now))).collect()
        });
        Box::pin(async { Ok(known) })
    }

    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        for Subscription { topic, name, .. } in subscriptions {
            drop(self.note(topic, name, |entry, now| {
                (entry.served_at, entry.has_left, entry.is_expired) = (now, false, false);
            }));
        }
        Box::pin(async { Ok(()) })
    }

    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        for Subscription { topic, name, .. } in subscriptions {
            drop(self.note(topic, name, |entry, _| entry.has_left = true));
        }
        Box::pin(async { Ok(()) })
    }

    fn pause<'a>(&'a self, topic: &'a str, name: &'a str, is_paused: bool) -> BrokerFuture<'a, ()> {
        self.note(topic, name, move |entry, _| entry.is_paused = is_paused)
    }

    fn expire<'a>(&'a self, topic: &'a str, name: &'a str, unserved: Duration) -> BrokerFuture<'a, bool> {
        self.note(topic, name, move |entry, now| {
            let is_old = now.duration_since(entry.served_at).is_ok_and(|age| age >= unserved);
            is_old && !std::mem::replace(&mut entry.is_expired, true)
        })
    }

    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(async move { self.store.with(topic, name, |queue, _| queue.peek(limit)) })
    }

    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move {
            let found = self.store.with(topic, name, |queue, _| queue.delete(ids))?;
            self.store.changed();
            Ok(Done::of(ids, &found))
        })
    }

    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move {
            let found = self.store.with(topic, name, |queue, now| queue.promote(ids, now))?;
            self.store.changed();
            Ok(Done::of(ids, &found))
        })
    }

    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64> {
        let moved = self.store.with_state(|state, now| {
            let (from, to) = (state.number(topic, from)?, state.number(topic, to)?);
            Ok(state.move_waiting(from, to, now))
        });
        Box::pin(async { moved })
    }

    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64> {
        let removed = self.store.with_state(|state, _| {
            let number = state.number(topic, name)?;
            let count = state.queues[number].len() as u64;
            state.queues[number].clear();
            if let Some(entries) = state.topics.get_mut(topic) {
                entries.retain(|entry| entry.number != number);
            }
            Ok(count)
        });
        Box::pin(async { removed })
    }

    fn forget_dead<'a>(&'a self, topic: &'a str, name: &'a str, before: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(async move { self.store.with(topic, name, |queue, _| queue.forget_dead(before)) })
    }
}
