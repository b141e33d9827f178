//! Claims of the clients against the seller, and what the data says of them.

use leadq_contract::vocabulary::Verdict;
use maud::{Markup, html};

use super::{Section, more, wide};
use crate::analysis::{ClaimSum, ContradictedClaim, claim_words, verdict_words};
use crate::figures::{counted, cut, money, thousands};
use crate::{Analysis, Claims};

/// The most claims that are shown one by one.
const MOST: usize = 15;

/// How many claims have a verdict.
fn count(claims: &Claims, verdict: Verdict) -> u64 {
    claims.sums.iter().filter(|sum| sum.verdict == verdict).map(|sum| sum.count).fold(0, u64::saturating_add)
}

/// The section.
pub(super) fn section(analysis: &Analysis) -> Option<Section> {
    let claims = &analysis.claims;
    let all: u64 = claims.sums.iter().map(|sum| sum.count).fold(0, u64::saturating_add);
    let contradicted = count(claims, Verdict::Contradicted);
    let body = html! {
        @if all == 0 {
            p { "No client claims anything against a lead." }
        } @else {
            p {
                "Clients make " (counted(all, "claim", "claims")) " against the seller. The data supports " strong { (thousands(count(claims, Verdict::Supported))) }
                ", contradicts " strong { (thousands(contradicted)) } " and cannot tell of the rest."
                @if claims.entered_twice > 0 { " Of those that it supports, " strong { (thousands(claims.entered_twice)) } " rest on another record of the same lead, which the client may have entered twice: look before crediting." }
            }
            (sums(&claims.sums))
            (singles(analysis, &claims.contradicted, contradicted))
        }
    };
    Some(Section::new("claims", "Claims", body))
}

fn sums(sums: &[ClaimSum]) -> Markup {
    let priced = sums.iter().any(|sum| sum.price.is_some());
    let table = html! {
        table {
            thead { tr { th scope="col" { "The client says" } th scope="col" { "The data" } th.n scope="col" { "Claims" } @if priced { th.n scope="col" { "Price of the leads" } } } }
            tbody { @for sum in sums { tr {
                th scope="row" { (claim_words(sum.kind)) }
                td { span class={ "verdict " (class(sum.verdict)) } { (verdict_words(sum.verdict)) } }
                td.n { (thousands(sum.count)) }
                @if priced { td.n { (sum.price.map(money).unwrap_or_default()) } }
            } } }
        }
    };
    wide("Claims by kind and verdict", &table)
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "good",
        Verdict::Contradicted => "bad",
        Verdict::Unchecked => "soft",
    }
}

/// The contradicted ones, with what speaks against each.
fn singles(analysis: &Analysis, claims: &[ContradictedClaim], all: u64) -> Markup {
    let (shown, _) = cut(claims, MOST);
    let left = usize::try_from(all).unwrap_or(usize::MAX).max(claims.len()) - shown.len();
    let several = analysis.clients.len() > 1;
    let priced = claims.iter().any(|claim| claim.price.is_some());
    let table = html! {
        table {
            thead { tr { @if several { th scope="col" { "Client" } } th scope="col" { "Lead" } th scope="col" { "Claim" } @if priced { th.n scope="col" { "Price" } } th scope="col" { "What speaks against it" } } }
            tbody { @for claim in shown { tr {
                @if several { td { (analysis.client_name(&claim.client_id)) } }
                th.id scope="row" { @match &claim.lead_number { Some(number) => { (number) } None => { code.id { (claim.lead_uuid) } } } }
                td { (claim.dispo) }
                @if priced { td.n { (claim.price.map(money).unwrap_or_default()) } }
                td.words { (claim.evidence) }
            } } }
        }
    };
    html! {
        @if !shown.is_empty() { h3 { "Contradicted" } (wide("Claims that the data contradicts", &table)) }
        @if !shown.is_empty() || left > 0 { (more(left, "contradicted claims", "leadq claims")) }
    }
}
