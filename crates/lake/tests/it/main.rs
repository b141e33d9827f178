//! The lake through its port: what is visible when, who may write, and what a crash leaves.

#[cfg(test)]
mod commit;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod refusal;
#[cfg(test)]
mod support;
