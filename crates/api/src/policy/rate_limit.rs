//! Rate limits: how many requests a client may send.
//!
//! Each key has a token bucket: `limit` tokens come back over `window`, and at most `burst` are kept. The keys are hashed or are
//! addresses, never credentials. Endpoints that inherit one limit share its buckets.
//!
//! Source of the headers: draft-ietf-httpapi-ratelimit-headers-06.

mod bucket;
mod fleet;
mod limiter;
mod quota;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use twinloop_runtime::Core;

use super::config::{RateKeyConfig, RateLimitConfig};
use crate::hidden::HiddenText;
use fleet::Store;

pub(super) use limiter::{HEADERS, Limiter};
pub(crate) use quota::{BucketKey, Quota};

#[derive(Debug, PartialEq)]
enum RateKey {
    Address,
    Principal,
    Header(HeaderName),
}

/// The limits of a server by name, and their databases by URL, while its endpoints are built.
#[derive(Default)]
pub(crate) struct Limiters {
    limiters: HashMap<String, (RateLimitConfig, Arc<Limiter>)>,
    stores: HashMap<String, Arc<Store>>,
}

impl Limiters {
    fn of(&mut self, config: &RateLimitConfig) -> Result<Arc<Limiter>, String> {
        if let Some((known, limiter)) = self.limiters.get(&config.name) {
            return if known == config {
                Ok(Arc::clone(limiter))
            } else {
                Err(format!("rateLimit: two different limits are called {:?}", config.name))
            };
        }
        let store = config.store.as_ref().map(|store| (self.store(&store.url), store.when_fails));
        let limiter = Arc::new(Limiter::new(config, store));
        self.limiters.insert(config.name.clone(), (config.clone(), Arc::clone(&limiter)));
        Ok(limiter)
    }

    fn store(&mut self, url: &HiddenText) -> Arc<Store> {
        let known = self.stores.entry(url.reveal().to_owned());
        Arc::clone(known.or_insert_with(|| Arc::new(Store::new(url))))
    }
}

/// The limit of an endpoint.
pub(super) struct RateLimit {
    limiter: Arc<Limiter>,
    key: RateKey,
}

impl RateLimit {
    /// Reads the options; the error is a sentence.
    pub(super) fn new(config: &RateLimitConfig, limiters: &mut Limiters) -> Result<Self, String> {
        if config.limit == 0 || config.burst == 0 || config.window_ms == 0 {
            return Err("rateLimit: limit, burst and window must be greater than zero".to_owned());
        }
        let key = match &config.key {
            RateKeyConfig::Address => RateKey::Address,
            RateKeyConfig::Principal => RateKey::Principal,
            RateKeyConfig::Header(name) => RateKey::Header(
                HeaderName::try_from(name)
                    .map_err(|_| format!("rateLimit.key: {name:?} is no header name"))?,
            ),
        };
        Ok(Self { limiter: limiters.of(config)?, key })
    }

    /// The bucket of a request before its credentials are looked at; `None` where the limit is by principal. A request without the header
    /// that is the key counts by its address.
    pub(super) fn early_key(&self, address: IpAddr, headers: &HeaderMap) -> Option<BucketKey> {
        match &self.key {
            RateKey::Principal => None,
            RateKey::Address => Some(Limiter::key_of_address(address)),
            RateKey::Header(name) => Some(match headers.get(name) {
                Some(value) => self.limiter.key_of(value.as_bytes()),
                None => Limiter::key_of_address(address),
            }),
        }
    }

    /// The bucket of a request once its principal is known; `None` where the limit is not by principal. A request without a principal
    /// counts by its address.
    pub(super) fn principal_key(&self, principal: Option<&str>, address: IpAddr) -> Option<BucketKey> {
        if self.key != RateKey::Principal {
            return None;
        }
        Some(match principal {
            Some(principal) => self.limiter.key_of(principal.as_bytes()),
            None => Limiter::key_of_address(address),
        })
    }

    /// Takes a token of a key; `None` where the database cannot tell and nothing passes then.
    pub(super) async fn take(&self, core: &'static Core, key: BucketKey) -> Option<Quota> {
        self.limiter.take(core, key).await
    }

    pub(super) fn limiter(&self) -> &Limiter {
        &self.limiter
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::policy::config::StoreConfig;

    fn limit(key: &serde_json::Value, limiters: &mut Limiters) -> RateLimit {
        let config = json!({ "name": "app", "limit": 1, "windowMs": 60_000, "burst": 1, "key": key });
        RateLimit::new(&serde_json::from_value(config).unwrap(), limiters).unwrap()
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const TWO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn clients_are_told_apart_by_the_key() {
        let none = HeaderMap::new();
        let by_address = limit(&json!("address"), &mut Limiters::default());
        assert_eq!(by_address.early_key(ONE, &none), by_address.early_key(ONE, &none));
        assert_ne!(by_address.early_key(ONE, &none), by_address.early_key(TWO, &none));
        assert_eq!(by_address.principal_key(Some("ada"), ONE), None);

        let by_header = limit(&json!({ "header": "x-tenant" }), &mut Limiters::default());
        let tenant = |name: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static("x-tenant"), HeaderValue::from_static(name))])
        };
        assert_eq!(by_header.early_key(ONE, &tenant("a")), by_header.early_key(TWO, &tenant("a")));
        assert_ne!(by_header.early_key(ONE, &tenant("a")), by_header.early_key(ONE, &tenant("b")));
        assert_eq!(by_header.early_key(ONE, &none), by_address.early_key(ONE, &none));

        let by_principal = limit(&json!("principal"), &mut Limiters::default());
        assert_eq!(by_principal.early_key(ONE, &none), None);
        assert_eq!(
            by_principal.principal_key(Some("ada"), ONE),
            by_principal.principal_key(Some("ada"), TWO)
        );
        assert_ne!(
            by_principal.principal_key(Some("ada"), ONE),
            by_principal.principal_key(Some("eve"), ONE)
        );
        assert_eq!(by_principal.principal_key(None, ONE), by_address.early_key(ONE, &none));
    }

    #[test]
    fn one_name_means_the_same_buckets() {
        let mut limiters = Limiters::default();
        let (first, second) =
            (limit(&json!("address"), &mut limiters), limit(&json!("address"), &mut limiters));
        assert!(Arc::ptr_eq(&first.limiter, &second.limiter));
        let other = json!({ "name": "app", "limit": 2, "windowMs": 60_000, "burst": 1, "key": "address" });
        assert!(RateLimit::new(&serde_json::from_value(other).unwrap(), &mut limiters).is_err());
    }

    #[test]
    fn limits_of_one_database_share_the_way_to_it() {
        let mut limiters = Limiters::default();
        let mut count = |name: &str, url: &str| {
            let store = json!({ "url": url, "whenFails": "allow" });
            let config = json!({ "name": name, "limit": 1, "windowMs": 9, "burst": 1, "key": "address", "store": store });
            RateLimit::new(&serde_json::from_value(config).unwrap(), &mut limiters).unwrap();
            limiters.stores.len()
        };
        assert_eq!(
            (count("a", "postgres://h/a"), count("b", "postgres://h/a"), count("c", "postgres://h/c")),
            (1, 1, 2)
        );
    }

    #[test]
    fn the_password_of_the_database_is_not_printed() {
        let json = json!({ "url": "postgres://u:hunter2@h/d", "whenFails": "allow" });
        let config: StoreConfig = serde_json::from_value(json).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
