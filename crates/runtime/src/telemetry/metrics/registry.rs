//! The metrics of the process.

use std::sync::{Arc, RwLock};

use crate::lock::{lock_to_read, lock_to_write};
use crate::telemetry::metrics::collect::Collect;
use crate::telemetry::metrics::family::{Family, LabelValues};
use crate::telemetry::metrics::instrument::Instrument;
use crate::telemetry::metrics::snapshot::{MetricSnapshot, MetricSpec};

/// All metrics of the process.
#[derive(Default)]
pub struct MetricRegistry(RwLock<Vec<Arc<dyn Collect>>>);

impl MetricRegistry {
    /// Adds a source of metrics for the life of the process.
    pub fn add(&self, source: Arc<dyn Collect>) {
        lock_to_write(&self.0).push(source);
    }

    /// Makes a family and adds it.
    pub fn family<L: LabelValues, I: Instrument>(&self, spec: MetricSpec) -> Arc<Family<L, I>> {
        let family = Arc::new(Family::new(spec));
        self.add(Arc::<Family<L, I>>::clone(&family));
        family
    }

    /// The metrics of this instant, by name; series of one metric that come from several sources are joined.
    pub fn collect(&self) -> Vec<MetricSnapshot> {
        let sources = lock_to_read(&self.0).clone();
        let mut all = Vec::new();
        for source in sources {
            source.collect(&mut all);
        }
        all.sort_by(|one: &MetricSnapshot, other| one.spec.name.cmp(&other.spec.name));
        all.dedup_by(|next, before| {
            let is_same = next.spec.name == before.spec.name;
            if is_same {
                before.points.append(&mut next.points);
            }
            is_same
        });
        all
    }
}
