//! The queue: one subscription's entries, within one transaction.

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::messages::Messages;
use crate::provider::embedded::tables::{Entry, Names};
use crate::provider::priority::{MAX_PRIORITY, arrival, first_like, place as place_of, place_like};

/// Greatest number of entries that become ready in one transaction; the others follow in the next.
const MAX_DUE: usize = 4096;

/// The tables of one subscription, open in one transaction.
pub(super) struct Queue<'t> {
    pub(super) ready: Table<'t, u64, Entry>,
    pub(super) delayed: Table<'t, (u64, u64), Entry>,
    pub(super) out: Table<'t, u64, Entry>,
    pub(super) lines: Option<Lines<'t>>,
}

/// The tables by key of an ordered subscription.
pub(super) struct Lines<'t> {
    heads: Table<'t, &'static str, u64>,
    pub(super) behind: Table<'t, (&'static str, u64), Entry>,
}

/// The counts of a subscription, for callers without a transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    /// Entries that can be claimed.
    pub(super) ready: u64,
    /// Entries that wait behind another one of their key.
    pub(super) behind: u64,
    pub(super) delayed: u64,
    pub(super) out: u64,
    /// The time at which the first delayed entry is due, in milliseconds since 1970.
    pub(super) next_due_ms: Option<u64>,
}

/// An entry that was claimed.
pub(super) struct Claimed {
    pub(super) place: u64,
    pub(super) number: u64,
    pub(super) attempts: u32,
}

impl<'t> Queue<'t> {
    pub(super) fn open(txn: &'t WriteTransaction, names: &Names, ordered: bool) -> Result<Self, Fault> {
        let lines =
            if ordered { Some(Lines { heads: names.heads(txn)?, behind: names.behind(txn)? }) } else { None };
        Ok(Self { ready: names.ready(txn)?, delayed: names.delayed(txn)?, out: names.out(txn)?, lines })
    }

    pub(super) fn held(&self) -> Result<Held, Fault> {
        Ok(Held {
            ready: self.ready.len()?,
            behind: self.lines.as_ref().map_or(Ok(0), |lines| lines.behind.len())?,
            delayed: self.delayed.len()?,
            out: self.out.len()?,
            next_due_ms: self.delayed.first()?.map(|(at, _)| at.value().0),
        })
    }

    /// Adds a message that can be delivered now.
    pub(super) fn arrive(&mut self, place: u64, number: u64, key: Option<&str>) -> Result<(), Fault> {
        self.line_up(place, (number, 0), key)
    }

    /// Puts an entry in front of its key where no other is, and else behind.
    fn line_up(&mut self, place: u64, entry: Entry, key: Option<&str>) -> Result<(), Fault> {
        if let (Some(lines), Some(key)) = (&mut self.lines, key) {
            if lines.heads.get(key)?.is_some() {
                lines.behind.insert((key, place), entry)?;
                return Ok(());
            }
            lines.heads.insert(key, place)?;
        }
        self.ready.insert(place, entry)?;
        Ok(())
    }

    /// Adds a message that is due later.
    pub(super) fn delay(&mut self, due_ms: u64, place: u64, number: u64) -> Result<(), Fault> {
        self.delayed.insert((due_ms, place), (number, 0))?;
        Ok(())
    }

    /// Makes entries ready that are due. A retried entry still has its place in its key; one published with a delay takes
    /// its place now.
    pub(super) fn come_due(
        &mut self,
        now_ms: u64,
        messages: &mut Messages<'_>,
        mut next_place: impl FnMut() -> u64,
    ) -> Result<usize, Fault> {
        let mut moved = 0;
        while moved < MAX_DUE {
            let Some((at, entry)) = self.delayed.first()?.map(|(at, entry)| (at.value(), entry.value()))
            else {
                break;
            };
            if at.0 > now_ms {
                break;
            }
            self.delayed.remove(at)?;
            moved += 1;
            if entry.1 > 0 {
                self.ready.insert(at.1, entry)?;
            } else {
                let key = messages.key(entry.0, self.is_ordered())?;
                let place = self.place_like(at.1, next_place());
                self.line_up(place, entry, key.as_deref())?;
            }
        }
        Ok(moved)
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.lines.is_some()
    }

    /// Returns the place of a new arrival with this priority. The order of a key is stronger than a priority.
    pub(super) fn place(&self, priority: u8, counter: u64) -> u64 {
        if self.is_ordered() { counter } else { place_of(priority, counter) }
    }

    /// Returns the place of a new arrival with the priority of another place.
    pub(super) fn place_like(&self, other: u64, counter: u64) -> u64 {
        if self.is_ordered() { counter } else { place_like(other, counter) }
    }

