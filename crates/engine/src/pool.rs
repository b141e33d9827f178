//! The memory pool: DataFusion's fair one, with room kept for those who cannot spill.
//!
//! In the fair pool, operators that can spill may fill all that is left. A merge or a join that cannot
//! spill then finds nothing, however much the others could give back, and the query fails. It is a race:
//! a sort in two partitions fails when one has begun to merge while the other still fills its share.

use std::fmt::{Display, Formatter};

use datafusion::common::resources_datafusion_err;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, human_readable_size,
};

/// Part of the pool that operators which can spill leave alone: one in so many.
const HEADROOM: usize = 6;

/// A fair pool that those who can spill may fill but for a part.
#[derive(Debug)]
pub(crate) struct HeadroomPool {
    fair: FairSpillPool,
    spillers: usize,
}

impl HeadroomPool {
    /// A pool of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { fair: FairSpillPool::new(bytes), spillers: bytes - bytes / HEADROOM }
    }
}

impl Display for HeadroomPool {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.fair.fmt(f)
    }
}

impl MemoryPool for HeadroomPool {
    fn name(&self) -> &str {
        self.fair.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.fair.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.fair.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.fair.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.fair.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        // Two who ask at once may both get it and overstep the mark a little; the fair pool's own limit
        // holds all the same.
        let after = self.fair.reserved().saturating_add(additional);
        let consumer = reservation.consumer();
        if consumer.can_spill() && after > self.spillers {
            return Err(resources_datafusion_err!(
                "{} cannot have {} more of {}: the rest is for operators that cannot spill",
                consumer.name(),
                human_readable_size(additional),
                self.fair
            ));
        }
        self.fair.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.fair.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.fair.memory_limit()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_can_spill_leaves_room_for_who_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(HeadroomPool::new(600));
        let sort = MemoryConsumer::new("sort").with_can_spill(true).register(&pool);
        assert!(sort.try_grow(501).is_err());
        sort.try_grow(500).unwrap();
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(100).unwrap();
        assert!(merge.try_grow(1).is_err());
        drop(merge);
        drop(sort);
        assert_eq!(pool.reserved(), 0);
        // Alone, a join may have it all.
        MemoryConsumer::new("join").register(&pool).try_grow(600).unwrap();
    }
}
