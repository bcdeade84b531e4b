//! What the process is, as attributes of OpenTelemetry's resource.

use crate::settings::App;

/// The attributes of the resource by name; names of `given`, from `OTEL_RESOURCE_ATTRIBUTES`, stand above the app's own.
///
/// Source: OpenTelemetry semantic conventions, "Resource"; `service_name` is `OTEL_SERVICE_NAME`, which stands above all.
pub(crate) fn resource(
    app: &App,
    given: &[(String, String)],
    service_name: Option<&str>,
) -> Vec<(String, String)> {
    let mut own = vec![
        ("service.name", app.name.clone()),
        ("service.version", app.version.clone()),
        ("deployment.environment.name", app.environment.clone()),
        ("telemetry.sdk.name", "twinloop".to_owned()),
        ("telemetry.sdk.language", "nodejs".to_owned()),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("process.pid", std::process::id().to_string()),
        ("process.runtime.name", "nodejs".to_owned()),
        ("process.runtime.version", app.node.trim_start_matches('v').to_owned()),
        ("host.name", host_name()),
    ];
    own.retain(|(name, value)| !value.is_empty() && !given.iter().any(|(each, _)| each == name));
    let mut all: Vec<(String, String)> =
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(given.iter().cloned());
    if let Some(service_name) = service_name {
        all.retain(|(name, _)| name != "service.name");
        all.insert(0, ("service.name".to_owned(), service_name.to_owned()));
    }
    all
}

/// The machine's name; empty where it cannot be read.
pub(crate) fn host_name() -> String {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|name| name.trim().to_owned());
    let named = read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname"));
    named
        .or_else(|| std::env::var("COMPUTERNAME").or_else(|_| std::env::var("HOSTNAME")).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_says_stands_above_the_app() {
        let app = App {
            name: "shop".to_owned(),
            version: "1.2.3".to_owned(),
            environment: "production".to_owned(),
            node: "v20.1.0".to_owned(),
            twinloop: "0.1.0".to_owned(),
        };
        let given = [("service.version".to_owned(), "9".to_owned()), ("team".to_owned(), "a".to_owned())];
        let all = resource(&app, &given, Some("store"));
        let find = |name: &str| {
            all.iter().filter(|(each, _)| each == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(find("service.name"), ["store"]);
        assert_eq!(find("service.version"), ["9"]);
        assert_eq!(find("team"), ["a"]);
        assert_eq!(find("process.runtime.version"), ["20.1.0"]);
    }
}
