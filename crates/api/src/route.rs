//! From method and path to an endpoint.
//!
//! Routing compares the path as it was sent. Nothing is decoded or normalised before: two readers that normalise
//! differently is how requests get past a proxy's rules. Paths with empty or dot segments match nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use http::{HeaderValue, Method};

use crate::endpoint::Endpoint;
use crate::pattern::{MAX_PARAMETERS, Pattern};

/// Methods for which an endpoint of any method is entered by name, so that the more specific path wins.
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

/// Routing trees of one method, tried in order: everything; wildcards that stand beside a parameter; fallbacks.
#[derive(Default)]
struct Tiers([matchit::Router<usize>; 3]);

/// All routes.
#[derive(Default)]
pub(crate) struct Router {
    endpoints: Vec<Endpoint>,
    methods: Vec<(Method, Tiers)>,
    any: Tiers,
}

/// What a request leads to.
#[allow(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and a box would be an allocation per request"
)]
pub(crate) enum Routed<'r, 'p> {
    /// An endpoint, and the raw path segments of its parameters.
    Endpoint(&'r Endpoint, Captures<'r, 'p>),
    /// The path is known, the method is not; with the `Allow` header.
    OtherMethod(HeaderValue),
    /// Nothing.
    Unknown,
}

/// Names and raw values of path parameters.
pub(crate) struct Captures<'r, 'p> {
    pairs: [(&'r str, &'p str); MAX_PARAMETERS],
    count: usize,
}

impl<'r, 'p> Captures<'r, 'p> {
    fn new(endpoint: &'r Endpoint, params: &matchit::Params<'_, 'p>) -> Self {
        let mut captures = Self { pairs: [("", ""); MAX_PARAMETERS], count: endpoint.parameters.len() };
        // A wildcard that matched nothing has no value in the tree, hence the rest is empty.
        let values = params.iter().map(|(_, value)| value).chain(std::iter::repeat(""));
        for ((pair, name), value) in captures.pairs.iter_mut().zip(&endpoint.parameters).zip(values) {
            *pair = (name, value);
        }
        captures
    }

    /// Each parameter with its raw, percent-encoded value.
    pub(crate) fn pairs(&self) -> &[(&'r str, &'p str)] {
        &self.pairs[..self.count]
    }

    /// The raw value of the last parameter: of a wildcard, the rest of the path.
    pub(crate) fn rest(&self) -> &'p str {
        self.pairs().last().map_or("", |&(_, value)| value)
    }
}

impl Router {
    /// Enters the endpoints that are exposed; all conflicts are told, each in a sentence.
    pub(crate) fn new(endpoints: Vec<Endpoint>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut patterns = Vec::new();
        for (index, endpoint) in endpoints.iter().enumerate().filter(|(_, endpoint)| endpoint.exposed) {
            match Pattern::parse(&endpoint.route) {
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
        let by_name = |&&(index, _): &&(usize, Pattern)| !endpoints[index].any_method;
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

    /// Enters one path. Endpoints of any method come last, when all methods that are declared have their trees.
    fn insert(&mut self, endpoint: &Endpoint, index: usize, pattern: &Pattern, tree: &str) {
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

    /// Finds the endpoint for a raw path. `HEAD` is answered by `GET` where it is not declared.
    pub(crate) fn find<'r, 'p>(&'r self, method: &Method, path: &'p str) -> Routed<'r, 'p> {
        if !is_plain(path) {
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

    fn find_for<'r, 'p>(&'r self, method: &Method, path: &'p str) -> Option<Routed<'r, 'p>> {
        let named = self.methods.iter().find(|(known, _)| known == method);
        let found = named.map_or(&self.any, |(_, tiers)| tiers).at(path)?;
        let endpoint = &self.endpoints[*found.value];
        Some(Routed::Endpoint(endpoint, Captures::new(endpoint, &found.params)))
    }

    fn other_methods<'r, 'p>(&'r self, path: &str) -> Routed<'r, 'p> {
        let answering = self.methods.iter().filter(|(_, tiers)| tiers.at(path).is_some());
        let mut allow: Vec<&str> = answering.map(|(method, _)| method.as_str()).collect();
        if allow.is_empty() {
            return Routed::Unknown;
        }
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        allow.push("OPTIONS");
        allow.sort_unstable();
        allow.dedup();
        HeaderValue::from_str(&allow.join(", ")).map_or(Routed::Unknown, Routed::OtherMethod)
    }
}

impl Tiers {
    fn at<'r, 'p>(&'r self, path: &'p str) -> Option<matchit::Match<'r, 'p, &'r usize>> {
        self.0.iter().find_map(|tier| tier.at(path).ok())
    }

    /// Enters a path; where the same path is there already, the one that came first stays.
    fn insert(&mut self, pattern: &Pattern, tree: &str, index: usize) {
        let [all, wild, fallback] = &mut self.0;
        if pattern.is_fallback {
            let _ = fallback.insert(tree, index);
        } else if all.insert(tree, index).is_err() && pattern.is_wild {
            // The tree cannot hold a wildcard beside a parameter.
            let _ = wild.insert(tree, index);
        }
    }
}

fn duplicates(endpoints: &[Endpoint], patterns: &[(usize, Pattern)], problems: &mut Vec<String>) {
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

/// Whether no segment but the last is empty, and none is `.` or `..`, written plainly or percent-encoded.
fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let suspicious = |pair: &[u8]| pair[0] == b'/' && matches!(pair[1], b'/' | b'.' | b'%');
    if bytes.first() != Some(&b'/') {
        return false;
    }
    !bytes.windows(2).any(suspicious)
        || !path[1..]
            .split('/')
            .rev()
            .enumerate()
            .any(|(from_end, segment)| (segment.is_empty() && from_end > 0) || is_dots(segment))
}

fn is_dots(segment: &str) -> bool {
    let mut rest = segment.as_bytes();
    let mut dots = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots += 1;
    }
    dots == 1 || dots == 2
}

#[cfg(test)]
mod tests;
