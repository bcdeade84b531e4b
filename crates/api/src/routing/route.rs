//! The router: finds the endpoint for a method and a path.
//!
//! Paths are compared in canonical spelling (`canonical`). No segment is added, removed or resolved: where a proxy and a server
//! normalise differently, requests get past the proxy's rules. A path with a dot segment matches nothing; an empty segment
//! matches only as part of a wildcard.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use http::{HeaderValue, Method};

use crate::policy::Policies;
use crate::routing::endpoint::Endpoint;
use crate::routing::pattern::PathPattern;

/// Methods for which an endpoint of any method (`*`) is entered by name, so that the more specific path wins.
const USUAL: [Method; 8] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
];

/// The routes of one method.
#[derive(Default)]
struct Tiers {
    /// The paths without parameters, which a tree would find too, by far more steps.
    plain: HashMap<Box<str>, usize, RandomState>,
    /// The routing trees, tried in order: all patterns; wildcards that conflict with a parameter; fallbacks.
    trees: [matchit::Router<usize>; 3],
}

/// The routes of a server.
#[derive(Default)]
pub(crate) struct Router {
    endpoints: Vec<Endpoint>,
    methods: Vec<(Method, Tiers)>,
    any: Tiers,
    /// The policies of requests that no endpoint takes.
    pub(crate) unrouted: Option<Box<Policies>>,
}

/// The result of routing a request.
pub(crate) enum Routed<'r, 'p> {
    /// An endpoint, and the raw path segments of its parameters.
    Endpoint(&'r Endpoint, Captures<'r, 'p>),
    /// The path is declared with other methods; holds the `Allow` header.
    OtherMethod(HeaderValue),
    /// No endpoint has the path.
    Unknown,
}

impl<'r> Routed<'r, '_> {
    /// The endpoint, where there is one.
    pub(crate) fn endpoint(&self) -> Option<&'r Endpoint> {
        match self {
            Self::Endpoint(endpoint, _) => Some(endpoint),
            _ => None,
        }
    }

    /// Whether an auth handler will tell who calls.
    pub(crate) fn is_guarded(&self) -> bool {
        self.endpoint().is_some_and(|endpoint| endpoint.guard.is_some())
    }
}

/// The names and raw values of path parameters.
pub(crate) struct Captures<'r, 'p> {
    /// Nothing is allocated for a path without parameters, and a request's future has room for a pointer instead of the values.
    pairs: Vec<(&'r str, &'p str)>,
}

impl<'r, 'p> Captures<'r, 'p> {
    fn new(endpoint: &'r Endpoint, params: &matchit::Params<'_, 'p>) -> Self {
        if endpoint.parameters.is_empty() {
            return Self { pairs: Vec::new() };
        }
        // A wildcard that matched nothing has no value in the tree, so missing values are empty.
        let values = params.iter().map(|(_, value)| value).chain(std::iter::repeat(""));
        let names = endpoint.parameters.iter().map(|name| &**name);
        Self { pairs: names.zip(values).collect() }
    }

    /// The parameters with their raw, percent-encoded values.
    pub(crate) fn pairs(&self) -> &[(&'r str, &'p str)] {
        &self.pairs
    }

    /// The raw value of the last parameter; for a wildcard, the rest of the path.
    pub(crate) fn rest(&self) -> &'p str {
        self.pairs().last().map_or("", |&(_, value)| value)
    }
}

impl Router {
    /// Makes the routes of the exposed endpoints; the error holds all conflicts, one sentence each.
    pub(crate) fn new(endpoints: Vec<Endpoint>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut patterns = Vec::new();
        for (index, endpoint) in endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.exposed) {
            match PathPattern::parse(&endpoint.route) {
                Ok(pattern) => patterns.push((index, pattern)),
                Err(why) => problems
                    .push(format!("{endpoint}: the path {:?} cannot be served: {why}", endpoint.route)),
            }
        }
        duplicates(&endpoints, &patterns, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut router = Self::default();
        let by_name = |&&(index, _): &&(usize, PathPattern)| !endpoints[index].any_method;
        let (named, any): (Vec<_>, Vec<_>) = patterns.iter().partition(by_name);
        for entries in [&named, &any] {
            for (index, pattern) in entries {
                router.insert(&endpoints[*index], *index, pattern, &pattern.tree);
            }
        }
        for (index, pattern) in named.iter().chain(&any) {
            if let Some(also) = pattern.also() {
                router.insert(&endpoints[*index], *index, pattern, &also);
            }
        }
        router.endpoints = endpoints;
        Ok(router)
    }

