//! The metrics of a pool, given when they are read: its connections, the waits for them, and how long operations took.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock, Weak};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use twinloop_runtime::lock;
use twinloop_runtime::telemetry::{
    Collect, Counter, Family, Histogram, Instrument, LabelValues, MetricKind, MetricSnapshot, MetricSpec,
    OpenSpan, Point, SHORT_DURATION_SECONDS, TraceContext, telemetry,
};

use crate::pool::Pool;
use crate::statement::summary::{OPERATIONS, OperationName};

const POOL: &str = "db.client.connection.pool.name";

/// What is told of a pool, and of the operations that ran on its connections.
pub(crate) struct PoolRecord {
    /// The name of the database in the server.
    pub(super) namespace: String,
    /// The host, or the folder of the socket, where the connection string names one alone.
    pub(super) address: Option<String>,
    /// The port, where the server has a host.
    pub(super) port: Option<u16>,
    /// The pool's name among those of the process; drawn when the metrics are first read.
    name: OnceLock<String>,
    is_closed: AtomicBool,
    /// The durations of operations that succeeded, by operation.
    durations: [OnceLock<Histogram>; OPERATIONS],
    /// The durations of operations that failed.
    failed: Family<FailedOperation, Histogram>,
    waits: Histogram,
    uses: Histogram,
    creates: Histogram,
    timeouts: Counter,
}

/// An operation that has failed, and the error's code.
#[derive(PartialEq, Eq, Hash)]
struct FailedOperation(OperationName, Cow<'static, str>);

impl LabelValues for FailedOperation {
    fn values(&self) -> Vec<String> {
        vec![self.0.name().to_owned(), self.1.clone().into_owned()]
    }
}

fn seconds(name: &'static str, help: &'static str) -> MetricSpec {
    MetricSpec::new(MetricKind::Histogram, name, "s", help).bounds(SHORT_DURATION_SECONDS)
}

fn spec_of_durations() -> MetricSpec {
    seconds(
        "db.client.operation.duration",
        "How long database operations took, waits for a connection included.",
    )
    .labels(&[
        "db.operation.name",
        "error.type",
        "db.namespace",
        "db.system.name",
        "server.address",
        "server.port",
        POOL,
    ])
}

fn spec_of_waits() -> MetricSpec {
    seconds("db.client.connection.wait_time", "How long callers waited for a connection.").labels(&[POOL])
}

fn spec_of_uses() -> MetricSpec {
    let help = "How long connections were lent to one borrower alone, such as a transaction.";
    seconds("db.client.connection.use_time", help).labels(&[POOL])
}

fn spec_of_creates() -> MetricSpec {
    seconds("db.client.connection.create_time", "How long it took to open a connection.").labels(&[POOL])
}

fn counted(kind: MetricKind, name: &'static str, unit: &'static str, help: &'static str) -> MetricSpec {
    MetricSpec::new(kind, name, unit, help).labels(&[POOL])
}

impl PoolRecord {
    /// The record of a pool whose connections are opened by these settings.
    pub(crate) fn new(config: &Config) -> Arc<Self> {
        let (address, port) = match (config.get_hosts(), config.get_ports()) {
            ([Host::Tcp(host)], ports) => (Some(host.clone()), Some(ports.first().copied().unwrap_or(5432))),
            #[cfg(unix)]
            ([Host::Unix(folder)], _) => (Some(folder.display().to_string()), None),
            _ => (None, None),
        };
        let namespace = config.get_dbname().or_else(|| config.get_user()).unwrap_or_default().to_owned();
        Arc::new(Self {
            namespace,
            address,
            port,
            name: OnceLock::new(),
            is_closed: AtomicBool::new(false),
            durations: std::array::from_fn(|_| OnceLock::new()),
            failed: Family::new(spec_of_durations()),
            waits: Histogram::new(&spec_of_waits()),
            uses: Histogram::new(&spec_of_uses()),
            creates: Histogram::new(&spec_of_creates()),
            timeouts: Counter::default(),
        })
    }

    /// Adds a pool to those whose metrics are read, until it is closed.
    pub(crate) fn publish(pool: &Weak<Pool>) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| telemetry().metrics.add(Arc::new(collect)));
        lock(&POOLS).push(Weak::clone(pool));
    }

    /// Withdraws the metrics of a pool that is closed.
    pub(crate) fn withdraw(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// Records how long an operation took. `span` is where it was recorded.
    pub(super) fn took(
        &self,
        operation: OperationName,
        error: Option<&Cow<'static, str>>,
        took: Duration,
        span: Option<TraceContext>,
    ) {
        let record = |histogram: &Histogram| match span.filter(|span| span.is_sampled()) {
            Some(span) => histogram.record_in(took.as_secs_f64(), span),
            None => histogram.record_duration(took),
        };
        match error {
            None => {
                let new = || Histogram::new(&spec_of_durations());
                record(self.durations[operation.index()].get_or_init(new));
            }
            Some(error) => record(&self.failed.get(FailedOperation(operation, error.clone()))),
        }
    }

    /// Records how long a caller waited for a connection.
    pub(crate) fn waited(&self, waited: Duration) {
        if telemetry().settings.reads_metrics() {
            self.waits.record_duration(waited);
        }
    }

    /// Records how long one borrower had a connection alone.
    pub(crate) fn used(&self, used: Duration) {
        self.uses.record_duration(used);
    }

    /// Records how long it took to open a connection.
    pub(crate) fn created(&self, took: Duration) {
        self.creates.record_duration(took);
    }

    /// Counts a caller that has waited in vain.
    pub(crate) fn timed_out(&self) {
        self.timeouts.increment();
    }

    /// The name without that of the app's database: where the server is, and which database of it is used.
    fn place(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{}{port}/{}", self.address.as_deref().unwrap_or_default(), self.namespace)
    }

    fn collect(&self, pool: &Pool, into: &mut Vec<MetricSnapshot>) {
        let name = self.name.get().cloned().unwrap_or_default();
        let one = |spec: MetricSpec, value: usize| {
            #[allow(clippy::cast_precision_loss, reason = "counts of connections are small")]
            let value = value as f64;
            MetricSnapshot::numbers(spec, [(vec![name.clone()], value)])
        };
        let counts = pool.counts();
        let connections = MetricSpec::new(
            MetricKind::Gauge,
            "db.client.connection.count",
            "{connection}",
            "Open connections, by whether they are in use.",
        );
        #[allow(clippy::cast_precision_loss, reason = "counts of connections are small")]
        let states = [("idle", counts.open.saturating_sub(counts.used)), ("used", counts.used)]
            .map(|(state, count)| (vec![name.clone(), state.to_owned()], count as f64));
        into.push(MetricSnapshot::numbers(connections.labels(&[POOL, "db.client.connection.state"]), states));
        let gauge = |name, unit, help| counted(MetricKind::Gauge, name, unit, help);
        let help = "Most connections that may be open.";
        into.push(one(gauge("db.client.connection.max", "{connection}", help), pool.limits.max_connections));
        let help = "Callers that wait for a connection.";
        into.push(one(gauge("db.client.connection.pending_requests", "{request}", help), counts.waiting));
        let help = "Callers that have waited for a connection in vain.";
        let timeouts = counted(MetricKind::Counter, "db.client.connection.timeouts", "{timeout}", help);
        into.push(MetricSnapshot::numbers(timeouts, [(vec![name.clone()], self.timeouts.get())]));
        for (spec, histogram) in
            [(spec_of_waits(), &self.waits), (spec_of_uses(), &self.uses), (spec_of_creates(), &self.creates)]
        {
            into.push(MetricSnapshot { spec, points: vec![point(vec![name.clone()], histogram)] });
        }
        self.collect_durations(&name, into);
    }

    fn collect_durations(&self, pool: &str, into: &mut Vec<MetricSnapshot>) {
        let (address, port) = (self.address.clone(), self.port.map(|port| port.to_string()));
        let labels = |operation: String, error: String| {
            vec![
                operation,
                error,
                self.namespace.clone(),
                "postgresql".to_owned(),
                address.clone().unwrap_or_default(),
                port.clone().unwrap_or_default(),
                pool.to_owned(),
            ]
        };
        let mut points: Vec<Point> = OperationName::all()
            .filter_map(|operation| {
                let histogram = self.durations[operation.index()].get()?;
                Some(point(labels(operation.name().to_owned(), String::new()), histogram))
            })
            .collect();
        let mut failed = Vec::new();
        self.failed.collect(&mut failed);
        for mut one in failed.into_iter().flat_map(|metric| metric.points) {
            if !one.is_overflow {
                let mut named = one.labels.into_iter();
                one.labels = labels(named.next().unwrap_or_default(), named.next().unwrap_or_default());
            }
            points.push(one);
        }
        if !points.is_empty() {
            into.push(MetricSnapshot { spec: spec_of_durations(), points });
        }
    }

    /// Sets on a span which database it was about.
    pub(super) fn describe(&self, span: &mut OpenSpan) {
        span.set("db.system.name", "postgresql");
        span.set("db.namespace", self.namespace.clone());
        if let Some(address) = &self.address {
            span.set("server.address", address.clone());
        }
        if let Some(port) = self.port {
            span.set("server.port", port);
        }
    }
}

