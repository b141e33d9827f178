//! What every page has in common: its head, its style, and the policy that lets nothing in from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::palette;

/// The stylesheet, without the palette.
const STYLE: &str = include_str!("style.css");

/// Nothing is loaded and nothing runs.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// A whole page.
pub(crate) fn document(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(palette::style())) (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    // A number and its percent sign stay on one line.
    let page = page.into_string().replace(" %", "\u{a0}%");
    page.replace(|c: char| c != '\n' && crate::figures::is_unprintable(c), "\u{fffd}")
}
