//! The small HTTP server that monitoring asks: `/healthz`, `/readyz`, `/metrics`.
//!
//! It answers only requests that are sent to an address, to `localhost`, or to a name that the configuration has: a
//! page in somebody's browser that makes its own name point here (DNS rebinding) gets nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::prometheus_text;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::WatchError;
use crate::monitor::Monitor;

/// Where it listens unless it is told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

/// A server that has its address and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    hosts: Vec<String>,
}

impl Server {
    /// Takes the address; `hosts` are names, beside `localhost`, that requests may be sent to.
    ///
    /// # Errors
    /// If the address is taken, or is none of this machine's.
    pub async fn bind(listen: SocketAddr, hosts: Vec<String>) -> Result<Self, WatchError> {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            WatchError::new("listen on", listen.to_string(), error)
                .hint("end what listens there, or name another address with schedule.listen or --listen")
        })?;
        if !listen.ip().is_loopback() {
            tracing::warn!(%listen, "other machines can read the metrics; no password is asked for");
        }
        Ok(Self { listener, hosts })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Answers until `shutdown` turns true.
    ///
    /// # Errors
    /// If the socket fails.
    pub async fn serve(
        self,
        monitor: Arc<Monitor>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), WatchError> {
        let address = self.address().map_or_else(String::new, |address| address.to_string());
        let end = async move {
            let _ = shutdown.wait_for(|stop| *stop).await;
        };
        axum::serve(self.listener, router(monitor, self.hosts))
            .with_graceful_shutdown(end)
            .await
            .map_err(|error| WatchError::new("serve", address, error))
    }
}

fn router(monitor: Arc<Monitor>, hosts: Vec<String>) -> Router {
    Router::new()
        .route("/healthz", get(async |State(monitor): Monitored| probe(monitor.health())))
        .route("/readyz", get(async |State(monitor): Monitored| probe(monitor.readiness())))
        .route(
            "/metrics",
            get(async |State(monitor): Monitored| page(StatusCode::OK, METRICS, monitor.metrics())),
        )
        .layer(from_fn_with_state(Arc::new(hosts), known_host))
        .with_state(monitor)
}

type Monitored = State<Arc<Monitor>>;

const METRICS: &str = prometheus_text::CONTENT_TYPE;

fn probe(well: Result<(), String>) -> Response {
    let (status, words) = match well {
        Ok(()) => (StatusCode::OK, "ok".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    };
    page(status, "text/plain; charset=utf-8", words + "\n")
}

fn page(status: StatusCode, content_type: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &'static str); 3] =
        [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, text).into_response()
}

/// Lets requests through that are sent to a known host.
async fn known_host(State(hosts): State<Arc<Vec<String>>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_known(host, &hosts) {
        return next.run(request).await;
    }
    let told = "this name is not known here: ask by address, or add it to schedule.hosts\n".to_owned();
    page(StatusCode::MISDIRECTED_REQUEST, "text/plain; charset=utf-8", told)
}

fn is_known(host: &str, hosts: &[String]) -> bool {
    if host.parse::<SocketAddr>().is_ok() || host.parse::<IpAddr>().is_ok() {
        return true;
    }
    if let Some(bare) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return bare.parse::<IpAddr>().is_ok();
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_known() {
        let hosts = ["leadq.internal".to_owned()];
        for host in [
            "127.0.0.1",
            "127.0.0.1:9464",
            "[::1]:9464",
            "[::1]",
            "localhost",
            "LOCALHOST:1",
            "Leadq.internal:80",
        ] {
            assert!(is_known(host, &hosts), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:9464",
            "127.0.0.1.evil.example",
            "localhost:x",
            "[x]",
        ] {
            assert!(!is_known(host, &hosts), "{host}");
        }
    }
}
