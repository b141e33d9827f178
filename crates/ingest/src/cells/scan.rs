//! A cursor over the bytes of a cell, for the date and time notations.

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    /// Starts at the beginning.
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// Whether all is read.
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, not taken.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the next byte if it is this one.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.eat_if(|b| b == byte)
    }

    /// Takes the next byte if it fits.
    pub(super) fn eat_if(&mut self, fits: impl Fn(u8) -> bool) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if fits(*first) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes the bytes that fit.
    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|b| !fits(*b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes a run of white space; whether there was any.
    pub(super) fn spaces(&mut self) -> bool {
        !self.take_while(|b| matches!(b, b' ' | b'\t'..=b'\r')).is_empty()
    }

    /// Takes a run of ASCII letters.
    pub(super) fn letters(&mut self) -> &'a [u8] {
        self.take_while(|b| b.is_ascii_alphabetic())
    }

    /// Takes a run of decimal digits.
    pub(super) fn digits(&mut self) -> &'a [u8] {
        self.take_while(|b| b.is_ascii_digit())
    }

    /// Takes a run of as many digits as said, of at most eight, as a number.
    pub(super) fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let digits = self.digits();
        (min..=max.min(8)).contains(&digits.len()).then(|| number(digits))
    }
}

/// The number that at most nine digits stand for.
pub(super) fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0_u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(d.wrapping_sub(b'0'))))
}
