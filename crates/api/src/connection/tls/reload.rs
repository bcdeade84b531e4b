//! Reloading of certificates when their files change.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use twinloop_runtime::{Core, Level};

use crate::config::TlsConfig;
use crate::connection::tls::TlsTerminator;

/// Interval at which the files are looked at. Polling also sees mounts whose symbolic links are swapped.
const LOOK: Duration = Duration::from_secs(1);

/// The hash of each file's content, `None` for one that cannot be read. Times and lengths would not do: a certificate may be renewed
/// with the length of the old one, and copied with its time.
pub(super) type Contents = Vec<Option<[u8; 32]>>;

/// Reloads the certificates whenever their files have changed. Files that cannot be used are told once, and the certificates from
/// before stay in use. Never returns.
pub(crate) async fn watch(tls: Arc<TlsTerminator>, core: &'static Core) {
    let mut known = tls.loaded.clone();
    loop {
        tokio::time::sleep(LOOK).await;
        let look = Arc::clone(&tls);
        let Ok(seen) = spawn_blocking(move || contents(&look.config)).await else { return };
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

/// Reads what the files hold.
pub(super) fn contents(config: &TlsConfig) -> Contents {
    let hash = |file: &str| Some(Sha256::digest(std::fs::read(file).ok()?).into());
    config.files().map(hash).collect()
}
