//! What `leadq hash` prints.

use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::convention::{Encoding, Recognised};
use serde_json::json;

use super::{Hashed, Input, algorithm_name, kind_name};
use crate::failure::Outcome;
use crate::output::{self, Format, inert};

/// Prints what the conventions make of the inputs.
pub(super) fn hashed(inputs: &[Input], all: &[Hashed<'_>], format: Format) -> Outcome<()> {
    match format {
        Format::Table => output::print(&pages(inputs, all)),
        Format::Json => output::print_json(&all.iter().flat_map(as_json).collect()),
        Format::Csv => output::print_csv(
            &["input", "kind", "convention", "normalised", "algorithm", "encoding", "digest"],
            all.iter().flat_map(as_rows),
        ),
    }
}

fn as_json(made: &Hashed<'_>) -> Vec<serde_json::Value> {
    let of = |(algorithm, encoding, digest): &(_, Encoding, String)| {
        json!({
            "input": made.input.text,
            "kind": kind_name(made.input.kind),
            "convention": made.convention.name(),
            "normalised": made.text,
            "algorithm": algorithm_name(*algorithm),
            "encoding": encoding.name(),
            "digest": digest,
        })
    };
    made.digests.iter().map(of).collect()
}

fn as_rows(made: &Hashed<'_>) -> Vec<Vec<String>> {
    let text = made.text.as_deref().unwrap_or_default();
    // A phone in E.164 is no formula, and must stay what was hashed.
    let normalised = if text.contains('@') { inert(text).into_owned() } else { text.to_owned() };
    let of = |(algorithm, encoding, digest): &(_, Encoding, String)| {
        vec![
            inert(&made.input.text).into_owned(),
            kind_name(made.input.kind).to_owned(),
            made.convention.name().to_owned(),
            normalised.clone(),
            algorithm_name(*algorithm).to_owned(),
            encoding.name().to_owned(),
            digest.clone(),
        ]
    };
    made.digests.iter().map(of).collect()
}

/// A page an input: conventions that hash the same text stand together.
fn pages(inputs: &[Input], all: &[Hashed<'_>]) -> String {
    let mut pages = Vec::new();
    for input in inputs {
        let mut page = format!("{} ({})\n", shown(&input.text), kind_name(input.kind));
        let mut groups: Vec<(Vec<&str>, &Hashed<'_>)> = Vec::new();
        for made in all.iter().filter(|made| std::ptr::eq(made.input, input)) {
            let name = made.convention.name();
            match groups.iter_mut().find(|(_, other)| other.text == made.text) {
                Some((names, _)) => names.push(name),
                None => groups.push((vec![name], made)),
            }
        }
        for (names, made) in groups {
            let text = made.text.as_deref().map_or_else(|| "no phone by this convention".to_owned(), shown);
            page.push_str(&format!("\n  {}: {text}\n", names.join(", ")));
            for (algorithm, encoding, digest) in &made.digests {
                page.push_str(&format!(
                    "  {:<6} {:<6} {digest}\n",
                    algorithm_name(*algorithm),
                    encoding.name()
                ));
            }
        }
        pages.push(page);
    }
    pages.join("\n")
}

/// Prints how a digest was made of the inputs.
pub(super) fn ways(ways: &[(&Input, Recognised)], format: Format) -> Outcome<()> {
    match format {
        Format::Table => output::print(&ways.iter().map(|(_, way)| sentence(way)).collect::<String>()),
        Format::Json => output::print_json(
            &ways
                .iter()
                .map(|(input, way)| {
                    json!({
                        "input": input.text,
                        "kind": kind_name(input.kind),
                        "algorithm": algorithm_name(way.algorithm),
                        "how": way.how,
                        "conventions": way.conventions.iter().map(|c| c.name()).collect::<Vec<_>>(),
                        "hashed": way.text,
                    })
                })
                .collect(),
        ),
        Format::Csv => output::print_csv(
            &["input", "kind", "algorithm", "how", "conventions"],
            ways.iter().map(|(input, way)| {
                vec![
                    inert(&input.text).into_owned(),
                    kind_name(input.kind).to_owned(),
                    algorithm_name(way.algorithm).to_owned(),
                    way.how.clone(),
                    conventions(way),
                ]
            }),
        ),
    }
}

fn sentence(way: &Recognised) -> String {
    let as_told = match &way.conventions[..] {
        [] => "No convention does so.".to_owned(),
        _ => format!("Conventions: {}.", conventions(way)),
    };
    let algorithm = match way.algorithm {
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha1 => "SHA-1",
        HashAlgorithm::Md5 => "MD5",
    };
    format!("It is the {algorithm} of {}: {}\n{as_told}\n", way.how, shown(&way.text))
}

fn conventions(way: &Recognised) -> String {
    way.conventions.iter().map(|convention| convention.name()).collect::<Vec<_>>().join(", ")
}

/// Text as it is shown: a terminal would obey control characters.
fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
