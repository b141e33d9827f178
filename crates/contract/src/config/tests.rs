//! The configuration: the documented default is the default and has every key; what is wrong has its place.

use super::*;

const CLIENT: &str = "[[client]]\nid = \"a\"\nreports = []\n";

const SMTP: &str = "[alerts.smtp]\nhost = \"h\"\nfrom = \"a@x\"\nto = [\"a@x\"]\n";

#[test]
fn the_documented_default_is_the_default_and_has_every_key() {
    assert_eq!(Config::parse(DOCUMENTED).unwrap(), Config::default());
    // Each key in it, without its comment sign, is one that is known; and none is missing.
    let set: Vec<_> = DOCUMENTED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let Config {
        lake,
        leads,
        dimensions,
        schemas,
        memory,
        threads,
        scratch,
        secret_file,
        keep_runs,
        archive: ArchiveConfig { keep_for, keep_files },
        limits: LimitsConfig { max_file_size, max_ratio, max_columns },
        schedule: ScheduleConfig { cron, timezone, listen, hosts, catch_up, max_failures },
        alerts: AlertsConfig { webhook_file, off: _, smtp },
        drops,
        client,
        sftp,
    } = Config::parse(&set.join("\n")).unwrap();
    assert!(cron.is_some() && timezone.is_some() && listen.is_some() && hosts.is_some());
    assert!(catch_up.is_some() && max_failures.is_some() && webhook_file.is_some());
    let SmtpConfig { host: _, port, tls, user, password_file, from: _, to: _ } = smtp.unwrap();
    assert!(port.is_some() && tls.is_some() && user.is_some() && password_file.is_some());
    assert!(lake.is_some() && leads.is_some() && dimensions.is_some() && schemas.is_some());
    assert!(memory.is_some() && threads.is_some() && scratch.is_some() && secret_file.is_some());
    assert!(max_file_size.is_some() && max_ratio.is_some() && max_columns.is_some());
    assert_eq!(sftp.len(), 1);
    assert!(keep_runs.is_some() && keep_for.is_some() && keep_files.is_some());
    every_key_of_drops(&drops);
    let [client] = client.try_into().unwrap();
    let ClientConfig {
        id,
        name,
        timezone,
        reports,
        leads,
        schemas,
        snapshot_pattern,
        expected_interval,
        max_leads_per_key,
        max_records_per_key,
        identity: IdentityConfig { algorithm, email, phone },
        drops,
    } = client;
    every_key_of_drops(&drops);
    assert_eq!((id.get_ref().as_str(), reports.len()), ("default", 1));
    assert!(name.is_some() && timezone.is_some() && leads.is_some() && schemas.is_some());
    assert!(snapshot_pattern.is_some() && expected_interval.is_some());
    assert!(max_leads_per_key.is_some() && max_records_per_key.is_some());
    assert!(algorithm.is_some() && email.is_some() && phone.is_some());
}

fn every_key_of_drops(drops: &DropsConfig) {
    let DropsConfig { settle, marker, after, parallel } = drops;
    assert!(settle.is_some() && marker.is_some() && after.is_some() && parallel.is_some());
}

#[test]
fn what_a_client_says_of_drops_goes_before_what_is_said_of_all() {
    let text = format!(
        "[drops]\nsettle = \"2m\"\nafter = \"delete\"\nparallel = 2\n{CLIENT}[client.drops]\nmarker = \".ok\"\n\
         after = {{ move = \"taken/acme\" }}\nsettle = \"0s\""
    );
    let config = Config::parse(&text).unwrap();
    let drops = config.client[0].drops.over(&config.drops);
    assert_eq!(drops.settle, Some(std::time::Duration::ZERO));
    assert_eq!((drops.marker.as_deref(), drops.parallel), (Some(".ok"), Some(2)));
    assert_eq!(drops.after, Some(After::Move("taken/acme".to_owned())));
    assert_eq!(DropsConfig::default().over(&config.drops).after, Some(After::Delete));
}

