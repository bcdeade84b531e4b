//! The databases and brokers that the process depends on, and whether each can be reached.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::lock::lock;
use crate::log::Level;
use crate::telemetry::{MetricKind, MetricSnapshot, MetricSpec};

/// The log line for a change of a dependency.
#[derive(Debug, PartialEq)]
struct Line {
    level: Level,
    message: String,
    fields: serde_json::Value,
}

/// A dependency that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The name that the component gave it, such as `database links`.
    pub name: String,
    /// The first failure since it was last reached, without secrets.
    pub reason: String,
    /// How long the dependency has been unreachable.
    pub since: Duration,
}

struct Away {
    reason: String,
    at: Instant,
}

/// The dependencies of the process by name, as the components report them.
///
/// A component calls [`lost`](Self::lost) at every failure to reach a server and [`reached`](Self::reached) at every
/// success; only the first call after a change logs. `/readyz` answers 503 while one of them is lost. A name that holds a
/// URL is kept and shown without the URL's user, password and parameters.
#[derive(Default)]
pub struct Dependencies {
    /// The dependencies by name; `None` for one that can be reached.
    known: Mutex<BTreeMap<String, Option<Away>>>,
}

impl Dependencies {
    /// Reports that `name` cannot be reached. Logs one warning until it is reached again.
    pub fn lost(&self, name: &str, reason: &str, log: impl FnOnce(Level, &str, &serde_json::Value)) {
        Self::tell(self.note_lost(&without_credentials(name), reason, Instant::now()), log);
    }

    /// Reports that `name` was reached. Logs one line if it was lost before.
    pub fn reached(&self, name: &str, log: impl FnOnce(Level, &str, &serde_json::Value)) {
        Self::tell(self.note_reached(&without_credentials(name), Instant::now()), log);
    }

    /// Drops `name`: the app no longer uses it.
    pub fn forget(&self, name: &str) {
        self.known().remove(&*without_credentials(name));
    }

    /// Every dependency that cannot be reached now, by name.
    pub fn all_lost(&self) -> Vec<Lost> {
        let now = Instant::now();
        let known = self.known();
        let lost = known.iter().filter_map(|(name, away)| {
            let Away { reason, at } = away.as_ref()?;
            Some(Lost { name: name.clone(), reason: reason.clone(), since: now.duration_since(*at) })
        });
        lost.collect()
    }

    /// The metric that says of each dependency whether it can be reached: 1 where it was when it was last tried.
    pub(crate) fn metric(&self) -> MetricSnapshot {
        let help = "Whether a database or broker can be reached: 1, or 0 while it is lost.";
        let spec = MetricSpec::new(MetricKind::Gauge, "twinloop.dependency.up", "", help).labels(&["name"]);
        let known = self.known();
        let up =
            known.iter().map(|(name, away)| (vec![name.clone()], if away.is_none() { 1.0 } else { 0.0 }));
        MetricSnapshot::numbers(spec, up)
    }

    fn note_lost(&self, name: &str, reason: &str, now: Instant) -> Option<Line> {
        let mut known = self.known();
        if matches!(known.get(name), Some(Some(_))) {
            return None;
        }
        known.insert(name.to_owned(), Some(Away { reason: reason.to_owned(), at: now }));
        let fields = json!({ "dependency": name, "reason": reason });
        Some(Line { level: Level::Warn, message: format!("lost {name}: {reason}; retrying"), fields })
    }

    fn note_reached(&self, name: &str, now: Instant) -> Option<Line> {
        let mut known = self.known();
        // The common case, a reachable dependency that stays reachable, allocates nothing.
        if let Some(None) = known.get(name) {
            return None;
        }
        let Away { at, .. } = known.insert(name.to_owned(), None).flatten()?;
        let away_ms = u64::try_from(now.duration_since(at).as_millis()).unwrap_or(u64::MAX);
        let fields = json!({ "dependency": name, "awayMs": away_ms });
        Some(Line { level: Level::Info, message: format!("reached {name} again"), fields })
    }

