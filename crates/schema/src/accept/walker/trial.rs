//! Trials: unions whose arms only the whole value tells apart. All arms are tried at once, in one walk.
//!
//! A value is walked against a *set* of types (as a nondeterministic automaton is run on its set of states): of a
//! property's value, the set holds what each candidate for the object declares for it. A set has each type once, so
//! that nested and recursive unions don't multiply: a value is asked for each type of the schema at most once in a walk,
//! whatever the depth, and a trial takes at most two such walks (`steps` counts what is asked). What each
//! container matched is recorded in the order of the input; a second walk (`emit`) then writes the text with exactly
//! the arms that matched. When none did, a walk that keeps the candidates that failed finds the nearest one, and its
//! issues are reported.

use std::cmp::Reverse;

use crate::accept::document::PropertyMatch;
use crate::accept::seen_names::SeenNames;
use crate::accept::walker::Walker;
use crate::ir::class::Class;
use crate::ir::node::Node;
use crate::ir::object::SeenSet;
use crate::ir::type_id::TypeId;
use crate::issues::path::Path;
use crate::json::syntax_error::WalkStop;

/// The state of a trial. All vectors but the records are stacks that follow the recursion.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    /// The sets of types that are no unions, each in ascending order.
    pub(crate) sets: Vec<TypeId>,
    candidates: Vec<Candidate>,
    pub(crate) records: Vec<Record>,
    outcomes: Vec<CandidateScore>,
    /// The index of the next record for the second walk.
    pub(crate) next: usize,
    /// Whether failed candidates are walked on, to measure how far each is from fitting.
    thorough: bool,
    /// Whether the records of a thorough trial are used to report issues.
    pub(crate) reporting: bool,
    /// Whether the issues of several arms are being compared; nested unions then report those of one arm.
    pub(crate) comparing: bool,
    /// The number of tests of a value against a type, over all trials; the cost limit counts these.
    pub(crate) steps: u64,
}

/// A type that the container being walked may match.
#[derive(Debug)]
struct Candidate {
    ty: TypeId,
    seen: SeenSet,
    /// The type that the candidate declares for the next value.
    asks: Option<TypeId>,
    score: Score,
}

/// The measure of how well a candidate fits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// The number of members or items that the candidate declares.
    known: u32,
    /// The number of members or items that do not fit, and of required ones that are missing.
    pub(crate) misses: u32,
    /// The position of the first miss in the input.
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

    /// The distance from fitting; less is nearer. Fewest misses count first, then most declared members, then the latest first
    /// miss.
    pub(crate) fn distance(&self) -> (u32, Reverse<u32>, Reverse<usize>) {
        (self.misses, Reverse(self.known), Reverse(self.first_miss))
    }

    pub(crate) fn is_near(&self) -> bool {
        self.known >= self.misses
    }
}

/// The result of a candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CandidateScore {
    pub(crate) ty: TypeId,
    pub(crate) score: Score,
}

