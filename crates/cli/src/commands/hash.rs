//! `leadq hash`: what each hashing convention makes of an email or a phone.

mod show;

use std::io::BufRead;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use leadq_contract::IdentifierKind;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::convention::{self, Convention, Encoding};

use super::Printing;
use crate::failure::{Failure, Outcome};

/// What each hashing convention makes of an email or a phone, and how a digest was made of it
///
/// Nothing is written anywhere. What stands on the command line, the digest of --is too, is seen in the
/// shell's history and in the list of processes; `-` reads the emails and phones from stdin, one a line, and
/// avoids that for them. Phones without a country code are taken for ones of the United States.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  leadq hash jane@example.com '+1 (415) 555-0123'
  leadq hash - < identifiers.txt             not in the shell's history
  leadq hash --convention meta --algorithm sha256 --encoding hex --format csv -
  leadq hash 4155550123 --is 0850a4cffb73cbc53fd33e8990c2184c915ff041
                                             how the client made this hash of it

Conventions: plain (leadq's own), google (Data Manager API), meta (Conversions API), uid2.
Exit codes: 0 done; 2 an input is neither an email nor a phone; 3 --is: no known way makes it.")]
pub(crate) struct HashArgs {
    /// Emails and phones; - reads them from stdin, one a line
    #[arg(required = true, value_name = "EMAIL|PHONE")]
    inputs: Vec<String>,
    /// Only these conventions
    #[arg(long, value_delimiter = ',', conflicts_with = "is", value_parser = one_of(&Convention::ALL, Convention::name))]
    convention: Vec<Convention>,
    /// Only these algorithms
    #[arg(long, value_delimiter = ',', conflicts_with = "is", value_parser = one_of(&HashAlgorithm::ALL, algorithm_name))]
    algorithm: Vec<HashAlgorithm>,
    /// Only these encodings
    #[arg(long, value_delimiter = ',', conflicts_with = "is", value_parser = one_of(&Encoding::ALL, Encoding::name))]
    encoding: Vec<Encoding>,
    /// Tell how this digest (hexadecimal or base64) was made of the input
    #[arg(long, value_name = "DIGEST")]
    is: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Parses one of some names.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let found = move |text: String| all.iter().copied().find(|one| name(*one) == text).ok_or("no such name");
    PossibleValuesParser::new(all.iter().map(|one| name(*one))).try_map(found)
}

/// The choices that were made, or all there are.
fn chosen<T: Copy>(chosen: &[T], all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all.to_vec() } else { chosen.to_vec() }
}

const fn algorithm_name(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Sha256 => "sha256",
        HashAlgorithm::Sha1 => "sha1",
        HashAlgorithm::Md5 => "md5",
    }
}

const fn kind_name(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Email => "email",
        IdentifierKind::Phone => "phone",
    }
}

/// An email or a phone as it was given.
struct Input {
    text: String,
    kind: IdentifierKind,
}

pub(super) fn run(args: &HashArgs) -> Outcome<()> {
    let inputs = inputs(&args.inputs)?;
    match &args.is {
        Some(digest) => recognise(&inputs, digest, args),
        None => hash(&inputs, args),
    }
}

fn inputs(given: &[String]) -> Outcome<Vec<Input>> {
    let mut texts = Vec::new();
    for text in given {
        if text != "-" {
            texts.push(text.clone());
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(|error| Failure::environment(format!("cannot read stdin: {error}")))?;
            texts.extend((!line.trim().is_empty()).then_some(line));
        }
    }
    // The text itself is not repeated: errors end in logs.
    let kind = |(place, text): (usize, String)| {
        let kind = convention::kind_of(&text).ok_or_else(|| {
            Failure::usage(format!("input {} is neither an email nor a phone", place + 1)).help(
                "give an email with its @, or a phone; outside of the United States with + and country code",
            )
        })?;
        Ok(Input { text, kind })
    };
    texts.into_iter().enumerate().map(kind).collect()
}

/// A text that a convention makes of an input, hashed by one algorithm in one encoding.
struct Hashed<'a> {
    input: &'a Input,
    convention: Convention,
    /// None, if the input is no phone by this convention; then there is no digest either.
    text: Option<String>,
    digests: Vec<(HashAlgorithm, Encoding, String)>,
}

fn hash(inputs: &[Input], args: &HashArgs) -> Outcome<()> {
    let conventions = chosen(&args.convention, &Convention::ALL);
    let algorithms = chosen(&args.algorithm, &HashAlgorithm::ALL);
    let encodings = chosen(&args.encoding, &Encoding::ALL);
    let digests = |text: &String| {
        let of = |algorithm, encoding: &Encoding| {
            (algorithm, *encoding, encoding.of(&convention::digest(algorithm, text.as_bytes())))
        };
        algorithms.iter().flat_map(|a| encodings.iter().map(move |e| of(*a, e))).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for input in inputs {
        for convention in &conventions {
            let text = convention.normalise(input.kind, &input.text);
            let digests = text.as_ref().map(digests).unwrap_or_default();
            all.push(Hashed { input, convention: *convention, text, digests });
        }
    }
    show::hashed(inputs, &all, args.printing.format)
}

/// Tells how a digest was made of the inputs.
fn recognise(inputs: &[Input], digest: &str, args: &HashArgs) -> Outcome<()> {
    let wanted = convention::read_digest(digest).ok_or_else(|| {
        Failure::usage("--is: this is no digest").help(
            "give a SHA-256, SHA-1 or MD5 in hexadecimal digits or base64, as it stands in the client's file",
        )
    })?;
    let mut ways = Vec::new();
    for input in inputs {
        let found = convention::recognise(input.kind, &input.text, &wanted);
        ways.extend(found.into_iter().map(|way| (input, way)));
    }
    show::ways(&ways, args.printing.format)?;
    if ways.is_empty() {
        return Err(Failure::data("no known way makes this digest of the input").help(
            "look whether the email or phone is really this person's: any other gives another digest; \
             else ask the client which text it hashes, and how",
        ));
    }
    Ok(())
}
