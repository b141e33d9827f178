//! What stands behind a content within its encryption: as what it is stored, how long it is, and whose place it has.
//!
//! It is a skippable frame of zstd (RFC 8878, 3.1.2), so that `zstd -d` passes it over. It stands at the end because
//! id and length of a content are known only when all of it went by.

use super::blob::Damage;

/// Bytes of a trailer.
pub(crate) const LEN: u64 = 50;

/// The magic number of the frame, least significant byte first.
const MAGIC: [u8; 4] = [0x5C, 0x2A, 0x4D, 0x18];
/// Bytes of the frame behind its length.
const PAYLOAD: u32 = LEN as u32 - 8;
const VERSION: u8 = 1;

/// How the bytes of a content are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are: they were compressed when they came.
    Plain,
    /// Compressed with zstd.
    Zstd,
}

/// A trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trailer {
    pub(crate) form: Form,
    /// Bytes of the content.
    pub(crate) bytes: u64,
    /// Digest of the name that the blob was written for, so that it cannot stand in for another.
    pub(crate) name: [u8; 32],
}

impl Trailer {
    pub(crate) fn new(form: Form, bytes: u64, name: &str) -> Self {
        Self { form, bytes, name: *blake3::hash(name.as_bytes()).as_bytes() }
    }

    pub(crate) fn encode(&self) -> [u8; LEN as usize] {
        let mut out = [0; LEN as usize];
        let form = match self.form {
            Form::Plain => 0,
            Form::Zstd => 1,
        };
        let length = PAYLOAD.to_le_bytes();
        let parts: [&[u8]; 5] = [&MAGIC, &length, &[VERSION, form], &self.bytes.to_le_bytes(), &self.name];
        let bytes = parts.into_iter().flatten();
        out.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        out
    }

    /// Reads the trailer of the blob that is stored under a name.
    pub(crate) fn decode(frame: &[u8; LEN as usize], name: &str) -> Result<Self, Damage> {
        let damaged = || Damage::new("it does not end as a blob does");
        let rest = frame.strip_prefix(&MAGIC).ok_or_else(damaged)?;
        let rest = rest.strip_prefix(&PAYLOAD.to_le_bytes()).ok_or_else(damaged)?;
        let (&[version, form], rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        if version != VERSION {
            return Err(Damage::new(format!(
                "it has version {version} of the archive's format; this build reads {VERSION}"
            )));
        }
        let form = match form {
            0 => Form::Plain,
            1 => Form::Zstd,
            _ => return Err(damaged()),
        };
        let (bytes, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let found =
            Self { form, bytes: u64::from_le_bytes(*bytes), name: rest.try_into().map_err(|_| damaged())? };
        if found != Self::new(form, found.bytes, name) {
            return Err(Damage::new("it was written in the place of another"));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_is_read_for_its_own_name_only() {
        for form in [Form::Plain, Form::Zstd] {
            let trailer = Trailer::new(form, 123_456_789_012, "a");
            assert_eq!(Trailer::decode(&trailer.encode(), "a").unwrap(), trailer);
            assert!(Trailer::decode(&trailer.encode(), "b").is_err());
        }
    }

    #[test]
    fn a_decoder_of_zstd_passes_it_over() {
        let mut bytes = zstd::encode_all(&b"content"[..], 1).unwrap();
        bytes.extend_from_slice(&Trailer::new(Form::Zstd, 7, "a").encode());
        assert_eq!(zstd::decode_all(&bytes[..]).unwrap(), b"content");
    }
}
