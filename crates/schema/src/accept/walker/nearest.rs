//! Issues for a value that no arm of a union fits: those of the nearest arm.

use crate::accept::walker::Walker;
use crate::accept::walker::trial::{CandidateScore, Record, Score};
use crate::ir::class::Class;
use crate::ir::node::Node;
use crate::ir::object::ObjectNode;
use crate::ir::type_id::TypeId;
use crate::issues::issue::{Issue, excerpt};
use crate::issues::path::Path;
use crate::json::syntax_error::WalkStop;

/// Most equally near arms whose issues are compared.
const MAX_EQUALLY_NEAR: usize = 8;
/// Longest value for which arms are compared, in bytes: each comparison is a walk over the value.
const MAX_COMPARED_BYTES: usize = 4096;
/// Most property names that describe an object type without a name.
const MAX_NAMES: usize = 3;

impl Walker<'_, '_, '_> {
    /// Reports the issues of the arm nearest to the container at the position, by the records of a trial.
    pub(crate) fn report_nearest(
        &mut self,
        ty: TypeId,
        arms: &[TypeId],
        first: u8,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        let found = self.trial.records.binary_search_by_key(&self.scan.position, |record| record.start);
        let record = found.ok().and_then(|index| self.trial.records.get(index)).copied();
        let near = self.nearest(arms, record.as_ref());
        match (near.first().copied(), record) {
            (Some(CandidateScore { score: Score { misses: 0, .. }, .. }), Some(record)) => {
                self.scan.position = record.end;
                Ok(())
            }
            (Some(CandidateScore { ty: arm, score }), _) if score.is_near() => {
                let before = self.report.issues.len();
                let is_small = record.is_some_and(|record| record.end - record.start <= MAX_COMPARED_BYTES);
                if near.len() > 1 && is_small && !self.trial.comparing {
                    self.trial.comparing = true;
                    self.report_all(&near, at)?;
                    self.trial.comparing = false;
                } else {
                    self.value(arm, at)?;
                }
                if self.report.issues.len() > before {
                    return Ok(());
                }
                let found = Class::of(first).map_or("value", Class::name);
                self.report.add(at, self.document.registry.label(ty), found)
            }
            _ if first == b'{' => self.report_object(ty, arms, at),
            _ => self.mismatch(ty, first, at),
        }
    }

    /// The outcomes of the nearest arms: one, or several equally near.
    fn nearest(&self, arms: &[TypeId], record: Option<&Record>) -> Vec<CandidateScore> {
        let outcomes = record.map_or(&[][..], |record| self.trial.outcomes(record));
        let of_arms = || arms.iter().filter_map(|arm| outcomes.iter().find(|outcome| outcome.ty == *arm));
        let Some(least) = of_arms().map(|outcome| outcome.score.distance()).min() else { return Vec::new() };
        of_arms()
            .filter(|outcome| outcome.score.distance() == least)
            .take(MAX_EQUALLY_NEAR)
            .copied()
            .collect()
    }

    /// Reports the issues of the first arm, and adds what the others expect at the same places.
    fn report_all(&mut self, near: &[CandidateScore], at: &Path<'_>) -> Result<(), WalkStop> {
        let (start, depth, before) = (self.scan.position, self.scan.depth, self.report.issues.len());
        let mut said: Vec<Issue> = Vec::new();
        for outcome in near {
            (self.scan.position, self.scan.depth) = (start, depth);
            let walked = self.value(outcome.ty, at);
            let issues: Vec<Issue> = self.report.issues.iter().skip(before).cloned().collect();
            if said.is_empty() {
                walked?;
                said = issues;
                self.report.issues.truncate(before);
                continue;
            }
            self.report.issues.truncate(before);
            for issue in issues {
                let same = said.iter_mut().find(|other| other.at == issue.at && other.found == issue.found);
                let Some(same) = same else { continue };
                for expected in issue.expected.split(" | ") {
                    if !same.expected.split(" | ").any(|known| known == expected) {
                        same.expected = format!("{} | {expected}", same.expected);
                    }
                }
            }
        }
        for Issue { at, expected, found } in said {
            self.report.issues.push(at, &expected, found);
        }
        if self.report.issues.is_full() { Err(WalkStop::Full) } else { Ok(()) }
    }

    /// Reports an object that has hardly any property of any arm.
    fn report_object(&mut self, ty: TypeId, arms: &[TypeId], at: &Path<'_>) -> Result<(), WalkStop> {
        let registry = self.document.registry;
        let mut shown: Vec<String> = Vec::new();
        for arm in arms {
            let text = match registry.node(*arm) {
                Node::Object(object) => described(object),
                _ => registry.label(*arm).to_owned(),
            };
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        let found = self.names_found(at)?;
        if shown.is_empty() {
            return self.report.add(at, registry.label(ty), found);
        }
        self.report.add(at, &shown.join(" | "), found)
    }

    /// Skips the object at the position; the returned phrase names its properties.
    fn names_found(&mut self, at: &Path<'_>) -> Result<String, WalkStop> {
        let mut names: Vec<String> = Vec::new();
        let mut count = 0;
        self.scan.open()?;
        if !self.scan.close_if(b'}')? {
            loop {
                let name = self.scan.key()?.decoded();
                count += 1;
                if names.len() < MAX_NAMES {
                    names.push(excerpt(&name).trim_matches('"').to_owned());
                }
                self.pass()?;
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        Ok(match count {
            _ if self.report.hides(at) => "object".to_owned(),
            0 => "object without properties".to_owned(),
            _ if count > names.len() => format!("object with {}, …", names.join(", ")),
            _ => format!("object with {}", names.join(", ")),
        })
    }
}

/// An object type's name, or else its required properties.
fn described(object: &ObjectNode) -> String {
    if let Some(name) = &object.name {
        return name.to_string();
    }
    let required: Vec<&str> = object
        .properties
        .iter()
        .filter(|property| !property.optional)
        .map(|property| &*property.name)
        .take(MAX_NAMES)
        .collect();
    if required.is_empty() { "object".to_owned() } else { format!("object with {}", required.join(", ")) }
}
