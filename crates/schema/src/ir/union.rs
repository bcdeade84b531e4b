//! Compiled unions: the arm of a value is found by its first byte, then by tags, and else by a trial of all arms.

use crate::ir::choice::Literal;
use crate::ir::class::Class;
use crate::ir::type_id::TypeId;
use crate::json::scanner::Scalar;

/// A compiled union.
#[derive(Debug)]
pub(crate) struct UnionNode {
    /// The arms, flattened to types that are no unions; each once, in order.
    pub(crate) arms: Vec<TypeId>,
    pub(crate) tag: Option<Box<str>>,
    pub(crate) routes: [Route; Class::COUNT],
}

/// The decision that leads from the class of a value to its arm.
#[derive(Debug, Default)]
pub(crate) enum Route {
    /// No arm takes such a value.
    #[default]
    None,
    One(TypeId),
    /// The first of these arms that fits, in this order.
    Scalars(Vec<TypeId>),
    /// The arm is chosen by the value of one property.
    Tagged(Box<TagRoute>),
    /// All these arms are tried in one walk.
    Trial(Vec<TypeId>),
}

/// The values of a tag, each with the route that it leads to.
#[derive(Debug)]
pub(crate) struct TagRoute {
    pub(crate) name: Box<str>,
    /// The phrase for issues: all values.
    pub(crate) expected: Box<str>,
    /// The routes of string values, sorted by value.
    pub(crate) strings: Vec<(Box<str>, Route)>,
    pub(crate) others: Vec<(Literal, Route)>,
    /// The route of a value that no arm declares.
    pub(crate) unknown: Route,
    /// The route of an object without the property.
    pub(crate) missing: Route,
    /// Whether only arms with fixed values declare the property, so that an object that has it is meant to be one of those arms.
    pub(crate) is_own: bool,
}

impl UnionNode {
    /// Makes a union as the manifest has it: without routes, with arms that may be unions.
    pub(crate) fn unrouted(arms: Vec<TypeId>, tag: Option<&str>) -> Self {
        Self { arms, tag: tag.map(Into::into), routes: <[Route; Class::COUNT]>::default() }
    }

    /// The route of values of `class`.
    #[inline]
    pub(crate) fn route(&self, class: Class) -> &Route {
        &self.routes[class as usize]
    }
}

impl TagRoute {
    /// The route for a tag's value; `None` for a value that no arm declares.
    pub(crate) fn find(&self, tag: &Scalar<'_>) -> Option<&Route> {
        match tag {
            Scalar::String(token) => self.of_text(&token.decoded()),
            Scalar::Number(token) => self.of(&Literal::Number(token.double() + 0.0)),
            Scalar::Boolean(value) => self.of(&Literal::Boolean(*value)),
            Scalar::Null => self.of(&Literal::Null),
        }
    }

    fn of(&self, literal: &Literal) -> Option<&Route> {
        self.others.iter().find(|(value, _)| value == literal).map(|(_, way)| way)
    }

    fn of_text(&self, text: &str) -> Option<&Route> {
        let found = self.strings.binary_search_by(|(value, _)| (**value).cmp(text)).ok()?;
        self.strings.get(found).map(|(_, way)| way)
    }
}
