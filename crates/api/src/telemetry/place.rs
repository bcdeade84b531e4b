//! Places: the endpoints as telemetry names them, for the life of the process.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use twinloop_runtime::lock;

use crate::telemetry::meters::ExchangeSeries;
use crate::telemetry::method::MethodLabel;
use crate::telemetry::series::SeriesCache;

/// An endpoint as telemetry names it, with the series of its metrics at hand.
///
/// A place lives as long as the process, as its series do: a request borrows it and counts nothing. The app's code bounds how many there
/// are, since a declaration that is served again is the same place.
pub(crate) struct Place {
    name: PlaceName,
    pub(crate) series: SeriesCache<ExchangeSeries>,
    /// The names of spans, by the number of the method.
    span_names: [OnceLock<Box<str>>; MethodLabel::COUNT],
}

/// What tells places apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PlaceName {
    /// The path that the endpoint declares; `None` where no endpoint takes the request.
    pub(crate) route: Option<Box<str>>,
    /// The service and the endpoint as `service.name`; `None` for what the edge answers by itself.
    pub(crate) endpoint: Option<(Box<str>, Box<str>)>,
    /// Whether a health probe asks here, which the access log leaves out.
    pub(crate) is_probe: bool,
}

static PLACES: Mutex<Option<HashMap<PlaceName, &'static Place>>> = Mutex::new(None);
static NOWHERE: OnceLock<&'static Place> = OnceLock::new();

impl Place {
    /// The place of this name.
    pub(crate) fn of(name: PlaceName) -> &'static Self {
        let mut places = lock(&PLACES);
        let places = places.get_or_insert_default();
        if let Some(place) = places.get(&name) {
            return place;
        }
        let place: &'static Self = Box::leak(Box::new(Self {
            name: name.clone(),
            series: SeriesCache::default(),
            span_names: Default::default(),
        }));
        places.insert(name, place);
        place
    }

    /// The place of requests that no endpoint takes.
    pub(crate) fn nowhere() -> &'static Self {
        NOWHERE.get_or_init(|| Self::of(PlaceName::default()))
    }

    /// The path that the endpoint declares.
    pub(crate) fn route(&'static self) -> Option<&'static str> {
        self.name.route.as_deref()
    }

    /// The endpoint, as `service.name`.
    pub(crate) fn endpoint(&'static self) -> Option<&'static str> {
        self.name.endpoint.as_ref().map(|(_, endpoint)| &**endpoint)
    }

    /// The service of the endpoint.
    pub(crate) fn service(&'static self) -> Option<&'static str> {
        self.name.endpoint.as_ref().map(|(service, _)| &**service)
    }

    /// The name of spans of requests: method and route, or the method alone.
    ///
    /// Source: OpenTelemetry semantic conventions, "HTTP spans", "Name".
    pub(crate) fn span_name(&'static self, method: MethodLabel) -> &'static str {
        self.span_names[method as usize].get_or_init(|| {
            let method = if method == MethodLabel::Other { "HTTP" } else { method.as_str() };
            self.route().map_or_else(|| method.into(), |route| format!("{method} {route}").into())
        })
    }

    /// Whether a health probe asks here.
    pub(crate) fn is_probe(&self) -> bool {
        self.name.is_probe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_that_is_served_again_is_the_same_place() {
        let name = |route: &str| PlaceName { route: Some(route.into()), ..PlaceName::default() };
        let (one, again, other) = (Place::of(name("/a")), Place::of(name("/a")), Place::of(name("/b")));
        assert!(std::ptr::eq(one, again) && !std::ptr::eq(one, other));
        assert!(std::ptr::eq(Place::nowhere(), Place::of(PlaceName::default())));
        assert_eq!(
            (Place::nowhere().route(), Place::nowhere().span_name(MethodLabel::Other)),
            (None, "HTTP")
        );
        assert_eq!(one.span_name(MethodLabel::Get), "GET /a");
    }
}
