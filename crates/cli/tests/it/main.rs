//! The binary as its users meet it: files in, tables and figures out.

#[cfg(test)]
mod bad_days;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod config;
#[cfg(test)]
mod convention;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod dice;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod export;
#[cfg(test)]
mod forget;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hash;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod made_up;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod older_run;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod place;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod report;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod run_list;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod trend;
#[cfg(test)]
mod two_at_once;
#[cfg(test)]
mod webhook;