/// The record of a container that was walked; records are in the order of the input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The index of the first record after those inside the container.
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

    pub(crate) fn outcomes(&self, record: &Record) -> &[CandidateScore] {
        self.outcomes.get(record.first_outcome..record.first_outcome + record.outcomes).unwrap_or_default()
    }

    /// Whether the container matched `ty`.
    pub(crate) fn matched(&self, record: &Record, ty: TypeId) -> bool {
        self.outcomes(record).iter().any(|outcome| outcome.ty == ty && outcome.score.misses == 0)
    }

    /// Sorts the set that begins at `from` and removes duplicates.
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
    ) -> Result<(), WalkStop> {
        if self.trial.reporting {
            return self.report_nearest(ty, arms, first, at);
        }
        let (position, depth) = (self.scan.position, self.scan.depth);
        // A trial does not track which property it is in, so a syntax error there shows nothing of the input.
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

    /// Walks the next value against the set that begins at `from`, and reduces the set to the matching types.
    fn try_value(&mut self, from: usize) -> Result<(), WalkStop> {
        let first = self.scan.peek()?;
        self.trial.steps += (self.trial.sets.len() - from) as u64;
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

    fn try_container(&mut self, from: usize, first: u8) -> Result<(), WalkStop> {
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
                self.trial.outcomes.push(CandidateScore { ty, score });
            }
        }
        let outcomes = self.trial.outcomes.len() - first_outcome;
        let next = self.trial.records.len();
        self.trial.records[record] = Record { start, end: self.scan.position, next, first_outcome, outcomes };
        Ok(())
    }

    fn try_members(&mut self, base: usize) -> Result<(), WalkStop> {
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
                            PropertyMatch::Known(index) if candidate.seen.insert(index) => {
                                candidate.asks = object.properties.get(index).map(|property| property.ty);
                            }
                            PropertyMatch::Entry(value) if is_fresh() => candidate.asks = Some(value),
                            PropertyMatch::Unknown => {}
                            PropertyMatch::Known(_) | PropertyMatch::Entry(_) | PropertyMatch::Refused => {
                                candidate.score.miss(position);
                            }
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

    fn try_items(&mut self, base: usize) -> Result<(), WalkStop> {
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

    /// Walks the next value against the candidates' types, and notes in each whether it matched.
    fn try_next(&mut self, base: usize) -> Result<(), WalkStop> {
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
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::accept::document::Document;
    use crate::ir::registry::Registry;
    use crate::issues::issue::Issues;

    /// What a check of `input` asks in trials, and whether it was accepted.
    fn steps(registry: &Registry, ty: u32, input: &str) -> (u64, bool) {
        let document = Document { registry, ty: TypeId(ty), tagged: false, hidden: false, reserved: None };
        let (mut out, mut issues) = (Vec::new(), Issues::default());
        let mut walker = Walker::new(document, input, &mut out, &mut issues);
        let _ = walker.document();
        let steps = walker.trial.steps;
        (steps, issues.is_empty())
    }

    fn object(properties: &[(&str, usize, bool)]) -> Value {
        let properties: Vec<Value> = properties
            .iter()
            .map(|(name, ty, optional)| json!({ "name": name, "type": ty, "optional": optional }))
            .collect();
        json!({ "kind": "object", "properties": properties, "additional": null })
    }

    /// `count` objects that nothing but the whole tells apart, each of which may hold the union of all as `next`.
    fn overlapping(count: usize) -> Registry {
        let mut types = vec![json!({ "kind": "number" })];
        for index in 0..count {
            types.push(object(&[("next", count + 1, true), (&format!("p{index}"), 0, false)]));
        }
        types.push(json!({ "kind": "union", "arms": (1..=count).collect::<Vec<_>>() }));
        Registry::from_json(&Value::Array(types)).unwrap()
    }

    #[test]
    fn a_value_is_asked_for_each_type_once_in_each_of_two_walks_whatever_the_depth() {
        for arms in [2, 17, 50] {
            let types = overlapping(arms);
            let root = u32::try_from(arms + 1).unwrap();
            for depth in [1, 10, 60, 120] {
                for (inner, accepted) in [("{\"p0\":1}", true), ("{\"p0\":\"x\"}", false)] {
                    let input =
                        format!("{}{inner}{}", "{\"next\":".repeat(depth), ",\"p1\":1}".repeat(depth));
                    let (asked, fits) = steps(&types, root, &input);
                    assert_eq!(fits, accepted, "{arms} arms, depth {depth}");
                    let values = 2 * depth + 2;
                    assert!(asked <= (2 * values * (arms + 1)) as u64, "{arms} arms, depth {depth}: {asked}");
                }
            }
        }
    }

    #[test]
    fn only_the_arms_that_share_a_tag_are_tried() {
        let mut types = vec![json!({ "kind": "number" }), json!({ "kind": "string" })];
        let mut arms = Vec::new();
        for index in 0..100 {
            types.push(json!({ "kind": "literal", "value": format!("t{index}") }));
            let tag = types.len() - 1;
            for field in ["a", "b"] {
                types.push(object(&[("type", tag, false), (field, 0, false)]));
                arms.push(types.len() - 1);
            }
        }
        types.push(json!({ "kind": "array", "items": 0 }));
        arms.extend([1, types.len() - 1]);
        types.push(json!({ "kind": "union", "arms": arms }));
        let root = u32::try_from(types.len() - 1).unwrap();
        let (asked, fits) =
            steps(&Registry::from_json(&Value::Array(types)).unwrap(), root, r#"{"b":1,"type":"t77"}"#);
        assert!(fits);
        // Two arms for the object, and what they know of its members.
        assert!(asked <= 2 + 2 + 2, "{asked}");
    }

    #[test]
    fn a_second_tag_parts_what_the_first_leaves() {
        let mut types = vec![json!({ "kind": "number" }), json!({ "kind": "literal", "value": "message" })];
        let mut arms = Vec::new();
        for index in 0..50 {
            types.push(json!({ "kind": "literal", "value": index }));
            types.push(object(&[("type", 1, false), ("subtype", types.len() - 1, false), ("v", 0, false)]));
            arms.push(types.len() - 1);
        }
        types.push(json!({ "kind": "union", "arms": arms }));
        let root = u32::try_from(types.len() - 1).unwrap();
        let types = Registry::from_json(&Value::Array(types)).unwrap();
        assert_eq!(steps(&types, root, r#"{"v":1,"subtype":7,"type":"message"}"#), (0, true));
        assert_eq!(steps(&types, root, r#"{"v":1,"subtype":70,"type":"message"}"#), (0, false));
    }
}
