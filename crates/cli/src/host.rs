//! The machine: its clock, its memory, its scratch space.

use std::time::Duration;

use leadq_pipeline::ports::{Clock, Host};

/// This machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThisHost;

impl Host for ThisHost {
    fn now(&self) -> String {
        chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    fn give_back_memory(&self) {
        crate::allocator::give_back();
    }
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThisClock;

#[async_trait::async_trait]
impl Clock for ThisClock {
    fn now(&self) -> i64 {
        chrono::Utc::now().timestamp_nanos_opt().unwrap_or(i64::MAX)
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Memory that this process may have: that of its control group, else the machine's.
pub(crate) fn total_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.total_memory();
    system.cgroup_limits().map_or(machine, |limits| limits.total_memory.min(machine))
}

/// Threads worth using.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
