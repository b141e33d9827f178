//! `leadq report`: the page, the workbook and the note to a client, as people open them.

use std::io::Read;
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};

use crate::place::{Place, failed, hashed, lead, succeeded, texts};

/// A page, with plain spaces.
fn opened(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap().replace('\u{a0}', " ")
}

fn sample() -> Place {
    let place = Place::new();
    place.write("leadq.toml", "dimensions = [\"source\"]\n");
    place.run_sample();
    place
}

/// Two clients; what one of them writes is hostile.
fn two_clients() -> Place {
    let place = Place::new();
    place.leads("one.parquet", &[lead("lead-of-one", "a", "a", "2023-01-01T10:00:00")]);
    // What is wrong in the leads is ours to mend.
    place.leads_of(
        "two-broken.parquet",
        vec![
            ("lead_uuid", texts(&["broken-lead"])),
            ("client_id", texts(&["two"])),
            ("email_hash", texts(&["no hash either"])),
            ("phone_hash", texts(&["!"])),
        ],
    );
    std::fs::create_dir(place.path("leads/two")).unwrap();
    place.leads("two/two.parquet", &[lead("lead-of-two", "b", "b", "2023-01-01T10:00:00")]);
    let header = "ENTRYDATE,LEADNUMBER,email_hash,phone_hash,ZIP,Appt Date,Set,Demo,Dispo,Job Status";
    let [a, b] = ["a", "b"].map(|word| hashed("email", word));
    place.write(
        "reports/one/r_2023-01-10.csv",
        format!("{header}\n01/02/2023,1,{a},,,01/20/2023,1,1,=1+1<script>alert(1)</script>,\"=cmd|'/c calc'!A0\"\n"),
    );
    place.write(
        "reports/two/only-of-two_2023-01-10.csv",
        format!("{header}\n01/02/2023,2,{b},,,,,,Data,\n01/02/2023,x,y\n01/02/2023,3,no hash at all,,ZIP?,,,,Data,\n"),
    );
    place.write(
        "leadq.toml",
        "[[client]]\nid = \"one\"\nname = \"One <b>& Sons\"\nleads = [\"leads/one.parquet\", \"leads/two-broken.parquet\"]\nreports = [\"reports/one\"]\n\
         [[client]]\nid = \"two\"\nleads = [\"leads/two\"]\nreports = [\"reports/two\"]\n",
    );
    succeeded(place.leadq(&["run"]));
    place
}

#[test]
fn the_page_says_what_metrics_say() {
    let place = sample();
    let told = succeeded(place.leadq(&["report"]));
    assert!(told.starts_with("leadq-report.html: run 1, "), "{told}");
    let page = opened(&place, "leadq-report.html");
    for expected in [
        "21.6 %",
        "of 477 leads",
        "between 18.1 % and 25.5 %",
        "set went dead",
        "By source",
        "By delivered month",
        "Claims",
        "What the words mean",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    for absent in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(absent), "{absent}");
    }
    // Another run over the same files: what changed since.
    succeeded(place.leadq(&["replay", "--quiet"]));
    succeeded(place.leadq(&["report", "--to", "second.html", "--by", "state"]));
    let page = opened(&place, "second.html");
    assert!(page.contains("No number moved since then") && !page.contains("By source"), "{page}");
}

#[test]
fn the_workbook_has_the_same_figures_and_no_formula() {
    let place = two_clients();
    succeeded(place.leadq(&["report", "--to", "report.xlsx", "--by", "dispo,job_status"]));
    let mut book: Xlsx<_> = calamine::open_workbook(place.path("report.xlsx")).unwrap();
    let names = book.sheet_names();
    for expected in ["Summary", "Trend", "Maturation", "Findings", "Files", "Definitions"] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
    let mut found = false;
    for name in &names {
        assert_eq!(book.worksheet_formula(name).unwrap().cells().count(), 0, "{name}");
        for (_, _, cell) in book.worksheet_range(name).unwrap().cells() {
            found |= matches!(cell, Data::String(text) if text.contains("=1+1<script>"));
        }
    }
    assert!(found, "the disposition is there, as text");
    let mut archive = zip::ZipArchive::new(std::fs::File::open(place.path("report.xlsx")).unwrap()).unwrap();
    let charts: Vec<_> = archive
        .file_names()
        .filter_map(|name| {
            name.ok().filter(|name| name.contains("charts/chart")).map(|name| name.into_owned())
        })
        .collect();
    assert!(charts.len() >= 2, "native charts: {charts:?}");
    let mut sheet = String::new();
    archive.by_name("xl/worksheets/sheet2.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert!(sheet.contains("state=\"frozen\""), "the header stays");
}

