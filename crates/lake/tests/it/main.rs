//! The lake through its port: what is visible when, who may write, and what a crash leaves.

#[cfg(test)]
mod commit;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod lease;
#[cfg(test)]
mod moto;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod refusal;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tidy;
