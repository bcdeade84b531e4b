//! What the admin server answers from.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use twinloop_runtime::{Core, Failure, Level};

use crate::admin::files::Files;
use crate::admin::guard::AdminGuard;
use crate::app_side::AppSide;
use crate::process;
use crate::settings::{AdminSettings, App};
use crate::store::RecentStore;
use crate::store::summary::milliseconds;

/// What all requests of the admin server share.
pub(crate) struct AdminState {
    /// The process's core.
    pub(crate) core: &'static Core,
    /// The isolates that answer questions, and the app's stage.
    pub(crate) app_side: Arc<AppSide>,
    /// Recent traces and lines, where they are kept.
    pub(crate) store: Option<Arc<RecentStore>>,
    /// The dashboard's files.
    pub(crate) files: Files,
    /// Who may ask.
    pub(crate) guard: AdminGuard,
    /// The attributes of the resource, for `target_info`.
    pub(crate) resource: Vec<(String, String)>,
    app: App,
}

impl AdminState {
    /// Reads the dashboard's files, and checks who may ask. Files that cannot be read are told, and left out.
    ///
    /// Errors: `invalid_argument` for a host beyond loopback without a token.
    pub(crate) fn new(
        core: &'static Core,
        app_side: Arc<AppSide>,
        app: &App,
        settings: &AdminSettings,
        (resource, store): (Vec<(String, String)>, Option<Arc<RecentStore>>),
    ) -> Result<Self, Failure> {
        let files =
            settings.ui.as_deref().map_or(Ok(Files::default()), Files::read).unwrap_or_else(|failure| {
                // An app is worth more than its dashboard.
                let fields = json!({ "reason": failure.message });
                core.log(
                    Level::Warn,
                    "failed to read the dashboard's files; the admin server goes without them",
                    &fields,
                );
                Files::default()
            });
        Ok(Self {
            core,
            app_side,
            store,
            files,
            guard: AdminGuard::new(settings)?,
            resource,
            app: app.clone(),
        })
    }

    /// The running app, as `AppAnswer` of the dashboard's contract.
    pub(crate) fn app(&self) -> Json {
        let started = process::started().at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let started_ns = u64::try_from(started.as_nanos()).unwrap_or(u64::MAX);
        json!({
            "name": self.app.name,
            "version": self.app.version,
            "environment": self.app.environment,
            "pid": std::process::id(),
            "startedMs": milliseconds(started_ns),
            "node": self.app.node,
            "twinloop": self.app.twinloop,
            "url": self.core.front().and_then(|front| front.url().map(str::to_owned)),
            "isolates": self.core.isolates().len(),
            "asks": !self.app_side.serving.is_empty(),
        })
    }
}
