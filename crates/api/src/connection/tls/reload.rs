//! Reloading of certificates when their files change.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::task::spawn_blocking;
use twinloop_runtime::{Core, Level};

use crate::connection::tls::TlsTerminator;

/// Interval at which the files are looked at. Polling also sees mounts whose symbolic links are swapped.
const LOOK: Duration = Duration::from_secs(1);

/// What is looked at of one file: its length, and when it was written.
type Stamp = Option<(u64, Option<SystemTime>)>;

/// Reloads the certificates whenever their files have changed. Files that cannot be used are told once, and the certificates from
/// before stay in use. Never returns.
pub(crate) async fn watch(tls: Arc<TlsTerminator>, core: &'static Core) {
    let mut known = stamps(&tls);
    loop {
        tokio::time::sleep(LOOK).await;
        let look = Arc::clone(&tls);
        let Ok(seen) = spawn_blocking(move || stamps(&look)).await else { return };
        if seen == known {
            continue;
        }
        known = seen;
        let reloading = Arc::clone(&tls);
        match spawn_blocking(move || reloading.reload()).await {
            Ok(Ok(())) => {
                core.log(Level::Info, "reloaded the TLS certificates: their files have changed", &json!({}));
            }
            Ok(Err(problems)) => {
                let fields = json!({ "problems": problems });
                core.log(
                    Level::Error,
                    "failed to reload the TLS certificates: the old ones stay in use",
                    &fields,
                );
            }
            Err(_) => return,
        }
    }
}

fn stamps(tls: &TlsTerminator) -> Vec<Stamp> {
    let stamp = |file: &str| {
        let seen = std::fs::metadata(file).ok()?;
        Some((seen.len(), seen.modified().ok()))
    };
    tls.config.files().map(stamp).collect()
}
