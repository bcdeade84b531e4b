//! Unions whose arms only the whole value tells apart: all arms are tried at once, in one walk.
//!
//! A value is walked against a *set* of types (as a nondeterministic automaton is run on its set of states): of a
//! property's value, the set holds what each candidate for the object declares for it. A set has each type once, so
//! that nested and recursive unions don't multiply: the walk costs bytes × types, whatever the depth. What each
//! container matched is recorded in the order of the input; a second walk (`emit`) then writes the text with exactly
//! the arms that matched. When none did, a walk that keeps the candidates that failed finds the nearest one, and its
//! issues are reported.

use std::cmp::Reverse;

use crate::document::Slot;
use crate::fault::Stop;
use crate::node::{Class, Node};
use crate::object::SeenSet;
use crate::path::Path;
use crate::registry::TypeId;
use crate::seen_names::SeenNames;
use crate::walk::Walker;

/// The state of a trial. Its vectors are stacks that follow the recursion, but for the records.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// Sets of types that are no unions, each ascending.
    pub(crate) sets: Vec<TypeId>,
    candidates: Vec<Candidate>,
    pub(crate) records: Vec<Record>,
    outcomes: Vec<Outcome>,
    /// The record that the second walk meets next.
    pub(crate) next: usize,
    /// Whether candidates that failed are walked on, to learn how far from fitting each is.
    thorough: bool,
    /// Whether the records of a thorough trial serve to report what is wrong.
    reporting: bool,
}

/// A type that the container being walked may have.
#[derive(Debug)]
struct Candidate {
    ty: TypeId,
    seen: SeenSet,
    /// What it asks of the next value.
    asks: Option<TypeId>,
    score: Score,
}

/// How well a candidate fits.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    /// Members or items that it declares.
    known: u32,
    /// Those that don't fit, and required ones that are missing.
    misses: u32,
    /// Where the first of them is in the input.
    first_miss: usize,
}

impl Score {
    fn miss(&mut self, position: usize) {
        if self.misses == 0 {
            self.first_miss = position;
        }
        self.misses = self.misses.saturating_add(1);
    }

    fn know(&mut self) {
        self.known = self.known.saturating_add(1);
    }

    /// Less is nearer: fewest misses, then most that it knows, then the longest way before the first miss.
    fn distance(&self) -> (u32, Reverse<u32>, Reverse<usize>) {
        (self.misses, Reverse(self.known), Reverse(self.first_miss))
    }

    fn is_near(&self) -> bool {
        self.known >= self.misses
    }
}

/// What a candidate came to.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    ty: TypeId,
    score: Score,
}

/// A container that was walked, in the order of the input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The first record that does not lie in it.
    pub(crate) next: usize,
    first_outcome: usize,
    outcomes: usize,
}

impl Trial {
    fn begin(&mut self, arms: &[TypeId], thorough: bool) {
        self.sets.clear();
        self.sets.extend_from_slice(arms);
        self.sets.sort_unstable();
        self.candidates.clear();
        self.records.clear();
        self.outcomes.clear();
        self.next = 0;
        self.thorough = thorough;
    }

    fn outcomes(&self, record: &Record) -> &[Outcome] {
        self.outcomes.get(record.first_outcome..record.first_outcome + record.outcomes).unwrap_or_default()
    }

    /// Whether the container matched `ty`.
    pub(crate) fn matched(&self, record: &Record, ty: TypeId) -> bool {
        self.outcomes(record).iter().any(|outcome| outcome.ty == ty && outcome.score.misses == 0)
    }

    /// Sorts the set that begins at `from` and removes what is in it twice.
    pub(crate) fn settle_set(&mut self, from: usize) {
        self.sets[from..].sort_unstable();
        let mut kept = from;
        for index in from..self.sets.len() {
            if kept == from || self.sets[kept - 1] != self.sets[index] {
                self.sets[kept] = self.sets[index];
                kept += 1;
            }
        }
        self.sets.truncate(kept);
    }
}

