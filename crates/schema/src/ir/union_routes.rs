//! Construction of the routes of unions, when a registry is loaded.
//!
//! The arms of one class are split by the property that leaves the fewest arms for any of its values. The arms left for a
//! value are split again, by at most [`MAX_TAGS`] properties in sequence. An arm that does not fix the property stays possible
//! for all of its values. The arms that remain are tried in one walk (`trial`).

use std::collections::{BTreeSet, HashMap};

use crate::ir::choice::Literal;
use crate::ir::class::Class;
use crate::ir::node::Node;
use crate::ir::object::ObjectNode;
use crate::ir::type_id::TypeId;
use crate::ir::union::{Route, TagRoute, UnionNode};

/// Most arms that are tried at once on one value.
const MAX_TRIED_ARMS: usize = 256;
/// Most properties that split arms in sequence, such as `type` and then `subtype`.
const MAX_TAGS: usize = 3;

impl UnionNode {
    /// Makes the union with its routes. Unions among `nodes` must be flattened. The error is a phrase.
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
        match (arms.as_slice(), class) {
            ([], _) => Ok(Route::None),
            ([one], _) => Ok(Route::One(*one)),
            (_, Class::Array) => trial(arms),
            (_, Class::Object) => match &self.tag {
                Some(tag) => named_tag(tag, &arms, nodes),
                None => parted(arms, nodes, &[]),
            },
            _ => {
                arms.sort_by_key(|arm| node_at(nodes, *arm).map(Node::precedence));
                Ok(Route::Scalars(arms))
            }
        }
    }
}

fn trial(arms: Vec<TypeId>) -> Result<Route, String> {
    if arms.len() > MAX_TRIED_ARMS {
        return Err(format!(
            "{} arms are told apart neither by their first byte nor by a tag; at most {MAX_TRIED_ARMS} may be",
            arms.len()
        ));
    }
    Ok(Route::Trial(arms))
}

/// Makes the route by a tag that the manifest names; the tag must tell all arms apart.
fn named_tag(tag: &str, arms: &[TypeId], nodes: &[Node]) -> Result<Route, String> {
    let parting = Parting::by(tag, arms, nodes);
    if parting.widest() > 1 || !parting.missing.is_empty() || !parting.unknown.is_empty() {
        return Err(format!("`{tag}` is no required property with literals of its own in every arm"));
    }
    parting.into_route(nodes, &[])
}

/// Makes the route of objects: by the property that leaves the fewest arms, otherwise a trial.
fn parted(arms: Vec<TypeId>, nodes: &[Node], used: &[&str]) -> Result<Route, String> {
    if arms.len() < 2 {
        return Ok(arms.first().map_or(Route::None, |arm| Route::One(*arm)));
    }
    let best = if used.len() < MAX_TAGS { best_parting(&arms, nodes, used) } else { None };
    match best {
        Some(parting) => parting.into_route(nodes, used),
        None => trial(arms),
    }
}

fn best_parting<'n>(arms: &[TypeId], nodes: &'n [Node], used: &[&str]) -> Option<Parting<'n>> {
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for object in arms.iter().filter_map(|arm| object_at(nodes, *arm)) {
        for property in &object.properties {
            let fixed = || literals(property.ty, nodes).is_some_and(|values| !values.is_empty());
            if !used.contains(&&*property.name) && !seen.contains(&*property.name) && fixed() {
                seen.insert(&*property.name);
                names.push(&*property.name);
            }
        }
    }
    names
        .into_iter()
        .map(|name| Parting::by(name, arms, nodes))
        .filter(|parting| parting.widest() < arms.len())
        .min_by_key(|parting| (parting.widest(), parting.missing.len()))
}

/// The split of a set of arms by one property.
struct Parting<'n> {
    name: &'n str,
    /// The values of the property that arms declare, in order, each with the arms that it leaves.
    values: Vec<(Literal, Vec<TypeId>)>,
    unknown: Vec<TypeId>,
    missing: Vec<TypeId>,
    is_own: bool,
}