#[test]
fn the_documented_default_has_every_key_of_an_sftp_server() {
    let set: Vec<_> = DOCUMENTED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let [sftp] = Config::parse(&set.join("\n")).unwrap().sftp.try_into().unwrap();
    let SftpConfig {
        host,
        port,
        user,
        key_file,
        key_passphrase_file,
        password_file,
        agent,
        keyboard_interactive,
        host_key,
        known_hosts,
        connect_timeout,
        read_timeout,
        attempts,
        parallel,
    } = sftp;
    assert_eq!((host.get_ref().as_str(), port), ("sftp.example.com", Some(22)));
    assert!(user.is_some() && key_file.is_some() && key_passphrase_file.is_some() && password_file.is_some());
    assert!(agent.is_some() && keyboard_interactive.is_some());
    assert_eq!(host_key.unwrap().all().len(), 1);
    assert!(known_hosts.is_some() && connect_timeout.is_some() && read_timeout.is_some());
    assert!(attempts.is_some() && parallel.is_some());
}

#[test]
fn an_sftp_server_has_a_host_and_paths_from_the_files_folder() {
    let parse = |text: &str| Config::parse(text);
    assert!(parse("[[sftp]]\nhost = \" \"\n").unwrap_err().message.contains("empty"));
    assert!(parse("[[sftp]]\nport = 22\n").unwrap_err().message.contains("host"));
    assert!(parse("[[sftp]]\nhost = \"h\"\nhost_key = 7\n").unwrap_err().message.contains("SHA256"));
    assert!(parse("[[sftp]]\nhost = \"h\"\nport = 70000\n").is_err());
    let text =
        "[[sftp]]\nhost = \"h\"\nkey_file = \"k\"\nknown_hosts = \"/known\"\nhost_key = [\"a\", \"b\"]\n";
    let mut sftp = parse(text).unwrap().sftp.remove(0);
    sftp.rebase(std::path::Path::new("etc"));
    assert_eq!((sftp.key_file.as_deref(), sftp.known_hosts.as_deref()), (Some("etc/k"), Some("/known")));
    assert_eq!(sftp.host_key.unwrap().all(), ["a", "b"]);
}

