//! The engine through its port: what can be registered, asked and written, within which bounds.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod query;
#[cfg(test)]
mod support;
#[cfg(test)]
mod surrogate_key;
