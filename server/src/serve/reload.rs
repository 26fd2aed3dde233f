//! What an administrator changes while the server runs.
//!
//! Promise: a configuration or a certificate that cannot be used changes nothing, and the log says
//! so. Must never: end the server.

use super::Reload;
use super::tls::Tls;
use crate::http::App;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Runs until nobody can send any more, or it is dropped.
pub(super) async fn run(app: Arc<App>, mut reloads: mpsc::Receiver<Reload>, certificate: Option<Arc<Tls>>) {
    while let Some(reload) = reloads.recv().await {
        match reload {
            Reload::Taken { limits, needs_restart } => {
                app.limits.set(limits);
                app.log.event("configuration.reloaded", &[("needs_restart", &needs_restart)]);
            }
            Reload::Refused(reason) => app.log.event("configuration.refused", &[("reason", &reason)]),
        }
        if let Some(certificate) = &certificate {
            certificate.read_again(&app).await;
        }
    }
}
