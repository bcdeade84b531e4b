//! The walk over an object: declared properties, record entries, and undeclared names.

use std::borrow::Cow;

use crate::accept::document::PropertyMatch;
use crate::accept::seen_names::SeenNames;
use crate::accept::walker::Walker;
use crate::ir::object::{ObjectNode, SeenSet};
use crate::ir::type_id::TypeId;
use crate::issues::path::{Path, PathStep};
use crate::json::scanner::StringToken;
use crate::json::skip::Dropped;
use crate::json::syntax_error::WalkStop;
use crate::write::members::Members;

/// An object that is being walked.
struct Open<'d, 'i> {
    object: &'d ObjectNode,
    members: Members,
    seen: SeenSet,
    entries: SeenNames<'i>,
    /// The property expected next: inputs tend to follow the order of declaration.
    likely: usize,
}

impl<'d, 'i> Walker<'d, 'i, '_> {
    /// Walks the object whose brace stands at the position.
    pub(crate) fn object(&mut self, object: &'d ObjectNode, at: &Path<'_>) -> Result<(), WalkStop> {
        self.scan.open()?;
        let members = Members::new(self.scan.position);
        let mut open =
            Open { object, members, seen: object.unseen(), entries: SeenNames::default(), likely: 0 };
        if !self.scan.close_if(b'}')? {
            loop {
                self.member(&mut open, at)?;
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        open.members.finish(self.scan.position, &mut self.writer);
        for property in object.missing(&open.seen) {
            let expected = self.document.registry.label(property.ty);
            self.report.add(&at.then(PathStep::Name(&property.name)), expected, "nothing")?;
        }
        Ok(())
    }

    #[inline]
    fn member(&mut self, open: &mut Open<'d, 'i>, at: &Path<'_>) -> Result<(), WalkStop> {
        self.scan.peek()?;
        let start = self.scan.position;
        let likely = open.object.properties.get(open.likely);
        if likely.is_some_and(|likely| self.scan.take_key(&likely.wire)) {
            self.scan.expect(b':')?;
            return self.known(open, open.likely, start, at);
        }
        let key = self.scan.key()?;
        let name = key.decoded();
        match self.document.slot(open.object, &name, self.scan.depth) {
            PropertyMatch::Known(index) => {
                if key.escaped {
                    return self.rewritten(open, index, start, key, at);
                }
                self.known(open, index, start, at)
            }
            PropertyMatch::Entry(ty) => self.entry(open, ty, start, key, name, at),
            PropertyMatch::Unknown => {
                open.members.drop_one();
                self.pass()
            }
            PropertyMatch::Refused => {
                self.pass()?;
                self.report.add(&at.then(PathStep::Key(key)), "no property of this name", "unknown property")
            }
        }
    }

    /// Walks a declared property whose name is written with escapes.
    fn rewritten(
        &mut self,
        open: &mut Open<'d, 'i>,
        index: usize,
        start: usize,
        key: StringToken<'i>,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        if let Some(property) = open.object.properties.get(index) {
            open.members.keep(start, &mut self.writer);
            self.writer.replace(start + 1, start + 1 + key.raw.len() + 1, &property.wire);
        }
        self.known(open, index, start, at)
    }

    /// Walks the value of a declared property.
    #[inline]
    fn known(
        &mut self,
        open: &mut Open<'d, 'i>,
        index: usize,
        start: usize,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        let Some(property) = open.object.properties.get(index) else { return self.pass() };
        let at = at.then(PathStep::Name(&property.name));
        if !open.seen.insert(index) {
            self.pass()?;
            return self.report.add(&at, "a name that occurs once", "duplicate name");
        }
        open.members.keep(start, &mut self.writer);
        open.likely = index + 1;
        if property.sensitive {
            self.report.secrets += 1;
            self.value(property.ty, &at)?;
            self.report.secrets -= 1;
        } else {
            self.value(property.ty, &at)?;
        }
        open.members.kept(self.scan.position);
        Ok(())
    }

    /// Walks an entry of a record.
    fn entry(
        &mut self,
        open: &mut Open<'d, 'i>,
        ty: TypeId,
        start: usize,
        key: StringToken<'i>,
        name: Cow<'i, str>,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        let at = at.then(PathStep::Key(key));
        if !open.entries.insert(name) {
            self.pass()?;
            return self.report.add(&at, "a name that occurs once", "duplicate name");
        }
        open.members.keep(start, &mut self.writer);
        self.value(ty, &at)?;
        open.members.kept(self.scan.position);
        Ok(())
    }

    /// Skips the next value.
    pub(crate) fn pass(&mut self) -> Result<(), WalkStop> {
        let first = self.scan.peek()?;
        self.scan.skip(first, &mut Dropped)?;
        Ok(())
    }
}