#[test]
fn the_values_in_it_are_the_defaults() {
    let set: Vec<_> = DOCUMENTED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
    let config = Config::parse(&set.join("\n")).unwrap();
    assert_eq!(config.limits.limits(), Limits::default());
    let (written, default) =
        (config.client[0].settings(), ClientSettings::with_id(ClientId::default_client()));
    assert_eq!(written.timezone, default.timezone);
    assert_eq!(written.expected_interval, default.expected_interval);
    assert_eq!(written.max_leads_per_key, default.max_leads_per_key);
    assert_eq!(written.max_records_per_key, default.max_records_per_key);
    assert_eq!((written.identity.email, written.identity.phone), Default::default());
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_the_fix() {
    let cases = [
        ("lake = \"l\"\nledas = []".to_owned(), 2, "unknown key \"ledas\"", "is \"leads\" meant?"),
        ("lake = 5".to_owned(), 1, "lake: invalid type", ""),
        ("\nmemory = \"lots\"".to_owned(), 2, "memory: \"lots\" is no size", "4GiB"),
        ("memory = \"1MB\"".to_owned(), 1, "memory: \"1MB\" is too little", "at least"),
        ("threads = 0".to_owned(), 1, "threads: 0 is too small", "from 1"),
        ("[limits]\nmax_ratio = -1".to_owned(), 2, "max_ratio: -1", "from 1"),
        ("[limits]\nmax_file_size = \"none\"".to_owned(), 2, "max_file_size: \"none\"", "4GiB"),
        (format!("{CLIENT}timezoen = \"UTC\""), 4, "unknown key \"timezoen\"", "is \"timezone\" meant?"),
        (format!("{CLIENT}timezone = \"America/Los_Angels\""), 4, "no time zone", "America/Los_Angeles"),
        (format!("{CLIENT}timezone = \"Mars\""), 4, "timezone: \"Mars\"", "America/Los_Angeles"),
        (format!("{CLIENT}expected_interval = \"soon\""), 4, "expected_interval: \"soon\"", "24h"),
        (format!("{CLIENT}snapshot_pattern = \"%Y\""), 4, "snapshot_pattern: \"%Y\" needs one month", ""),
        (format!("{CLIENT}[client.identity]\nemail = \"gogle\""), 5, "email: \"gogle\" is none", "google"),
        (format!("{CLIENT}{CLIENT}"), 5, "two clients have the id \"a\"", "of its own"),
        ("[[client]]\nid = \" \"\nreports = []".to_owned(), 2, "is empty", "of its own"),
        ("[[client]]\nid = \"a\"".to_owned(), 1, "missing field `reports`", ""),
        ("dimensions = [\n\"source\",\n\"Set\"]".to_owned(), 3, "\"Set\" cannot be a dimension", "leave"),
        ("dimensions = [\"source\", \"SOURCE\"]".to_owned(), 1, "\"SOURCE\" cannot", "twice"),
        ("dimensions = [\"leads_row\"]".to_owned(), 1, "\"leads_row\" cannot", "leave"),
        ("dimensions = [\"Hashed Phone\"]".to_owned(), 1, "\"Hashed Phone\" cannot", "leave"),
        ("[drops]\nsettle = \"soon\"".to_owned(), 2, "settle: \"soon\" is no interval", "24h"),
        ("[drops]\nmarker = \"*\"".to_owned(), 2, "marker: \"*\" cannot end a name", ".done"),
        ("[drops]\nafter = \"burn\"".to_owned(), 2, "after: \"burn\" is none", "\"keep\""),
        ("[drops]\nafter = { mvoe = \"x\" }".to_owned(), 2, "after: one thing can be done", "move ="),
        ("[drops]\nafter = { move = \"../x\" }".to_owned(), 2, "\"../x\" is no folder below", "taken"),
        ("[drops]\nafter = { move = \"/x\" }".to_owned(), 2, "\"/x\" is no folder below", "taken"),
        ("[drops]\nparallel = 0".to_owned(), 2, "parallel: 0 is too small", "from 1 to 64"),
        (format!("{CLIENT}[client.drops]\nsetle = \"1m\""), 5, "unknown key \"setle\"", "settle"),
        ("lake = \"unclosed".to_owned(), 1, "", ""),
        ("[schedule]\ntimezone = \"Europe/Berlni\"".to_owned(), 2, "no time zone", "Europe/Berlin"),
        ("[schedule]\ncron = 5".to_owned(), 2, "cron: invalid type", ""),
        ("[schedule]\ncron = []".to_owned(), 2, "cron: names no time", "0 1,13"),
        ("[schedule]\nlisten = \"9464\"".to_owned(), 2, "listen: \"9464\" is no address", "127.0.0.1:9464"),
        ("[alerts]\noff = [\"stale\"]".to_owned(), 2, "off: \"stale\" is none", "stale_report"),
        (format!("{SMTP}tls = \"ssl\""), 5, "tls: \"ssl\" is none", "starttls"),
        (SMTP.replace("[\"a@x\"]", "[]"), 4, "to: names nobody", "at least one"),
    ];
    for (text, line, message, help) in cases {
        let error = Config::parse(&text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.help.as_deref().unwrap_or_default().contains(help), "{text}: {error:?}");
        assert_eq!(error.line(&text), Some(line), "{text}: {error:?}");
    }
}

#[test]
fn a_client_as_it_is_written() {
    let text = "[[client]]\nid = \"acme\"\nreports = [\"r\"]\nleads = [\"l\"]\ntimezone = \"America/New_York\"\n\
                snapshot_pattern = \"Leads %d.%m.%y\"\nexpected_interval = \"12h\"\n\
                [client.identity]\nalgorithm = \"sha1\"\nemail = \"google\"\nphone = \"digits\"\n";
    let config = Config::parse(text).unwrap();
    let settings = config.client[0].settings();
    assert_eq!((settings.id.0.as_str(), settings.name.as_str()), ("acme", "acme"));
    assert_eq!(settings.timezone, Tz::America__New_York);
    assert_eq!(settings.snapshot_pattern.unwrap().as_str(), "Leads %d.%m.%y");
    let expected =
        IdentityRule { algorithm: Some(Algorithm::Sha1), email: EmailRule::Google, phone: PhoneRule::Digits };
    assert_eq!(settings.identity, expected);
}