    /// Enters one path. Endpoints of any method are entered last, when the trees of all declared methods exist.
    fn insert(&mut self, endpoint: &Endpoint, index: usize, pattern: &PathPattern, tree: &str) {
        if endpoint.any_method {
            for method in &USUAL {
                self.tiers_of(method);
            }
            let all = self.methods.iter_mut().map(|(_, tiers)| tiers).chain([&mut self.any]);
            all.for_each(|tiers| tiers.insert(pattern, tree, index));
        } else {
            for method in &endpoint.methods {
                self.tiers_of(method).insert(pattern, tree, index);
            }
        }
    }

    fn tiers_of(&mut self, method: &Method) -> &mut Tiers {
        let at = self.methods.iter().position(|(known, _)| known == method).unwrap_or_else(|| {
            self.methods.push((method.clone(), Tiers::default()));
            self.methods.len() - 1
        });
        &mut self.methods[at].1
    }

    /// Finds the endpoint for a path in canonical spelling. `HEAD` falls back to `GET` where it is not declared.
    pub(crate) fn find<'r, 'p>(&'r self, method: &Method, path: &'p str) -> Routed<'r, 'p> {
        if let Some(endpoint) = self.plain(method, path) {
            return Routed::Endpoint(endpoint, Captures { pairs: Vec::new() });
        }
        if has_dots(path) {
            return Routed::Unknown;
        }
        let found = self.find_for(method, path);
        let found = if found.is_none() && *method == Method::HEAD {
            self.find_for(&Method::GET, path)
        } else {
            found
        };
        found.unwrap_or_else(|| self.other_methods(path))
    }

    /// Finds the endpoint with the index `target`, exposed or not, for a path in canonical spelling that is its own.
    pub(crate) fn called<'r, 'p>(&'r self, target: u16, path: &'p str) -> Routed<'r, 'p> {
        let Some(endpoint) = self.endpoints.get(usize::from(target)) else { return Routed::Unknown };
        let Ok(pattern) = PathPattern::parse(&endpoint.route) else { return Routed::Unknown };
        let mut tree = matchit::Router::new();
        let entered = [Some(pattern.tree.clone()), pattern.also()].into_iter().flatten();
        entered.for_each(|path| drop(tree.insert(path, ())));
        let Ok(found) = tree.at(path) else { return Routed::Unknown };
        Routed::Endpoint(endpoint, Captures::new(endpoint, &found.params))
    }

