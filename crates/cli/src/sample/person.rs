//! Made-up homeowners: where they live and what their hashed contact details are.
//!
//! Nobody can be behind them: the addresses are of `example.com`, which is reserved, and the phone numbers of
//! area code 555 with an exchange that begins with 0, which no telephone company gives out.

use sha1::{Digest, Sha1};

use super::draws::Draws;

/// Numbers of people stay below this, so that a second phone number of each can be told by adding it.
const PEOPLE: u32 = 50_000;

/// What the client's office types when the homeowner gives no contact: hashed like any other, it ends up in
/// the email column and in the phone column, and is not on the list of known junk.
pub(super) const PLACEHOLDER: &str = "not provided";

/// A town and where its ZIP codes begin.
struct Town {
    city: &'static str,
    state: &'static str,
    first_zip: u32,
    weight: u32,
}

const fn town(city: &'static str, state: &'static str, first_zip: u32, weight: u32) -> Town {
    Town { city, state, first_zip, weight }
}

/// Aurora stands in two states, and two names carry marks that a title case has to bear.
const TOWNS: [Town; 14] = [
    town("Aurora", "CO", 80010, 70),
    town("Fort Collins", "CO", 80524, 60),
    town("Pueblo", "CO", 81003, 50),
    town("Grand Junction", "CO", 81501, 25),
    town("Provo", "UT", 84601, 65),
    town("Ogden", "UT", 84401, 50),
    town("St. George", "UT", 84770, 30),
    town("Aurora", "UT", 84620, 5),
    town("Rio Rancho", "NM", 87124, 45),
    town("Las Cruces", "NM", 88001, 40),
    town("Isleta-Bosque", "NM", 87022, 10),
    town("Nampa", "ID", 83651, 40),
    town("Idaho Falls", "ID", 83401, 25),
    town("Coeur d'Alene", "ID", 83814, 15),
];

/// Where somebody lives.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) zip: String,
}

/// A made-up homeowner.
#[derive(Debug, Clone)]
pub(super) struct Person {
    number: u32,
    pub(super) place: Place,
}

impl Person {
    /// The email address.
    pub(super) fn email(&self) -> String {
        format!("person-{}@example.com", self.number)
    }

    /// Another email address of the same person.
    pub(super) fn other_email(&self) -> String {
        format!("person-{}.home@example.com", self.number)
    }

    /// The phone number, E.164.
    pub(super) fn phone(&self) -> String {
        format!("+155501{:05}", self.number)
    }

    /// Another phone number of the same person.
    pub(super) fn other_phone(&self) -> String {
        format!("+155501{:05}", self.number + PEOPLE)
    }
}

/// Gives out people, each of them once.
pub(super) struct People {
    next: u32,
}

impl People {
    /// People numbered from somewhere that the seed decides.
    pub(super) fn new(draws: &mut Draws) -> Self {
        Self { next: 100 + draws.below(PEOPLE / 2) }
    }

    /// Somebody who has not been given out yet.
    pub(super) fn next(&mut self, draws: &mut Draws) -> Person {
        let number = self.next;
        self.next += 1;
        let weights = TOWNS.each_ref().map(|town| town.weight);
        let town = &TOWNS[draws.index_by(&weights)];
        let zip = format!("{:05}", town.first_zip + draws.below(3));
        Person { number, place: Place { city: town.city, state: town.state, zip } }
    }
}

/// SHA-1 of a text, as 40 lower-case hex digits: how the seed's client and our backend hash.
pub(super) fn sha1_hex(text: &str) -> String {
    Sha1::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_sha1_in_lower_case_hex() {
        assert_eq!(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn contact_details_are_reserved_ones() {
        let mut draws = Draws::new(7, 1);
        let mut people = People::new(&mut draws);
        let (one, two) = (people.next(&mut draws), people.next(&mut draws));
        assert!(one.email().ends_with("@example.com") && one.other_email().ends_with("@example.com"));
        for phone in [one.phone(), one.other_phone()] {
            assert!(phone.starts_with("+15550") && phone.len() == 12, "{phone}");
        }
        assert_ne!(one.email(), two.email());
    }
}