impl<'n> Parting<'n> {
    fn by(name: &'n str, arms: &[TypeId], nodes: &[Node]) -> Self {
        let mut parting =
            Self { name, values: Vec::new(), unknown: Vec::new(), missing: Vec::new(), is_own: true };
        let mut places: HashMap<String, usize> = HashMap::new();
        for arm in arms {
            let (fixed, optional) = fixed_values(name, *arm, nodes);
            match fixed {
                None => {
                    parting.values.iter_mut().for_each(|(_, left)| left.push(*arm));
                    parting.unknown.push(*arm);
                    parting.is_own &= object_at(nodes, *arm).is_some_and(|object| !object.takes(name));
                }
                Some(literals) => {
                    for literal in literals {
                        let place = *places.entry(key(&literal)).or_insert(parting.values.len());
                        if place == parting.values.len() {
                            // Earlier arms that do not fix the property stay possible.
                            parting.values.push((literal, parting.unknown.clone()));
                        }
                        let left = &mut parting.values[place].1;
                        if left.last() != Some(arm) {
                            left.push(*arm);
                        }
                    }
                }
            }
            if optional {
                parting.missing.push(*arm);
            }
        }
        parting
    }

    /// The largest number of arms left for any value, without the case of a missing property.
    fn widest(&self) -> usize {
        let named = self.values.iter().map(|(_, left)| left.len()).max().unwrap_or(0);
        named.max(self.unknown.len())
    }

    fn into_route(self, nodes: &[Node], used: &[&str]) -> Result<Route, String> {
        let used = [used, &[self.name]].concat();
        let shown: Vec<String> = self.values.iter().map(|(literal, _)| literal.to_string()).collect();
        let mut route = TagRoute {
            name: self.name.into(),
            expected: shown.join(" | ").into(),
            strings: Vec::new(),
            others: Vec::new(),
            unknown: parted(self.unknown, nodes, &used)?,
            missing: parted(self.missing, nodes, &used)?,
            is_own: self.is_own,
        };
        for (literal, left) in self.values {
            let way = parted(left, nodes, &used)?;
            match literal {
                Literal::String(text) => route.strings.push((text.into(), way)),
                other => route.others.push((other, way)),
            }
        }
        route.strings.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Ok(Route::Tagged(Box::new(route)))
    }
}

/// The values to which an arm fixes a property, `None` where it allows others; and whether the property may be absent.
fn fixed_values(name: &str, arm: TypeId, nodes: &[Node]) -> (Option<Vec<Literal>>, bool) {
    let Some(object) = object_at(nodes, arm) else { return (None, true) };
    match object.find(name).and_then(|index| object.properties.get(index)) {
        None => (None, true),
        Some(property) => (literals(property.ty, nodes), property.optional),
    }
}

/// A key that is equal for literals that JavaScript's `===` finds equal.
fn key(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("s{text}"),
        other => other.to_string(),
    }
}

/// All values of a type that consists of literals; `None` for other types.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ir::registry::Registry;

    fn untagged(count: usize) -> Value {
        let mut types = vec![json!({ "kind": "number" })];
        types.extend((0..count).map(|index| {
            let property = json!({ "name": format!("p{index}"), "type": 0, "optional": false });
            json!({ "kind": "object", "properties": [property], "additional": null })
        }));
        types.push(json!({ "kind": "union", "arms": (1..=count).collect::<Vec<_>>() }));
        Value::Array(types)
    }

    #[test]
    fn more_arms_than_may_be_tried_are_refused_when_they_are_loaded() {
        assert!(Registry::from_json(&untagged(256)).is_ok());
        let error = Registry::from_json(&untagged(257)).unwrap_err();
        assert_eq!(error.at(), "types[258]");
        assert!(error.to_string().contains("257 arms are told apart neither"), "{error}");
    }
}
