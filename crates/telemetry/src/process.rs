//! Metrics of the process as the operating system has them. Elsewhere than on Linux only the uptime is known.

use std::sync::{Arc, Once};
use std::time::{Instant, SystemTime};

use twinloop_runtime::telemetry::{MetricKind, MetricSnapshot, MetricSpec, telemetry};

/// Clock ticks a second in `/proc/self/stat`: the kernel's `USER_HZ`, which is part of its interface.
const TICKS: f64 = 100.0;

/// When the process was first asked, by both clocks.
#[derive(Clone, Copy)]
pub(crate) struct Started {
    /// By the wall clock.
    pub(crate) at: SystemTime,
    since: Instant,
}

/// When telemetry was first configured in this process.
pub(crate) fn started() -> Started {
    static STARTED: std::sync::OnceLock<Started> = std::sync::OnceLock::new();
    *STARTED.get_or_init(|| Started { at: SystemTime::now(), since: Instant::now() })
}

/// Adds the metrics of the process to the registry, once.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    started();
    ONCE.call_once(|| telemetry().metrics.add(Arc::new(collect)));
}

fn collect(into: &mut Vec<MetricSnapshot>) {
    let uptime = spec(MetricKind::Gauge, "process.uptime", "s", "The time since the process started.");
    into.push(MetricSnapshot::number(uptime, started().since.elapsed().as_secs_f64()));
    if let Some(bytes) = resident_bytes() {
        let memory = spec(MetricKind::Gauge, "process.memory.usage", "By", "Physical memory in use.");
        into.push(MetricSnapshot::number(memory, bytes));
    }
    if let Some([user, system]) = cpu_seconds() {
        let cpu =
            spec(MetricKind::Counter, "process.cpu.time", "s", "CPU seconds by mode.").labels(&["cpu.mode"]);
        let modes = [("user", user), ("system", system)];
        into.push(MetricSnapshot::numbers(cpu, modes.map(|(mode, value)| (vec![mode.to_owned()], value))));
    }
    if let Some(count) = open_files() {
        let name = "process.open_file_descriptor.count";
        let files = spec(MetricKind::Gauge, name, "{file_descriptor}", "Open file descriptors.");
        into.push(MetricSnapshot::number(files, count));
    }
}

fn spec(kind: MetricKind, name: &'static str, unit: &'static str, help: &'static str) -> MetricSpec {
    MetricSpec::new(kind, name, unit, help)
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// User and system time.
fn cpu_seconds() -> Option<[f64; 2]> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold blanks and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok().map(|ticks| ticks / TICKS);
    Some([next()?, next()?])
}

#[allow(clippy::cast_precision_loss, reason = "a count of files")]
fn open_files() -> Option<f64> {
    std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count() as f64)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_uses_memory_time_and_files() {
        assert!(resident_bytes().unwrap() > 100_000.0);
        let [user, system] = cpu_seconds().unwrap();
        assert!(user >= 0.0 && system >= 0.0 && user + system < 1e6);
        assert!(open_files().unwrap() >= 3.0);
    }
}