    fn tell(line: Option<Line>, log: impl FnOnce(Level, &str, &serde_json::Value)) {
        if let Some(Line { level, message, fields }) = line {
            log(level, &message, &fields);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Option<Away>>> {
        lock(&self.known)
    }
}

/// A name without the user, password and parameters of a URL in it.
///
/// The last `@` ends the credentials, also where it stands behind a `/`, `?` or `#`: a password that is not percent-encoded
/// may hold them, and of a name too much may be left out but nothing too little.
fn without_credentials(name: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = name.split_once("://") else { return Cow::Borrowed(name) };
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = place.split_once('?').map_or(place, |(place, _)| place);
    Cow::Owned(format!("{scheme}://{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Measured;

    #[test]
    fn logs_the_loss_and_the_return_once_each() {
        let dependencies = Dependencies::default();
        let start = Instant::now();
        assert_eq!(dependencies.note_reached("database a", start), None);
        let lost = dependencies.note_lost("database a", "connection refused", start);
        assert_eq!(
            lost.map(|line| (line.level, line.message)),
            Some((Level::Warn, "lost database a: connection refused; retrying".to_owned()))
        );
        assert_eq!(dependencies.note_lost("database a", "connection reset", start), None);
        let back = dependencies.note_reached("database a", start + Duration::from_secs(2));
        assert_eq!(
            back.map(|line| (line.level, line.fields["awayMs"].as_u64())),
            Some((Level::Info, Some(2_000)))
        );
        assert_eq!(dependencies.note_reached("database a", start), None);
    }

    #[test]
    fn a_name_that_is_a_url_is_shown_without_its_credentials() {
        for (name, shown) in [
            ("database postgres://user:hunter2@db:5432/shop", "database postgres://db:5432/shop"),
            ("database postgres://user:h@nt/er?2#@db/shop", "database postgres://db/shop"),
            ("database postgres://db/shop?password=hunter2&user=a", "database postgres://db/shop"),
            ("database postgres://user@db", "database postgres://db"),
            ("broker localhost:5672", "broker localhost:5672"),
            ("database a@b", "database a@b"),
        ] {
            let dependencies = Dependencies::default();
            let mut lines = Vec::new();
            dependencies
                .lost(name, "refused", |_, message, fields| lines.push(format!("{message} {fields}")));
            assert_eq!(
                lines,
                [format!(r#"lost {shown}: refused; retrying {{"dependency":"{shown}","reason":"refused"}}"#)]
            );
            assert_eq!(dependencies.all_lost()[0].name, shown);
            dependencies.reached(name, |_, message, _| lines.push(message.to_owned()));
            assert_eq!(lines[1], format!("reached {shown} again"));
            dependencies.lost(name, "refused", |_, _, _| ());
            dependencies.forget(name);
            assert!(dependencies.all_lost().is_empty());
        }
    }

    #[test]
    fn lists_what_is_lost_with_its_first_reason() {
        let dependencies = Dependencies::default();
        dependencies.lost("broker", "connection refused", |_, _, _| ());
        dependencies.lost("broker", "timed out", |_, _, _| ());
        dependencies.reached("database a", |_, _, _| ());
        let lost = dependencies.all_lost();
        assert_eq!(lost.len(), 1);
        assert_eq!((lost[0].name.as_str(), lost[0].reason.as_str()), ("broker", "connection refused"));
        dependencies.forget("broker");
        assert!(dependencies.all_lost().is_empty());
    }

    #[test]
    fn the_metric_says_which_can_be_reached() {
        let dependencies = Dependencies::default();
        dependencies.lost("broker", "connection refused", |_, _, _| ());
        dependencies.reached("database a", |_, _, _| ());
        let told = |dependencies: &Dependencies| -> Vec<(String, Measured)> {
            let points = dependencies.metric().points.into_iter();
            points.map(|point| (point.labels.concat(), point.measured)).collect()
        };
        let (down, up) = (Measured::Number(0.0), Measured::Number(1.0));
        assert_eq!(told(&dependencies), [("broker".to_owned(), down), ("database a".to_owned(), up.clone())]);
        dependencies.reached("broker", |_, _, _| ());
        dependencies.forget("database a");
        assert_eq!(told(&dependencies), [("broker".to_owned(), up)]);
    }
}
