//! A bar whose length is a share.

use maud::{Markup, html};

use super::share;

/// A bar over the whole width, filled to a share of it; what it means stands beside it in words.
pub(crate) fn bar(fraction: f64) -> Markup {
    html! {
        svg.bar aria-hidden="true" {
            rect.track width="100%" height="100%" rx="3" {}
            rect.fill width=(share(fraction)) height="100%" rx="3" {}
        }
    }
}
