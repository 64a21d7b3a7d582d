//! Where threads wait for each other between steps: they spin for a moment, then sleep.
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

/// How often a thread looks before it gives way to others: some microseconds.
const SPINS: u32 = 2_000;
/// How often it gives way before it sleeps.
const YIELDS: u32 = 200;

/// A barrier for a fixed number of threads. Waiting allocates nothing.
pub struct Barrier {
    threads: u32,
    arrived: AtomicU32,
    /// Counts the times that all have been here.
    round: AtomicU32,
    /// Threads that sleep or are about to.
    asleep: Mutex<u32>,
    awake: Condvar,
}

impl Barrier {
    pub fn new(threads: usize) -> Barrier {
        Barrier {
            threads: threads as u32,
            arrived: AtomicU32::new(0),
            round: AtomicU32::new(0),
            asleep: Mutex::new(0),
            awake: Condvar::new(),
        }
    }

    /// Returns when all threads have called it. What they wrote before, each sees after.
    pub fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            // Under the lock, so that no thread falls asleep between its last look and the call that wakes it.
            let asleep = self.asleep.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            self.round.store(round.wrapping_add(1), Ordering::Release);
            if 0 < *asleep {
                self.awake.notify_all();
            }
            return;
        }
        for spin in 0..SPINS + YIELDS {
            if self.round.load(Ordering::Acquire) != round {
                return;
            }
            if spin < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let mut asleep = self.asleep.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *asleep += 1;
        while self.round.load(Ordering::Acquire) == round {
            asleep = self.awake.wait(asleep).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        *asleep -= 1;
    }
}

/// `Barrier::wait` for compiled code.
pub(super) extern "C" fn wait(barrier: &Barrier) {
    barrier.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_leaves_before_all_have_come() {
        const THREADS: usize = 3;
        let (barrier, count) = (Barrier::new(THREADS), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (barrier, count) = (&barrier, &count);
                scope.spawn(move || {
                    for round in 1..=50 {
                        if thread == 0 && round % 10 == 0 {
                            // Long enough for the others to fall asleep.
                            std::thread::sleep(std::time::Duration::from_millis(2));
                        }
                        count.fetch_add(1, Ordering::Relaxed);
                        barrier.wait();
                        assert_eq!(count.load(Ordering::Relaxed), round * THREADS as u32);
                        barrier.wait();
                    }
                });
            }
        });
    }
}
