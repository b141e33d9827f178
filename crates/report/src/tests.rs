//! The pages and the workbook as a whole.

use crate::{Analysis, Feedback, feedback_html, fixture, html, xlsx};

/// Writes the fixture's pages where `LEADQ_PAGES` says, to look at them.
#[test]
fn pages() {
    let Some(folder) = option_env!("LEADQ_PAGES") else { return };
    let folder = std::path::Path::new(folder);
    std::fs::write(folder.join("report.html"), html(&fixture::analysis())).unwrap();
    std::fs::write(folder.join("report.xlsx"), xlsx(&fixture::analysis()).unwrap()).unwrap();
    std::fs::write(folder.join("feedback.html"), feedback_html(&fixture::feedback())).unwrap();
    std::fs::write(folder.join("empty.html"), html(&Analysis::default())).unwrap();
    std::fs::write(folder.join("empty.xlsx"), xlsx(&Analysis::default()).unwrap()).unwrap();
    std::fs::write(folder.join("fine.html"), feedback_html(&Feedback::default())).unwrap();
}
