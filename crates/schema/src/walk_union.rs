//! The walk over a value whose type is a union.

use crate::fault::{FaultKind, Stop};
use crate::node::Class;
use crate::path::{Path, Step};
use crate::registry::TypeId;
use crate::scan::Scalar;
use crate::union::{Route, TagRoute, UnionNode};
use crate::walk::Walker;

/// What stands as an object's tag.
enum Tag<'i> {
    Missing,
    Scalar(Scalar<'i>),
    Container(Class),
}

impl<'d, 'i> Walker<'d, 'i, '_> {
    /// Walks the value that begins with `first`, the byte at the position.
    pub(crate) fn union(
        &mut self,
        ty: TypeId,
        union: &'d UnionNode,
        first: u8,
        at: &Path<'_>,
    ) -> Result<(), Stop> {
        let Some(class) = Class::of(first) else { return Err(self.scan.fault(FaultKind::Unexpected).into()) };
        match union.route(class) {
            Route::One(arm) => self.value(*arm, at),
            Route::None => self.mismatch(ty, first, at),
            Route::Scalars(arms) => self.first_that_fits(ty, arms, first, at),
            Route::Tagged(route) => self.tagged(route, at),
            Route::Trial(arms) => self.try_arms(ty, arms, first, at),
        }
    }

    fn first_that_fits(&mut self, ty: TypeId, arms: &[TypeId], first: u8, at: &Path<'_>) -> Result<(), Stop> {
        let start = self.scan.position;
        let scalar = self.scan.scalar(first)?;
        let registry = self.document.registry;
        if let Some(form) = arms.iter().find_map(|arm| scalar.fit(registry.node(*arm)).ok()) {
            self.write(start, &scalar, form);
            return Ok(());
        }
        let found = self.report.show(&scalar);
        self.report.add(at, registry.label(ty), found)
    }

    fn tagged(&mut self, route: &TagRoute, at: &Path<'_>) -> Result<(), Stop> {
        // What is passed on the way may be sensitive, so a fault there shows nothing of it.
        self.report.secrets += 1;
        let tag = self.look_ahead(&route.name)?;
        self.report.secrets -= 1;
        if let Tag::Scalar(scalar) = &tag
            && let Some(arm) = route.find(scalar)
        {
            return self.value(arm, at);
        }
        let found = match &tag {
            Tag::Missing => "nothing".to_owned(),
            Tag::Container(class) => class.name().to_owned(),
            Tag::Scalar(scalar) => self.report.show(scalar),
        };
        match self.containers.end_of(self.scan.position) {
            Some(end) => self.scan.position = end,
            None => self.pass()?,
        }
        self.report.add(&at.then(Step::Name(&route.name)), &route.expected, found)
    }

    /// Reads the property `name` of the object at the position, which stays.
    ///
    /// What is passed on the way is remembered, so that a tag that comes last costs no more, in whatever depth, than
    /// two further walks over the input.
    fn look_ahead(&mut self, name: &str) -> Result<Tag<'i>, Stop> {
        let (position, depth) = (self.scan.position, self.scan.depth);
        self.containers.forget_before(position);
        self.scan.open()?;
        let mut tag = Tag::Missing;
        if !self.scan.close_if(b'}')? {
            loop {
                let key = self.scan.key()?;
                let first = self.scan.peek()?;
                if key.decoded() == name {
                    tag = match Class::of(first) {
                        Some(class) if class.is_container() => Tag::Container(class),
                        _ => Tag::Scalar(self.scan.scalar(first)?),
                    };
                    break;
                }
                self.containers.pass(&mut self.scan, first)?;
                if !self.scan.more(b'}')? {
                    break;
                }
            }
        }
        (self.scan.position, self.scan.depth) = (position, depth);
        Ok(tag)
    }
}