fn point(labels: Vec<String>, histogram: &Histogram) -> Point {
    Point { labels, is_overflow: false, measured: histogram.measured() }
}

/// The pools of the process, in the order in which they were opened.
static POOLS: Mutex<Vec<Weak<Pool>>> = Mutex::new(Vec::new());

/// The metrics of all pools that are open.
fn collect(into: &mut Vec<MetricSnapshot>) {
    let pools: Vec<Arc<Pool>> = {
        let mut all = lock(&POOLS);
        let is_open = |pool: &Arc<Pool>| !pool.opener.record.is_closed.load(Ordering::Relaxed);
        all.retain(|pool| pool.upgrade().as_ref().is_some_and(is_open));
        let pools: Vec<Arc<Pool>> = all.iter().filter_map(Weak::upgrade).collect();
        name(&pools);
        pools
    };
    for pool in pools {
        pool.opener.record.collect(&pool, into);
    }
}

/// Gives each pool without a name one of its own: that of the app's database, or its place where another component has opened it.
fn name(pools: &[Arc<Pool>]) {
    for pool in pools {
        let record = &pool.opener.record;
        record.name.get_or_init(|| {
            let is_taken = |name: &String| {
                let others = pools.iter().filter(|other| !Arc::ptr_eq(other, pool));
                others.filter_map(|other| other.opener.record.name.get()).any(|other| other == name)
            };
            let given = pool.opener.reach.first_name();
            let name = if given.is_empty() { record.place() } else { given };
            let numbered = (2..).map(|number| format!("{name}#{number}"));
            let mut all = std::iter::once(name.clone()).chain(numbered);
            all.find(|name| !is_taken(name)).unwrap_or_default()
        });
    }
}