impl Walker<'_, '_, '_> {
    /// Walks the container at the position, which must match at least one of `arms`, the objects or the arrays of the
    /// union `ty`.
    pub(crate) fn try_arms(
        &mut self,
        ty: TypeId,
        arms: &[TypeId],
        first: u8,
        at: &Path<'_>,
    ) -> Result<(), Stop> {
        if self.trial.reporting {
            return self.report_nearest(ty, arms, first, at);
        }
        let (position, depth) = (self.scan.position, self.scan.depth);
        // A trial does not know which property it is in, so a fault there shows nothing of the input.
        self.report.secrets += 1;
        self.trial.begin(arms, false);
        self.try_value(0)?;
        self.report.secrets -= 1;
        let matches = !self.trial.sets.is_empty();
        (self.scan.position, self.scan.depth) = (position, depth);
        if matches {
            return self.emit(0);
        }
        self.trial.begin(arms, true);
        self.try_value(0)?;
        (self.scan.position, self.scan.depth) = (position, depth);
        self.trial.reporting = true;
        let outcome = self.report_nearest(ty, arms, first, at);
        self.trial.reporting = false;
        outcome
    }

    /// Walks the next value against the set that begins at `from`, and leaves in it what matches.
    fn try_value(&mut self, from: usize) -> Result<(), Stop> {
        let first = self.scan.peek()?;
        if matches!(first, b'{' | b'[') {
            return self.try_container(from, first);
        }
        let scalar = self.scan.scalar(first)?;
        let registry = self.document.registry;
        let mut kept = from;
        for index in from..self.trial.sets.len() {
            let ty = self.trial.sets[index];
            if scalar.fit(registry.node(ty)).is_ok() {
                self.trial.sets[kept] = ty;
                kept += 1;
            }
        }
        self.trial.sets.truncate(kept);
        Ok(())
    }

    fn try_container(&mut self, from: usize, first: u8) -> Result<(), Stop> {
        let registry = self.document.registry;
        let object = first == b'{';
        let class = if object { Class::Object } else { Class::Array };
        let base = self.trial.candidates.len();
        for index in from..self.trial.sets.len() {
            let ty = self.trial.sets[index];
            let node = registry.node(ty);
            if node.takes(class) {
                let seen = if let Node::Object(object) = node { object.unseen() } else { SeenSet::default() };
                self.trial.candidates.push(Candidate { ty, seen, asks: None, score: Score::default() });
            }
        }
        let record = self.trial.records.len();
        let start = self.scan.position;
        self.trial.records.push(Record { start, end: start, next: 0, first_outcome: 0, outcomes: 0 });
        if object {
            self.try_members(base)?;
        } else {
            self.try_items(base)?;
        }
        self.trial.sets.truncate(from);
        let first_outcome = self.trial.outcomes.len();
        for candidate in self.trial.candidates.drain(base..) {
            let Candidate { ty, score, .. } = candidate;
            if score.misses == 0 {
                self.trial.sets.push(ty);
            }
            if score.misses == 0 || self.trial.thorough {
                self.trial.outcomes.push(Outcome { ty, score });
            }
        }
        let outcomes = self.trial.outcomes.len() - first_outcome;
        let next = self.trial.records.len();
        self.trial.records[record] = Record { start, end: self.scan.position, next, first_outcome, outcomes };
        Ok(())
    }

    fn try_members(&mut self, base: usize) -> Result<(), Stop> {
        let registry = self.document.registry;
        let mut entries = SeenNames::default();
        self.scan.open()?;
        if !self.scan.close_if(b'}')? {
            loop {
                let key = self.scan.key()?;
                let name = key.decoded();
                let depth = self.scan.depth;
                let mut fresh = None;
                let (document, thorough) = (self.document, self.trial.thorough);
                let position = self.scan.position;
                for candidate in &mut self.trial.candidates[base..] {
                    if candidate.score.misses > 0 && !thorough {
                        continue;
                    }
                    let mut is_fresh = || *fresh.get_or_insert_with(|| entries.insert(name.clone()));
                    match registry.node(candidate.ty) {
                        Node::Object(object) => match document.slot(object, &name, depth) {
                            Slot::Known(index) if candidate.seen.insert(index) => {
                                candidate.asks = object.properties.get(index).map(|property| property.ty);
                            }
                            Slot::Entry(value) if is_fresh() => candidate.asks = Some(value),
                            Slot::Unknown => {}
                            Slot::Known(_) | Slot::Entry(_) | Slot::Refused => candidate.score.miss(position),
                        },
                        _ => candidate.asks = Some(candidate.ty),
                    }
                }
                self.try_next(base)?;
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        let position = self.scan.position;
        for candidate in &mut self.trial.candidates[base..] {
            if let Node::Object(object) = registry.node(candidate.ty) {
                object.missing(&candidate.seen.clone()).for_each(|_| candidate.score.miss(position));
            }
        }
        Ok(())
    }

    fn try_items(&mut self, base: usize) -> Result<(), Stop> {
        let registry = self.document.registry;
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                let (thorough, position) = (self.trial.thorough, self.scan.position);
                for candidate in &mut self.trial.candidates[base..] {
                    if candidate.score.misses > 0 && !thorough {
                        continue;
                    }
                    candidate.asks = match registry.node(candidate.ty) {
                        Node::Array(array) => Some(array.items),
                        Node::Tuple(tuple) => tuple.item(length),
                        _ => Some(candidate.ty),
                    };
                    if candidate.asks.is_none() {
                        candidate.score.miss(position);
                    }
                }
                self.try_next(base)?;
                length += 1;
                if !self.scan.more(b']')? {
                    break;
                }
            }
        }
        let position = self.scan.position;
        for candidate in &mut self.trial.candidates[base..] {
            let fits = match registry.node(candidate.ty) {
                Node::Array(array) => (array.min..=array.max).contains(&length),
                Node::Tuple(tuple) => length >= tuple.required,
                _ => true,
            };
            if !fits {
                candidate.score.miss(position);
            }
        }
        Ok(())
    }

    /// Walks the next value against what the candidates ask, and tells each whether it matched.
    fn try_next(&mut self, base: usize) -> Result<(), Stop> {
        let registry = self.document.registry;
        let from = self.trial.sets.len();
        for candidate in &self.trial.candidates[base..] {
            if let Some(ty) = &candidate.asks {
                self.trial.sets.extend_from_slice(registry.atoms(ty));
            }
        }
        if self.trial.sets.len() == from {
            return self.pass();
        }
        self.trial.settle_set(from);
        let position = self.scan.position;
        self.try_value(from)?;
        let matched = &self.trial.sets[from..];
        for candidate in &mut self.trial.candidates[base..] {
            if let Some(ty) = candidate.asks.take() {
                candidate.score.know();
                if !registry.atoms(&ty).iter().any(|atom| matched.binary_search(atom).is_ok()) {
                    candidate.score.miss(position);
                }
            }
        }
        self.trial.sets.truncate(from);
        Ok(())
    }

    /// Reports the issues of the arm that came nearest to the container at the position, by the records.
    fn report_nearest(&mut self, ty: TypeId, arms: &[TypeId], first: u8, at: &Path<'_>) -> Result<(), Stop> {
        let found = self.trial.records.binary_search_by_key(&self.scan.position, |record| record.start);
        let record = found.ok().and_then(|index| self.trial.records.get(index)).copied();
        let outcomes = record.as_ref().map_or(&[][..], |record| self.trial.outcomes(record));
        let of_arms = || arms.iter().filter_map(|arm| outcomes.iter().find(|outcome| outcome.ty == *arm));
        let nearest = of_arms().min_by_key(|outcome| outcome.score.distance()).copied();
        match (nearest, record) {
            (Some(Outcome { score: Score { misses: 0, .. }, .. }), Some(record)) => {
                self.scan.position = record.end;
                Ok(())
            }
            (Some(Outcome { ty: arm, score }), _) if score.is_near() => {
                let before = self.report.issues.len();
                self.value(arm, at)?;
                if self.report.issues.len() > before {
                    return Ok(());
                }
                self.report.add(
                    at,
                    self.document.registry.label(ty),
                    Class::of(first).map_or("value", Class::name),
                )
            }
            _ => self.mismatch(ty, first, at),
        }
    }
}
