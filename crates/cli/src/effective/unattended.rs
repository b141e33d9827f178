//! The settings of what goes on with nobody watching: drops, archive, schedule, alerts, SFTP. No secret is shown.

use std::time::Duration;

use leadq_contract::config::{After, AlertsConfig, Config, DropsConfig, ScheduleConfig, SftpConfig};
use leadq_contract::{AlertKind, MailTls};
use leadq_watch::http::DEFAULT_LISTEN;
use leadq_watch::monitor::Tolerance;
use leadq_watch::schedule::DEFAULT_CRON;

use super::{Origin, Origins, list, name_of};

/// Takes a row: key, value, where it came from.
type Add<'a> = &'a mut dyn FnMut(&str, String, Origin);

/// Those that all clients share.
pub(super) fn rows(add: Add<'_>, config: &Config, origins: Origins) {
    let file = Origin::of_file;
    let archive = &config.archive;
    let keep_for = archive.keep_for.map_or_else(|| "for good".to_owned(), interval);
    add("archive.keep_for", keep_for, file(archive.keep_for.is_some()));
    let keep_files = archive.keep_files.map_or_else(|| "all".to_owned(), |files| files.to_string());
    add("archive.keep_files", keep_files, file(archive.keep_files.is_some()));
    drops(add, &config.drops);
    schedule(add, &config.schedule);
    alerts(add, &config.alerts, origins);
    config.sftp.iter().for_each(|server| sftp(add, server));
}

/// How files are taken from drops.
pub(super) fn drops(add: Add<'_>, drops: &DropsConfig) {
    let file = Origin::of_file;
    let settle = drops.settle.map_or_else(|| "60s where it is needed".to_owned(), interval);
    add("drops.settle", settle, file(drops.settle.is_some()));
    add("drops.marker", or_none(drops.marker.as_deref()), file(drops.marker.is_some()));
    let after = match drops.after.clone().unwrap_or_default() {
        After::Keep => "keep".to_owned(),
        After::Delete => "delete".to_owned(),
        After::Move(folder) => format!("move to {folder}"),
    };
    add("drops.after", after, file(drops.after.is_some()));
    let parallel = drops.parallel.unwrap_or(leadq_pipeline::sync::DropRules::PARALLEL);
    add("drops.parallel", parallel.to_string(), file(drops.parallel.is_some()));
}

fn schedule(add: Add<'_>, schedule: &ScheduleConfig) {
    let file = Origin::of_file;
    let cron =
        schedule.cron.as_ref().map_or_else(|| DEFAULT_CRON.to_owned(), |cron| list_of(&cron.get_ref().0));
    add("schedule.cron", cron, file(schedule.cron.is_some()));
    let zone = schedule.timezone.map_or("UTC", |zone| zone.name());
    add("schedule.timezone", zone.to_owned(), file(schedule.timezone.is_some()));
    let listen = schedule.listen.unwrap_or(DEFAULT_LISTEN);
    add("schedule.listen", listen.to_string(), file(schedule.listen.is_some()));
    add("schedule.hosts", list(schedule.hosts.iter().flatten()), file(schedule.hosts.is_some()));
    add(
        "schedule.catch_up",
        schedule.catch_up.unwrap_or(true).to_string(),
        file(schedule.catch_up.is_some()),
    );
    let failures = Tolerance::of_config(schedule).failures;
    add("schedule.max_failures", failures.to_string(), file(schedule.max_failures.is_some()));
}

fn alerts(add: Add<'_>, alerts: &AlertsConfig, origins: Origins) {
    let file = Origin::of_file;
    if origins.webhook {
        add("alerts.webhook", "given, not shown".to_owned(), Origin::Environment("LEADQ_WEBHOOK"));
    } else {
        let webhook = or_none(alerts.webhook_file.as_deref());
        add("alerts.webhook_file", webhook, file(alerts.webhook_file.is_some()));
    }
    let off = list(alerts.off.iter().copied().map(AlertKind::name));
    add("alerts.off", off, file(!alerts.off.is_empty()));
    let Some(smtp) = &alerts.smtp else {
        add("alerts.smtp", "none".to_owned(), Origin::Default);
        return;
    };
    add("alerts.smtp.host", smtp.host.clone(), Origin::File);
    let tls = smtp.tls.unwrap_or_default();
    let port = smtp.port.map_or_else(|| "that of tls".to_owned(), |port| port.to_string());
    add("alerts.smtp.port", port, file(smtp.port.is_some()));
    add("alerts.smtp.tls", name_of::<MailTls>(tls).to_owned(), file(smtp.tls.is_some()));
    add("alerts.smtp.user", or_none(smtp.user.as_deref()), file(smtp.user.is_some()));
    if origins.smtp_password {
        let origin = Origin::Environment("LEADQ_SMTP_PASSWORD");
        add("alerts.smtp.password", "given, not shown".to_owned(), origin);
    } else {
        let password = or_none(smtp.password_file.as_deref());
        add("alerts.smtp.password_file", password, file(smtp.password_file.is_some()));
    }
    add("alerts.smtp.from", smtp.from.get_ref().clone(), Origin::File);
    add("alerts.smtp.to", list(smtp.to.iter().map(|to| to.get_ref())), Origin::File);
}

/// The keys that a section of a server sets; the others depend on the location.
fn sftp(add: Add<'_>, server: &SftpConfig) {
    let host = server.host.get_ref();
    let keys: [(&str, Option<String>); 12] = [
        ("port", server.port.map(|port| port.to_string())),
        ("user", server.user.clone()),
        ("key_file", server.key_file.clone()),
        ("key_passphrase_file", server.key_passphrase_file.clone()),
        ("password_file", server.password_file.clone()),
        ("agent", server.agent.map(|agent| agent.to_string())),
        ("keyboard_interactive", server.keyboard_interactive.map(|asks| asks.to_string())),
        ("host_key", server.host_key.as_ref().map(|keys| list_of(keys.all()))),
        ("known_hosts", server.known_hosts.clone()),
        ("connect_timeout", server.connect_timeout.map(interval)),
        ("read_timeout", server.read_timeout.map(interval)),
        ("attempts", server.attempts.map(|attempts| attempts.to_string())),
    ];
    let parallel = ("parallel", server.parallel.map(|parallel| parallel.to_string()));
    for (key, value) in keys.into_iter().chain([parallel]) {
        if let Some(value) = value {
            add(&format!("sftp {host}: {key}"), value, Origin::File);
        }
    }
}

fn or_none(text: Option<&str>) -> String {
    text.unwrap_or("none").to_owned()
}

/// Texts that may hold commas themselves.
fn list_of(texts: &[String]) -> String {
    texts.join("; ")
}

fn interval(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}
