//! Unions: which arms a value can be, told from its first byte, then from its tag, and else from a trial of all.

use crate::choice::Literal;
use crate::node::{Class, Node};
use crate::object::{ObjectNode, Property};
use crate::registry::TypeId;
use crate::scan::Scalar;

/// Arms that may be tried at once on one value.
const MAX_TRIED_ARMS: usize = 16;

/// A compiled union.
#[derive(Debug)]
pub(crate) struct UnionNode {
    /// The types that are no unions, each once, in order.
    pub(crate) arms: Vec<TypeId>,
    pub(crate) tag: Option<Box<str>>,
    routes: [Route; Class::COUNT],
}

/// The way from the class of a value to its arm.
#[derive(Debug, Default)]
pub(crate) enum Route {
    /// No arm takes such a value.
    #[default]
    None,
    One(TypeId),
    /// The first that fits, in this order.
    Scalars(Vec<TypeId>),
    /// Objects that are told apart by the value of one property.
    Tagged(Box<TagRoute>),
    /// Every arm must be tried, all in one walk.
    Trial(Vec<TypeId>),
}

/// The values of a tag and their arms.
#[derive(Debug)]
pub(crate) struct TagRoute {
    pub(crate) name: Box<str>,
    /// All values, as a phrase.
    pub(crate) expected: Box<str>,
    /// Sorted.
    strings: Vec<(Box<str>, TypeId)>,
    others: Vec<(Literal, TypeId)>,
}

impl UnionNode {
    /// A union as it is written: its arms may be unions, and it has no routes.
    pub(crate) fn unrouted(arms: Vec<TypeId>, tag: Option<&str>) -> Self {
        Self { arms, tag: tag.map(Into::into), routes: <[Route; Class::COUNT]>::default() }
    }

    /// The way of values of `class`.
    #[inline]
    pub(crate) fn route(&self, class: Class) -> &Route {
        &self.routes[class as usize]
    }

    /// The union with its routes; every union among `nodes` has arms that are no unions. The error says what is wrong.
    pub(crate) fn routed(&self, nodes: &[Node]) -> Result<Self, String> {
        let mut union = Self::unrouted(self.arms.clone(), self.tag.as_deref());
        for class in Class::ALL {
            let takes = |arm: &TypeId| node_at(nodes, *arm).is_some_and(|node| node.takes(class));
            let arms: Vec<TypeId> = self.arms.iter().copied().filter(takes).collect();
            union.routes[class as usize] = self.route_for(class, arms, nodes)?;
        }
        Ok(union)
    }

    fn route_for(&self, class: Class, mut arms: Vec<TypeId>, nodes: &[Node]) -> Result<Route, String> {
        match (arms.as_slice(), class.is_container()) {
            ([], _) => return Ok(Route::None),
            ([one], _) => return Ok(Route::One(*one)),
            (_, false) => {
                arms.sort_by_key(|arm| node_at(nodes, *arm).map(Node::precedence));
                return Ok(Route::Scalars(arms));
            }
            (_, true) => {}
        }
        if class == Class::Object {
            let route = match &self.tag {
                Some(tag) => Some(TagRoute::new(tag, &arms, nodes).ok_or_else(|| {
                    format!("`{tag}` is no required property with literals of its own in every arm")
                })?),
                None => find_tag(&arms, nodes),
            };
            if let Some(route) = route {
                return Ok(Route::Tagged(Box::new(route)));
            }
        }
        if arms.len() > MAX_TRIED_ARMS {
            return Err(format!(
                "{} arms are told apart neither by their first byte nor by a tag; at most {MAX_TRIED_ARMS} may be",
                arms.len()
            ));
        }
        Ok(Route::Trial(arms))
    }
}

/// A property that tells all of `arms` apart, if there is one.
fn find_tag(arms: &[TypeId], nodes: &[Node]) -> Option<TagRoute> {
    let first = object_at(nodes, *arms.first()?)?;
    first.properties.iter().find_map(|property| TagRoute::new(&property.name, arms, nodes))
}

impl TagRoute {
    fn new(name: &str, arms: &[TypeId], nodes: &[Node]) -> Option<Self> {
        let mut route =
            Self { name: name.into(), expected: "".into(), strings: Vec::new(), others: Vec::new() };
        let mut shown = Vec::new();
        for arm in arms {
            let object = object_at(nodes, *arm)?;
            let tag = object.properties.get(object.find(name)?).filter(|tag: &&Property| !tag.optional)?;
            for literal in literals(tag.ty, nodes)? {
                if route.arm_of(&literal).is_some() {
                    return None;
                }
                shown.push(literal.to_string());
                match literal {
                    Literal::String(text) => route.strings.push((text.into(), *arm)),
                    other => route.others.push((other, *arm)),
                }
            }
            route.strings.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        }
        route.expected = shown.join(" | ").into();
        Some(route)
    }

    fn arm_of(&self, literal: &Literal) -> Option<TypeId> {
        match literal {
            Literal::String(text) => self.arm_of_text(text),
            other => self.others.iter().find(|(value, _)| value == other).map(|(_, arm)| *arm),
        }
    }

    fn arm_of_text(&self, text: &str) -> Option<TypeId> {
        let found = self.strings.binary_search_by(|(value, _)| (**value).cmp(text)).ok()?;
        self.strings.get(found).map(|(_, arm)| *arm)
    }

    /// The arm of a tag's value.
    pub(crate) fn find(&self, tag: &Scalar<'_>) -> Option<TypeId> {
        match tag {
            Scalar::String(token) => self.arm_of_text(&token.decoded()),
            Scalar::Number(token) => self.arm_of(&Literal::Number(token.double() + 0.0)),
            Scalar::Boolean(value) => self.arm_of(&Literal::Boolean(*value)),
            Scalar::Null => self.arm_of(&Literal::Null),
        }
    }
}

/// Every value of a type that has only literals.
fn literals(ty: TypeId, nodes: &[Node]) -> Option<Vec<Literal>> {
    match node_at(nodes, ty)? {
        Node::Choice(choice) => Some(choice.literals().collect()),
        Node::Boolean => Some(vec![Literal::Boolean(false), Literal::Boolean(true)]),
        Node::Null => Some(vec![Literal::Null]),
        Node::Union(union) => {
            let arms: Option<Vec<Vec<Literal>>> =
                union.arms.iter().map(|arm| literals(*arm, nodes)).collect();
            Some(arms?.concat())
        }
        _ => None,
    }
}

fn node_at(nodes: &[Node], ty: TypeId) -> Option<&Node> {
    nodes.get(ty.0 as usize)
}

fn object_at(nodes: &[Node], ty: TypeId) -> Option<&ObjectNode> {
    match node_at(nodes, ty) {
        Some(Node::Object(object)) => Some(object),
        _ => None,
    }
}