#[test]
fn one_clients_report_has_nothing_of_another() {
    let place = two_clients();
    succeeded(place.leadq(&["report", "--client", "one", "--to", "one.html"]));
    let page = opened(&place, "one.html");
    assert!(page.contains("One &lt;b&gt;&amp; Sons") && page.contains("of 1 lead"), "{page}");
    assert!(!page.contains("of-two") && !page.contains(">two<"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    succeeded(place.leadq(&["report", "--client", "one", "--to", "one.xlsx"]));
    let mut book: Xlsx<_> = calamine::open_workbook(place.path("one.xlsx")).unwrap();
    for (name, sheet) in book.worksheets() {
        for (_, _, cell) in sheet.cells() {
            let cell = cell.to_string();
            assert!(!cell.contains("of-two") && cell != "two", "{name}: {cell}");
        }
    }
    succeeded(place.leadq(&["report", "--to", "all.html"]));
    assert!(opened(&place, "all.html").contains("of 3 leads"));
}

#[test]
fn the_note_to_a_client_says_what_to_fix() {
    let place = two_clients();
    let told = succeeded(place.leadq(&["report", "--for-client", "two"]));
    assert!(told.starts_with("leadq-feedback-two.html: "), "{told}");
    let note = opened(&place, "leadq-feedback-two.html");
    assert!(note.contains("only-of-two_2023-01-10.csv") && note.contains("line 3"), "{note}");
    for absent in ["r_2023-01-10.csv\"", "Sons", "rate", "%</", "lead-of", "http:", "broken", "leads/"] {
        assert!(!note.contains(absent), "{absent}");
    }
    let error = failed(place.leadq(&["report", "--for-client", "three"]), 3);
    assert!(error.contains("its clients are one, two"), "{error}");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_read() {
    let place = two_clients();
    for (arguments, code, told) in [
        (&["report", "--to", "x.pdf"][..], 2, "print it to PDF"),
        (&["report", "--to", "x.html", "--as", "xlsx"], 2, "--as xlsx does not go"),
        (&["report", "--for-client", "one", "--to", "x.xlsx"], 2, "is an HTML page"),
        (&["report", "--to", "no/such/folder/x.html"], 5, "cannot write"),
        (&["report", "--by", "campaign"], 2, "there is no dimension"),
        (&["report", "--client", "three"], 3, "its clients are"),
    ] {
        let error = failed(place.leadq(arguments), code);
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

/// In a real browser: it prints, nothing is fetched, nothing is wider than the window.
#[test]
fn a_browser_opens_and_prints_it() {
    let place = sample();
    succeeded(place.leadq(&["report"]));
    let page = format!("file://{}", place.path("leadq-report.html").display());
    let log = place.path("net.json");
    browse(
        &place,
        &[
            &format!("--log-net-log={}", log.display()),
            &format!("--print-to-pdf={}", place.path("report.pdf").display()),
            &page,
        ],
    );
    let pdf = std::fs::read(place.path("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 50_000, "{} bytes", pdf.len());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("leadq-report.html"), "the page itself is in the log");
    // What the browser asks for itself, such as the time, has no origin.
    let of_page = |line: &&str| {
        line.contains("\"url\":\"http")
            && line.contains("\"initiator\":")
            && !line.contains("\"not an origin\"")
    };
    assert_eq!(log.lines().find(of_page), None, "the page asked for something over the network");
    // A window of 375 points, as a phone has it: a page that is wider would scroll sideways.
    let frame = "<iframe src='leadq-report.html' style='width:375px;height:9000px;border:0'></iframe><script>\
        onload = () => { const d = frames[0].document.documentElement; \
        document.title = d.scrollWidth + ' of ' + d.clientWidth; }</script>";
    std::fs::write(place.path("phone.html"), frame).unwrap();
    let dom = browse(
        &place,
        &[
            "--allow-file-access-from-files",
            "--dump-dom",
            &format!("file://{}", place.path("phone.html").display()),
        ],
    );
    let title = dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
    let (wide, window) = title.split_once(" of ").unwrap();
    assert!(window.parse::<u32>().unwrap() > 300, "the page was laid out: {title}");
    assert_eq!(wide, window, "the page is wider than the window");
}

/// What the browser prints.
fn browse(place: &Place, arguments: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", place.path("profile").display());
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        &profile,
    ];
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| on_path(name));
    let Some(browser) = found else { panic!("Chromium is not here; `cargo xtask setup` installs it") };
    let output = Command::new(browser).args(fixed).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "where programs are is for the environment to say")]
fn on_path(name: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').any(|folder| Path::new(folder).join(name).is_file())
}
