//! The archive through its port: what comes out is what went in, or an error.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod contents;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod support;