    /// Claims the first ready entry of the greatest priority and counts its attempt.
    pub(super) fn claim(&mut self) -> Result<Option<Claimed>, Fault> {
        let Some(last) = self.ready.last()?.map(|(place, _)| place.value()) else { return Ok(None) };
        let first = self.ready.range(first_like(last)..)?.next().transpose()?;
        let Some(place) = first.map(|(place, _)| place.value()) else { return Ok(None) };
        let Some((number, attempts)) = self.ready.remove(place)?.map(|entry| entry.value()) else {
            return Ok(None);
        };
        let attempts = attempts.saturating_add(1);
        self.out.insert(place, (number, attempts))?;
        Ok(Some(Claimed { place, number, attempts }))
    }

    /// Ends a delivery for good; the next entry of its key moves up. Returns the entry, unless it was purged meanwhile.
    pub(super) fn finish(&mut self, place: u64, key: Option<&str>) -> Result<Option<Entry>, Fault> {
        let Some(entry) = self.out.remove(place)?.map(|entry| entry.value()) else { return Ok(None) };
        self.move_up(key)?;
        Ok(Some(entry))
    }

    fn move_up(&mut self, key: Option<&str>) -> Result<(), Fault> {
        let (Some(lines), Some(key)) = (&mut self.lines, key) else { return Ok(()) };
        let next = lines.behind.range((key, 0)..=(key, u64::MAX))?.next().transpose()?;
        let Some((place, entry)) = next.map(|(at, entry)| (at.value().1, entry.value())) else {
            lines.heads.remove(key)?;
            return Ok(());
        };
        lines.behind.remove((key, place))?;
        lines.heads.insert(key, place)?;
        self.ready.insert(place, entry)?;
        Ok(())
    }

    /// Moves the next entry of a key up after its front entry was removed without a delivery.
    pub(super) fn step_back(&mut self, place: u64, key: Option<&str>) -> Result<(), Fault> {
        let (Some(lines), Some(known)) = (&self.lines, key) else { return Ok(()) };
        let leads = lines.heads.get(known)?.is_some_and(|head| head.value() == place);
        if leads { self.move_up(key) } else { Ok(()) }
    }

    /// Takes out the entry at this place, which waits behind another one of its key.
    pub(super) fn take_behind(&mut self, place: u64) -> Result<(), Fault> {
        let Some(lines) = &mut self.lines else { return Ok(()) };
        let mut found = None;
        for entry in lines.behind.iter()? {
            let (at, _) = entry?;
            if at.value().1 == place {
                found = Some(at.value().0.to_owned());
                break;
            }
        }
        if let Some(key) = found {
            lines.behind.remove((key.as_str(), place))?;
        }
        Ok(())
    }

    /// Adds an entry of another subscription, with its attempts where its key has no entry.
    pub(super) fn settle_in(
        &mut self,
        place: u64,
        entry: Entry,
        due_ms: Option<u64>,
        key: Option<&str>,
    ) -> Result<(), Fault> {
        let in_line = key.is_some() && self.lines.is_some();
        // In a key's line, an entry with attempts would lead it; an entry of another subscription takes its place when it is
        // due.
        let entry = if in_line { (entry.0, 0) } else { entry };
        match due_ms {
            Some(due_ms) => drop(self.delayed.insert((due_ms, place), entry)?),
            None => self.line_up(place, entry, key)?,
        }
        Ok(())
    }

    /// Ends a delivery that is to be repeated: at once, or when it is due.
    pub(super) fn put_back(&mut self, place: u64, due_ms: Option<u64>) -> Result<(), Fault> {
        let Some(entry) = self.out.remove(place)?.map(|entry| entry.value()) else { return Ok(()) };
        match due_ms {
            Some(due_ms) => drop(self.delayed.insert((due_ms, place), entry)?),
            None => drop(self.ready.insert(place, entry)?),
        }
        Ok(())
    }

    /// Ends a delivery that was not begun: its attempt is not counted.
    pub(super) fn release(&mut self, place: u64) -> Result<(), Fault> {
        let Some((number, attempts)) = self.out.remove(place)?.map(|entry| entry.value()) else {
            return Ok(());
        };
        self.ready.insert(place, (number, attempts.saturating_sub(1)))?;
        Ok(())
    }

    pub(super) fn is_out(&self, place: u64) -> bool {
        // The settlement of the delivery reports an error of this read.
        self.out.get(place).is_ok_and(|entry| entry.is_some())
    }

