//! The walk over a value whose type is a union.

use crate::accept::walker::Walker;
use crate::ir::class::Class;
use crate::ir::type_id::TypeId;
use crate::ir::union::{Route, TagRoute, UnionNode};
use crate::issues::path::{Path, PathStep};
use crate::json::scanner::Scalar;
use crate::json::syntax_error::{SyntaxErrorKind, WalkStop};

/// The tag of an object.
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
    ) -> Result<(), WalkStop> {
        let Some(class) = Class::of(first) else {
            return Err(self.scan.fault(SyntaxErrorKind::Unexpected).into());
        };
        self.follow(ty, union.route(class), first, at)
    }

    fn follow(&mut self, ty: TypeId, route: &'d Route, first: u8, at: &Path<'_>) -> Result<(), WalkStop> {
        match route {
            Route::One(arm) => self.value(*arm, at),
            Route::None => self.mismatch(ty, first, at),
            Route::Scalars(arms) => self.first_that_fits(ty, arms, first, at),
            Route::Tagged(route) => self.tagged(ty, route, first, at),
            Route::Trial(arms) => self.try_arms(ty, arms, first, at),
        }
    }

    fn first_that_fits(
        &mut self,
        ty: TypeId,
        arms: &[TypeId],
        first: u8,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        let start = self.scan.position;
        let scalar = self.scan.scalar(first)?;
        let registry = self.document.registry;
        if let Some(form) = arms.iter().find_map(|arm| scalar.fit(registry.node(*arm)).ok()) {
            self.write(start, &scalar, form);
            return Ok(());
        }
        let found = self.report.show(at, &scalar);
        self.report.add(at, registry.label(ty), found)
    }

    fn tagged(&mut self, ty: TypeId, route: &'d TagRoute, first: u8, at: &Path<'_>) -> Result<(), WalkStop> {
        // Skipped properties may be sensitive, so a syntax error in them shows nothing of the input.
        self.report.secrets += 1;
        let tag = self.look_ahead(&route.name)?;
        self.report.secrets -= 1;
        let named = match &tag {
            Tag::Missing => Some(&route.missing),
            Tag::Container(_) => None,
            Tag::Scalar(scalar) => route.find(scalar),
        };
        let is_strange = named.is_none() && route.is_own;
        let way = named.unwrap_or(&route.unknown);
        if !matches!(way, Route::None) {
            let before = self.report.issues.len();
            self.follow(ty, way, first, at)?;
            if !is_strange || self.report.issues.len() == before {
                return Ok(());
            }
            // That no arm has this tag says more than the issues of the arms without the tag.
            self.report.issues.truncate(before);
            return self.strange_tag(route, &tag, at);
        }
        match self.containers.end_of(self.scan.position) {
            Some(end) => self.scan.position = end,
            None => self.pass()?,
        }
        self.strange_tag(route, &tag, at)
    }

    fn strange_tag(&mut self, route: &TagRoute, tag: &Tag<'i>, at: &Path<'_>) -> Result<(), WalkStop> {
        let at = at.then(PathStep::Name(&route.name));
        let found = match tag {
            Tag::Missing => "nothing".to_owned(),
            Tag::Container(class) => class.name().to_owned(),
            Tag::Scalar(scalar) => self.report.show(&at, scalar),
        };
        self.report.add(&at, &route.expected, found)
    }

    /// Looks ahead for the property `name` of the object at the position, which stays unchanged.
    ///
    /// The ends of skipped containers are remembered, so that tags that come last cost at most two further walks over the
    /// input, at any depth.
    fn look_ahead(&mut self, name: &str) -> Result<Tag<'i>, WalkStop> {
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
