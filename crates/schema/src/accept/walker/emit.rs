//! The second walk over a value that a trial has matched: writes the properties that the matching arms declare.

use crate::accept::document::PropertyMatch;
use crate::accept::scalar::Form;
use crate::accept::walker::Walker;
use crate::ir::node::Node;
use crate::json::syntax_error::WalkStop;
use crate::write::members::Members;
use crate::write::writer::push_json_string;

impl Walker<'_, '_, '_> {
    /// Writes the next value as all types of the set that begins at `from`. Each of them matches; for a container, the trial's
    /// record says which.
    pub(crate) fn emit(&mut self, from: usize) -> Result<(), WalkStop> {
        let first = self.scan.peek()?;
        if !matches!(first, b'{' | b'[') {
            return self.emit_scalar(from, first);
        }
        let next = self.trial.next;
        if let Some(record) = self.trial.records.get(next).copied() {
            let mut kept = from;
            for index in from..self.trial.sets.len() {
                let ty = self.trial.sets[index];
                if self.trial.matched(&record, ty) {
                    self.trial.sets[kept] = ty;
                    kept += 1;
                }
            }
            self.trial.sets.truncate(kept);
            self.trial.next += 1;
        }
        if first == b'{' { self.emit_members(from) } else { self.emit_items(from) }
    }

    fn emit_scalar(&mut self, from: usize, first: u8) -> Result<(), WalkStop> {
        let registry = self.document.registry;
        let start = self.scan.position;
        let scalar = self.scan.scalar(first)?;
        let set = &mut self.trial.sets[from..];
        set.sort_by_key(|ty| registry.node(*ty).precedence());
        let form = set.iter().find_map(|ty| scalar.fit(registry.node(*ty)).ok());
        self.write(start, &scalar, form.unwrap_or(Form::Plain));
        Ok(())
    }

    fn emit_members(&mut self, from: usize) -> Result<(), WalkStop> {
        let registry = self.document.registry;
        self.scan.open()?;
        let mut members = Members::new(self.scan.position);
        if !self.scan.close_if(b'}')? {
            loop {
                self.scan.peek()?;
                let start = self.scan.position;
                let key = self.scan.key()?;
                let name = key.decoded();
                let child = self.trial.sets.len();
                for index in from..child {
                    let ty = self.trial.sets[index];
                    let asked = match registry.node(ty) {
                        Node::Object(object) => match self.document.slot(object, &name, self.scan.depth) {
                            PropertyMatch::Known(index) => {
                                object.properties.get(index).map(|property| property.ty)
                            }
                            PropertyMatch::Entry(value) => Some(value),
                            PropertyMatch::Unknown | PropertyMatch::Refused => None,
                        },
                        _ => Some(ty),
                    };
                    if let Some(asked) = &asked {
                        self.trial.sets.extend_from_slice(registry.atoms(asked));
                    }
                }
                if self.trial.sets.len() == child {
                    members.drop_one();
                    self.pass_recorded()?;
                } else {
                    members.keep(start, &mut self.writer);
                    if key.escaped {
                        let mut plain = Vec::new();
                        push_json_string(&mut plain, &name);
                        self.writer.replace(start, start + key.raw.len() + 2, &plain);
                    }
                    self.trial.settle_set(child);
                    self.emit(child)?;
                    members.kept(self.scan.position);
                }
                self.trial.sets.truncate(child);
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        members.finish(self.scan.position, &mut self.writer);
        Ok(())
    }

    fn emit_items(&mut self, from: usize) -> Result<(), WalkStop> {
        let registry = self.document.registry;
        let mut length = 0;
        self.scan.open()?;
        if !self.scan.close_if(b']')? {
            loop {
                let child = self.trial.sets.len();
                for index in from..child {
                    let ty = self.trial.sets[index];
                    let asked = match registry.node(ty) {
                        Node::Array(array) => Some(array.items),
                        Node::Tuple(tuple) => tuple.item(length),
                        _ => Some(ty),
                    };
                    if let Some(asked) = &asked {
                        self.trial.sets.extend_from_slice(registry.atoms(asked));
                    }
                }
                self.trial.settle_set(child);
                self.emit(child)?;
                self.trial.sets.truncate(child);
                length += 1;
                if !self.scan.more(b']')? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Skips a value that no matching arm declares, and its records.
    fn pass_recorded(&mut self) -> Result<(), WalkStop> {
        self.scan.peek()?;
        match self.trial.records.get(self.trial.next) {
            Some(record) if record.start == self.scan.position => {
                self.scan.position = record.end;
                self.trial.next = record.next;
                Ok(())
            }
            _ => self.pass(),
        }
    }
}