    /// Makes entries ready that are in flight without a lease of this process; their attempts stay counted.
    pub(super) fn recover(&mut self, is_leased: impl Fn(u64) -> bool) -> Result<(), Fault> {
        let mut lost = Vec::new();
        for entry in self.out.iter()? {
            let place = entry?.0.value();
            if !is_leased(place) {
                lost.push(place);
            }
        }
        lost.into_iter().try_for_each(|place| self.put_back(place, None))
    }

    /// Deletes all entries that are not in flight. Returns how many.
    pub(super) fn purge(&mut self, messages: &mut Messages<'_>) -> Result<u64, Fault> {
        let mut purged = 0;
        while let Some(number) = self.pop_waiting()? {
            messages.end(number)?;
            purged += 1;
        }
        if let Some(lines) = &mut self.lines {
            let out = &self.out;
            let mut failed = None;
            lines.heads.retain(|_, place| match out.get(place) {
                Ok(entry) => entry.is_some(),
                Err(error) => {
                    failed = Some(error);
                    true
                }
            })?;
            failed.map_or(Ok(()), Err)?;
        }
        Ok(purged)
    }

    fn pop_waiting(&mut self) -> Result<Option<u64>, Fault> {
        if let Some((_, entry)) = self.ready.pop_first()? {
            return Ok(Some(entry.value().0));
        }
        if let Some((_, entry)) = self.delayed.pop_first()? {
            return Ok(Some(entry.value().0));
        }
        let behind = self.lines.as_mut().map(|lines| lines.behind.pop_first()).transpose()?.flatten();
        Ok(behind.map(|(_, entry)| entry.value().0))
    }

    /// Returns the number of the message that has been ready for longest; a message behind another one of its key counts
    /// once that one is in flight.
    pub(super) fn oldest(&self, messages: &Messages<'_>) -> Result<Option<u64>, Fault> {
        let mut oldest = None;
        for priority in 0..=MAX_PRIORITY {
            if let Some(first) = self.ready.range(place_of(priority, 0)..)?.next() {
                let (place, entry) = first?;
                let found = (arrival(place.value()), entry.value().0);
                oldest = Some(oldest.map_or(found, |oldest: (u64, u64)| oldest.min(found)));
            }
        }
        let Some(lines) = &self.lines else { return Ok(oldest.map(|(_, number)| number)) };
        for entry in self.out.iter()? {
            let Some(key) = messages.key(entry?.1.value().0, true)? else { continue };
            if let Some(next) = lines.behind.range((&*key, 0)..=(&*key, u64::MAX))?.next() {
                let (at, entry) = next?;
                let found = (at.value().1, entry.value().0);
                oldest = Some(oldest.map_or(found, |oldest| oldest.min(found)));
            }
        }
        Ok(oldest.map(|(_, number)| number))
    }

    /// Arranges the waiting entries anew after the subscription has become ordered or unordered. An entry that is in flight
    /// or to be retried stays and leads its key.
    pub(super) fn reorder(
        txn: &'t WriteTransaction,
        names: &Names,
        messages: &mut Messages<'_>,
        ordered: bool,
    ) -> Result<(), Fault> {
        let mut queue = Self::open(txn, names, true)?;
        let mut waiting = Vec::new();
        while let Some((place, entry)) = queue.ready.pop_first()? {
            waiting.push((arrival(place.value()), entry.value()));
        }
        if let Some(lines) = &mut queue.lines {
            while let Some((at, entry)) = lines.behind.pop_first()? {
                waiting.push((at.value().1, entry.value()));
            }
            lines.heads.retain(|_, _| false)?;
        }
        waiting.sort_unstable();
        if ordered {
            queue.lead_with_out(messages)?;
        } else {
            queue.lines = None;
        }
        for (place, entry) in waiting {
            let key = messages.key(entry.0, ordered)?;
            queue.line_up(place, entry, key.as_deref())?;
        }
        Ok(())
    }

    fn lead_with_out(&mut self, messages: &Messages<'_>) -> Result<(), Fault> {
        let Some(lines) = &mut self.lines else { return Ok(()) };
        for entry in self.out.iter()? {
            let (place, entry) = entry?;
            if let Some(key) = messages.key(entry.value().0, true)? {
                lines.heads.insert(&*key, place.value())?;
            }
        }
        for entry in self.delayed.iter()? {
            let (at, entry) = entry?;
            if entry.value().1 > 0
                && let Some(key) = messages.key(entry.value().0, true)?
            {
                lines.heads.insert(&*key, at.value().1)?;
            }
        }
        Ok(())
    }
}
