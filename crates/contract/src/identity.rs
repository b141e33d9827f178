//! How a client's plain text is normalised and hashed where a hash should be (spec 1.6).

/// By what identifiers are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-1.
    Sha1,
    /// MD5.
    Md5,
}

/// How an email is normalised before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmailRule {
    /// Trimmed and lower-cased.
    #[default]
    TrimLower,
    /// That, and for gmail.com and googlemail.com without dots and what follows a `+` in the local part.
    Google,
}

/// How a phone is normalised before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhoneRule {
    /// E.164, with its `+`.
    #[default]
    E164,
    /// The digits of E.164 only.
    Digits,
}

/// A client's identity rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentityRule {
    /// The algorithm; without one, that of most of the client's leads.
    pub algorithm: Option<Algorithm>,
    /// For emails.
    pub email: EmailRule,
    /// For phones.
    pub phone: PhoneRule,
}

/// A type that the configuration names its values of.
pub trait Named: Copy + 'static {
    /// Every value with its name.
    const NAMES: &'static [(&'static str, Self)];
}

impl Named for Algorithm {
    const NAMES: &'static [(&'static str, Self)] =
        &[("sha256", Self::Sha256), ("sha1", Self::Sha1), ("md5", Self::Md5)];
}

impl Named for EmailRule {
    const NAMES: &'static [(&'static str, Self)] =
        &[("trim-lower", Self::TrimLower), ("google", Self::Google)];
}

impl Named for PhoneRule {
    const NAMES: &'static [(&'static str, Self)] = &[("e164", Self::E164), ("digits", Self::Digits)];
}
