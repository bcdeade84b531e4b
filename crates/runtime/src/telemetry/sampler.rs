//! Head sampling: whether a trace is exported, decided when it begins here.

use crate::telemetry::identity::TraceId;
use crate::telemetry::trace_context::TraceContext;

/// How a trace without a caller is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SamplerKind {
    /// Each trace.
    AlwaysOn,
    /// No trace.
    AlwaysOff,
    /// This share of all traces, 0 to 1, by the trace's id.
    Ratio(f64),
}

/// A head sampler, as `OTEL_TRACES_SAMPLER` names them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// How a trace is chosen.
    pub kind: SamplerKind,
    /// Whether a caller's decision comes first.
    pub is_parent_based: bool,
}

/// `parentbased_always_on`, the default of OpenTelemetry.
impl Default for Sampler {
    fn default() -> Self {
        Self { kind: SamplerKind::AlwaysOn, is_parent_based: true }
    }
}

impl Sampler {
    /// The share of traces without a caller that are exported, 0 to 1.
    pub fn share(&self) -> f64 {
        match self.kind {
            SamplerKind::AlwaysOn => 1.0,
            SamplerKind::AlwaysOff => 0.0,
            SamplerKind::Ratio(share) => share.clamp(0.0, 1.0),
        }
    }

    /// Whether a trace is exported.
    pub fn samples(&self, trace: TraceId, parent: Option<TraceContext>) -> bool {
        match (parent, self.kind) {
            (Some(parent), _) if self.is_parent_based => parent.is_sampled(),
            (_, SamplerKind::AlwaysOn) => true,
            (_, SamplerKind::AlwaysOff) => false,
            (_, SamplerKind::Ratio(share)) => is_in_share(trace, share),
        }
    }
}

/// Whether an id is in a share of all ids. The rightmost 7 bytes are random (W3C Trace Context Level 2).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "2^56 is exact"
)]
fn is_in_share(trace: TraceId, share: f64) -> bool {
    let all = 1_u64 << 56;
    let limit = (share.clamp(0.0, 1.0) * all as f64) as u64;
    trace.low() & (all - 1) < limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_all_traces_is_chosen() {
        let sampler = Sampler { kind: SamplerKind::Ratio(0.1), is_parent_based: false };
        let chosen = (0..10_000).filter(|_| sampler.samples(TraceId::random(), None)).count();
        // 1,000 expected, standard deviation 30.
        assert!((800..1200).contains(&chosen), "{chosen}");
        let of = |share| Sampler { kind: SamplerKind::Ratio(share), is_parent_based: false };
        assert!((0..100).all(|_| of(1.0).samples(TraceId::random(), None)));
        assert!((0..100).all(|_| !of(0.0).samples(TraceId::random(), None)));
        assert_eq!((sampler.share(), Sampler::default().share(), of(7.0).share()), (0.1, 1.0, 1.0));
    }

    #[test]
    fn a_callers_decision_comes_first() {
        let parent = TraceContext::root(true);
        let off = Sampler { kind: SamplerKind::AlwaysOff, is_parent_based: true };
        assert!(off.samples(parent.trace, Some(parent)));
        assert!(!Sampler::default().samples(parent.trace, Some(parent.sampled(false))));
        assert!(!Sampler { is_parent_based: false, ..off }.samples(parent.trace, Some(parent)));
    }
}