    /// The endpoint that has the path as it is, without parameters.
    fn plain<'r>(&'r self, method: &Method, path: &str) -> Option<&'r Endpoint> {
        let tiers = self.tiers_for(method);
        tiers.plain.get(path).map(|&index| &self.endpoints[index])
    }

    fn tiers_for(&self, method: &Method) -> &Tiers {
        let named = self.methods.iter().find(|(known, _)| known == method);
        named.map_or(&self.any, |(_, tiers)| tiers)
    }

    fn find_for<'r, 'p>(&'r self, method: &Method, path: &'p str) -> Option<Routed<'r, 'p>> {
        let found = self.tiers_for(method).at(path)?;
        let endpoint = &self.endpoints[*found.value];
        Some(Routed::Endpoint(endpoint, Captures::new(endpoint, &found.params)))
    }

    /// The policies that hold for a request.
    pub(crate) fn policies<'r>(&'r self, routed: &Routed<'r, '_>) -> Option<&'r Policies> {
        match routed.endpoint() {
            Some(endpoint) => endpoint.policies.as_deref(),
            None => self.unrouted.as_deref(),
        }
    }

    /// The methods of a path in canonical spelling, each with the endpoint that answers it.
    pub(crate) fn at<'r>(&'r self, path: &str) -> Vec<(&'r str, &'r Endpoint)> {
        if has_dots(path) {
            return Vec::new();
        }
        let found = |(method, tiers): &'r (Method, Tiers)| {
            tiers.at(path).map(|found| (method.as_str(), &self.endpoints[*found.value]))
        };
        self.methods.iter().filter_map(found).collect()
    }

    fn other_methods<'r, 'p>(&'r self, path: &str) -> Routed<'r, 'p> {
        let allow = self.allowed_by_endpoints(path).or_else(|| allow_of(&self.at(path)));
        allow.map_or(Routed::Unknown, Routed::OtherMethod)
    }

    /// The header `allow` of a path that endpoints have; `None` where folders alone take it. A folder takes every path and has files
    /// at few, so that it promises no method at the path of an endpoint.
    pub(crate) fn allowed_by_endpoints(&self, path: &str) -> Option<HeaderValue> {
        let mut found = self.at(path);
        found.retain(|(_, endpoint)| !endpoint.has_some_paths_alone());
        allow_of(&found)
    }
}

/// The header `allow` of methods with their endpoints; `None` for none.
fn allow_of(found: &[(&str, &Endpoint)]) -> Option<HeaderValue> {
    if found.is_empty() {
        return None;
    }
    let mut allow: Vec<&str> = found.iter().map(|&(method, _)| method).collect();
    if allow.contains(&"GET") {
        allow.push("HEAD");
    }
    allow.push("OPTIONS");
    allow.sort_unstable();
    allow.dedup();
    HeaderValue::from_str(&allow.join(", ")).ok()
}

impl Tiers {
    fn at<'r, 'p>(&'r self, path: &'p str) -> Option<matchit::Match<'r, 'p, &'r usize>> {
        self.trees.iter().find_map(|tree| tree.at(path).ok())
    }

    /// Enters a path; where the path is taken, the first entry stays.
    fn insert(&mut self, pattern: &PathPattern, tree: &str, index: usize) {
        let [all, wild, fallback] = &mut self.trees;
        if pattern.is_fallback {
            let _ = fallback.insert(tree, index);
        } else if all.insert(tree, index).is_ok() {
            // A brace that stands for itself is doubled in the tree.
            if pattern.names.is_empty() && !tree.contains(['{', '}']) {
                self.plain.insert(tree.into(), index);
            }
        } else if pattern.is_wild {
            // The tree cannot hold a wildcard next to a parameter.
            let _ = wild.insert(tree, index);
        }
    }
}

fn duplicates(endpoints: &[Endpoint], patterns: &[(usize, PathPattern)], problems: &mut Vec<String>) {
    let mut seen: HashMap<(&str, bool, &str), usize> = HashMap::new();
    for (index, pattern) in patterns {
        let endpoint = &endpoints[*index];
        let methods: Vec<&str> = if endpoint.any_method {
            vec!["*"]
        } else {
            endpoint.methods.iter().map(Method::as_str).collect()
        };
        for method in methods {
            match seen.entry((method, pattern.is_fallback, &pattern.tree)) {
                Entry::Vacant(vacant) => {
                    vacant.insert(*index);
                }
                Entry::Occupied(first) => {
                    let other = &endpoints[*first.get()];
                    let (mine, theirs) = (&endpoint.route, &other.route);
                    problems.push(format!(
                        "{endpoint}: {method} {mine} is already {other} ({method} {theirs}): change one path"
                    ));
                }
            }
        }
    }
}

/// Whether a path is not absolute or has a `.` or `..` segment. Dots are never escaped in canonical spelling.
fn has_dots(path: &str) -> bool {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return true;
    }
    bytes.windows(2).any(|pair| pair == b"/.")
        && path[1..].split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests;
