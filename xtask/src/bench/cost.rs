//! What a process takes: wall and processor seconds, peak memory. And the middle of several.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

/// What a process took, with the processes that it waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    /// Seconds from its start to its end.
    pub(super) wall: f64,
    /// Seconds of processor, of its own and the kernel's for it.
    pub(super) cpu: f64,
    /// Resident memory at its peak, in bytes; 0 where the system does not tell.
    pub(super) memory: u64,
}

/// A process that has ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) cost: Cost,
    pub(super) succeeded: bool,
    /// What it printed on its output. Its errors went to ours.
    pub(super) said: Vec<u8>,
}

impl Cost {
    /// Runs a program to its end.
    pub(super) fn of(command: &mut Command) -> io::Result<Ran> {
        let begun = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut said = Vec::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_end(&mut said)?;
        }
        let ended = child.wait4()?;
        let cost = Self {
            wall: begun.elapsed().as_secs_f64(),
            cpu: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
            memory: ended.rusage.maxrss,
        };
        Ok(Ran { cost, succeeded: ended.status.success(), said })
    }

    /// Each figure's median by itself.
    pub(super) fn median(costs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(costs.iter().map(figure).collect());
        let mut memory: Vec<u64> = costs.iter().map(|cost| cost.memory).collect();
        memory.sort_unstable();
        Self {
            wall: of(|cost| cost.wall),
            cpu: of(|cost| cost.cpu),
            // The upper of two in the middle: nobody is promised less than was taken.
            memory: memory.get(memory.len() / 2).copied().unwrap_or_default(),
        }
    }
}

/// The middle value, or the mean of the two in the middle; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => 0.0,
        Some(value) if values.len() % 2 == 1 => *value,
        Some(value) => f64::midpoint(values[middle - 1], *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_several() {
        let cases: [(&[f64], f64); 5] = [
            (&[], 0.0),
            (&[3.0], 3.0),
            (&[9.0, 1.0], 5.0),
            (&[30.0, 1.0, 2.0], 2.0),
            (&[4.0, 1.0, 3.0, 2.0], 2.5),
        ];
        for (values, expected) in cases {
            assert!((median(values.to_vec()) - expected).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn each_figure_has_a_median_of_its_own() {
        let costs = [(1.0, 30.0, 7), (2.0, 10.0, 9), (3.0, 20.0, 8)];
        let costs = costs.map(|(wall, cpu, memory)| Cost { wall, cpu, memory });
        assert_eq!(Cost::median(&costs), Cost { wall: 2.0, cpu: 20.0, memory: 8 });
        assert_eq!(Cost::median(&costs[..2]), Cost { wall: 1.5, cpu: 20.0, memory: 9 });
    }

    #[cfg(unix)]
    #[test]
    fn a_process_is_charged_with_its_own() {
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; exit 3";
        let ran = Cost::of(Command::new("sh").args(["-c", busy])).unwrap();
        assert_eq!((ran.succeeded, &ran.said[..]), (false, &b"done\n"[..]));
        assert!(ran.cost.cpu > 0.0 && ran.cost.wall > 0.0 && ran.cost.memory > 100_000, "{:?}", ran.cost);
        let idle = Cost::of(&mut Command::new("true")).unwrap();
        assert!(idle.succeeded && idle.cost.cpu < ran.cost.cpu, "{idle:?} is charged with {ran:?}");
    }
}
